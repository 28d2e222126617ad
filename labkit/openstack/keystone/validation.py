"""From a token's bytes to who is asking: open, look up, judge.

    open the envelope ──▶ look up user, scope, roles ──▶ expired? ──▶ revoked? ──▶ disabled? ──▶ Auth
      no key: 404             gone: 404, no role: 404      404          404           404

Nothing about a token is stored when it is issued, so everything is looked up each time; what was found is remembered
until anybody writes to the database (the counter in Database.memo), never for a fixed time. Order and messages:
token/provider.py and models/token_model.py.
"""

from dataclasses import dataclass, replace
from functools import cached_property

from labkit.openstack.errors import Forbidden, NotFound, Unauthorized
from labkit.openstack.keystone import (
    application_credentials,
    assignments,
    domains,
    implied_roles,
    projects,
    revocation,
    roles,
    tokens,
    trusts,
    users,
)


class TokenNotFound(NotFound):
    """The token itself is no good (a user or project that is gone is an ordinary NotFound)."""


@dataclass
class Auth:
    """Who asks, where, with which roles: a valid token and everything that it stands for right now."""

    token: tokens.Token
    user: dict
    user_domain: dict
    roles_refs: list
    project: dict | None = None
    project_domain: dict | None = None
    domain: dict | None = None
    trust: dict | None = None
    app_cred: dict | None = None
    actor: dict | None = None   # whom a trust lets the bearer act as; otherwise the user
    revoked: bool = False

    user_id = property(lambda self: self.actor["id"])
    user_domain_id = property(lambda self: self.actor["domain_id"])
    project_id = property(lambda self: self.token.project_id)
    project_domain_id = property(lambda self: self.project_domain and self.project_domain["id"])
    domain_id = property(lambda self: self.token.domain_id)
    system = property(lambda self: self.token.system)
    trust_id = property(lambda self: self.token.trust_id)
    app_cred_id = property(lambda self: self.token.app_cred_id)
    audit_id = property(lambda self: self.token.audit_id)
    roles = property(lambda self: [role["name"] for role in self.roles_refs])
    role_ids = property(lambda self: [role["id"] for role in self.roles_refs])
    is_admin = property(lambda self: "admin" in self.roles)

    def of(self, token):
        """The same standing for another token of the same user and scope."""
        return replace(self, token=token, revoked=False)

    @property
    def delegated(self):
        """Somebody's rights at second hand: a trust, or any method but logging in oneself."""
        return (
            bool(self.trust_id)
            or not self.token.methods
            or not {"password", "token", "external", "mapped"}.issuperset(self.token.methods)
        )

    @cached_property
    def credentials(self):
        """What policy rules compare (oslo.context's policy values)."""
        trust, token = self.trust or {}, {}
        if self.domain:
            token["domain"] = {"id": self.domain["id"]}
        if self.project_domain:
            token["project"] = {"domain": {"id": self.project_domain["id"]}}
        return {
            "user_id": self.user_id,
            "user_domain_id": self.user_domain_id,
            "project_id": self.project_id,
            "project_domain_id": self.project_domain_id,
            "domain_id": self.domain_id,
            "system_scope": self.system,
            "roles": self.roles,
            "is_admin": False,
            "trust_id": self.trust_id,
            "trustor_id": trust.get("trustor_user_id"),
            "trustee_id": trust.get("trustee_user_id"),
            "token": token,
        }


def validate(ks, token_id, window_s=0, access_rules=False):
    """The Auth behind a token's text. Raises NotFound (a bad subject token is 404; the route turns it into 401 for a
    caller's token).

    window_s: how long after its end an expired token is still read. access_rules: does the asking service know access
    rules?
    """
    if not token_id:
        raise TokenNotFound(text="No token in the request")
    try:
        key = (ks.name, ks.keys.changes, token_id)
        token = ks.db.memo(("sealed", *key), lambda: unsealed(ks, token_id))
        if ks.now_s() >= token.expires_at + window_s:
            raise TokenNotFound(text="Failed to validate token")
        auth = ks.db.memo(("token", *key), lambda: opened(ks, token))
        if auth.trust:
            trusts.usable(ks, auth.trust["id"])   # its time may be over though nobody wrote anything
        judge(auth)
    except Unauthorized:
        raise TokenNotFound("token", token_id) from None
    if auth.app_cred and auth.app_cred.get("access_rules") is not None and not access_rules:
        raise TokenNotFound(text="Failed to validate token")
    return auth


def unsealed(ks, token_id):
    """What a token says. Raises TokenNotFound for one that no key opens."""
    try:
        payload, issued_at = ks.keys.open(token_id)
        return tokens.unpack(payload, issued_at)
    except ValueError as problem:
        known = str(problem).startswith("This is not")
        raise TokenNotFound(text=str(problem) if known else "Could not recognize Fernet token") from None


def opened(ks, token):
    """Look up what a token names, and whether it has been revoked."""
    auth = look_up(ks, token)
    auth.revoked = revocation.is_revoked(ks.db, auth)
    return auth


def judge(auth):
    """Revoked, disabled? In this order, after expiry, as the real one asks."""
    if auth.revoked:
        raise TokenNotFound(text="Failed to validate token")
    if not auth.user["enabled"]:
        raise Unauthorized(f"user {auth.user['id']} is disabled")


def look_up(ks, token):
    """The Auth of a token's content as the database has it now. Raises NotFound, Forbidden, Unauthorized."""
    db = ks.db
    user = found("user", users.find(db, token.user_id), token.user_id)
    auth = Auth(token, user, found("domain", domains.find(db, user["domain_id"]), user["domain_id"]), [], actor=user)
    if token.project_id:
        auth.project = found("project", projects.find(db, token.project_id), token.project_id)
        auth.project_domain = domains.find(db, auth.project["domain_id"]) if auth.project.get("domain_id") else None
        enabled("project", auth.project)
        enabled("domain", auth.project_domain)
    if token.domain_id:
        auth.domain = found("domain", domains.find(db, token.domain_id), token.domain_id)
    if token.trust_id:
        take_trust(ks, auth)
    enabled("domain", auth.user_domain)
    if token.app_cred_id:
        auth.app_cred = found(
            "Application Credential", application_credentials.find(db, token.app_cred_id), token.app_cred_id
        )
    auth.roles_refs = roles_of(db, auth)
    if not auth.roles_refs and (token.system or token.domain_id or token.project_id):
        raise Unauthorized(f"user {token.user_id} has no role here")
    return auth


def found(kind, ref, key):
    if ref is None:
        raise NotFound(kind, key)
    return ref


def enabled(kind, ref):
    if ref is not None and not ref["enabled"]:
        raise NotFound(text=f"Unable to validate token because {kind} {ref['id']} is disabled")


def take_trust(ks, auth):
    """Check both ends of a trust; with impersonation the bearer acts as the trustor."""
    auth.trust = trusts.usable(ks, auth.token.trust_id)
    trustor = found("user", users.find(ks.db, auth.trust["trustor_user_id"]), auth.trust["trustor_user_id"])
    if auth.user["id"] != auth.trust["trustee_user_id"]:
        raise Forbidden()
    for who, user in (("Trustor", trustor), ("Trustee", auth.user)):
        if not domains.find(ks.db, user["domain_id"])["enabled"]:
            raise TokenNotFound(text=f"{who} domain is disabled.")
    if not trustor["enabled"]:
        raise Forbidden()
    if auth.trust["impersonation"]:
        auth.actor = trustor


def roles_of(db, auth):
    """The roles that count now: never more than the trustor or the maker of the application credential has."""
    token = auth.token
    if token.system:
        return brief(assignments.effective_roles(db, token.user_id, system=True))
    if auth.trust:
        return trust_roles(db, auth)
    if token.domain_id:
        return brief(assignments.effective_roles(db, token.user_id, domain_id=token.domain_id))
    if not token.project_id:
        return []
    roles = brief(assignments.effective_roles(db, token.user_id, project_id=token.project_id))
    if auth.app_cred:
        held = {role["id"] for role in roles}
        return brief(role for role in auth.app_cred["roles"] if role["id"] in held)
    return roles


def trust_roles(db, auth):
    """What was delegated, with what it implies. Raises Forbidden as soon as the trustor lost any of it."""
    origin = trusts.origin(db, auth.trust)
    held = set(assignments.effective_role_ids(db, origin, project_id=auth.trust["project_id"], keep_domain_roles=True))
    delegated = implied_roles.closure(db, [role["id"] for role in auth.trust["roles"]])
    if not held.issuperset(delegated):
        raise Forbidden()
    return [role for role in roles.of_ids(db, delegated) if role["domain_id"] is None]


def brief(roles):
    return [{"id": role["id"], "name": role["name"]} for role in roles]
