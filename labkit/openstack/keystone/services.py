"""Services: compute, image, network … A service is a type and a name; where it answers, its endpoints say."""

from labkit.openstack.keystone import endpoints
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.endpoint_table import ENDPOINTS
from labkit.openstack.keystone.immutable import require_same_id
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import body
from labkit.openstack.keystone.store import Table, normalised
from labkit.openstack.keystone.web import Created, NoContent, route

SERVICES = Table(
    "service", "service", {"id": "TEXT PRIMARY KEY", "type": "TEXT", "enabled": "INTEGER NOT NULL"}, flags=("enabled",)
)
SCHEMA = SERVICES.schema
WORD = {"type": "string", "minLength": 1, "maxLength": 255}
SHAPE = {"enabled": {"type": "boolean"}, "type": WORD, "name": WORD}
CREATE = Schema(body("service", SHAPE, required=["type"], closed_outside=False))
UPDATE = Schema(body("service", SHAPE, closed_outside=False, minProperties=1))


def get(db, service_id):
    """The service with this id. Raises NotFound."""
    return SERVICES.get(db, service_id)


def create(ks, ref):
    """Store a new service."""
    return SERVICES.insert(ks.db, {"id": ks.new_id(), "enabled": True, "name": "", **ref})


@route("GET", "/v3/services", rule="identity:list_services")
def list_services(ks, request):
    return collection(request, "services", SERVICES.select(ks.db), ("type", "name"))


@route("POST", "/v3/services", rule="identity:create_service", body=CREATE)
def create_service(ks, request):
    return Created(member(request, "service", create(ks, {**normalised(request.json["service"]), "id": ks.new_id()})))


@route("GET", "/v3/services/<service_id>", rule="identity:get_service")
def show_service(ks, request, service_id):
    return member(request, "service", get(ks.db, service_id))


@route("PATCH", "/v3/services/<service_id>", rule="identity:update_service", body=UPDATE)
def update_service(ks, request, service_id):
    require_same_id(request.json["service"], service_id)
    return member(request, "service", SERVICES.update(ks.db, service_id, request.json["service"]))


@route("DELETE", "/v3/services/<service_id>", rule="identity:delete_service")
def delete_service(ks, request, service_id):
    """A service takes its endpoints along."""
    get(ks.db, service_id)
    for ref in ENDPOINTS.select(ks.db, service_id=service_id):
        endpoints.remove(ks.db, ref["id"])
    SERVICES.delete(ks.db, id=service_id)
    return NoContent()
