"""Registered limits: the default amount of a resource for every project, by service and region."""

from labkit.openstack.errors import Conflict, Forbidden
from labkit.openstack.keystone import limits
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.immutable import require_same_id
from labkit.openstack.keystone.limits import LIMITS, NUMBER, REGISTERED, UUID, require_places, same
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import NAME, REGION_ID, SHORT_TEXT, body, query
from labkit.openstack.keystone.store import normalised
from labkit.openstack.keystone.web import Created, NoContent, route

SHAPE = {
    "service_id": UUID,
    "region_id": REGION_ID,
    "resource_name": NAME,
    "default_limit": NUMBER,
    "description": SHORT_TEXT,
}
NEW = {
    "type": "object",
    "properties": SHAPE,
    "additionalProperties": False,
    "required": ["service_id", "resource_name", "default_limit"],
}
CREATE = Schema({"type": "object", "properties": {"registered_limits": {"type": "array", "items": NEW, "minItems": 1}},
                 "required": ["registered_limits"], "additionalProperties": False})
UPDATE = Schema(body("registered_limit", SHAPE, additionalProperties=False))
LIST = Schema(query({"service_id": UUID, "region_id": REGION_ID, "resource_name": NAME}))
ONE = "/v3/registered_limits/<registered_limit_id>"


def get(db, limit_id):
    """The registered limit with this id. Raises NotFound."""
    return limits.existing(REGISTERED, db, limit_id)


def create(ks, ref):
    """Store a registered limit. Raises Expecting (400), Conflict."""
    ref = require_places(ks.db, {"id": ks.new_id(), **ref}, "registered_limit")
    require_new(ks.db, ref)
    return REGISTERED.insert(ks.db, ref)


def require_new(db, ref):
    """Raises Conflict when there is another one for the same resource."""
    if any(known["id"] != ref["id"] for known in REGISTERED.select(db, **same(ref))):
        raise Conflict("registered_limit", "Duplicate entry")


def require_unused(db, ref):
    """A registered limit that some limit overrides stays as it is. Raises Forbidden."""
    if LIMITS.select(db, **same(ref)):
        raise Forbidden(
            text=f"Unable to update or delete registered limit {ref['id']} because there are project limits associated "
            "with it."
        )


@route("GET", "/v3/registered_limits", rule="identity:list_registered_limits", query=LIST)
def list_registered(ks, request):
    return collection(request, "registered_limits", REGISTERED.select(ks.db), limits.FILTERS[:3])


@route("POST", "/v3/registered_limits", rule="identity:create_registered_limits", body=CREATE)
def create_registered(ks, request):
    """All of them or none."""
    with ks.db.transaction():
        refs = [create(ks, normalised(ref)) for ref in request.json["registered_limits"]]
    return Created(
        {"registered_limits": [member(request, "registered_limit", ref)["registered_limit"] for ref in refs]}
    )


@route("GET", ONE, rule="identity:get_registered_limit")
def show_registered(ks, request, registered_limit_id):
    return member(request, "registered_limit", get(ks.db, registered_limit_id))


@route("PATCH", ONE, rule="identity:update_registered_limit", body=UPDATE)
def update_registered(ks, request, registered_limit_id):
    changes = require_places(ks.db, dict(request.json["registered_limit"]), "registered_limit")
    old = get(ks.db, registered_limit_id)
    require_same_id(changes, registered_limit_id)
    require_unused(ks.db, old)
    require_new(ks.db, {**old, **changes})
    return member(request, "registered_limit", REGISTERED.update(ks.db, registered_limit_id, changes))


@route("DELETE", ONE, rule="identity:delete_registered_limit")
def delete_registered(ks, request, registered_limit_id):
    require_unused(ks.db, get(ks.db, registered_limit_id))
    REGISTERED.delete(ks.db, id=registered_limit_id)
    return NoContent()
