"""Endpoints: the addresses of a service, for the public, for other services (internal) and for administrators, in a
region.

An address may hold $(project_id)s and the like: they are filled in when somebody's catalog is made.
"""

from labkit.openstack.errors import BadRequest, Expecting
from labkit.openstack.keystone import endpoint_projects, regions, services
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.endpoint_table import ENDPOINTS, INTERFACE, shown
from labkit.openstack.keystone.immutable import require_same_id
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import STRING, TEXT, body, query
from labkit.openstack.keystone.store import normalised
from labkit.openstack.keystone.web import Created, NoContent, route

URL = {"type": "string", "minLength": 0, "maxLength": 225, "pattern": "^[a-zA-Z0-9+.-]+:.+"}
SHAPE = {
    "enabled": {"type": "boolean"},
    "interface": INTERFACE,
    "region_id": TEXT,
    "region": TEXT,
    "service_id": STRING,
    "url": URL,
    "name": STRING,
    "description": TEXT,
}
CREATE = Schema(body("endpoint", {"id": STRING, **SHAPE}, required=["interface", "service_id", "url"]))
UPDATE = Schema(body("endpoint", SHAPE, minProperties=1))
LIST = Schema(query({"interface": INTERFACE, "region_id": TEXT, "service_id": STRING}))
WORDS_IN_URLS = (
    "tenant_id",
    "project_id",
    "user_id",
    "public_bind_host",
    "admin_bind_host",
    "compute_host",
    "admin_port",
    "public_port",
    "public_endpoint",
    "admin_endpoint",
)


def get(db, endpoint_id):
    """The endpoint with this id. Raises NotFound."""
    return ENDPOINTS.get(db, endpoint_id)


def create(ks, ref):
    """Store a new endpoint. Raises BadRequest when its region or service does not exist."""
    ref = {"id": ks.new_id(), "region_id": None, **ref}
    require_place(ks.db, ref)
    return ENDPOINTS.insert(ks.db, {**ref, "enabled": ref.get("enabled") is not False})


def require_place(db, ref):
    """Raises Expecting when the region or the service that is named does not exist."""
    if ref.get("region_id") is not None and not regions.REGIONS.find(db, ref["region_id"]):
        raise Expecting("endpoint region_id", "region table")
    if ref.get("service_id") is not None and not services.SERVICES.find(db, ref["service_id"]):
        raise Expecting("endpoint service_id", "service table")


def with_region(ks, ref):
    """The old word `region` names a region that is created if there is none."""
    old = ref.get("region")
    ref = {name: value for name, value in ref.items() if name != "region"}
    if ref.get("region_id") is None and old is not None:
        ref["region_id"] = old
        if not regions.REGIONS.find(ks.db, old):
            regions.create(ks, {"id": old})
    return ref


def require_url(url):
    """An address whose $(…)s can be filled in. Raises BadRequest."""
    try:
        filled(url, dict.fromkeys(WORDS_IN_URLS, ""))
    except (KeyError, TypeError, ValueError):
        raise BadRequest(f"Cannot create an endpoint with an invalid URL: {url}.") from None


def filled(url, words):
    """An address with its $(…)s and %(…)s filled in. Raises KeyError, TypeError or ValueError when that is not
    possible."""
    return url.replace("$(", "%(") % words


def remove(db, endpoint_id):
    """Delete an endpoint and what projects it was chosen for."""
    endpoint_projects.forget_endpoint(db, endpoint_id)
    db.run("DELETE FROM policy_association WHERE endpoint_id = ?", (endpoint_id,))
    ENDPOINTS.delete(db, id=endpoint_id)


@route("GET", "/v3/endpoints", rule="identity:list_endpoints", query=LIST)
def list_endpoints(ks, request):
    refs = [shown(ref) for ref in ENDPOINTS.select(ks.db)]
    return collection(request, "endpoints", refs, ("interface", "service_id", "region_id"))


@route("POST", "/v3/endpoints", rule="identity:create_endpoint", body=CREATE)
def create_endpoint(ks, request):
    ref = normalised(request.json["endpoint"])
    require_url(ref["url"])
    return Created(member(request, "endpoint", shown(create(ks, with_region(ks, {**ref, "id": ks.new_id()})))))


@route("GET", "/v3/endpoints/<endpoint_id>", rule="identity:get_endpoint")
def show_endpoint(ks, request, endpoint_id):
    return member(request, "endpoint", shown(get(ks.db, endpoint_id)))


@route("PATCH", "/v3/endpoints/<endpoint_id>", rule="identity:update_endpoint", body=UPDATE)
def update_endpoint(ks, request, endpoint_id):
    require_same_id(request.json["endpoint"], endpoint_id)
    changes = with_region(ks, request.json["endpoint"])
    require_place(ks.db, changes)
    return member(request, "endpoint", shown(ENDPOINTS.update(ks.db, endpoint_id, changes)))


@route("DELETE", "/v3/endpoints/<endpoint_id>", rule="identity:delete_endpoint")
def delete_endpoint(ks, request, endpoint_id):
    get(ks.db, endpoint_id)
    remove(ks.db, endpoint_id)
    return NoContent()
