"""GET /v3/role_assignments: who has which role where, as granted or (?effective) as it works out, with the grant that
each entry came from.
"""

from dataclasses import dataclass

from labkit.openstack.errors import BadRequest
from labkit.openstack.keystone import domains, groups, projects, roles, users
from labkit.openstack.keystone import project_tree as tree
from labkit.openstack.keystone.collection import envelope
from labkit.openstack.keystone.effective import direct, effective
from labkit.openstack.keystone.projects import own_domain
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import ID, STRING, query
from labkit.openstack.keystone.web import route

SCOPE_INHERITED = "scope.OS-INHERIT:inherited_to"
LIST = Schema(
    {
        **query({"group.id": ID, "role.id": ID, "scope.domain.id": ID, "scope.project.id": ID, "user.id": STRING}),
        "dependentRequired": {"include_subtree": ["scope.project.id"]},
    }
)
EXCLUSIVE = (
    ("scope.domain.id", "scope.project.id", "a domain or project"),
    ("scope.domain.id", "scope.system", "system or domain"),
    ("scope.project.id", "scope.system", "system or project"),
)
ALWAYS_EMPTY = "filter will always result in an empty list."


@dataclass(frozen=True)
class Asked:
    """What a list is filtered by; None: by nothing. subtree_ids: the projects below project_id, if they are wanted
    too."""

    user_id: str | None = None
    group_id: str | None = None
    role_id: str | None = None
    project_id: str | None = None
    domain_id: str | None = None
    system: bool = False
    inherited: bool | None = None
    subtree_ids: tuple = ()


def asked_by(db, request):
    """The filters of a query. Raises BadRequest for those that exclude each other, NotFound."""
    have = request.query
    if "user.id" in have and "group.id" in have:
        raise BadRequest(f"ImmutableMultiDict({list(have.items(multi=True))}) is valid under each of "
                         "{'required': ['group.id']}, {'required': ['user.id']}")
    for one, other, either in EXCLUSIVE:
        if have.get(one) and have.get(other):
            raise BadRequest(f"Specify {either}, not both")
    inherited = have[SCOPE_INHERITED] == "projects" if SCOPE_INHERITED in have else None
    if request.flag("effective") and have.get("group.id"):
        raise BadRequest(f"Combining effective and group {ALWAYS_EMPTY}")
    if request.flag("effective") and inherited and have.get("scope.domain.id"):
        raise BadRequest(f"Combining effective, domain and inherited {ALWAYS_EMPTY.replace('filter', 'filters')}")
    project_id = have.get("scope.project.id") or None
    below = tree.subtree(db, project_id) if project_id and request.flag("include_subtree") else ()
    return Asked(
        have.get("user.id") or None,
        have.get("group.id") or None,
        have.get("role.id") or None,
        project_id,
        have.get("scope.domain.id") or None,
        have.get("scope.system") == "all",
        inherited,
        tuple(ref["id"] for ref in below),
    )


@route("GET", "/v3/role_assignments", query=LIST)
def list_assignments(ks, request):
    request.authenticated()
    tree_wanted = request.flag("include_subtree")
    if tree_wanted:
        project = projects.get(ks.db, request.query["scope.project.id"])
        ks.enforce(
            request, "identity:list_role_assignments_for_tree", {"project": project, "domain_id": project["domain_id"]}
        )
    else:
        ks.enforce(request, "identity:list_role_assignments", own_domain(request))
    asked = asked_by(ks.db, request)
    entries = (found_effective if request.flag("effective") else direct)(ks.db, asked)
    if request.auth.domain_id and not tree_wanted:
        entries = [one for one in entries if domain_of(ks.db, one) == request.auth.domain_id]
    named = names(ks.db) if request.flag("include_names") else lambda kind, key: {"id": key}
    return envelope(request, "role_assignments", [shown(request, one, named) for one in entries])


def found_effective(db, asked):
    """Effective entries; a user or project that is asked for must exist. Raises NotFound."""
    if asked.project_id:
        projects.get(db, asked.project_id)
    if asked.user_id:
        users.get(db, asked.user_id)
    return effective(db, asked)


def domain_of(db, one):
    """The domain an entry's place is in, or None for the system."""
    if "project_id" in one:
        return (projects.find(db, one["project_id"]) or {}).get("domain_id")
    return one.get("domain_id")


def names(db):
    """(kind, id) → id, name and domain, as ?include_names shows them; looked up once each. Somebody who is gone has
    empty names."""
    known, modules = {}, {"user": users, "group": groups, "project": projects, "role": roles, "domain": domains}

    def look_up(kind, key):
        if (kind, key) not in known:
            ref = modules[kind].find(db, key) or {"name": "", "domain_id": ""}
            domain = (
                (domains.find(db, ref["domain_id"]) or {"name": ""})
                if kind != "domain" and ref["domain_id"] is not None
                else None
            )
            owner = {"domain": {"id": ref["domain_id"], "name": domain["name"]}} if domain else {}
            known[kind, key] = {"id": key, "name": ref["name"], **owner}
        return known[kind, key]
    return look_up


def shown(request, one, named):
    """An entry as the API shows it: scope, user or group, role, and links to the grant it comes from."""
    indirect, kind = (
        one.get("indirect", {}),
        next(kind for kind in ("project", "domain", "system") if kind in one or f"{kind}_id" in one),
    )
    scope = {"system": one["system"]} if kind == "system" else {kind: named(kind, one[f"{kind}_id"])}
    actor = "user" if "user_id" in one else "group"
    below = one.get("inherited") or "project_id" in indirect or "domain_id" in indirect
    if below:
        scope["OS-INHERIT:inherited_to"] = "projects"
    links = {"assignment": request.link(*grant_path(one, indirect, below))}
    if "group_id" in indirect:
        links["membership"] = request.link("groups", indirect["group_id"], "users", one["user_id"])
    if "role_id" in indirect:
        links["prior_role"] = request.link("prior_role", one["role_id"], "implies", indirect["role_id"])
    return {
        "scope": scope,
        actor: named(actor, one[f"{actor}_id"]),
        "role": named("role", one["role_id"]),
        "links": links,
    }


def grant_path(one, indirect, below):
    """The path of the grant that an entry comes from."""
    source = {**one, **indirect}
    if "domain_id" in indirect:
        place = ("domains", indirect["domain_id"])
    else:
        place = (
            ("system",)
            if "system" in one
            else ("projects", source["project_id"])
            if "project_id" in one
            else ("domains", one["domain_id"])
        )
    actor = ("groups", source["group_id"]) if "group_id" in source else ("users", one["user_id"])
    path = (*place, *actor, "roles", source["role_id"])
    return ("OS-INHERIT", *path, "inherited_to_projects") if below else path
