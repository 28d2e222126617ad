"""Grants on the system: roles over the cloud itself, that no project or domain contains."""

from labkit.openstack.errors import BadRequest
from labkit.openstack.keystone import assignments, roles
from labkit.openstack.keystone.collection import collection
from labkit.openstack.keystone.grants import require_granted, revoke_target, role_ids, strict_target
from labkit.openstack.keystone.web import NoContent, route


def list_grants(ks, request, **who):
    return collection(request, "roles", roles.of_ids(ks.db, role_ids(ks.db, {**who, "system": True})))


def check_grant(ks, request, role_id, **who):
    require_granted(ks.db, role_id, {**who, "system": True})
    return NoContent()


def create_grant(ks, request, role_id, **who):
    if roles.get(ks.db, role_id)["domain_id"]:
        raise BadRequest(
            f"Role {role_id} is a domain-specific role. Unable to use a domain-specific role in a system assignment."
        )
    assignments.grant(ks, role_id, system=True, **who)
    return NoContent()


def revoke_grant(ks, request, role_id, **who):
    require_granted(ks.db, role_id, {**who, "system": True})
    assignments.revoke(ks, role_id, system=True, **who)
    return NoContent()


def enter(actor):
    """The routes for users, or for groups."""
    several = f"/v3/system/{actor}s/<{actor}_id>/roles"
    one = several + "/<role_id>"
    route("GET", several, rule=f"identity:list_system_grants_for_{actor}", target=strict_target)(list_grants)
    route("GET", one, rule=f"identity:check_system_grant_for_{actor}", target=strict_target)(check_grant)
    route("PUT", one, rule=f"identity:create_system_grant_for_{actor}", target=strict_target)(create_grant)
    route("DELETE", one, rule=f"identity:revoke_system_grant_for_{actor}", target=revoke_target)(revoke_grant)


for _actor in ("user", "group"):
    enter(_actor)
