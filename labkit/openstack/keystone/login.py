"""Proving who you are: the authentication methods password, token and application_credential.

Each method returns a Proof; several methods in one request must all succeed and must name the same user. Order and
messages as in auth/core.py and auth/plugins/*: what fails for want of knowledge is always the same 401. The words
tell nobody who exists; the time does, here as there: only for a known user is a slow hash worked out.
"""

from dataclasses import dataclass, field

from labkit.openstack.errors import BadRequest, Expecting, Forbidden, Unauthorized
from labkit.openstack.keystone import application_credentials, domains, passwords, tokens, users, validation


@dataclass
class Proof:
    """What the methods established. expires_at: Unix seconds that a new token must not outlive, or None."""

    user: dict | None = None
    methods: set = field(default_factory=set)
    expires_at: float | None = None
    audit_id: str | None = None
    app_cred: dict | None = None

    user_id = property(lambda self: self.user and self.user["id"])

    def join(self, user, *methods):
        """One more method succeeded. Raises Unauthorized if it speaks of somebody else."""
        if self.user_id not in (None, user["id"]):
            raise Unauthorized("the methods name different users")
        self.user = user
        self.methods.update(methods)


def prove(ks, demand):
    """Run every method that the request names. Raises Unauthorized, NotFound, Forbidden, BadRequest."""
    proof = Proof()
    for method in dict.fromkeys(demand["identity"]["methods"]):
        if method not in PROVERS:
            raise Unauthorized(f"nobody vouches for method {method}")
        PROVERS[method](ks, proof, demand["identity"][method], demand.get("scope", {}))
    if proof.user_id is None:
        raise Unauthorized("no method named a user")
    return proof


def by_password(ks, proof, payload, _):
    user = named_user(ks, payload)
    passwords.verify(ks, user, payload["user"].get("password"))
    proof.join(user, "password")


def by_token(ks, proof, payload, scope):
    """A new token from an old one: same user, same end, same chain; never more rights."""
    old = validation.validate(ks, payload["id"])
    refuse_delegated(old, scope)
    proof.join(old.user, "token", *old.token.methods)
    proof.expires_at = min(proof.expires_at or old.token.expires_at, old.token.expires_at)
    proof.audit_id = old.token.parent_audit_id or old.audit_id


def refuse_delegated(old, scope):
    """Rights at second hand cannot be exchanged for a token of another scope."""
    if old.trust_id:
        raise Forbidden("Using trust-scoped token to create another token. Create a new trust-scoped token instead")
    if old.system and ("project" in scope or "domain" in scope):
        raise Forbidden("Using a system-scoped token to create a project-scoped or domain-scoped token is not allowed.")
    if old.delegated:
        raise Forbidden("Using a delegated token to create another token is not allowed.")


def by_application_credential(ks, proof, payload, _):
    """An id (or a name and its owner) and the secret that was shown once."""
    ref = named_credential(ks, payload)
    user = enabled_user(ks, users.find(ks.db, ref["user_id"]))
    if not passwords.matches(payload.get("secret"), ref["secret_hash"]):
        raise Unauthorized("wrong secret")
    if ref.get("expires_at") and tokens.epoch(ref["expires_at"]) <= ks.now_s():
        raise Unauthorized("the application credential has expired")
    proof.join(user, "application_credential")
    proof.app_cred = ref


def named_credential(ks, payload):
    """The application credential that a payload means. An unknown id is 404 (and so tells the truth), an unknown name
    401."""
    check_texts(payload, "application_credential", "id", "name", "secret")
    if payload.get("id"):
        return validation.found(
            "Application Credential", application_credentials.find(ks.db, payload["id"]), payload["id"]
        )
    if not payload.get("name"):
        raise Expecting("name or ID", "application credential")
    if not payload.get("user"):
        raise Expecting("user", "application credential")
    user = named_user(ks, payload)
    ref = application_credentials.by_name(ks.db, user["id"], payload["name"])
    if ref is None:
        raise Unauthorized(f"no application credential {payload['name']}")
    return ref


def named_user(ks, payload):
    """The enabled user, in an enabled domain, that {"user": {…}} means."""
    wanted = payload.get("user")
    if wanted is None:
        raise Expecting("user", "None")
    check_texts(wanted, "user", "id", "name")
    if wanted.get("name"):
        if "domain" not in wanted:
            raise Expecting("domain", "user")
        check_texts(wanted["domain"], "domain", "id", "name")
        if not wanted["domain"].get("id") and not wanted["domain"].get("name"):
            raise Expecting("id or name", "domain")
        return enabled_user(ks, users.by_name(ks.db, wanted["name"], named_domain(ks, wanted["domain"])["id"]))
    if not wanted.get("id"):
        raise Expecting("id or name", "user")
    return enabled_user(ks, users.find(ks.db, wanted["id"]))


def enabled_user(ks, user):
    if user is None or not user["enabled"] or not domains.find(ks.db, user["domain_id"])["enabled"]:
        raise Unauthorized("no such user, or disabled")
    return user


def named_domain(ks, wanted):
    """The enabled domain that {"id"} or {"name"} means. Raises Unauthorized: it must not be told which domains exist.
    """
    domain = domains.by_name(ks.db, wanted["name"]) if wanted.get("name") else domains.find(ks.db, wanted.get("id"))
    if domain is None or not domain["enabled"]:
        raise Unauthorized("no such domain, or disabled")
    return domain


def check_texts(value, what, *names):
    """Where no schema guards a payload: an object whose named members are texts. Raises BadRequest."""
    if not isinstance(value, dict):
        raise BadRequest(f"{what} must be an object, not {value!r}")
    for name in names:
        if not isinstance(value.get(name, ""), str):
            raise BadRequest(f"{what}/{name} must be a text, not {value[name]!r}")


PROVERS = {"password": by_password, "token": by_token, "application_credential": by_application_credential}
