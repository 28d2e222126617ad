"""The middleware of a service: whom it lets in, whom it asks, and that it does as the real keystonemiddleware does."""

from datetime import timedelta

import pytest

from labkit.openstack import rest
from labkit.openstack.auth_token import STRIPPED, AuthToken
from labkit.openstack.cloud import OpenStack
from labkit.openstack.errors import HttpError
from labkit.openstack.registration import secret
from labkit.openstack.service_user import ServiceUser
from labkit.world import World


class Door:
    """An auth_token of its own on the node `door`, logging in as nova. `knock` returns (status, headers for the service)."""

    def __init__(self, world, account="nova", **options):
        self.world, self.node = world, world.node("door")
        self.user = ServiceUser(world, "door", account, secret(account))
        self.auth_token = AuthToken(self.user.validate, world.utcnow, **options)

    def knock(self, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.world.run(until=self.world.process(self._process(named)))

    def _process(self, headers):
        try:
            return 200, (yield from self.auth_token.process(headers))
        except HttpError as refusal:
            return refusal.code, {}

    def asked(self):
        """How often Keystone was asked about a token."""
        return len(self.world.trace.where(kind="rest", src="door", what="GET /v3/auth/tokens"))


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
    assert (told["X-User-Id"], told["X-User-Name"], told["X-Project-Id"], told["X-Project-Name"]) == (anna.user_id, "anna", anna.project_id, "shop")
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
    assert door.knock()[0] == 401   # without a token there is nothing to ask
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
    assert door.knock(X_Auth_Token=cloud.login("ben").token)[0] == 503   # not 401: ben's token is fine


def test_an_old_user_token_passes_only_with_a_service_token(cloud, door):
    world, anna = cloud.world, cloud.login("anna")
    world.run(until=3700)
    nova, carla = cloud.login("nova", project="service"), cloud.login("carla")
    assert door.knock(X_Auth_Token=anna.token)[0] == 401
    assert door.knock(X_Auth_Token=anna.token, X_Service_Token=carla.token)[0] == 401
    status, told = door.knock(X_Auth_Token=anna.token, X_Service_Token=nova.token)
    assert (status, told["X-User-Name"], told["X-Service-User-Name"], told["X-Service-Roles"]) == (200, "anna", "nova", "service")
    assert told["X-Service-Identity-Status"] == "Confirmed"
    assert door.knock(X_Auth_Token=anna.token)[0] == 401   # what was cached for nova does not help anna


def test_a_service_may_decide_itself_about_strangers(cloud):
    door = Door(cloud.world, delay_auth_decision=True)
    assert door.knock(X_Auth_Token="nonsense", X_Roles="admin")[1] == {"X-Auth-Token": "nonsense", "X-Identity-Status": "Invalid"}
    cloud.world.stop("keystone")
    assert door.knock(X_Auth_Token="nonsense")[1]["X-Identity-Status"] == "Invalid"


def test_no_token_and_no_password_stands_in_the_trace(cloud, door):
    anna = cloud.login("anna")
    door.knock(X_Auth_Token=anna.token)
    told = cloud.world.trace.dumps()
    for hidden in (anna.token, door.user.token, secret("anna"), secret("nova")):
        assert hidden not in told
    assert anna.fingerprint in told


# -- the real one in front of the same Keystone ---------------------------------------------------------------------------

KEYSTONES_WORDS = {name.title() for name in STRIPPED} | {"X-Auth-Token", "X-Service-Token"}


class RealDoor:
    """The real keystonemiddleware in front of a tiny WSGI application, on the node `real`, with the world's clock."""

    def __init__(self, world, monkeypatch, **options):
        auth_token = pytest.importorskip("keystonemiddleware.auth_token")
        requests = pytest.importorskip("requests")
        from keystoneauth1 import _utils
        from keystonemiddleware.auth_token import _cache

        from labkit.openstack.transport import mount
        monkeypatch.setattr(_utils, "from_utcnow", lambda **delta: world.utcnow().replace(tzinfo=None) + timedelta(**delta))
        monkeypatch.setattr(_cache.timeutils, "utcnow_ts", lambda *args, **kwargs: world.utcnow().timestamp())
        self.told = None
        self.app = auth_token.AuthProtocol(self.service, {
            "auth_type": "password", "auth_url": "http://keystone:5000/v3", "username": "nova", "password": secret("nova"),
            "project_name": "service", "user_domain_name": "Default", "project_domain_name": "Default", "interface": "public",
            "www_authenticate_uri": "http://keystone:5000", "http_request_max_retries": "0", **options})
        self.app._session.session = mount(requests.Session(), world, client="real")

    def service(self, environ, start_response):
        self.told = {key[5:].replace("_", "-").title(): value for key, value in environ.items() if key.startswith("HTTP_") and value is not None}
        start_response("200 OK", [])
        return [b""]

    def knock(self, **headers):
        from webob import Request
        self.told = {}
        response = Request.blank("/v2.1/servers", headers={name.replace("_", "-"): value for name, value in headers.items()}).get_response(self.app)
        assert ("WWW-Authenticate" in response.headers) == (response.status_int == 401)
        return response.status_int, {name: value for name, value in self.told.items() if name in KEYSTONES_WORDS}


def story(cloud):
    """What happens at both doors, step by step: (headers) or an action in the world."""
    world = cloud.world
    anna, ben, unscoped = cloud.login("anna"), cloud.login("ben"), cloud.login("anna", unscoped=True)
    system = rest.detail("POST", "/v3/auth/tokens", body={"auth": {"identity": {"methods": ["password"], "password": {"user": {
        "name": "admin", "password": secret("admin"), "domain": {"name": "Default"}}}}, "scope": {"system": {"all": True}}}})
    root = rest.Answer.of(world.ask("laptop", "keystone", "rest", "login", **system)).headers["X-Subject-Token"]
    yield from ({}, {"X_Auth_Token": ""}, {"X_Auth_Token": "nonsense"}, {"X_Auth_Token": anna.token}, {"X_Auth_Token": f" {ben.token} "},
                {"X_Auth_Token": unscoped.token}, {"X_Auth_Token": root}, {"X_Storage_Token": ben.token},
                {"X_Auth_Token": ben.token, "X_Roles": "admin", "X_Is_Admin_Project": "False", "X_Tenant": "bank"},
                {"X_Roles": "admin", "X_Identity_Status": "Confirmed"}, {"X_Auth_Token": anna.token, "X_Service_Token": "nonsense"},
                {"X_Auth_Token": anna.token, "X_Service_Token": ben.token})
    yield lambda: cloud.revoke(ben)
    yield from ({"X_Auth_Token": ben.token}, {"X_Auth_Token": anna.token})
    yield lambda: world.run(until=world.now + 280)
    yield from ({"X_Auth_Token": ben.token}, {"X_Auth_Token": anna.token})
    yield lambda: world.run(until=world.now + 25)
    yield from ({"X_Auth_Token": ben.token}, {"X_Auth_Token": anna.token})
    yield lambda: world.stop("keystone")
    yield from ({"X_Auth_Token": ben.token}, {"X_Auth_Token": anna.token}, {})
    yield lambda: world.run(until=world.now + 400)
    yield {"X_Auth_Token": anna.token}
    yield lambda: world.start("keystone")
    yield {"X_Auth_Token": anna.token}
    yield lambda: world.run(until=3700)
    nova = cloud.login("nova", project="service")
    yield from ({"X_Auth_Token": anna.token}, {"X_Auth_Token": anna.token, "X_Service_Token": nova.token}, {"X_Auth_Token": anna.token})


@pytest.mark.parametrize("delay", [False, True])
def test_the_real_keystonemiddleware_says_the_same(cloud, monkeypatch, delay):
    ours = Door(cloud.world, delay_auth_decision=delay)
    real = RealDoor(cloud.world, monkeypatch, delay_auth_decision=delay)
    compared = 0
    for step in story(cloud):
        if callable(step):
            step()
            continue
        (status, told), (true_status, true_told) = ours.knock(**step), real.knock(**step)
        assert status == true_status, step
        assert {name: value for name, value in told.items() if name in KEYSTONES_WORDS} == true_told, step
        compared += 1
    assert compared == 26
