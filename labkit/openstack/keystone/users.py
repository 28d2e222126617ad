"""Users: accounts, each in one domain. The password lies elsewhere, hashed; what else a client sends is kept and
given back.
"""

from datetime import UTC, datetime

from labkit.openstack.errors import MALFORMED, BadRequest
from labkit.openstack.keystone import assignments, domains, passwords, projects, revocation
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.immutable import require_same_id
from labkit.openstack.keystone.projects import own_domain
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import BOOLEAN, ID, NAME, ORDER, PAGE, STRING, SWITCH, TEXT, body, query
from labkit.openstack.keystone.store import Table, as_boolean, normalised
from labkit.openstack.keystone.web import Created, NoContent, route

USERS = Table(
    "user",
    "user",
    {
        "id": "TEXT PRIMARY KEY",
        "name": "TEXT NOT NULL",
        "domain_id": "TEXT NOT NULL",
        "enabled": "INTEGER",
        "default_project_id": "TEXT",
        "options": "TEXT NOT NULL",
    },
    flags=("enabled",),
    documents=("options",),
    unique=("domain_id, name",),
    longest={"default_project_id": 64},
)
SCHEMA = USERS.schema

RULES_OF_FACTORS = {"type": ["array", "null"], "uniqueItems": True,
                    "items": {"type": "array", "items": STRING, "minItems": 1, "uniqueItems": True}}
SWITCHES = (
    "ignore_change_password_upon_first_use",
    "ignore_password_expiry",
    "ignore_lockout_failure_attempts",
    "lock_password",
    "ignore_user_inactivity",
)
OPTIONS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(SWITCHES, SWITCH),
        "multi_factor_auth_rules": RULES_OF_FACTORS,
        "multi_factor_auth_enabled": SWITCH,
    },
}
SHAPE = {
    "domain_id": ID,
    "default_project_id": TEXT,
    "description": TEXT,
    "enabled": BOOLEAN,
    "federated": {"type": "array"},
    "name": NAME,
    "password": TEXT,
    "options": OPTIONS,
}
CREATE = Schema(body("user", SHAPE, required=["name"]))
UPDATE = Schema(body("user", SHAPE, minProperties=1))
FEDERATED = ("idp_id", "protocol_id", "unique_id")
LIST = Schema(
    query(
        {
            "domain_id": ID,
            "enabled": BOOLEAN,
            "name": NAME,
            "password_expires_at": STRING,
            **dict.fromkeys(FEDERATED, STRING),
            **PAGE,
            **ORDER,
        }
    )
)
FILTERS = ("domain_id", "enabled", "name")
NEVER_STORED = ("password", "federated", "tenants", "groups", "domains", "password_expires_at", "links", "extra")
OPERATORS = {"lt": lambda a, b: a < b, "lte": lambda a, b: a <= b, "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b,
             "eq": lambda a, b: a == b, "neq": lambda a, b: a != b}


def find(db, user_id):
    """The user with this id, or None."""
    return shown(USERS.find(db, user_id))


def get(db, user_id):
    """The user with this id. Raises NotFound."""
    return shown(USERS.get(db, user_id))


def by_name(db, name, domain_id):
    """The user of this name in a domain, or None."""
    found = USERS.select(db, name=name, domain_id=domain_id)
    return shown(found[0]) if found else None


def shown(ref):
    """A user as the API shows it: without a default project there is no such attribute."""
    if ref and ref["default_project_id"] is None:
        del ref["default_project_id"]
    return ref


def with_expiry(ks, ref):
    """A user with the end of his password's life (null: it has none)."""
    return {**ref, "password_expires_at": passwords.expires_at(ks.db, ref["id"])}


def create(ks, ref):
    """Store a new user. Raises NotFound (domain), BadRequest (default project is a domain), Conflict (name taken)."""
    ref = {"id": ks.new_id(), "enabled": True, "options": {}, **ref}
    domains.get(ks.db, ref["domain_id"])
    require_no_domain(ks.db, ref)
    kept = {name: value for name, value in ref.items() if name not in NEVER_STORED}
    kept["options"] = {name: value for name, value in ref["options"].items() if value is not None}
    created = USERS.insert(ks.db, {**kept, "name": ref["name"].strip()})
    if ref.get("password") is not None:
        passwords.store(ks, ref["id"], ref["password"])
    return shown(created)


def require_no_domain(db, ref):
    """A default project must not be a domain; one that does not exist is accepted. Raises BadRequest."""
    default = ref.get("default_project_id") and projects.find(db, ref["default_project_id"])
    if default and default["is_domain"]:
        raise BadRequest(f"User's default project ID cannot be a domain ID: {default['id']}")


def update(ks, user_id, changes):
    """Change a user; disabling him or giving him another password ends all his tokens. Raises NotFound, BadRequest,
    Conflict."""
    old = get(ks.db, user_id)
    if "domain_id" in changes and changes["domain_id"] != old["domain_id"]:
        raise BadRequest("Cannot change Domain ID")
    require_no_domain(ks.db, changes)
    kept = {name: value for name, value in changes.items() if name not in NEVER_STORED}
    if "name" in kept:
        kept["name"] = kept["name"].strip()
    ref = shown(USERS.update(ks.db, user_id, kept))
    if "password" in changes:
        passwords.store(ks, user_id, changes["password"])
    if changes.get("password") is not None or (
        old["enabled"] and kept.get("enabled") is not None and not as_boolean(kept["enabled"])
    ):
        revocation.by_user(ks, user_id)
    return ref


def user_target(ks, request, user_id, **_):
    found = find(ks.db, user_id)
    return {"user": found} if found else {}


def expiring(ks, refs, wanted):
    """Users whose password ends as asked: `lt:2026-01-01T00:00:00Z`. Raises BadRequest."""
    operator, _, moment = wanted.partition(":") if ":" in wanted[2:4] else ("eq", "", wanted)
    try:
        asked = datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise BadRequest(f"Timestamp not in expected format. {MALFORMED}") from None
    if operator not in OPERATORS:
        raise BadRequest(
            f"The given operator {operator} is not valid. It must be one of the following: 'eq', 'neq', 'lt', 'lte',"
            " 'gt', or 'gte'."
        )
    dated = [
        (ref, datetime.fromisoformat(ref["password_expires_at"].rstrip("Z")))
        for ref in refs
        if ref["password_expires_at"]
    ]
    return [ref for ref, moment in dated if OPERATORS[operator](moment, asked)]


def listed(ks, request, refs):
    """Users of a list: those the scope of the token lets be seen, with their passwords' ends."""
    own = request.auth.domain_id
    refs = [with_expiry(ks, shown(ref)) for ref in refs if own in (None, ref["domain_id"])]
    wanted = request.query.get("password_expires_at")
    return refs if wanted is None else expiring(ks, refs, wanted)


@route("GET", "/v3/users", query=LIST)
def list_users(ks, request):
    ks.enforce(request, "identity:list_users", own_domain(request))
    nobody = any(name in request.query for name in FEDERATED)   # no federated users live here
    refs = [] if nobody else USERS.select(ks.db)
    return collection(request, "users", listed(ks, request, refs), FILTERS, paged=True)


@route(
    "POST",
    "/v3/users",
    rule="identity:create_user",
    body=CREATE,
    target=lambda ks, request: {"user": request.json["user"]},
)
def create_user(ks, request):
    ref = normalised(request.json["user"])
    ref = {**ref, "domain_id": ref.get("domain_id") or request.auth.domain_id or "default", "id": ks.new_id()}
    return Created(member(request, "user", with_expiry(ks, create(ks, ref))))


@route("GET", "/v3/users/<user_id>", rule="identity:get_user", target=user_target)
def show_user(ks, request, user_id):
    return member(request, "user", with_expiry(ks, get(ks.db, user_id)))


@route("PATCH", "/v3/users/<user_id>", rule="identity:update_user", target=user_target, body=UPDATE)
def update_user(ks, request, user_id):
    get(ks.db, user_id)
    changes = request.json["user"]
    require_same_id(changes, user_id)
    ref = update(ks, user_id, changes)
    return member(request, "user", {**with_expiry(ks, ref), "extra": USERS.extras(ref)})


@route("DELETE", "/v3/users/<user_id>", rule="identity:delete_user", target=user_target)
def delete_user(ks, request, user_id):
    from labkit.openstack.keystone import deletion
    deletion.user(ks, get(ks.db, user_id))
    return NoContent()


@route("GET", "/v3/users/<user_id>/projects", rule="identity:list_user_projects", target=user_target)
def list_user_projects(ks, request, user_id):
    get(ks.db, user_id)
    return collection(request, "projects", assignments.projects_of(ks.db, user_id), ("domain_id", "enabled", "name"))


@route("DELETE", "/v3/users/<user_id>/tokens", rule="identity:revoke_tokens_for_user", target=user_target)
def revoke_tokens(ks, request, user_id):
    get(ks.db, user_id)
    revocation.by_user(ks, user_id)
    return NoContent()
