"""The real clients against our Keystone, in-process: what they ask travels the world's network, and they cannot
tell."""

import pytest
from keystoneauth1 import exceptions
from keystoneauth1.identity import v3

from labkit.openstack.keystone import Keystone
from labkit.openstack.transport import connect, session
from labkit.world import World

URL = "http://keystone:5000/v3"


@pytest.fixture
def world():
    world = World(5)
    Keystone(world, admin_password="secret")
    return world


@pytest.fixture
def cloud(world):
    return connect(world, password="secret")


@pytest.fixture
def alice(cloud):
    """alice is a member of the project alpha."""
    alpha = cloud.identity.create_project(name="alpha", domain_id="default")
    user = cloud.identity.create_user(name="alice", password="alicepw", domain_id="default")
    cloud.identity.assign_project_role_to_user(alpha, user, cloud.identity.find_role("member"))
    return user


def password(**scope):
    return v3.Password(URL, username="alice", password="alicepw", user_domain_id="default", **scope)


IN_ALPHA = {"project_name": "alpha", "project_domain_id": "default"}


def test_openstacksdk_runs_the_identity_service(cloud, alice):
    identity = cloud.identity
    assert {user.name for user in identity.users()} == {"admin", "alice"}
    identity.update_user(alice, email="alice@example.org")
    assert identity.find_user("alice").email == "alice@example.org"
    admins = identity.create_group(name="ops", domain_id="default")
    identity.add_user_to_group(alice, admins)
    assert [user.name for user in identity.group_users(admins)] == ["alice"]
    identity.delete_user(alice)
    assert identity.find_user("alice") is None


def test_roles_and_assignments(cloud, alice):
    alpha = cloud.identity.find_project("alpha")
    found = list(cloud.identity.role_assignments(user_id=alice.id, include_names=True))
    assert [(one.role["name"], one.scope["project"]["id"]) for one in found] == [("member", alpha.id)]
    cloud.identity.unassign_project_role_from_user(alpha, alice, cloud.identity.find_role("member"))
    assert list(cloud.identity.role_assignments(user_id=alice.id)) == []


def test_the_catalog_leads_back_to_keystone(cloud):
    services = {service.type: service for service in cloud.identity.services()}
    assert set(services) == {"identity"}
    assert {one.interface for one in cloud.identity.endpoints(service_id=services["identity"].id)} == {
        "public",
        "internal",
        "admin",
    }
    assert cloud.session.get_endpoint(service_type="identity", interface="public") == URL


def test_token_after_password(world, alice):
    first = session(world, password())
    second = session(world, v3.Token(URL, token=first.get_token(), **IN_ALPHA))
    assert second.get_project_id() == first.get(f"{URL}/auth/projects", authenticated=True).json()["projects"][0]["id"]


def test_application_credential(world, cloud, alice):
    own = connect(world, auth=password(**IN_ALPHA))
    made = own.identity.create_application_credential(alice.id, "ci", roles=[{"name": "reader"}])
    robot = session(
        world,
        v3.ApplicationCredential(URL, application_credential_id=made.id, application_credential_secret=made.secret),
    )
    body = robot.get(f"{URL}/auth/tokens", headers={"X-Subject-Token": robot.get_token()}).json()["token"]
    assert [role["name"] for role in body["roles"]] == ["reader"]
    assert body["application_credential"]["restricted"] is True


def test_a_wrong_password_is_401_and_says_nothing_more(world, alice):
    wrong = v3.Password(URL, username="alice", password="guess", user_domain_id="default")
    with pytest.raises(exceptions.Unauthorized, match="requires authentication"):
        session(world, wrong).get_token()


def test_a_cut_link_is_a_timeout_and_a_stopped_process_a_refusal(world, alice):
    world.cut("laptop", "keystone")
    with pytest.raises(exceptions.ConnectTimeout):
        session(world, password(), timeout_s=5).get_token()
    world.heal("laptop", "keystone")
    world.stop("keystone")
    with pytest.raises(exceptions.ConnectFailure) as refused:
        session(world, password()).get_token()
    assert not isinstance(refused.value, exceptions.ConnectTimeout)
    world.start("keystone")
    assert session(world, password()).get_token()


def test_no_token_lies_in_the_trace(world, cloud, alice):
    token = session(world, password(**IN_ALPHA)).get_token()
    assert token not in str(world.trace.dumps())
    assert world.trace.where(src="laptop", dst="keystone", kind="rest")
