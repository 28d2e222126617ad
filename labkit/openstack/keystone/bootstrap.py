"""The first minutes of a cloud: what `keystone-manage bootstrap` puts into an empty database, so that somebody can
log in at all.

    domain default ─ project admin ─ user admin, role admin on the project and on the system
    roles  admin ▷ manager ▷ member ▷ reader (each implies the next), service; none of them may be changed
    RegionOne, service keystone (identity) with public, internal and admin endpoint
"""

from itertools import pairwise

from labkit.openstack.keystone import (
    assignments,
    domains,
    endpoints,
    passwords,
    projects,
    regions,
    roles,
    services,
    users,
)

DEFAULT = "default"
CHAIN = ("admin", "manager", "member", "reader")


def bootstrap(ks, admin_password=None):
    """Put in what is missing; what is there stays as it is. Returns the admin's password if it was set now, else
    None."""
    with ks.db.transaction():
        if domains.find(ks.db, DEFAULT) is None:
            domains.create(ks, {"id": DEFAULT, "name": "Default", "description": "The default domain"})
        role_ids = {name: role(ks, name) for name in (*reversed(CHAIN), "service")}
        for prior, implied in pairwise(CHAIN):
            roles.imply(ks, role_ids[prior], role_ids[implied])
        project_id = project(ks)
        user_id, password = admin(ks, admin_password)
        assignments.grant(ks, role_ids["admin"], user_id=user_id, project_id=project_id)
        assignments.grant(ks, role_ids["admin"], user_id=user_id, system=True)
        identity_service(ks)
    return password


def role(ks, name):
    """The id of an immutable role of this name."""
    known = [ref for ref in roles.ROLES.select(ks.db, name=name) if ref["domain_id"] is None]
    return known[0]["id"] if known else roles.create(ks, {"name": name, "options": {"immutable": True}})["id"]


def project(ks):
    known = projects.by_name(ks.db, "admin", DEFAULT)
    wanted = {"name": "admin", "domain_id": DEFAULT, "description": "Bootstrap project for initializing the cloud."}
    return (known or projects.create(ks, wanted))["id"]


def admin(ks, password):
    """(id of the user admin, the password that was set now or None). An existing admin gets a password only if one is
    given."""
    known = users.by_name(ks.db, "admin", DEFAULT)
    if known:
        if password is not None and not passwords.matches(password, passwords.current_hash(ks.db, known["id"])):
            passwords.store(ks, known["id"], password)
        return known["id"], password
    password = password or f"{ks.draw.getrandbits(96):024x}"
    return users.create(ks, {"name": "admin", "domain_id": DEFAULT, "password": password})["id"], password


def identity_service(ks):
    """Keystone's own entry in its catalog."""
    if services.SERVICES.select(ks.db, type="identity"):
        return
    regions.create(ks, {"id": "RegionOne"})
    service = services.create(ks, {"type": "identity", "name": "keystone"})
    for interface in ("public", "internal", "admin"):
        endpoints.create(
            ks, {"interface": interface, "region_id": "RegionOne", "service_id": service["id"], "url": f"{ks.url}/v3"}
        )
