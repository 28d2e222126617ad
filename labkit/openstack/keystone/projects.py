"""Projects: the containers of resources, in a tree of at most five levels under a domain.

A domain is a project too, one that owns itself (`is_domain`): that is why a role can be inherited from a domain to
its projects, and why names of projects only have to differ within one domain.
"""

from labkit.openstack.errors import BadRequest, Forbidden, NotFound
from labkit.openstack.keystone import project_tree as tree
from labkit.openstack.keystone.collection import collection, member, truth
from labkit.openstack.keystone.immutable import require_mutable, require_same_id
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import (
    BOOLEAN,
    IMMUTABLE,
    NULLABLE_ID,
    PAGE,
    SHORT_NAME,
    STRING,
    TEXT,
    body,
    query,
)
from labkit.openstack.keystone.store import Table, as_boolean, normalised
from labkit.openstack.keystone.web import Created, NoContent, route

PROJECTS = Table(
    "project",
    "project",
    {
        "id": "TEXT PRIMARY KEY",
        "name": "TEXT NOT NULL",
        "domain_id": "TEXT",
        "description": "TEXT",
        "enabled": "INTEGER",
        "parent_id": "TEXT",
        "is_domain": "INTEGER NOT NULL",
        "tags": "TEXT NOT NULL",
        "options": "TEXT NOT NULL",
    },
    flags=("enabled", "is_domain"),
    documents=("tags", "options"),
    unique=("ifnull(domain_id, ''), name",),
)
SCHEMA = PROJECTS.schema + 'CREATE INDEX IF NOT EXISTS project_parent ON project (parent_id);'

TAG = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^,/]*$"}
TAGS = {"type": "array", "items": TAG, "required": [], "maxItems": 80, "uniqueItems": True}
COMMON = {"enabled": BOOLEAN, "name": SHORT_NAME, "options": IMMUTABLE, "tags": TAGS}
CREATE = Schema(
    body(
        "project",
        {
            "description": TEXT,
            "domain_id": NULLABLE_ID,
            "enabled": BOOLEAN,
            "is_domain": BOOLEAN,
            "parent_id": NULLABLE_ID,
            "name": SHORT_NAME,
            "tags": TAGS,
            "options": IMMUTABLE,
        },
        required=["name"],
    )
)
UPDATE = Schema(body("project", {"description": TEXT, **COMMON}, optional=True))
TAG_FILTERS = ("tags", "tags-any", "not-tags", "not-tags-any")
LIST = Schema(
    query(
        {
            "domain_id": {**NULLABLE_ID, "type": "string"},
            "enabled": BOOLEAN,
            "name": SHORT_NAME,
            "parent_id": {"type": "string", "format": "uuid"},
            "is_domain": BOOLEAN,
            **dict.fromkeys(TAG_FILTERS, STRING),
            **PAGE,
        }
    )
)


def find(db, project_id):
    """The project (or domain) with this id, or None."""
    return PROJECTS.find(db, project_id)


def get(db, project_id):
    """The project with this id. Raises NotFound."""
    return PROJECTS.get(db, project_id)


def by_name(db, name, domain_id):
    """The project of this name in a domain (None: the domain of this name), or None."""
    found = PROJECTS.select(db, name=name, domain_id=domain_id)
    return found[0] if found else None


def create(ks, ref):
    """Store a new project. Raises BadRequest (parent, domain), Forbidden (too deep), NotFound, Conflict (name taken).
    """
    ref = {
        "id": ks.new_id(),
        "enabled": True,
        "description": "",
        "domain_id": None,
        "is_domain": False,
        "tags": [],
        "options": {},
        **ref,
    }
    ref["is_domain"] = bool(ref["is_domain"]) and as_boolean(ref["is_domain"])
    ref["name"], ref["parent_id"] = ref["name"].strip(), ref.get("parent_id") or ref["domain_id"]
    ref["options"] = {name: value for name, value in ref["options"].items() if value is not None}
    if ref["is_domain"]:
        tree.require_root(ref)
    else:
        tree.require_place(ks.db, ref)
    return PROJECTS.insert(ks.db, ref, name_taken(ref))


def name_taken(ref):
    """What the 409 says."""
    if ref["is_domain"]:
        return f"it is not permitted to have two projects acting as domains with the same name: {ref['name']}"
    return ("it is not permitted to have two projects with either the same name or same id in the same domain: "
            f"name is {ref['name']}, project id {ref['id']}")


def update(ks, project_id, changes, kind="project"):
    """Change a project or domain. Raises NotFound, BadRequest, Forbidden (immutable, parent, disabled parents or
    enabled subtree), Conflict."""
    old = PROJECTS.get(ks.db, project_id, kind)
    require_allowed(old, changes)
    enabled = as_boolean(changes["enabled"]) if changes.get("enabled") is not None else True
    if enabled and not old["enabled"]:
        tree.require_enabled_parents(ks.db, old)
    if old["enabled"] and not enabled and not old["is_domain"]:
        tree.require_disabled_subtree(ks.db, project_id)
    if changes.get("name", old["name"]) != old["name"]:
        changes = {**changes, "name": changes["name"].strip()}
    changes = {name: value for name, value in changes.items() if name not in ("is_domain", "parent_id", "domain_id")}
    return PROJECTS.update(ks.db, project_id, changes, name_taken({**old, **changes}), kind)


def require_allowed(old, changes):
    """What may never change: the domain, the parent, being a domain; and nothing at all while it is immutable."""
    if "domain_id" in changes and changes["domain_id"] != old["domain_id"]:
        raise BadRequest("Cannot change Domain ID")
    require_mutable(old, changes, "domain" if old["is_domain"] else "project")
    if "parent_id" in changes and changes["parent_id"] != old["parent_id"]:
        raise Forbidden(text="Update of `parent_id` is not allowed.")
    if changes.get("is_domain") is not None and as_boolean(changes["is_domain"]) != old["is_domain"]:
        raise BadRequest("Update of `is_domain` is not allowed.")


def project_target(ks, request, project_id, **_):
    """The project that the rule is about; nothing if there is none (the answer then depends on the rule alone)."""
    found = find(ks.db, project_id)
    return {"project": found} if found else {}


@route("GET", "/v3/projects", query=LIST)
def list_projects(ks, request):
    ks.enforce(request, "identity:list_projects", own_domain(request))
    refs = [
        ref
        for ref in PROJECTS.select(ks.db, is_domain=truth(request.query.get("is_domain", "0")))
        if tagged(ref, request.query)
    ]
    if request.auth.domain_id:
        refs = [ref for ref in refs if ref["domain_id"] == request.auth.domain_id]
    return collection(request, "projects", refs, ("domain_id", "enabled", "name", "parent_id"), paged=True)


def own_domain(request):
    """What a list is about when the token is for a domain: that domain."""
    domain_id = request.authenticated().domain_id
    return {"domain_id": domain_id} if domain_id else {}


def tagged(ref, wanted):
    """Does a project pass the four tag filters? Each is a comma-separated list."""
    tags = set(ref["tags"])
    asked = {name: set(wanted[name].split(",")) for name in TAG_FILTERS if name in wanted}
    return (asked.get("tags", set()) <= tags
            and ("tags-any" not in asked or bool(asked["tags-any"] & tags))
            and ("not-tags" not in asked or not asked["not-tags"] <= tags)
            and not asked.get("not-tags-any", set()) & tags)


@route("POST", "/v3/projects", rule="identity:create_project", body=CREATE,
       target=lambda ks, request: {"project": request.json.get("project", {})})
def create_project(ks, request):
    ref = normalised(request.json["project"])
    if not (ref.get("is_domain") and as_boolean(ref["is_domain"])):
        ref["domain_id"] = ref.get("domain_id") or request.auth.domain_id or "default"
    try:
        created = create(ks, {**ref, "id": ks.new_id()})
    except NotFound as missing:
        raise BadRequest(missing.message) from missing
    return Created(member(request, "project", created))


@route("GET", "/v3/projects/<project_id>", rule="identity:get_project", target=project_target)
def show_project(ks, request, project_id):
    return member(request, "project", tree.expanded(ks.db, request, get(ks.db, project_id)))


@route("PATCH", "/v3/projects/<project_id>", rule="identity:update_project", target=project_target, body=UPDATE)
def update_project(ks, request, project_id):
    changes = request.json.get("project", {})
    require_same_id(changes, project_id)
    ref = update(ks, project_id, changes)
    return member(request, "project", {**ref, "extra": PROJECTS.extras(ref)})


@route("DELETE", "/v3/projects/<project_id>", rule="identity:delete_project", target=project_target)
def delete_project(ks, request, project_id):
    from labkit.openstack.keystone import deletion
    ref = get(ks.db, project_id)
    (deletion.domain if ref["is_domain"] else deletion.project)(ks, ref)
    return NoContent()
