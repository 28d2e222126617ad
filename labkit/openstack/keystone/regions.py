"""Regions: where endpoints are. A region may lie in another; its id is chosen by whoever creates it."""

from labkit.openstack.errors import BadRequest, Conflict, Forbidden
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.endpoint_table import ENDPOINTS
from labkit.openstack.keystone.immutable import require_same_id
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import REGION_ID, SHORT_TEXT, body, query
from labkit.openstack.keystone.store import Table, normalised
from labkit.openstack.keystone.web import Created, NoContent, route

REGIONS = Table(
    "region",
    "region",
    {"id": "TEXT PRIMARY KEY", "description": "TEXT NOT NULL", "parent_region_id": "TEXT"},
    longest={"id": 255},
)
SCHEMA = REGIONS.schema
CREATE = Schema(
    body(
        "region",
        {"description": SHORT_TEXT, "id": {**REGION_ID, "minLength": 0}, "parent_region_id": REGION_ID},
        closed_outside=False,
    )
)
UPDATE = Schema(
    body("region", {"description": SHORT_TEXT, "id": REGION_ID, "parent_region_id": REGION_ID}, minProperties=1)
)
LIST = Schema(query({"parent_region_id": REGION_ID}, closed=True))


def get(db, region_id):
    """The region with this id. Raises NotFound."""
    return REGIONS.get(db, region_id)


def create(ks, ref):
    """Store a new region. Raises Conflict (id taken), NotFound (parent), BadRequest (inside itself)."""
    ref = {"parent_region_id": None, **ref, "description": ref.get("description") or ""}
    if REGIONS.find(ks.db, ref["id"]):
        raise Conflict("region", f"Duplicate ID, {ref['id']}.")
    require_parent(ks.db, ref["id"], ref["parent_region_id"])
    return REGIONS.insert(ks.db, ref)


def require_parent(db, region_id, parent_id):
    """The parent exists and does not lie inside this region. Raises NotFound, BadRequest."""
    while parent_id is not None:
        if parent_id == region_id:
            raise BadRequest(f"The specified parent region {region_id} would create a circular region hierarchy.")
        parent_id = get(db, parent_id)["parent_region_id"]


def within(db, region_id):
    """A region and all that lie in it, as ids."""
    found = [region_id]
    for one in found:
        found += [child["id"] for child in REGIONS.select(db, parent_region_id=one)]
    return found


@route("GET", "/v3/regions", rule="identity:list_regions", query=LIST)
def list_regions(ks, request):
    return collection(request, "regions", REGIONS.select(ks.db), ("parent_region_id",))


@route("POST", "/v3/regions", rule="identity:create_region", body=CREATE)
def create_region(ks, request):
    ref = normalised(request.json["region"])
    return Created(member(request, "region", create(ks, {**ref, "id": ref.get("id") or ks.new_id()})))


@route("GET", "/v3/regions/<region_id>", rule="identity:get_region")
def show_region(ks, request, region_id):
    return member(request, "region", get(ks.db, region_id))


@route("PUT", "/v3/regions/<region_id>", rule="identity:create_region", body=CREATE)
def put_region(ks, request, region_id):
    ref = normalised(request.json["region"])
    if ref.get("id", region_id) != region_id:
        raise BadRequest(f'Conflicting region IDs specified: "{region_id}" != "{ref["id"]}"')
    return Created(member(request, "region", create(ks, {**ref, "id": region_id})))


@route("PATCH", "/v3/regions/<region_id>", rule="identity:update_region", body=UPDATE)
def update_region(ks, request, region_id):
    changes = request.json["region"]
    require_same_id(changes, region_id)
    get(ks.db, region_id)
    require_parent(ks.db, region_id, changes.get("parent_region_id"))
    if "description" in changes:
        changes = {**changes, "description": changes["description"] or ""}
    return member(request, "region", REGIONS.update(ks.db, region_id, changes))


@route("DELETE", "/v3/regions/<region_id>", rule="identity:delete_region")
def delete_region(ks, request, region_id):
    get(ks.db, region_id)
    gone = within(ks.db, region_id)
    if ENDPOINTS.select(ks.db, region_id=gone):
        raise Forbidden(
            text=f"Unable to delete region {region_id} because it or its child regions have associated endpoints."
        )
    REGIONS.delete(ks.db, id=gone)
    return NoContent()
