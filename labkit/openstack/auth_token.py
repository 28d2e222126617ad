"""auth_token: the door-keeper that stands inside every OpenStack service.

    request ─> strip claimed identities ─> fresh verdict cached? ─no─> ask Keystone ─> set the true identity ─> service
                                                   │                        │
                               none, unknown, expired, revoked: 401    no answer: 503

It answers one question: whose token is this? What the owner may do is not its business; the service's own policy
decides that (403). So there are three refusals: 401 'who are you?' · 403 'I know you, and you may not' (never from
here) · 503 'I cannot find out who you are'.

Behaviour: keystonemiddleware, auth_token/__init__.py, _request.py, _cache.py, _identity.py. What the real one does
differently: it may share its cache with other processes (memcached), it retries a refused connection three times, and
it understands the access rules of restricted application credentials. This one does not announce that it does, so
Keystone refuses such tokens: closed, not open.
"""

import hashlib
import json
from datetime import datetime, timedelta

from labkit.openstack.errors import HttpError, Unauthorized

IDENTITY = {
    "X{}-Domain-Id": ("domain", "id"),
    "X{}-Domain-Name": ("domain", "name"),
    "X{}-Project-Id": ("project", "id"),
    "X{}-Project-Name": ("project", "name"),
    "X{}-Project-Domain-Id": ("project", "domain", "id"),
    "X{}-Project-Domain-Name": ("project", "domain", "name"),
    "X{}-User-Id": ("user", "id"),
    "X{}-User-Name": ("user", "name"),
    "X{}-User-Domain-Id": ("user", "domain", "id"),
    "X{}-User-Domain-Name": ("user", "domain", "name"),
}
OLD_NAMES = {
    "X-Role": "X-Roles",
    "X-User": "X-User-Name",
    "X-Tenant-Id": "X-Project-Id",
    "X-Tenant-Name": "X-Project-Name",
    "X-Tenant": "X-Project-Name",
}
STRIPPED = frozenset(
    [name.format(prefix) for name in [*IDENTITY, "X{}-Roles", "X{}-Identity-Status"] for prefix in ("", "-Service")]
    + [*OLD_NAMES, "X-Service-Catalog", "X-Is-Admin-Project", "Openstack-System-Scope"]
)


class KeystoneUnavailable(Exception):
    """Nobody can say whether the token is valid: Keystone does not answer, or does not accept the service's own
    account."""


class ServiceUnavailable(HttpError):
    """503: the service works, but it cannot find out who is asking."""

    code, title = 503, "Service Unavailable"

    def __init__(self):
        super().__init__(
            "The Keystone service is temporarily unavailable.",
            "try again later with the same token (not 401: nobody said that it is bad)",
        )


class AuthToken:
    """The middleware of one service process.

    `validate(token, allow_expired)` is a generator that asks Keystone: it returns the token's body ({"token": …}) or
    None when Keystone knows no such token, and raises KeystoneUnavailable. `clock()` gives the time as an aware
    datetime. `cache` maps the token's SHA-256 to (datetime until which the verdict counts, body); only good verdicts
    are kept, for `token_cache_s` seconds from the validation (not from the last use).
    """

    def __init__(
        self,
        validate,
        clock,
        *,
        identity_url="http://keystone:5000",
        token_cache_s=300,
        service_token_roles=("service",),
        delay_auth_decision=False,
    ):
        self.validate, self.clock = validate, clock
        self.identity_url, self.token_cache_s = identity_url, token_cache_s
        self.service_token_roles = frozenset(service_token_roles)
        self.delay_auth_decision = delay_auth_decision
        self.cache = {}

    def process(self, incoming):
        """Generator: turns the client's headers into those that the service may believe.

        Raises Unauthorized (401) for a missing or bad user token or a bad service token, ServiceUnavailable (503) when
        nobody can tell. With `delay_auth_decision` a bad token is passed on as X-Identity-Status: Invalid, and the
        service decides.
        """
        headers = without_identity(incoming)
        try:
            service = yield from self.service_verdict(headers)
            user = yield from self.user_verdict(headers, allow_expired=bool(service))
        except KeystoneUnavailable:
            if not self.delay_auth_decision:
                raise ServiceUnavailable() from None
            user = service = None
        refused = bool(headers.get("X-Service-Token")) and service is None
        if (user is None or refused) and not self.delay_auth_decision:
            raise Unauthorized("no token" if not user_token(headers) else "invalid token")
        return {**headers, **user_headers(user), **service_headers(service, refused)}

    def service_verdict(self, headers):
        """The body of a valid X-Service-Token whose owner has a service role; None without one."""
        body = yield from self.verdict(headers.get("X-Service-Token"))
        return body if body and self.service_token_roles & set(role_names(body)) else None

    def user_verdict(self, headers, allow_expired):
        """The body of a valid user token. Only together with a service token may it have expired: a long boot must be
        able to end."""
        return (yield from self.verdict(user_token(headers), allow_expired))

    def verdict(self, token, allow_expired=False):
        """The token's body or None. Keystone is asked only when no fresh verdict is cached."""
        if not token:
            return None
        key = hashlib.sha256(token.strip().encode()).hexdigest()
        body = self.cached(key)
        if body is None:
            body = yield from self.validate(token.strip(), allow_expired)
            if body is None:
                return None
            self.cache[key] = (self.clock() + timedelta(seconds=self.token_cache_s), body)
        return body if allow_expired or expires_at(body) >= self.clock() else None

    def cached(self, key):
        """A verdict of the last `token_cache_s` seconds. Stale ones are thrown away on the way."""
        now = self.clock()
        self.cache = {k: entry for k, entry in self.cache.items() if now < entry[0]}
        return self.cache.get(key, (now, None))[1]

    def challenge(self):
        """The header of every 401: where to get a token."""
        return {"WWW-Authenticate": f'Keystone uri="{self.identity_url}"'}


def without_identity(headers):
    """The headers without everything that only the middleware may say. HTTP header names know no upper and lower case.

    The real one forgets OpenStack-System-Scope here; we strip it as well. A name with an underscore is dropped, as
    nginx and waitress do: in WSGI both X-Roles and X_Roles are HTTP_X_ROLES, and nobody could tell a claim from the
    truth.
    """
    named = {name.title(): value for name, value in headers.items() if "_" not in name}
    return {name: value for name, value in named.items() if name not in STRIPPED}


def user_token(headers):
    """The user's token; X-Storage-Token is what Swift's old clients send."""
    return headers.get("X-Auth-Token") or headers.get("X-Storage-Token")


def user_headers(body):
    """What the service learns about the user: who, on which scope, with which roles."""
    if body is None:
        return {"X-Identity-Status": "Invalid"}
    told = {
        "X-Identity-Status": "Confirmed",
        **identity(body, ""),
        "X-Is-Admin-Project": str(body["token"].get("is_admin_project", True)),
    }
    if body["token"].get("system", {}).get("all"):
        told["Openstack-System-Scope"] = "all"
    if "catalog" in body["token"]:
        told["X-Service-Catalog"] = json.dumps([old_catalog_entry(service) for service in body["token"]["catalog"]])
    return told | {old: told[new] for old, new in OLD_NAMES.items() if new in told}


def service_headers(body, refused):
    """The same for the service that passes the user's request on; nothing when there was no service token."""
    if body is not None:
        return {"X-Service-Identity-Status": "Confirmed", **identity(body, "-Service")}
    return {"X-Service-Identity-Status": "Invalid"} if refused else {}


def identity(body, prefix):
    """The identity headers of one token. What the token does not have (an unscoped one has no project) gets no
    header."""
    found = {name.format(prefix): dig(body["token"], path) for name, path in IDENTITY.items()}
    known = {name: value for name, value in found.items() if value is not None}
    return {**known, f"X{prefix}-Roles": ",".join(role_names(body))}


def dig(value, path):
    """value[a][b]…, None where something is missing."""
    for key in path:
        value = (value or {}).get(key)
    return value


def role_names(body):
    """The roles of a token's body; an unscoped token has none."""
    return [role["name"] for role in body["token"].get("roles", ())]


def expires_at(body):
    """The end of the token's life as an aware datetime."""
    return datetime.fromisoformat(body["token"]["expires_at"])


def old_catalog_entry(service):
    """One service of the v3 catalog in the v2 form that X-Service-Catalog still has: endpoints grouped by region."""
    regions = {}
    for endpoint in service.get("endpoints", ()):
        region = regions.setdefault(endpoint.get("region"), {"region": endpoint.get("region")})
        region[endpoint["interface"] + "URL"] = endpoint["url"]
    named = {"type": service["type"], **({"name": service["name"]} if "name" in service else {})}
    return {**named, "endpoints": [{k: v for k, v in region.items() if v} for region in regions.values()]}
