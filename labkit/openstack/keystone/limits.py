"""Unified limits: how much of a resource a project or domain may use. A limit overrides the default that a registered
limit sets.

Keystone only keeps the numbers; the services count. The model is `flat`: no limit looks at the tree of projects.
"""

from labkit.openstack.errors import Conflict, Expecting, Forbidden, NotFound
from labkit.openstack.keystone import domains, projects, regions, services
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.immutable import require_same_id
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import ID, NAME, REGION_ID, SHORT_TEXT, body, query
from labkit.openstack.keystone.store import Table, normalised
from labkit.openstack.keystone.web import Created, NoContent, route

COLUMNS = {
    "id": "TEXT PRIMARY KEY",
    "service_id": "TEXT NOT NULL",
    "region_id": "TEXT",
    "resource_name": "TEXT NOT NULL",
    "description": "TEXT",
}
LIMITS = Table(
    "limits",
    "limit",
    {**COLUMNS, "project_id": "TEXT", "domain_id": "TEXT", "resource_limit": "INTEGER NOT NULL"},
    extra=False,
)
REGISTERED = Table(
    "registered_limit", "registered limit", {**COLUMNS, "default_limit": "INTEGER NOT NULL"}, extra=False
)
SCHEMA = LIMITS.schema + REGISTERED.schema

NUMBER = {"type": "integer", "minimum": -1, "maximum": 2147483647}
UUID = {"type": "string", "format": "uuid"}
SHAPE = {
    "resource_name": NAME,
    "region_id": REGION_ID,
    "service_id": UUID,
    "resource_limit": NUMBER,
    "description": SHORT_TEXT,
}
NEW = {
    "type": "object",
    "properties": {**SHAPE, "project_id": ID, "domain_id": ID},
    "additionalProperties": False,
    "required": ["service_id", "resource_name", "resource_limit"],
    "oneOf": [{"required": ["project_id"]}, {"required": ["domain_id"]}],
}
CREATE = Schema(
    {
        "type": "object",
        "properties": {"limits": {"type": "array", "items": NEW, "minItems": 1}},
        "required": ["limits"],
        "additionalProperties": False,
    }
)
UPDATE = Schema(body("limit", {"resource_limit": NUMBER, "description": SHORT_TEXT}, additionalProperties=False))
LIST = Schema(
    query({"service_id": UUID, "region_id": REGION_ID, "resource_name": NAME, "project_id": ID, "domain_id": ID})
)
FILTERS = ("service_id", "region_id", "resource_name", "project_id", "domain_id")
PLACES = {"service_id": services.SERVICES, "region_id": regions.REGIONS, "project_id": projects.PROJECTS}


def require_places(db, ref, target):
    """What a limit names must exist; a project that is a domain counts as a domain. Raises Expecting (400)."""
    for name, table in PLACES.items():
        if ref.get(name) is not None and not table.find(db, ref[name]):
            raise Expecting(name, target)
    if ref.get("domain_id") is not None and not domains.find(db, ref["domain_id"]):
        raise Expecting("domain_id", target)
    if ref.get("project_id") and projects.get(db, ref["project_id"])["is_domain"]:
        ref.update(domain_id=ref["project_id"], project_id=None)
    return ref


def same(ref):
    """What makes two limits the same."""
    return {name: ref.get(name) for name in ("service_id", "region_id", "resource_name")}


def create(ks, ref):
    """Store a limit. Raises Forbidden without a registered limit to override, Conflict for a second one."""
    ref = require_places(ks.db, {"id": ks.new_id(), "project_id": None, "domain_id": None, **ref}, "limit")
    if not REGISTERED.select(ks.db, **same(ref)):
        raise Forbidden(text="Unable to create a limit that has no corresponding registered limit.")
    if LIMITS.select(ks.db, **same(ref), project_id=ref["project_id"], domain_id=ref["domain_id"]):
        raise Conflict("limit", "Duplicate entry")
    return LIMITS.insert(ks.db, ref)


def get(db, limit_id):
    """The limit with this id. Raises NotFound."""
    return existing(LIMITS, db, limit_id)


def existing(table, db, limit_id):
    """A limit or registered limit. Raises NotFound."""
    ref = table.find(db, limit_id)
    if ref is None:
        raise NotFound(text=f"Could not find {table.kind} for {limit_id}.")
    return ref


def limit_target(ks, request, limit_id):
    ref = LIMITS.find(ks.db, limit_id)
    if ref is None:
        return {}
    place = (
        {"project": projects.get(ks.db, ref["project_id"])}
        if ref["project_id"]
        else {"domain": domains.get(ks.db, ref["domain_id"])}
    )
    return {"limit": {**ref, **place}}


def existing_target(ks, request, limit_id):
    return {"limit": get(ks.db, limit_id)}


def seen_by(db, auth):
    """The limits that a token may see: all for the cloud's admin and the system, otherwise those of its own domain or
    project."""
    if auth.system or {"admin", "service"} & set(auth.roles):
        return LIMITS.select(db)
    if auth.domain_id:
        inside = [ref["id"] for ref in projects.PROJECTS.select(db, domain_id=auth.domain_id)]
        return LIMITS.select(db, project_id=inside) + LIMITS.select(db, domain_id=auth.domain_id)
    return LIMITS.select(db, project_id=auth.project_id) if auth.project_id else []


@route("GET", "/v3/limits/model", rule="identity:get_limit_model")
def show_model(ks, request):
    return {
        "model": {
            "name": "flat",
            "description": "Limit enforcement and validation does not take project hierarchy into consideration.",
        }
    }


@route("GET", "/v3/limits", rule="identity:list_limits", query=LIST)
def list_limits(ks, request):
    return collection(request, "limits", seen_by(ks.db, request.auth), FILTERS)


@route("POST", "/v3/limits", rule="identity:create_limits", body=CREATE)
def create_limits(ks, request):
    """All of them or none."""
    with ks.db.transaction():
        refs = [create(ks, normalised(ref)) for ref in request.json["limits"]]
    return Created({"limits": [member(request, "limit", ref)["limit"] for ref in refs]})


@route("GET", "/v3/limits/<limit_id>", rule="identity:get_limit", target=limit_target)
def show_limit(ks, request, limit_id):
    return member(request, "limit", get(ks.db, limit_id))


@route("PATCH", "/v3/limits/<limit_id>", rule="identity:update_limit", body=UPDATE, target=existing_target)
def update_limit(ks, request, limit_id):
    require_same_id(request.json["limit"], limit_id)
    return member(request, "limit", LIMITS.update(ks.db, limit_id, request.json["limit"]))


@route("DELETE", "/v3/limits/<limit_id>", rule="identity:delete_limit", target=existing_target)
def delete_limit(ks, request, limit_id):
    LIMITS.delete(ks.db, id=limit_id)
    return NoContent()
