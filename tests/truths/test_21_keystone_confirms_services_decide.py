"""Content trap 21: Keystone does not authorize on behalf of services; the middleware fills headers and removes incoming
ones. 401 ≠ 403 ≠ 503."""

import pytest

from labkit.openstack.cloud import OpenStack
from labkit.world import World


@pytest.fixture
def cloud():
    return OpenStack(World(seed=21))


def server(cloud, session):
    key = cloud.boot(session, "web").body["server"]["id"]
    cloud.world.run(until=cloud.world.now + 30)
    return key


def test_the_same_question_to_keystone_whatever_the_user_wants_to_do(cloud):
    """Keystone hears 'whose token is this?' and nothing about servers, methods or paths."""
    asked = []
    for method, path in (("GET", "/v2.1/servers"), ("POST", "/v2.1/servers"), ("DELETE", "/v2.1/servers/1")):
        ben = cloud.login("ben")
        cloud.request(method, "nova-api", path, ben.token)
        asked.append([event.detail["path"] for event in cloud.validations(ben)])
    assert asked == [["/v3/auth/tokens"]] * 3


def test_roles_are_read_by_the_service_not_by_keystone(cloud):
    """A reader's token is as valid as a member's: Keystone says 200 to both, nova says 403 to one."""
    anna, ben = cloud.login("anna"), cloud.login("ben")
    key = server(cloud, anna)
    assert [who.delete("compute", f"/servers/{key}").status for who in (ben, anna)] == [403, 204]
    assert len(cloud.validations(ben)) == 1


def test_what_a_client_claims_in_headers_is_removed(cloud):
    anna, ben = cloud.login("anna"), cloud.login("ben")
    key = server(cloud, anna)
    lies = {
        "X_Roles": "admin",
        "X_User_Id": anna.user_id,
        "X_Is_Admin_Project": "True",
        "X_Identity_Status": "Confirmed",
    }
    assert ben.delete("compute", f"/servers/{key}", **lies).status == 403
    assert cloud.request("DELETE", "nova-api", f"/v2.1/servers/{key}", **lies).status == 401


def test_401_403_and_503_are_three_answers_to_one_request(cloud):
    anna, ben = cloud.login("anna"), cloud.login("ben")
    key = server(cloud, anna)
    path = f"/v2.1/servers/{key}"
    unknown = cloud.request("DELETE", "nova-api", path, "nonsense").status
    forbidden = cloud.request("DELETE", "nova-api", path, ben.token).status
    stranger = cloud.login("ben")
    cloud.world.stop("keystone")
    unsure = cloud.request("DELETE", "nova-api", path, stranger.token).status
    assert (unknown, forbidden, unsure) == (401, 403, 503)
    assert cloud.status(key) == "ACTIVE"
