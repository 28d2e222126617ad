"""The middleware of a service: whom it lets in, whom it asks; beside the real one: test_real_auth_token.py."""

import pytest

from labkit.openstack.auth_token import STRIPPED, AuthToken
from labkit.openstack.cloud import OpenStack
from labkit.openstack.registration import secret
from labkit.world import World
from tests.openstack.door import Door


@pytest.fixture
def cloud():
    return OpenStack(World(seed=7))


@pytest.fixture
def door(cloud):
    return Door(cloud.world)


def test_a_valid_token_opens_and_tells_who_asks(cloud, door):
    anna = cloud.login("anna")
    status, told = door.knock(X_Auth_Token=anna.token)
    assert status == 200
    assert told["X-Identity-Status"] == "Confirmed"
    assert (told["X-User-Id"], told["X-User-Name"], told["X-Project-Id"], told["X-Project-Name"]) == (
        anna.user_id,
        "anna",
        anna.project_id,
        "shop",
    )
    assert told["X-Roles"] == told["X-Role"] == "member,reader"


@pytest.mark.parametrize("token", [None, "", "nonsense", "gAAAAABn" + "A" * 180])
def test_no_token_or_a_bad_one_is_401(door, token):
    assert door.knock(**({} if token is None else {"X_Auth_Token": token}))[0] == 401


@pytest.mark.parametrize("spelling", [str, str.lower, str.upper])
def test_no_claim_about_the_own_identity_passes(cloud, door, spelling):
    token = cloud.login("ben").token
    honest = door.knock(X_Auth_Token=token)
    for name in sorted(STRIPPED):
        assert door.knock(**{"X_Auth_Token": token, spelling(name).replace("-", "_"): "admin"}) == honest, name


def test_a_claim_with_underscores_or_said_twice_does_not_pass(cloud):
    """In WSGI X_Roles and X-Roles are one name, and one of two spellings of a name wins: whichever it is, it is not the
    client's."""
    door, token = AuthToken(None, cloud.world.utcnow, delay_auth_decision=True), cloud.login("ben").token
    claims = {
        "X_Roles": "admin",
        "x_user_id": "root",
        "X-Roles": "admin",
        "x-roles": "admin",
        "X-ROLES": "admin",
        "X_Auth_Token": token,
    }
    with pytest.raises(StopIteration) as told:
        next(door.process(claims))
    assert told.value.value == {"X-Identity-Status": "Invalid"}


def test_a_verdict_counts_for_300_seconds_from_the_validation_not_from_the_last_use(cloud, door):
    token, asked = cloud.login("anna").token, []
    for _ in range(9):
        assert door.knock(X_Auth_Token=token)[0] == 200
        asked.append(door.asked())
        cloud.world.run(until=cloud.world.now + 75)
    assert asked == [1, 1, 1, 1, 2, 2, 2, 2, 3]


def test_a_no_is_not_cached_and_cannot_become_a_yes_by_itself(door):
    assert [door.knock(X_Auth_Token="nonsense")[0] for _ in range(3)] == [401] * 3
    assert door.asked() == 3


def test_a_cached_verdict_does_not_outlive_the_token(cloud, door):
    anna = cloud.login("anna")
    cloud.world.run(until=3590)
    assert door.knock(X_Auth_Token=anna.token)[0] == 200
    cloud.world.run(until=3605)
    assert door.knock(X_Auth_Token=anna.token)[0] == 401
    assert door.asked() == 1


def test_a_revoked_token_opens_until_the_verdict_is_old(cloud, door):
    anna = cloud.login("anna")
    assert door.knock(X_Auth_Token=anna.token)[0] == 200
    cloud.revoke(anna)
    assert door.knock(X_Auth_Token=anna.token)[0] == 200
    cloud.world.run(until=cloud.world.now + 300)
    assert door.knock(X_Auth_Token=anna.token)[0] == 401


def test_keystone_stopped_is_503_for_unknown_tokens_and_200_for_fresh_verdicts(cloud, door):
    anna, ben = cloud.login("anna"), cloud.login("ben")
    door.knock(X_Auth_Token=anna.token)
    cloud.world.stop("keystone")
    assert [door.knock(X_Auth_Token=each.token)[0] for each in (anna, ben)] == [200, 503]
    assert door.knock()[0] == 401  # without a token there is nothing to ask
    cloud.world.run(until=cloud.world.now + 301)
    assert door.knock(X_Auth_Token=anna.token)[0] == 503
    cloud.world.start("keystone")
    assert door.knock(X_Auth_Token=anna.token)[0] == 200


def test_a_cut_cable_is_503_after_the_time_limit_and_a_slow_one_is_only_slow(cloud, door):
    world, anna = cloud.world, cloud.login("anna")
    world.slow("door", "keystone", 2)
    began = world.now
    assert door.knock(X_Auth_Token=anna.token)[0] == 200
    assert 4 < world.now - began < 9
    world.heal()
    world.cut("door", "keystone")
    began = world.now
    assert door.knock(X_Auth_Token=cloud.login("ben").token)[0] == 503
    assert world.now - began == pytest.approx(10, abs=0.1)


def test_the_service_logs_in_again_when_its_own_token_ends_or_is_lost(cloud, door):
    logins = lambda: len(cloud.world.trace.where(kind="rest", src="door", what="POST /v3/auth/tokens"))  # noqa: E731
    door.knock(X_Auth_Token=cloud.login("anna").token)
    door.knock(X_Auth_Token=cloud.login("anna").token)
    assert logins() == 1
    cloud.world.run(until=3600)
    assert door.knock(X_Auth_Token=cloud.login("anna").token)[0] == 200
    assert logins() == 2
    door.user.token = "lost"
    assert door.knock(X_Auth_Token=cloud.login("anna").token)[0] == 200
    assert logins() == 3


def test_a_service_whose_account_is_disabled_can_check_nobody(cloud, door):
    known = cloud.login("anna")
    assert door.knock(X_Auth_Token=known.token)[0] == 200
    cloud.set_user("nova", enabled=False)
    assert door.knock(X_Auth_Token=known.token)[0] == 200
    assert door.knock(X_Auth_Token=cloud.login("ben").token)[0] == 503  # not 401: ben's token is fine


def test_an_old_user_token_passes_only_with_a_service_token(cloud, door):
    world, anna = cloud.world, cloud.login("anna")
    world.run(until=3700)
    nova, carla = cloud.login("nova", project="service"), cloud.login("carla")
    assert door.knock(X_Auth_Token=anna.token)[0] == 401
    assert door.knock(X_Auth_Token=anna.token, X_Service_Token=carla.token)[0] == 401
    status, told = door.knock(X_Auth_Token=anna.token, X_Service_Token=nova.token)
    assert (status, told["X-User-Name"], told["X-Service-User-Name"], told["X-Service-Roles"]) == (
        200,
        "anna",
        "nova",
        "service",
    )
    assert told["X-Service-Identity-Status"] == "Confirmed"
    assert door.knock(X_Auth_Token=anna.token)[0] == 401  # what was cached for nova does not help anna


def test_a_service_may_decide_itself_about_strangers(cloud):
    door = Door(cloud.world, delay_auth_decision=True)
    assert door.knock(X_Auth_Token="nonsense", X_Roles="admin")[1] == {
        "X-Auth-Token": "nonsense",
        "X-Identity-Status": "Invalid",
    }
    cloud.world.stop("keystone")
    assert door.knock(X_Auth_Token="nonsense")[1]["X-Identity-Status"] == "Invalid"


def test_no_token_and_no_password_stands_in_the_trace(cloud, door):
    anna = cloud.login("anna")
    door.knock(X_Auth_Token=anna.token)
    told = cloud.world.trace.dumps()
    for hidden in (anna.token, door.user.token, secret("anna"), secret("nova")):
        assert hidden not in told
    assert anna.fingerprint in told
