"""The tree of projects: parents, subtrees, and what may stand where.

    domain ── project ── project ── …     five levels below the domain, no more

A disabled project has no enabled ancestor's help: it cannot be enabled below a disabled one, nor disabled above
enabled ones.
"""

from labkit.openstack.errors import BadRequest, Forbidden
from labkit.openstack.keystone import assignments, projects

DEEPEST = 5 + 1   # max_project_tree_depth, and the domain itself


def parents(db, ref):
    """From the direct parent up to the domain."""
    above = []
    while ref["parent_id"] is not None:
        ref = projects.get(db, ref["parent_id"])
        above.append(ref)
    return above


def children(db, project_ids):
    """Direct children of these projects, in the order of creation."""
    return projects.PROJECTS.select(db, parent_id=list(project_ids)) if project_ids else []


def subtree(db, project_id):
    """Everything below a project, level by level."""
    below, level = [], children(db, [project_id])
    while level:
        below += level
        level = children(db, [ref["id"] for ref in level])
    return below


def require_root(ref):
    """A domain has no parent. Raises BadRequest."""
    if ref["parent_id"]:
        raise BadRequest("only root projects are allowed to act as domains.")
    if ref["name"].lower() == "federated":
        raise BadRequest(f"Domain cannot be named {ref['name']}")


def require_place(db, ref):
    """A project hangs below an enabled parent of its own domain, not too deep. Raises NotFound, BadRequest,
    Forbidden."""
    from labkit.openstack.keystone import domains
    domain, parent = domains.get(db, ref["domain_id"]), projects.get(db, ref["parent_id"])
    if parent["is_domain"] and parent["id"] != domain["id"]:
        raise BadRequest(
            f"Cannot create project, the parent ({parent['id']}) is acting as a domain, but this project's domain id "
            f"({domain['id']}) does not match the parent's id."
        )
    if not parent["is_domain"] and parent["domain_id"] != domain["id"]:
        raise BadRequest(
            f"Cannot create project, since it specifies its domain_id {domain['id']}, but specifies a parent in a"
            " different "
            f"domain ({parent['domain_id']})."
        )
    branch = [*parents(db, parent), parent]
    for one in branch:
        if not one["enabled"]:
            raise BadRequest(f"cannot create a project in a branch containing a disabled project: {one['id']}")
    if len(branch) + 1 > DEEPEST:
        raise Forbidden(text=f"Max hierarchy depth reached for {parent['id']} branch.")


def require_enabled_parents(db, ref):
    """Raises Forbidden when something above is disabled."""
    if not all(parent["enabled"] for parent in parents(db, ref)):
        raise Forbidden(text=f"Cannot enable project {ref['id']} since it has disabled parents")


def require_disabled_subtree(db, project_id):
    """Raises Forbidden when something below is enabled."""
    if any(ref["enabled"] for ref in subtree(db, project_id)):
        raise Forbidden(text=f"Cannot disable project {project_id} since its subtree contains enabled projects.")


def parents_as_ids(db, ref):
    """{parent: {grandparent: … None}}, up to the domain."""
    if not ref["parent_id"]:
        return None
    return {ref["parent_id"]: parents_as_ids(db, projects.get(db, ref["parent_id"]))}


def subtree_as_ids(db, project_id):
    """{child: {grandchild: … None}}."""
    return {ref["id"]: subtree_as_ids(db, ref["id"]) for ref in children(db, [project_id])} or None


def expanded(db, request, ref):
    """A project with the parts of the tree that the query asks for; as a list, only those on which the asking user
    has a role."""
    for part in ("parents", "subtree"):
        if request.flag(f"{part}_as_list") and request.flag(f"{part}_as_ids"):
            raise BadRequest(f"Cannot use {part}_as_list and {part}_as_ids query params at the same time.")
    if request.flag("parents_as_list"):
        ref["parents"] = held(db, request, parents(db, ref))
    elif request.flag("parents_as_ids"):
        ref["parents"] = parents_as_ids(db, ref)
    if request.flag("subtree_as_list"):
        ref["subtree"] = held(db, request, subtree(db, ref["id"]))
    elif request.flag("subtree_as_ids"):
        ref["subtree"] = subtree_as_ids(db, ref["id"])
    return ref


def held(db, request, refs):
    """Those of these projects on which the asking user has a role, each as {"project": …}."""
    mine = {ref["id"] for ref in assignments.projects_of(db, request.auth.user_id)}
    return [
        {"project": {**ref, "links": {"self": request.link("projects", ref["id"])}}}
        for ref in refs
        if ref["id"] in mine
    ]
