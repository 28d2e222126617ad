"""Four services and their Keystone: the stories of card Q5, each ending with what the trace shows."""

import pytest

from labkit.openstack.cloud import OpenStack
from labkit.openstack.errors import Unauthorized
from labkit.openstack.meter import Meter
from labkit.openstack.outage import attempt, blast_radius, timeline
from labkit.openstack.password_stores import SERVICES, PasswordStores
from labkit.world import World
from labkit.world.errors import LabError, Unanswered

DELETE = "os_compute_api:servers:delete"


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


# -- a boot, and who looks at the token ---------------------------------------------------------------------------------------

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
    cloud.world.run(until=400)   # cinder has forgotten
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


@pytest.mark.parametrize(("method", "path", "body", "status"), [
    ("POST", "/servers", {"server": {"name": "x"}}, 400), ("POST", "/servers", {"server": "x"}, 400), ("POST", "/servers", "{", 400),
    ("POST", "/servers", {"server": {"name": "x", "imageRef": "y", "block_device_mapping_v2": "z"}}, 400),
    ("POST", "/os-server-external-events", {"events": [7]}, 403),
    ("GET", "/nothing", None, 404), ("GET", "/servers/unknown", None, 404), ("PUT", "/servers", {}, 404)])
def test_bad_requests_get_bad_answers(cloud, method, path, body, status):
    assert cloud.login("anna").request(method, "compute", path, body).status == status


def test_401_says_where_to_log_in(cloud):
    refused = cloud.request("GET", "nova-api", "/v2.1/servers")
    assert (refused.status, refused.headers["Www-Authenticate"]) == (401, 'Keystone uri="http://keystone:5000"')
    assert cloud.request("GET", "nova-api", "/v2.1/nothing").status == 401   # who has no token does not learn which paths exist


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


# -- misconceptions -------------------------------------------------------------------------------------------------------------

def test_m1_only_novas_policy_changes_and_the_answer_changes(cloud):
    anna = cloud.login("anna")
    one, two = booted(cloud, anna, "one"), booted(cloud, anna, "two")
    answers, seen = [], []
    for key, rules in ((one, {}), (two, {DELETE: "role:admin"})):
        cloud.set_policy("nova-api", rules)
        began = len(cloud.world.trace)
        answers.append(anna.delete("compute", f"/servers/{key}"))
        seen.append([(event.kind, event.what) for event in cloud.world.trace[began:].where(dst="keystone")])
    assert [answer.status for answer in answers] == [204, 403]
    assert seen[0] == seen[1] == []   # the verdict is cached: Keystone is not even asked
    assert answers[1].body["forbidden"]["message"] == f"Policy doesn't allow {DELETE} to be performed."


def test_m2_the_outage_minute_by_minute(cloud):
    began = cloud.world.trace.digest()
    played = timeline(cloud)
    assert played.worked(1) == {"web shop": True, "list servers": True, "log in": False, "dashboard": False, "boot": False}
    assert played.worked(6) == played.worked(70) == {"web shop": True, "list servers": False, "log in": False, "dashboard": False, "boot": False}
    assert [played.at(minute, "list servers").said for minute in (1, 6, 70)] == ["200", "503", "503"]   # never 401
    assert played.at(1, "boot").said == "202, then ERROR"
    assert cloud.world.trace.digest() == began
    assert "minute 70" in repr(played)
    assert "✗ 503" in played._repr_html_()


def test_m2_a_boot_with_four_warm_verdicts_works_even_without_keystone():
    found = blast_radius(0, (1, 4, 6))
    assert [found["boot again", minute].said for minute in (1, 4, 6)] == ["202, then ACTIVE", "202, then ACTIVE", "503"]
    assert [found["boot", minute].worked for minute in (1, 4, 6)] == [False] * 3


def test_m3_no_byte_of_an_upload_passes_keystone(cloud):
    anna = cloud.login("anna")
    anna.get("image", "/v2/images/unknown")
    at_glance, at_keystone = Meter(cloud.world, "glance-api"), Meter(cloud.world, "keystone")
    key = anna.post("image", "/v2/images", {"name": "big"}).body["id"]
    assert anna.put("image", f"/v2/images/{key}/file", "x" * 3_000_000).status == 204
    assert (anna.get("image", f"/v2/images/{key}").body["size"], cloud.glance.stored_bytes) == (3_000_000, 3_000_000)
    assert at_glance.bytes > 3_000_000
    assert (at_keystone.requests, at_keystone.bytes) == (0, 0)


@pytest.mark.parametrize(("same_keys", "seen"), [(True, [200] * 6), (False, [401, 200] * 3)])
def test_m4_two_keystones_need_the_same_keys(same_keys, seen):
    cloud = OpenStack(World(seed=7), keystones=2, same_keys=same_keys)
    anna = cloud.login("anna")
    assert [anna.get("identity", "/auth/projects").status for _ in range(6)] == seen


def test_the_balancer_skips_a_keystone_that_is_stopped():
    cloud = OpenStack(World(seed=7), keystones=2)
    cloud.world.stop("keystone-1")
    anna = cloud.login("anna")
    assert [anna.get("compute", "/servers").status for _ in range(3)] == [200] * 3
    cloud.world.stop("keystone-2")
    with pytest.raises(LabError, match="503"):
        cloud.login("anna")


def test_m6_without_its_own_account_neutron_cannot_tell_nova_and_the_boot_hangs(cloud):
    anna = cloud.login("anna")
    key = cloud.boot(anna, "web").body["server"]["id"]
    cloud.world.run(until=cloud.world.now + 2)
    assert cloud.neutron.ports
    assert cloud.set_user("neutron", enabled=False).status == 200
    cloud.world.run(until=cloud.world.now + 290)
    assert cloud.status(key) == "BUILD"
    cloud.world.run(until=cloud.world.now + 30)
    assert cloud.status(key) == "ERROR"
    assert anna.get("compute", f"/servers/{key}").body["server"]["fault"]["message"].endswith("Failed to allocate the network(s), not rescheduling.")
    assert [event.what for event in cloud.world.trace.where(kind="log")] == ["nova was not told: Keystone does not accept neutron: 401"]


@pytest.mark.parametrize(("notifier", "closed"), [("neutron-notifier", "neutron-notifier"), ("nova", "neutron")])
def test_m6_neutron_may_have_two_accounts(notifier, closed):
    """One checks tokens, the other tells nova: without the notifier's every boot hangs, at any time; without neutron's own no token is checked."""
    cloud = OpenStack(World(seed=7), notifier=notifier)
    booted(cloud, cloud.login("anna"), "before")
    cloud.world.run(until=400)
    cloud.set_user(closed, enabled=False)
    key = booted(cloud, cloud.login("anna"), "after")
    assert cloud.visit("before").status == 200
    if closed == notifier:
        assert len(cloud.neutron.ports) == 2   # neutron has checked anna's new token
        assert cloud.status(key) == "BUILD"
        cloud.world.run(until=cloud.world.now + 300)
        assert cloud.nova.servers[key]["fault"]["message"].endswith("Failed to allocate the network(s), not rescheduling.")
    else:
        assert "neutron-server answered 503" in cloud.nova.servers[key]["fault"]["message"]


def test_m6_disabled_before_the_boot_neutron_cannot_even_check_the_user(cloud):
    cloud.set_user("neutron", enabled=False)
    anna = cloud.login("anna")
    key = booted(cloud, anna, "web")
    assert cloud.status(key) == "ERROR"
    assert "neutron-server answered 503" in cloud.nova.servers[key]["fault"]["message"]


def test_m7_six_password_stores_forget_somebody_in_two_places():
    for seed in range(5):
        stores = PasswordStores(World(seed=seed))
        stores.hire("zoe", "open sesame")
        stores.leave("zoe")
        stores.world.run(until=86400)
        assert set(stores.still_open("zoe", "open sesame")) == {stores.on_holiday, stores.late}
        assert stores.places() == list(SERVICES)
        assert "open sesame" not in stores.world.trace.dumps()
        stores.world.run(until=40 * 86400)
        assert stores.still_open("zoe", "open sesame") == [stores.on_holiday]


# -- faults and other worlds ----------------------------------------------------------------------------------------------------

def test_a_restarted_service_has_forgotten_its_verdicts_but_not_its_servers(cloud):
    anna = cloud.login("anna")
    key = booted(cloud, anna, "web")
    cloud.world.stop("nova-api")
    assert attempt(cloud, "list servers", anna) == (False, "nova-api refused the connection")
    cloud.world.start("nova-api")
    before = len(cloud.validations(anna))
    assert anna.get("compute", f"/servers/{key}").status == 200
    assert len(cloud.validations(anna)) == before + 1


def test_with_service_tokens_a_boot_survives_the_end_of_the_users_token():
    said = {}
    for send in (False, True):
        cloud = OpenStack(World(seed=7), send_service_token=send)
        anna = cloud.login("anna")
        cloud.world.link("nova-api", "glance-api", delay_s=12)   # a slow image store: neutron is asked after the token has ended
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
