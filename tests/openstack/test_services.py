"""Four services and their Keystone: a boot, bad requests, faults and other worlds."""

import pytest

from labkit.openstack import rest
from labkit.openstack.cloud import OpenStack
from labkit.openstack.errors import Unauthorized
from labkit.openstack.outage import attempt
from labkit.openstack.registration import secret
from labkit.openstack.service import Context
from labkit.world import World
from labkit.world.errors import LabError, Unanswered


@pytest.fixture
def cloud():
    return OpenStack(World(seed=7))


def booted(cloud, session, name, volumes=()):
    """A server that has had 30 s to become something; returns its id."""
    said = cloud.boot(session, name, volumes)
    assert said.status == 202
    cloud.world.run(until=cloud.world.now + 30)
    return said.body["server"]["id"]


def volume(session, name="data"):
    return session.post("volumev3", "/volumes", {"volume": {"name": name, "size": 1}}).body["volume"]["id"]


# -- a boot, and who looks at the token ----------------------------------------


def test_a_boot_is_accepted_at_once_and_done_later(cloud):
    anna = cloud.login("anna")
    key = cloud.boot(anna, "web").body["server"]["id"]
    assert anna.get("compute", f"/servers/{key}").body["server"]["status"] == "BUILD"
    cloud.world.run(until=cloud.world.now + 30)
    server = anna.get("compute", f"/servers/{key}").body["server"]
    assert (server["status"], server["OS-EXT-STS:task_state"]) == ("ACTIVE", None)
    states = cloud.world.trace.where(kind="state", src="nova-api")
    assert [event.detail["task"] for event in states] == [None, "networking", "spawning", None]
    assert cloud.visit("web").status == 200


def test_four_services_check_the_token_each_on_its_own_and_remember_it_for_300_s(cloud):
    anna = cloud.login("anna")
    first, second, third = (volume(anna, name) for name in "abc")
    cloud.world.run(until=400)  # cinder has forgotten
    counts = []
    for name, disk in (("one", first), ("two", second)):
        before = cloud.world.now
        booted(cloud, anna, name, [disk])
        counts.append([(event.src, event.step) for event in cloud.validations(anna, since=before)])
    assert counts == [[("nova-api", 2), ("glance-api", 8), ("neutron-server", 10), ("cinder-api", 14)], []]
    cloud.world.run(until=cloud.world.now + 300)
    before = cloud.world.now
    booted(cloud, anna, "three", [third])
    assert len(cloud.validations(anna, since=before)) == 4


def test_an_unscoped_token_and_strangers_get_403_and_404(cloud):
    anna, ben, carla = (cloud.login(name) for name in ("anna", "ben", "carla"))
    key, disk = booted(cloud, anna, "web"), volume(anna)
    unscoped = cloud.login("anna", unscoped=True)
    assert unscoped.get("http://nova-api:8774/v2.1", "/servers").status == 403
    assert carla.get("compute", f"/servers/{key}").status == carla.delete("compute", f"/servers/{key}").status == 404
    assert carla.get("volumev3", f"/volumes/{disk}").status == 404
    assert carla.get(f"http://cinder-api:8776/v3/{anna.project_id}", f"/volumes/{disk}").status == 400
    assert ben.get("compute", f"/servers/{key}").status == 200
    assert ben.delete("compute", f"/servers/{key}").status == 403
    assert cloud.login("admin", project="admin").get("compute", f"/servers/{key}").status == 200
    port = anna.get("network", "/v2.0/ports").body["ports"][0]
    assert (port["status"], carla.get("network", f"/v2.0/ports/{port['id']}").status) == ("ACTIVE", 404)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/servers", {"server": {"name": "x"}}, 400),
        ("POST", "/servers", {"server": "x"}, 400),
        ("POST", "/servers", "{", 400),
        ("POST", "/servers", {"server": {"name": "x", "imageRef": "y", "block_device_mapping_v2": "z"}}, 400),
        ("POST", "/os-server-external-events", {"events": [7]}, 403),
        ("GET", "/nothing", None, 404),
        ("GET", "/servers/unknown", None, 404),
        ("PUT", "/servers", {}, 404),
    ],
)
def test_bad_requests_get_bad_answers(cloud, method, path, body, status):
    assert cloud.login("anna").request(method, "compute", path, body).status == status


def test_401_says_where_to_log_in(cloud):
    refused = cloud.request("GET", "nova-api", "/v2.1/servers")
    assert (refused.status, refused.headers["Www-Authenticate"]) == (401, 'Keystone uri="http://keystone:5000"')
    assert (
        cloud.request("GET", "nova-api", "/v2.1/nothing").status == 401
    )  # who has no token does not learn which paths exist


def test_a_bad_password_is_401_and_a_stopped_keystone_is_no_answer(cloud):
    with pytest.raises(Unauthorized, match="requires authentication"):
        cloud.login("anna", "wrong")
    cloud.world.stop("keystone")
    with pytest.raises(Unanswered) as silence:
        cloud.login("anna")
    assert silence.value.definite


def test_the_catalog_says_what_there_is(cloud):
    anna = cloud.login("anna")
    assert anna.url("volumev3") == f"http://cinder-api:8776/v3/{anna.project_id}"
    with pytest.raises(LabError, match="compute, identity, image, network, volumev3"):
        anna.get("object-store", "/")


# -- faults and other worlds ----------------------------------------


def test_a_restarted_service_has_forgotten_its_verdicts_but_not_its_servers(cloud):
    anna = cloud.login("anna")
    key = booted(cloud, anna, "web")
    cloud.world.stop("nova-api")
    assert attempt(cloud, "list servers", anna) == (False, "nova-api refused the connection")
    cloud.world.start("nova-api")
    before = len(cloud.validations(anna))
    assert anna.get("compute", f"/servers/{key}").status == 200
    assert len(cloud.validations(anna)) == before + 1


@pytest.mark.parametrize("after_s", [0.0, 3.0])
def test_a_server_that_is_deleted_while_it_is_built_never_runs(cloud, after_s):
    anna = cloud.login("anna")
    key = cloud.boot(anna, "web").body["server"]["id"]
    cloud.world.run(until=cloud.world.now + after_s)
    assert anna.delete("compute", f"/servers/{key}").status == 204
    deleted = cloud.world.now
    cloud.world.run(until=deleted + 400)
    assert not cloud.world.trace.where(kind="state", src="nova-api", since=deleted + 0.001)
    assert "vm-web" not in cloud.world.nodes


def test_with_service_tokens_a_boot_survives_the_end_of_the_users_token():
    said = {}
    for send in (False, True):
        cloud = OpenStack(World(seed=7), send_service_token=send)
        anna = cloud.login("anna")
        cloud.world.link(
            "nova-api", "glance-api", delay_s=12
        )  # a slow image store: neutron is asked after the token has ended
        cloud.world.run(until=3585)
        key = cloud.boot(anna, "web").body["server"]["id"]
        cloud.world.run(until=3700)
        said[send] = cloud.status(key)
    assert said == {False: "ERROR", True: "ACTIVE"}


def test_the_same_seed_gives_the_same_bytes_and_a_fork_goes_on_by_itself(cloud):
    def play(world):
        other = OpenStack(world)
        anna = other.login("anna")
        booted(other, anna, "web", [volume(anna)])
        return other

    one, two = play(World(seed=3)), play(World(seed=3))
    assert one.world.trace.dumps() == two.world.trace.dumps()
    copy = one.world.fork().component("openstack")
    copy.world.stop("keystone")
    with pytest.raises(Unanswered):
        copy.login("anna")
    assert one.login("anna").get("compute", "/servers").status == 200


@pytest.mark.parametrize("keystones", [1, 2])
def test_no_token_and_no_password_stands_in_trace_pictures_reprs_or_errors(keystones):
    cloud = OpenStack(World(seed=7), keystones=keystones, send_service_token=True)
    anna = cloud.login("anna")
    booted(cloud, anna, "web", [volume(anna)])
    cloud.dashboard("anna")
    cloud.dashboard("anna", "a-wrong-password")
    cloud.set_user("neutron", password="a-new-password")
    cloud.revoke(anna)
    with pytest.raises(Unauthorized) as refused:
        cloud.login("anna", "another-wrong-password")
    doors = [service.door for service in cloud.services.values()]
    tokens = [anna.token, *(service.account.token for service in cloud.services.values() if service.account.token)]
    hidden = [
        *tokens,
        *(key for door in doors for key in door.cache),
        *map(secret, ("anna", "nova", "neutron", "admin")),
        "a-new-password",
        "a-wrong-password",
        "another-wrong-password",
    ]
    trace = cloud.world.trace
    request = rest.Request("GET", "/", {"X-Auth-Token": anna.token}, "a-new-password")
    shown = [
        trace.dumps(),
        trace.table(),
        trace.sequence()._repr_html_(),
        trace.short(),
        list(trace),
        anna,
        cloud,
        cloud.nova,
        cloud.neutron.account,
        Context("u", "p", (), anna.token),
        request,
        refused.value,
        refused.value.message,
    ]
    told = "\n".join(str(each) + repr(each) for each in shown)
    assert anna.fingerprint in told
    assert [word for word in hidden if word in told] == []
