"""Content trap 22: validation is cached for 300 s; Fernet tokens are not stored; keys must be the same on all Keystone
nodes."""

import pytest

from labkit.openstack.cloud import OpenStack
from labkit.world import World


def test_a_service_asks_once_in_300_seconds():
    cloud = OpenStack(World(seed=22))
    anna = cloud.login("anna")
    for _ in range(20):
        anna.get("compute", "/servers")
        cloud.world.run(until=cloud.world.now + 60.5)
    times = [event.t for event in cloud.validations(anna)]
    assert len(times) == 4
    assert all(later - earlier >= 300 for earlier, later in zip(times, times[1:], strict=False))


def test_another_cache_time_is_another_outage():
    """The 300 s are a setting (token_cache_time), not a law."""
    still = {}
    for cache_s in (60, 900):
        cloud = OpenStack(World(seed=22), token_cache_s=cache_s)
        anna = cloud.login("anna")
        anna.get("compute", "/servers")
        cloud.world.stop("keystone")
        cloud.world.run(until=cloud.world.now + 600)
        still[cache_s] = anna.get("compute", "/servers").status
    assert still == {60: 503, 900: 200}


def test_a_token_is_in_no_table():
    """Log in, then look through the whole database: the token is not there, nor is its audit id."""
    cloud = OpenStack(World(seed=22))
    anna, database = cloud.login("anna"), cloud.keystone.db
    audit = cloud.request("GET", "keystone", "/v3/auth/tokens", anna.token, X_Subject_Token=anna.token).body["token"][
        "audit_ids"
    ][0]
    tables = [row[0] for row in database.all("SELECT name FROM sqlite_master WHERE type = 'table'", ())]
    assert len(tables) > 10
    stored = " ".join(str(tuple(row)) for table in tables for row in database.all(f'SELECT * FROM "{table}"', ()))
    assert anna.user_id in stored
    assert anna.token not in stored
    assert audit not in stored


@pytest.mark.parametrize(("same_keys", "refused"), [(True, 0), (False, 5)])
def test_two_nodes_need_the_same_keys(same_keys, refused):
    cloud = OpenStack(World(seed=22), keystones=2, same_keys=same_keys)
    anna = cloud.login("anna")
    said = [anna.get("identity", "/auth/projects").status for _ in range(10)]
    assert said.count(401) == refused
    assert said.count(200) == 10 - refused


def test_a_bearer_token_serves_whoever_has_it():
    """Nothing ties a token to its owner's machine."""
    cloud = OpenStack(World(seed=22))
    anna = cloud.login("anna")
    cloud.world.node("thief")
    assert cloud.request("GET", "nova-api", "/v2.1/servers", anna.token, client="thief").status == 200
