"""What a Fernet token carries: a msgpack list whose first number says which kind of scope follows.

    [2, [True, <user id, 16 bytes>], 2, [True, <project id>], 1767340800.0, [<audit id, 16 bytes>]]
     │            who              how       where               until              which token

No role, no name, no catalog: those are looked up at every validation, which is why a role that was taken away is gone
at once, and why nobody can read a token without asking Keystone. Payloads and versions are byte for byte those of
real Keystone (token/token_formatters.py).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

import msgpack

METHODS = ("external", "password", "token", "oauth1", "mapped", "application_credential", "ec2credential")
UNSCOPED, DOMAIN, PROJECT, TRUST, SYSTEM, APPLICATION_CREDENTIAL = 0, 1, 2, 3, 8, 9
SCOPE_NAMES = {UNSCOPED: "unscoped", DOMAIN: "domain", PROJECT: "project", TRUST: "trust", SYSTEM: "system",
               APPLICATION_CREDENTIAL: "application credential"}
DEFAULT_DOMAIN = "default"


@dataclass(frozen=True, slots=True)
class Token:
    """A token's content. Times are Unix seconds: issued_at whole (it lies in the envelope), expires_at a float."""

    user_id: str
    methods: tuple
    audit_ids: tuple
    expires_at: float
    issued_at: int = 0
    system: str | None = None
    domain_id: str | None = None
    project_id: str | None = None
    trust_id: str | None = None
    app_cred_id: str | None = None

    @property
    def kind(self):
        """The payload's version number."""
        if self.trust_id:
            return TRUST
        if self.app_cred_id:
            return APPLICATION_CREDENTIAL
        if self.project_id:
            return PROJECT
        if self.domain_id:
            return DOMAIN
        return SYSTEM if self.system else UNSCOPED

    @property
    def audit_id(self):
        return self.audit_ids[0]

    @property
    def parent_audit_id(self):
        """The audit id of the first token of this chain, or None for a token that was not made from another."""
        return self.audit_ids[1] if len(self.audit_ids) > 1 else None


def pack(token):
    """The msgpack bytes inside the envelope."""
    start = [token.kind, id_pair(token.user_id), method_bits(token.methods)]
    end = [float(token.expires_at), [urlsafe_b64decode(audit_id + "==") for audit_id in token.audit_ids]]
    return msgpack.packb([*start, *place(token), *end, *tail(token)])


def place(token):
    """What stands between the methods and the end: the scope."""
    if token.kind == UNSCOPED:
        return []
    if token.kind == DOMAIN:
        return [domain_bytes(token.domain_id)]
    return [token.system if token.kind == SYSTEM else id_pair(token.project_id)]


def tail(token):
    """What stands behind the audit ids: the trust or the application credential that the token was made from."""
    if token.kind == TRUST:
        return [bytes.fromhex(token.trust_id)]
    return [id_pair(token.app_cred_id)] if token.kind == APPLICATION_CREDENTIAL else []


def unpack(payload, issued_at=0):
    """A Token from the bytes inside the envelope. Raises ValueError for a payload of another kind."""
    kind, user, methods, *rest = msgpack.unpackb(payload)
    if kind not in SCOPE_NAMES:
        raise ValueError(f"This is not a recognized Fernet payload version: {kind}")
    scope = {} if kind == UNSCOPED else scope_of(kind, rest.pop(0))
    expires_at, audit_ids, *made_from = rest
    if kind == TRUST:
        scope["trust_id"] = made_from[0].hex()
    elif kind == APPLICATION_CREDENTIAL:
        scope["app_cred_id"] = id_text(made_from[0])
    return Token(id_text(user), method_names(methods), tuple(map(text_of, audit_ids)), expires_at, issued_at, **scope)


def scope_of(kind, packed):
    """The scope's field of a Token, from the payload's third place."""
    if kind == DOMAIN:
        return {"domain_id": packed.hex() if isinstance(packed, bytes) else packed}
    if kind == SYSTEM:
        return {"system": packed}
    return {"project_id": id_text(packed)}


def id_pair(name):
    """An id as [is it a UUID?, 16 bytes or the text itself]: ids that are no UUID exist ('default')."""
    try:
        return [True, bytes.fromhex(name)] if name and len(name) == 32 else [False, name]
    except ValueError:
        return [False, name]


def id_text(pair):
    is_uuid, value = pair
    return value.hex() if is_uuid else value


def domain_bytes(domain_id):
    """A domain's id stands without a mark: 16 bytes, or the text of the default domain."""
    return domain_id if domain_id == DEFAULT_DOMAIN else bytes.fromhex(domain_id)


def method_bits(methods):
    """password is bit 1, token bit 2 …: the order of Keystone's [auth] methods."""
    return sum(1 << METHODS.index(method) for method in methods)


def method_names(bits):
    return tuple(method for i, method in reversed(list(enumerate(METHODS))) if bits >> i & 1)


def text_of(raw):
    """Bytes as text that fits into addresses and headers: base64 without its '='."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def new_audit_id(draw):
    """22 characters that name a token without giving it away: what belongs into logs. draw: random.Random."""
    bits = draw.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | (0x4 << 76) | (0x2 << 62)   # a UUID of version 4
    return text_of(bits.to_bytes(16, "big"))


def time_text(epoch_s):
    """2026-03-02T08:00:00.000000Z, as tokens show times."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def epoch(text):
    """Unix seconds of an ISO 8601 time; without a zone it is UTC."""
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
