"""Q5.T1, what the stories are made of: tokens with their owners, requests, other events, and seeded luck."""

from random import Random

PEOPLE = ("anna", "ben", "chiara", "dario", "elif", "finn")
PROJECTS = ("shop", "lab", "blog")
FORGED = (
    {"X-Roles": "admin"},
    {"X-User-Id": "u-root", "X-Roles": "admin"},
    {"x-roles": "admin,member"},
    {"X-Project-Id": "p-bank"},
    {"X-Identity-Status": "Confirmed", "X-User-Id": "u-root"},
    {"X-Is-Admin-Project": "True", "X-Role": "admin"},
    {"X-Service-Roles": "service", "X-Service-Identity-Status": "Confirmed"},
    {"X-Tenant-Id": "p-bank", "X-User": "root"},
)
ALSO = (
    "X-User-Name",
    "X-Project-Name",
    "X-Tenant-Name",
    "X-Domain-Id",
    "X-User-Domain-Name",
    "X-Service-User-Id",
    "X-Service-Project-Id",
)


class Draw:
    """Seeded luck that is the same on every Python version: only random() is used."""

    def __init__(self, seed):
        self.random = Random(f"Q5.T1/{seed}").random

    def pick(self, options):
        return options[int(self.random() * len(options))]

    def whole(self, least, most):
        return least + int(self.random() * (most - least + 1))


def owner(name, project="shop", roles=("member", "reader"), expires_at_s=3600):
    """What Keystone knows about one token."""
    return {
        "user_id": f"u-{name}",
        "user_name": name,
        "project_id": project and f"p-{project}",
        "project_name": project,
        "roles": list(roles),
        "expires_at": expires_at_s,
    }


def request(at_s, token=None, method="GET", path="/v2.1/servers", **headers):
    """A request at a service; the token may be None (no token at all)."""
    return {
        "at_s": at_s,
        "do": "request",
        "method": method,
        "path": path,
        "headers": {**({"X-Auth-Token": token} if token else {}), **headers},
    }


def event(at_s, do, **what):
    return {"at_s": at_s, "do": do, **what}
