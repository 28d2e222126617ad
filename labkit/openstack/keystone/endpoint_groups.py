"""OS-EP-FILTER, by rule: a group of endpoints is a filter (interface, service, region), and can be chosen for a
project as a whole.
"""

from labkit.openstack.errors import BadRequest, Conflict, Expecting, NotFound
from labkit.openstack.keystone import endpoint_projects, projects
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.endpoint_table import ENDPOINTS, INTERFACE, shown
from labkit.openstack.keystone.immutable import require_same_id
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import NAME, STRING, TEXT, body, query
from labkit.openstack.keystone.store import Table
from labkit.openstack.keystone.web import Created, NoContent, route

GROUPS = Table("endpoint_group", "Endpoint Group",
               {"id": "TEXT PRIMARY KEY", "name": "TEXT NOT NULL", "description": "TEXT", "filters": "TEXT NOT NULL"},
               documents=("filters",), extra=False)
SCHEMA = GROUPS.schema + """CREATE TABLE IF NOT EXISTS project_endpoint_group (
    endpoint_group_id TEXT NOT NULL, project_id TEXT NOT NULL, PRIMARY KEY (endpoint_group_id, project_id));"""
FILTERS = ("service_id", "region_id", "interface")
SHAPE = {"description": TEXT, "name": NAME, "filters": {"type": "object", "properties": {
    "interface": INTERFACE, "service_id": STRING, "region_id": TEXT, "enabled": {"type": "boolean"}}}}
CREATE = Schema(body("endpoint_group", SHAPE, required=["name", "filters"], additionalProperties=False))
UPDATE = Schema(body("endpoint_group", SHAPE, minProperties=1, additionalProperties=False))
LIST = Schema(query({"name": NAME}, closed=True))
HOME = "/v3/OS-EP-FILTER/endpoint_groups"
ONE, PAIR = HOME + "/<endpoint_group_id>", HOME + "/<endpoint_group_id>/projects/<project_id>"
PATH = ("OS-EP-FILTER", "endpoint_groups")


def groups_of_project(db, project_id):
    """The groups chosen for a project."""
    rows = db.all(
        "SELECT endpoint_group_id FROM project_endpoint_group WHERE project_id = ? ORDER BY rowid", (project_id,)
    )
    return GROUPS.select(db, id=[row[0] for row in rows])


def endpoints_in(db, group):
    """The endpoints that a group's filter lets through."""
    return [ref for ref in ENDPOINTS.select(db) if all(ref[name] == value for name, value in group["filters"].items())]


def endpoints_of_project(db, project_id):
    """Everything chosen for a project, one by one or by groups: id → endpoint. Empty: nothing was chosen, so all are
    seen."""
    found = {ref["id"]: ref for ref in ENDPOINTS.select(db, id=endpoint_projects.chosen(db, project_id))}
    for group in groups_of_project(db, project_id):
        found.update({ref["id"]: ref for ref in endpoints_in(db, group)})
    return found


def forget_project(db, project_id):
    db.run("DELETE FROM project_endpoint_group WHERE project_id = ?", (project_id,))


def require_filters(ref):
    """Raises BadRequest for a filter that is empty or by something else than service, region and interface."""
    if not ref["filters"]:
        raise BadRequest("filters field is required and cannot be empty")
    if not set(ref["filters"]) <= set(FILTERS):
        raise Expecting(" or ".join(FILTERS), "endpoint_group")


@route("GET", HOME, rule="identity:list_endpoint_groups", query=LIST)
def list_groups(ks, request):
    return collection(request, "endpoint_groups", GROUPS.select(ks.db), ("name",), PATH)


@route("POST", HOME, rule="identity:create_endpoint_group", body=CREATE)
def create_group(ks, request):
    ref = {"description": None, **request.json["endpoint_group"], "id": ks.new_id()}
    require_filters(ref)
    return Created(member(request, "endpoint_group", GROUPS.insert(ks.db, ref), PATH))


@route("GET", ONE, rule="identity:get_endpoint_group")
def show_group(ks, request, endpoint_group_id):
    return member(request, "endpoint_group", GROUPS.get(ks.db, endpoint_group_id), PATH)


@route("PATCH", ONE, rule="identity:update_endpoint_group", body=UPDATE)
def update_group(ks, request, endpoint_group_id):
    changes = request.json["endpoint_group"]
    if "filters" in changes:
        require_filters(changes)
    require_same_id(changes, endpoint_group_id)
    return member(request, "endpoint_group", GROUPS.update(ks.db, endpoint_group_id, changes), PATH)


@route("DELETE", ONE, rule="identity:delete_endpoint_group")
def delete_group(ks, request, endpoint_group_id):
    GROUPS.get(ks.db, endpoint_group_id)
    ks.db.run("DELETE FROM project_endpoint_group WHERE endpoint_group_id = ?", (endpoint_group_id,))
    GROUPS.delete(ks.db, id=endpoint_group_id)
    return NoContent()


@route("GET", ONE + "/endpoints", rule="identity:list_endpoints_associated_with_endpoint_group")
def list_endpoints(ks, request, endpoint_group_id):
    refs = endpoints_in(ks.db, GROUPS.get(ks.db, endpoint_group_id))
    return collection(request, "endpoints", [shown(ref) for ref in refs])


@route("GET", ONE + "/projects", rule="identity:list_projects_associated_with_endpoint_group")
def list_projects(ks, request, endpoint_group_id):
    rows = ks.db.all(
        "SELECT project_id FROM project_endpoint_group WHERE endpoint_group_id = ? ORDER BY rowid", (endpoint_group_id,)
    )
    return collection(request, "projects", projects.PROJECTS.select(ks.db, id=[row[0] for row in rows]))


@route(
    "GET", "/v3/OS-EP-FILTER/projects/<project_id>/endpoint_groups", rule="identity:list_endpoint_groups_for_project"
)
def list_for_project(ks, request, project_id):
    projects.get(ks.db, project_id)
    return collection(request, "endpoint_groups", groups_of_project(ks.db, project_id), path=PATH)


def is_chosen(db, group_id, project_id):
    """Both must exist (else NotFound); is the group chosen for the project?"""
    projects.get(db, project_id)
    GROUPS.get(db, group_id)
    return any(ref["id"] == group_id for ref in groups_of_project(db, project_id))


@route("GET", PAIR, rule="identity:get_endpoint_group_in_project")
def show_choice(ks, request, endpoint_group_id, project_id):
    if not is_chosen(ks.db, endpoint_group_id, project_id):
        raise NotFound(text="Endpoint Group Project Association not found")
    own = f"/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects/{project_id}"
    return {
        "project_endpoint_group": {
            "endpoint_group_id": endpoint_group_id,
            "project_id": project_id,
            "links": {"self": own},
        }
    }


@route("PUT", PAIR, rule="identity:add_endpoint_group_to_project")
def choose(ks, request, endpoint_group_id, project_id):
    if is_chosen(ks.db, endpoint_group_id, project_id):
        raise Conflict("project_endpoint_group", "Duplicate entry")
    ks.db.run("INSERT INTO project_endpoint_group VALUES (?, ?)", (endpoint_group_id, project_id))
    return NoContent()


@route("DELETE", PAIR, rule="identity:remove_endpoint_group_from_project")
def unchoose(ks, request, endpoint_group_id, project_id):
    show_choice(ks, request, endpoint_group_id, project_id)
    ks.db.run(
        "DELETE FROM project_endpoint_group WHERE endpoint_group_id = ? AND project_id = ?",
        (endpoint_group_id, project_id),
    )
    return NoContent()
