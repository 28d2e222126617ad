"""Roles: names that policies speak of. What a role allows is written in each service's policy, never here.

A role with a domain is that domain's own word: it never reaches a token, only the roles that it implies do.
"""

from labkit.openstack.errors import BadRequest, NotFound
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.immutable import require_deletable, require_mutable, require_same_id
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import ID, IMMUTABLE, NAME, NULLABLE_ID, TEXT, body, query
from labkit.openstack.keystone.store import Table, normalised
from labkit.openstack.keystone.web import Created, NoContent, route

ROLES = Table(
    "role",
    "role",
    {
        "id": "TEXT PRIMARY KEY",
        "name": "TEXT NOT NULL",
        "domain_id": "TEXT",
        "description": "TEXT",
        "options": "TEXT NOT NULL",
    },
    documents=("options",),
    unique=("ifnull(domain_id, ''), name",),
    longest={"description": 255},
)
SCHEMA = ROLES.schema

SHAPE = {"name": NAME, "description": TEXT, "domain_id": NULLABLE_ID, "options": IMMUTABLE}
CREATE = Schema(body("role", SHAPE, required=["name"]))
UPDATE = Schema(body("role", SHAPE, minProperties=1))
LIST = Schema(query({"name": NAME, "domain_id": ID}))


def find(db, role_id):
    """The role with this id, or None."""
    return ROLES.find(db, role_id)


def get(db, role_id):
    """The role with this id. Raises NotFound."""
    return ROLES.get(db, role_id)


def of_ids(db, role_ids):
    """Roles in the order of their ids here; unknown ids are left out."""
    known = {ref["id"]: ref for ref in ROLES.select(db, id=list(role_ids))} if role_ids else {}
    return [known[role_id] for role_id in role_ids if role_id in known]


def only_by_name(db, name):
    """The one role of this name, in whatever domain. Raises NotFound, BadRequest when there are several."""
    found = ROLES.select(db, name=name)
    if not found:
        raise NotFound(text=f"Role {name} is not defined")
    if len(found) > 1:
        raise BadRequest(
            f"There are multiple role entities named '{name}'. Please use ID instead of names to resolve the ambiguity."
        )
    return found[0]


def named(db, wanted):
    """Roles given as {"id"} or {"name"}, as roles with an id; an id is not looked up. Raises NotFound, BadRequest."""
    return [{"id": one["id"]} if one.get("id") else only_by_name(db, one["name"]) for one in wanted]


def create(ks, ref):
    """Store a new role. Raises Conflict when the name is taken."""
    ref = {"id": ks.new_id(), "description": None, "domain_id": None, "options": {}, **ref}
    ref["options"] = {name: value for name, value in ref["options"].items() if value is not None}
    return ROLES.insert(ks.db, ref)


def imply(ks, prior_id, implied_id):
    """Whoever has the prior role has the implied one too; again is no error."""
    from labkit.openstack.keystone import implied_roles
    if implied_id not in implied_roles.implied_by(ks.db, prior_id):
        implied_roles.imply(ks, prior_id, implied_id)


def rule_for(ref, doing):
    """Roles of a domain have rules of their own."""
    return f"identity:{doing}_domain_role" if ref.get("domain_id") else f"identity:{doing}_role"


def permitted(ks, request, role_id, doing):
    """The role, after the rule for it has been asked; an unknown role is a 404 for everybody who has a token."""
    request.authenticated()
    ref = get(ks.db, role_id)
    ks.enforce(request, rule_for(ref, doing), {"role": ref})
    return ref


@route("GET", "/v3/roles", query=LIST)
def list_roles(ks, request):
    domain_id = request.query.get("domain_id")
    ks.enforce(request, "identity:list_domain_roles" if domain_id else "identity:list_roles")
    return collection(request, "roles", ROLES.select(ks.db, domain_id=domain_id or None), ("name",))


@route("POST", "/v3/roles", body=CREATE)
def create_role(ks, request):
    ref = request.json["role"]
    ks.enforce(request, rule_for(ref, "create"), {"role": ref})
    return Created(member(request, "role", create(ks, {**normalised(ref), "id": ks.new_id()})))


@route("GET", "/v3/roles/<role_id>")
def show_role(ks, request, role_id):
    return member(request, "role", permitted(ks, request, role_id, "get"))


@route("PATCH", "/v3/roles/<role_id>", body=UPDATE)
def update_role(ks, request, role_id):
    old, changes = permitted(ks, request, role_id, "update"), request.json["role"]
    require_same_id(changes, role_id)
    require_mutable(old, changes, "role")
    if changes.get("domain_id", old["domain_id"]) != old["domain_id"]:
        raise BadRequest("Update of `domain_id` is not allowed.")
    return member(request, "role", ROLES.update(ks.db, role_id, changes))


@route("DELETE", "/v3/roles/<role_id>")
def delete_role(ks, request, role_id):
    from labkit.openstack.keystone import deletion
    ref = permitted(ks, request, role_id, "delete")
    require_deletable(ref, "role")
    deletion.role(ks, ref)
    return NoContent()
