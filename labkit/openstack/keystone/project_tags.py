"""Tags: up to 80 words stuck on a project, to find it by."""

from labkit.openstack.errors import Forbidden, NotFound
from labkit.openstack.keystone import projects
from labkit.openstack.keystone.projects import project_target
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.web import NoContent, Response, route

REPLACE = Schema(
    {"type": "object", "properties": {"tags": {"type": "array", "items": projects.TAG}}, "additionalProperties": False}
)
TAG, TAGS = Schema(projects.TAG), Schema(projects.TAGS)
COLLECTION, ONE = "/v3/projects/<project_id>/tags", "/v3/projects/<project_id>/tags/<value>"


def store(ks, ref, tags, doing):
    """Give a project these tags. Raises Forbidden for an immutable one."""
    if ref["options"].get("immutable"):
        raise Forbidden(text=f"Cannot {doing} project tags for {ref['id']}, project is immutable. "
                             'Set "immutable" option to false before creating project tags.')
    projects.PROJECTS.update(ks.db, ref["id"], {"tags": [tag.strip() for tag in tags]})


@route("GET", COLLECTION, rule="identity:list_project_tags", target=project_target)
def list_tags(ks, request, project_id):
    query = f"?{request.query_string}" if request.query_string else ""   # the real one's link leads to the API's root
    return {"tags": projects.get(ks.db, project_id)["tags"], "links": {"self": request.link() + query}}


@route("PUT", COLLECTION, rule="identity:update_project_tags", target=project_target, body=REPLACE)
def replace_tags(ks, request, project_id):
    tags = request.json.get("tags", {})
    TAGS.check_verbose(tags)
    store(ks, projects.get(ks.db, project_id), tags, "update")
    return list_tags(ks, request, project_id)


@route("DELETE", COLLECTION, rule="identity:delete_project_tags", target=project_target)
def delete_tags(ks, request, project_id):
    store(ks, projects.get(ks.db, project_id), [], "update")
    return NoContent()


@route("GET", ONE, rule="identity:get_project_tag", target=project_target)
def check_tag(ks, request, project_id, value):
    if value not in projects.get(ks.db, project_id)["tags"]:
        raise NotFound("project tag", value)
    return NoContent()


@route("PUT", ONE, rule="identity:create_project_tag", target=project_target)
def add_tag(ks, request, project_id, value):
    TAG.check_verbose(value)
    ref = projects.get(ks.db, project_id)
    TAGS.check_verbose([*ref["tags"], value])
    store(ks, ref, [*ref["tags"], value], "create")
    return Response(
        201, [("Content-Type", "text/html; charset=utf-8"), ("Location", request.link(project_id, "tags", value))]
    )


@route("DELETE", ONE, rule="identity:delete_project_tag", target=project_target)
def delete_tag(ks, request, project_id, value):
    check_tag(ks, request, project_id, value)
    ref = projects.get(ks.db, project_id)
    store(ks, ref, [tag for tag in ref["tags"] if tag != value], "delete")
    return NoContent()
