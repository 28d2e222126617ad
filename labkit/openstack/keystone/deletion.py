"""What goes when something is deleted, and what stays.

    domain ─▶ its projects, users, groups, every grant on it         (only a disabled domain)
    project ─▶ grants, credentials, trusts, limits, filters; users forget it as their default   (only a leaf)
    user ─▶ passwords, memberships, grants, credentials, application credentials, trusts, tokens
    group ─▶ memberships, grants; its members' tokens, if it gave them any role
    role ─▶ grants, inferences; application credentials of those who had it directly

Application credentials outlive their project and the loss of a role: they stay, and logging in with them fails.
"""

from labkit.openstack.errors import Forbidden
from labkit.openstack.keystone import (
    access_rules,
    application_credentials,
    assignments,
    credentials,
    endpoint_groups,
    endpoint_projects,
    groups,
    limits,
    memberships,
    passwords,
    projects,
    revocation,
    roles,
    trusts,
    users,
)
from labkit.openstack.keystone import project_tree as tree
from labkit.openstack.keystone.immutable import require_deletable


def domain(ks, ref):
    """Delete a domain and all that it contains. Raises Forbidden while it is enabled, or something in it is
    immutable."""
    require_deletable(ref, "domain")
    if ref["enabled"]:
        raise Forbidden(text="Cannot delete a domain that is enabled, please disable it first.")
    for inside in reversed(tree.subtree(ks.db, ref["id"])):
        project(ks, inside)
    for one in users.USERS.select(ks.db, domain_id=ref["id"]):
        user(ks, one)
    for one in groups.GROUPS.select(ks.db, domain_id=ref["id"]):
        group(ks, one)
    assignments.delete(ks.db, place="domain", place_id=ref["id"])
    remove_project(ks, ref["id"])


def project(ks, ref):
    """Delete a project without children. Raises Forbidden."""
    require_deletable(ref, "project")
    if tree.children(ks.db, [ref["id"]]):
        raise Forbidden(text=f"Cannot delete the project {ref['id']} since it is not a leaf in the hierarchy. "
                             "Use the cascade option if you want to delete a whole subtree.")
    remove_project(ks, ref["id"])


def remove_project(ks, project_id):
    """The row of a project or domain, and everything that names it."""
    projects.PROJECTS.delete(ks.db, id=project_id)
    assignments.delete(ks.db, place="project", place_id=project_id)
    credentials.CREDENTIALS.delete(ks.db, project_id=project_id)
    limits.LIMITS.delete(ks.db, project_id=project_id)
    trusts.delete_for_project(ks, project_id)
    endpoint_projects.forget_project(ks.db, project_id)
    endpoint_groups.forget_project(ks.db, project_id)
    ks.db.run("UPDATE user SET default_project_id = NULL WHERE default_project_id = ?", (project_id,))
    revocation.by_project(ks, project_id)


def user(ks, ref):
    """Delete a user; his tokens die, also those that others made from his trusts."""
    memberships.forget_user(ks.db, ref["id"])
    users.USERS.delete(ks.db, id=ref["id"])
    passwords.forget(ks.db, ref["id"])
    assignments.delete(ks.db, actor="user", actor_id=ref["id"])
    credentials.CREDENTIALS.delete(ks.db, user_id=ref["id"])
    application_credentials.delete_for_user(ks.db, ref["id"])
    access_rules.ACCESS.delete(ks.db, user_id=ref["id"])
    trusts.delete_for_user(ks, ref["id"])
    revocation.by_user(ks, ref["id"])


def group(ks, ref):
    """Delete a group; whoever had a role by it must log in again."""
    had_roles = assignments.delete(ks.db, actor="group", actor_id=ref["id"])
    people = memberships.members_of(ks.db, ref["id"])
    memberships.forget_group(ks.db, ref["id"])
    groups.GROUPS.delete(ks.db, id=ref["id"])
    for user_id in people if had_roles else ():
        revocation.by_user(ks, user_id)


def role(ks, ref):
    """Delete a role, and the application credentials of users who had it granted on the credential's project."""
    for row in assignments.select(ks.db, role_id=ref["id"], actor="user", place="project"):
        application_credentials.delete_for_user(ks.db, row["actor_id"], row["place_id"])
    assignments.delete(ks.db, role_id=ref["id"])
    ks.db.run("DELETE FROM implied_role WHERE prior_role_id = ? OR implied_role_id = ?", (ref["id"], ref["id"]))
    roles.ROLES.delete(ks.db, id=ref["id"])
