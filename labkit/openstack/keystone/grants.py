"""Grants: a role for a user or a group on a project or a domain, and the inherited ones under /OS-INHERIT.

The plain paths look up everything before the rule is asked (an unknown user is a 404 even for those who may not); the
inherited ones do not.
"""

from labkit.openstack.errors import Forbidden, NotFound
from labkit.openstack.keystone import assignments, domains, groups, projects, roles, users
from labkit.openstack.keystone.collection import collection
from labkit.openstack.keystone.web import NoContent, route

INHERITED = "/inherited_to_projects"
LOOK_UP = {"user": users, "group": groups, "role": roles, "domain": domains, "project": projects}


def strict_target(ks, request, **ids):
    """What the path names; all of it must exist. Raises NotFound."""
    return {kind: module.get(ks.db, ids[f"{kind}_id"]) for kind, module in LOOK_UP.items() if f"{kind}_id" in ids}


def revoke_target(ks, request, **ids):
    """As strict_target, but the user or group may be gone already."""
    found = {kind: LOOK_UP[kind].find(ks.db, ids[f"{kind}_id"]) for kind in ("user", "group") if f"{kind}_id" in ids}
    rest = strict_target(
        ks, request, **{name: value for name, value in ids.items() if name not in ("user_id", "group_id")}
    )
    return {**rest, **{kind: ref for kind, ref in found.items() if ref}}


def lenient_target(ks, request, **ids):
    """What of the path exists."""
    return {
        kind: module.find(ks.db, ids[f"{kind}_id"]) or {} for kind, module in LOOK_UP.items() if f"{kind}_id" in ids
    }


def require_place(db, ids):
    """The domain or project of a grant. Raises NotFound."""
    return domains.get(db, ids["domain_id"]) if "domain_id" in ids else projects.get(db, ids["project_id"])


def require_granted(db, role_id, who_and_where):
    """Raises NotFound unless there is exactly this grant."""
    if not assignments.granted(db, role_id, **who_and_where):
        row = assignments.key_of(role_id, **who_and_where)
        raise NotFound(text=f"Could not find role assignment with role: {role_id}, user or group: {row['actor_id']}, "
                            f"project, domain, or system: {row['place_id']}.")


def list_grants(ks, request, **where):
    require_place(ks.db, where)
    return collection(request, "roles", roles.of_ids(ks.db, role_ids(ks.db, where)))


def role_ids(db, where):
    """The roles granted to one actor at one place, as ids."""
    row = assignments.key_of("", **where)
    del row["role_id"]
    return [found["role_id"] for found in assignments.select(db, **row)]


def check_grant(ks, request, role_id, **where):
    roles.get(ks.db, role_id)
    require_place(ks.db, where)
    require_granted(ks.db, role_id, where)
    return NoContent()


def create_grant(ks, request, role_id, **where):
    role, place = roles.get(ks.db, role_id), require_place(ks.db, where)
    if role["domain_id"] and "project_id" in where and place["domain_id"] != role["domain_id"]:
        raise Forbidden(text=f"Project {place['id']} must be in the same domain as the role {role_id} being assigned.")
    assignments.grant(ks, role_id, **where)
    return NoContent()


def revoke_grant(ks, request, role_id, **where):
    check_grant(ks, request, role_id, **where)
    assignments.revoke(ks, role_id, **where)
    return NoContent()


def inherited(handler):
    """The same for a grant that only works below its place."""
    return lambda ks, request, **where: handler(ks, request, inherited=True, **where)


def enter(place, actor):
    """The routes of one kind of grant, plain and inherited."""
    several = f"/v3/{place}s/<{place}_id>/{actor}s/<{actor}_id>/roles"
    below = several.replace("/v3/", "/v3/OS-INHERIT/", 1)
    one, one_below = several + "/<role_id>", below + "/<role_id>" + INHERITED
    route("GET", several, rule="identity:list_grants", target=strict_target)(list_grants)
    if place == "domain":
        route("GET", below + INHERITED, rule="identity:list_grants", target=lenient_target)(inherited(list_grants))
    for method, rule, handler in (
        ("GET", "check", check_grant),
        ("PUT", "create", create_grant),
        ("DELETE", "revoke", revoke_grant),
    ):
        strict = revoke_target if method == "DELETE" else strict_target
        route(method, one, rule=f"identity:{rule}_grant", target=strict)(handler)
        route(method, one_below, rule=f"identity:{rule}_grant", target=lenient_target)(inherited(handler))


for _place in ("domain", "project"):
    for _actor in ("user", "group"):
        enter(_place, _actor)
