"""Our middleware and the real keystonemiddleware in front of the same Keystone: the same stories, the same answers."""

from datetime import timedelta

import pytest

from labkit.openstack import rest
from labkit.openstack.auth_token import STRIPPED
from labkit.openstack.cloud import OpenStack
from labkit.openstack.registration import secret
from labkit.openstack.service_user import password_login
from labkit.world import World
from tests.openstack.door import Door


@pytest.fixture
def cloud():
    return OpenStack(World(seed=7))


KEYSTONES_WORDS = {name.title() for name in STRIPPED} | {"X-Auth-Token", "X-Service-Token"}


class RealDoor:
    """The real keystonemiddleware in front of a tiny WSGI application, on the node `real`, with the world's clock."""

    def __init__(self, world, monkeypatch, **options):
        auth_token = pytest.importorskip("keystonemiddleware.auth_token")
        requests = pytest.importorskip("requests")
        from keystoneauth1 import _utils
        from keystonemiddleware.auth_token import _cache

        from labkit.openstack.transport import mount

        monkeypatch.setattr(
            _utils, "from_utcnow", lambda **delta: world.utcnow().replace(tzinfo=None) + timedelta(**delta)
        )
        monkeypatch.setattr(_cache.timeutils, "utcnow_ts", lambda *args, **kwargs: world.utcnow().timestamp())
        self.told = None
        self.app = auth_token.AuthProtocol(
            self.service,
            {
                "auth_type": "password",
                "auth_url": "http://keystone:5000/v3",
                "username": "nova",
                "password": secret("nova"),
                "project_name": "service",
                "user_domain_name": "Default",
                "project_domain_name": "Default",
                "interface": "public",
                "www_authenticate_uri": "http://keystone:5000",
                "http_request_max_retries": "0",
                **options,
            },
        )
        self.app._session.session = mount(requests.Session(), world, client="real")

    def service(self, environ, start_response):
        self.told = {
            key[5:].replace("_", "-").title(): value
            for key, value in environ.items()
            if key.startswith("HTTP_") and value is not None
        }
        start_response("200 OK", [])
        return [b""]

    def knock(self, **headers):
        from webob import Request

        self.told = {}
        response = Request.blank(
            "/v2.1/servers", headers={name.replace("_", "-"): value for name, value in headers.items()}
        ).get_response(self.app)
        assert ("WWW-Authenticate" in response.headers) == (response.status_int == 401)
        return response.status_int, {name: value for name, value in self.told.items() if name in KEYSTONES_WORDS}


def system_admin(world):
    """A token of the admin that counts for the whole system."""
    body = password_login("admin", secret("admin"))
    body["auth"]["scope"] = {"system": {"all": True}}
    login = rest.detail("POST", "/v3/auth/tokens", body=body)
    return rest.Answer.of(world.ask("laptop", "keystone", "rest", "login", **login)).headers["X-Subject-Token"]


def story(cloud):
    """What happens at both doors, step by step: (headers) or an action in the world."""
    world = cloud.world
    anna, ben, unscoped = cloud.login("anna"), cloud.login("ben"), cloud.login("anna", unscoped=True)
    root = system_admin(world)
    yield from (
        {},
        {"X_Auth_Token": ""},
        {"X_Auth_Token": "nonsense"},
        {"X_Auth_Token": anna.token},
        {"X_Auth_Token": f" {ben.token} "},
        {"X_Auth_Token": unscoped.token},
        {"X_Auth_Token": root},
        {"X_Storage_Token": ben.token},
        {"X_Auth_Token": ben.token, "X_Roles": "admin", "X_Is_Admin_Project": "False", "X_Tenant": "bank"},
        {"X_Roles": "admin", "X_Identity_Status": "Confirmed"},
        {"X_Auth_Token": anna.token, "X_Service_Token": "nonsense"},
        {"X_Auth_Token": anna.token, "X_Service_Token": ben.token},
    )
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
    old, nova = {"X_Auth_Token": anna.token}, cloud.login("nova", project="service")
    yield from (old, {**old, "X_Service_Token": nova.token}, old)


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
