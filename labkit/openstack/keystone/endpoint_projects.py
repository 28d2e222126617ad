"""OS-EP-FILTER, one by one: endpoints that are chosen for a project. A project with any choice sees nothing else in
its catalog.
"""

from labkit.openstack.errors import Conflict, NotFound
from labkit.openstack.keystone import endpoint_groups, projects
from labkit.openstack.keystone.collection import collection
from labkit.openstack.keystone.endpoint_table import ENDPOINTS, shown
from labkit.openstack.keystone.web import NoContent, route

SCHEMA = """CREATE TABLE IF NOT EXISTS project_endpoint (
    endpoint_id TEXT NOT NULL, project_id TEXT NOT NULL, PRIMARY KEY (endpoint_id, project_id));"""
ONE = "/v3/OS-EP-FILTER/projects/<project_id>/endpoints/<endpoint_id>"


def chosen(db, project_id):
    """The ids of the endpoints chosen for a project."""
    return [
        row[0]
        for row in db.all("SELECT endpoint_id FROM project_endpoint WHERE project_id = ? ORDER BY rowid", (project_id,))
    ]


def forget_project(db, project_id):
    db.run("DELETE FROM project_endpoint WHERE project_id = ?", (project_id,))


def forget_endpoint(db, endpoint_id):
    db.run("DELETE FROM project_endpoint WHERE endpoint_id = ?", (endpoint_id,))


def require_chosen(db, project_id, endpoint_id):
    """Raises NotFound unless the endpoint is chosen for the project."""
    if endpoint_id not in chosen(db, project_id):
        raise NotFound(text=f"Endpoint {endpoint_id} not found in project {project_id}")


@route("GET", "/v3/OS-EP-FILTER/endpoints/<endpoint_id>/projects", rule="identity:list_projects_for_endpoint")
def list_projects(ks, request, endpoint_id):
    ENDPOINTS.get(ks.db, endpoint_id)
    ids = [
        row[0]
        for row in ks.db.all(
            "SELECT project_id FROM project_endpoint WHERE endpoint_id = ? ORDER BY rowid", (endpoint_id,)
        )
    ]
    return collection(request, "projects", projects.PROJECTS.select(ks.db, id=ids))


@route("GET", "/v3/OS-EP-FILTER/projects/<project_id>/endpoints", rule="identity:list_endpoints_for_project")
def list_endpoints(ks, request, project_id):
    projects.get(ks.db, project_id)
    refs = endpoint_groups.endpoints_of_project(ks.db, project_id).values()
    return collection(request, "endpoints", [shown(ref) for ref in refs])


@route("GET", ONE, rule="identity:check_endpoint_in_project")
def check(ks, request, project_id, endpoint_id):
    ENDPOINTS.get(ks.db, endpoint_id)
    projects.get(ks.db, project_id)
    require_chosen(ks.db, project_id, endpoint_id)
    return NoContent()


@route("PUT", ONE, rule="identity:add_endpoint_to_project")
def add(ks, request, project_id, endpoint_id):
    ENDPOINTS.get(ks.db, endpoint_id)
    projects.get(ks.db, project_id)
    if endpoint_id in chosen(ks.db, project_id):
        raise Conflict("project_endpoint", "Duplicate entry")
    ks.db.run("INSERT INTO project_endpoint VALUES (?, ?)", (endpoint_id, project_id))
    return NoContent()


@route("DELETE", ONE, rule="identity:remove_endpoint_from_project")
def remove(ks, request, project_id, endpoint_id):
    require_chosen(ks.db, project_id, endpoint_id)
    ks.db.run("DELETE FROM project_endpoint WHERE endpoint_id = ? AND project_id = ?", (endpoint_id, project_id))
    return NoContent()
