"""The experiments of card Q5: each belief predicts something that visibly does not happen."""

import pytest

from labkit.openstack.cloud import OpenStack
from labkit.openstack.meter import Meter
from labkit.openstack.outage import blast_radius, timeline
from labkit.openstack.password_stores import SERVICES, PasswordStores
from labkit.world import World
from labkit.world.errors import LabError

DELETE = "os_compute_api:servers:delete"


@pytest.fixture
def cloud():
    return OpenStack(World(seed=7))


def booted(cloud, session, name):
    """A server that has had 30 s to become something; returns its id."""
    key = cloud.boot(session, name).body["server"]["id"]
    cloud.world.run(until=cloud.world.now + 30)
    return key


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
    assert seen[0] == seen[1] == []  # the verdict is cached: Keystone is not even asked
    assert answers[1].body["forbidden"]["message"] == f"Policy doesn't allow {DELETE} to be performed."


def test_m1_keystone_sees_and_says_the_same_whatever_novas_policy_says():
    """Two clouds that differ in one line of Nova's policy file: Keystone's part of the trace is equal to the byte, and
    it is not empty."""
    answers, seen = [], []
    for rules in ({}, {DELETE: "role:admin"}):
        cloud = OpenStack(World(seed=7))
        cloud.set_policy("nova-api", rules)
        anna = cloud.login("anna")
        key = booted(cloud, anna, "web")
        cloud.world.run(until=cloud.world.now + 300)  # now nova has to ask again
        began = len(cloud.world.trace)
        answers.append(anna.delete("compute", f"/servers/{key}").status)
        here = cloud.world.trace[began:]
        seen.append((here.where(dst="keystone").dumps(), here.where(src="keystone").dumps()))
        assert [event.src for event in here.where(dst="keystone", what="GET /v3/auth/tokens")] == ["nova-api"]
    assert answers == [204, 403]
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("settings", "minutes"),
    [  # minutes in which the script's list works, of 1, 2, 4, 6, 50 and 70
        ({}, [1, 2]),
        ({"token_cache_s": 60}, []),
        ({"token_cache_s": 0}, []),
        ({"token_s": 600}, [1, 2]),
        ({"token_cache_s": 7200}, [1, 2, 4, 6, 50]),
        ({"token_cache_s": 7200, "token_s": 600}, [1, 2, 4, 6]),
    ],
)
def test_m2_other_settings_give_another_table(settings, minutes):
    """The verdict is 2 min old when Keystone stops. With a cache that outlives the token the end is a 401: the service
    still knows when it ends."""
    played = timeline(OpenStack(World(seed=7), **settings), minutes=(1, 2, 4, 6, 50, 70))
    assert [outcome.minute for outcome in played if outcome.operation == "list servers" and outcome.worked] == minutes
    assert all(played.worked(minute)["web shop"] and not played.worked(minute)["log in"] for minute in played.minutes)
    assert played.at(70, "list servers").said == ("401" if settings.get("token_cache_s") == 7200 else "503")


def test_m2_the_outage_minute_by_minute(cloud):
    began = cloud.world.trace.digest()
    played = timeline(cloud)
    assert played.worked(1) == {
        "web shop": True,
        "list servers": True,
        "log in": False,
        "dashboard": False,
        "boot": False,
    }
    assert (
        played.worked(6)
        == played.worked(70)
        == {"web shop": True, "list servers": False, "log in": False, "dashboard": False, "boot": False}
    )
    assert [played.at(minute, "list servers").said for minute in (1, 6, 70)] == ["200", "503", "503"]  # never 401
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
    assert (
        anna.get("compute", f"/servers/{key}")
        .body["server"]["fault"]["message"]
        .endswith("Failed to allocate the network(s), not rescheduling.")
    )
    assert [event.what for event in cloud.world.trace.where(kind="log")] == [
        "nova was not told: Keystone does not accept neutron: 401"
    ]


@pytest.mark.parametrize(("notifier", "closed"), [("neutron-notifier", "neutron-notifier"), ("nova", "neutron")])
def test_m6_neutron_may_have_two_accounts(notifier, closed):
    """One checks tokens, the other tells nova: without the notifier's every boot hangs, at any time; without neutron's
    own no token is checked."""
    cloud = OpenStack(World(seed=7), notifier=notifier)
    booted(cloud, cloud.login("anna"), "before")
    cloud.world.run(until=400)
    cloud.set_user(closed, enabled=False)
    key = booted(cloud, cloud.login("anna"), "after")
    assert cloud.visit("before").status == 200
    if closed == notifier:
        assert len(cloud.neutron.ports) == 2  # neutron has checked anna's new token
        assert cloud.status(key) == "BUILD"
        cloud.world.run(until=cloud.world.now + 300)
        assert cloud.nova.servers[key]["fault"]["message"].endswith(
            "Failed to allocate the network(s), not rescheduling."
        )
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
