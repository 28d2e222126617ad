"""Domains: the containers of users, groups and projects; names of these need to differ only within one domain."""

from uuid import UUID

from labkit.openstack.errors import BadRequest, NotFound
from labkit.openstack.keystone import projects
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import BOOLEAN, ID, IMMUTABLE, PAGE, SHORT_NAME, SHORT_TEXT, body, query
from labkit.openstack.keystone.store import normalised
from labkit.openstack.keystone.web import Created, NoContent, route

SHAPE = {"description": SHORT_TEXT, "enabled": BOOLEAN, "name": SHORT_NAME, "options": IMMUTABLE, "tags": projects.TAGS}
CREATE = Schema(body("domain", {"explicit_domain_id": ID, **SHAPE}, required=["name"]))
UPDATE = Schema(body("domain", SHAPE, minProperties=1))
LIST = Schema(query({"enabled": BOOLEAN, "name": SHORT_NAME, **PAGE}))
PROJECT_ONLY = ("parent_id", "domain_id", "is_domain")


def as_domain(project):
    """A project that is a domain, without what only projects show."""
    return {name: value for name, value in project.items() if name not in PROJECT_ONLY}


def find(db, domain_id):
    """The domain with this id, or None."""
    found = projects.find(db, domain_id)
    return as_domain(found) if found and found["is_domain"] else None


def get(db, domain_id):
    """The domain with this id. Raises NotFound."""
    found = find(db, domain_id)
    if found is None:
        raise NotFound("domain", domain_id)
    return found


def by_name(db, name):
    """The domain of this name, or None."""
    found = projects.by_name(db, name, None)
    return as_domain(found) if found else None


def create(ks, ref):
    """Store a new domain. Raises Conflict when the name is taken."""
    return as_domain(projects.create(ks, {**ref, "is_domain": True, "domain_id": None, "parent_id": None}))


def domain_target(ks, request, domain_id, **_):
    found = find(ks.db, domain_id)
    return {"domain": found} if found else {}


def existing_target(ks, request, domain_id, **_):
    """For changes the rule is asked about a domain that must exist: 404 comes first."""
    return {"domain": get(ks.db, domain_id)}


@route("GET", "/v3/domains", query=LIST)
def list_domains(ks, request):
    own = request.authenticated().domain_id
    ks.enforce(request, "identity:list_domains", {"domain": {"id": own}} if own else {})
    refs = [as_domain(ref) for ref in projects.PROJECTS.select(ks.db, is_domain=True) if own in (None, ref["id"])]
    return collection(request, "domains", refs, ("name", "enabled"), paged=True)


@route("POST", "/v3/domains", rule="identity:create_domain", body=CREATE)
def create_domain(ks, request):
    ref = normalised(request.json["domain"])
    ref["id"] = ref.pop("explicit_domain_id", None) or ks.new_id()
    if not well_formed(ref["id"]):
        raise BadRequest("Domain ID does not conform to required UUID format.")
    return Created(member(request, "domain", create(ks, ref)))


def well_formed(domain_id):
    """32 hexadecimal digits in lower case."""
    try:
        return UUID(domain_id).hex == domain_id
    except ValueError:
        return False


@route("GET", "/v3/domains/<domain_id>", rule="identity:get_domain", target=domain_target)
def show_domain(ks, request, domain_id):
    return member(request, "domain", get(ks.db, domain_id))


@route("PATCH", "/v3/domains/<domain_id>", rule="identity:update_domain", target=existing_target, body=UPDATE)
def update_domain(ks, request, domain_id):
    changes = {name: value for name, value in request.json["domain"].items() if name not in PROJECT_ONLY}
    return member(request, "domain", as_domain(projects.update(ks, domain_id, changes, kind="domain")))


@route("DELETE", "/v3/domains/<domain_id>", rule="identity:delete_domain", target=existing_target)
def delete_domain(ks, request, domain_id):
    from labkit.openstack.keystone import deletion
    get(ks.db, domain_id)
    deletion.domain(ks, projects.get(ks.db, domain_id))
    return NoContent()
