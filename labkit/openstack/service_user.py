"""A service's own account at Keystone. Services are users too: without a valid token of their own they cannot even
check yours.

    nova-api ──POST /v3/auth/tokens (nova, project service)──▶ keystone    its own token, kept until it nearly ends
    nova-api ──GET /v3/auth/tokens, X-Subject-Token: yours──▶ keystone    200 valid · 404 not · 401 'and who are you?'

Behaviour: keystonemiddleware auth_token/_identity.py and keystoneauth1's sessions (a 401 makes them log in again,
once).
"""

from datetime import datetime, timedelta

from labkit.openstack import rest
from labkit.openstack.auth_token import KeystoneUnavailable
from labkit.world.errors import Unanswered

STALE_S = 120  # keystoneauth1: a token with less life than this is renewed before it is used


def password_login(user, password, project=None, domain="Default"):
    """The body of a login by password, scoped to a project if one is given."""
    scope = {"scope": {"project": {"name": project, "domain": {"name": domain}}}} if project else {"scope": "unscoped"}
    who = {"name": user, "password": password, "domain": {"name": domain}}
    return {"auth": {"identity": {"methods": ["password"], "password": {"user": who}}, **scope}}


class ServiceUser:
    """The account that the process on `node` uses. Its methods are generators for the world's processes."""

    def __init__(self, world, node, user, password, *, keystone="keystone", project="service", timeout_s=10.0):
        self.world, self.node, self.user, self.password = world, node, user, password
        self.keystone, self.project, self.timeout_s = keystone, project, timeout_s
        self.forget()

    def forget(self):
        """The process has restarted: what it had in memory is gone."""
        self.token, self.expires_at = None, None

    def current(self):
        """Generator: a token of this account, from memory or by logging in. Raises KeystoneUnavailable."""
        if self.token is None or self.expires_at - timedelta(seconds=STALE_S) <= self.world.utcnow():
            login = rest.detail("POST", "/v3/auth/tokens", body=password_login(self.user, self.password, self.project))
            said = yield from self.ask(login)
            if said.status != 201:
                raise KeystoneUnavailable(f"Keystone does not accept {self.user}: {said.status}")
            self.token = said.headers["X-Subject-Token"]
            self.expires_at = datetime.fromisoformat(said.body["token"]["expires_at"])
        return self.token

    def validate(self, token, allow_expired=False, step=None):
        """Generator: the body of a valid token, None for one that Keystone does not know. Raises
        KeystoneUnavailable."""
        path = "/v3/auth/tokens?allow_expired=1" if allow_expired else "/v3/auth/tokens"
        for _ in range(2):
            own = yield from self.current()
            said = yield from self.ask(
                rest.detail("GET", path, own, X_Subject_Token=token), step, subject=rest.fingerprint(token)
            )
            if said.status == 200:
                return said.body
            if said.status == 404:
                return None
            if said.status == 401:
                self.forget()  # our own token is no longer good: log in again
        raise KeystoneUnavailable(f"Keystone answers {said.status} to {self.user}")

    def ask(self, detail, step=None, **shown):
        """Generator: Keystone's answer. Raises KeystoneUnavailable when none comes."""
        words = f"{detail['method']} {detail['path'].partition('?')[0]}"
        seen = {"method": detail["method"], "path": detail["path"], **shown}
        try:
            payload = yield self.world.call(
                self.node, self.keystone, "rest", words, self.timeout_s, step=step, shown=seen, **detail
            )
        except Unanswered as silence:
            raise KeystoneUnavailable(str(silence)) from None
        return rest.Answer.of(payload)
