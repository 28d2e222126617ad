"""Role assignments: who has which role where, as granted, and what really follows from it.

    granted ──▶ the group's members ──▶ inherited down the tree ──▶ implied roles        = effective

An inherited assignment works *below* its place, never at it. Roles that belong to a domain do not appear themselves;
what they imply does. Nothing of what follows is stored: a token's roles are worked out whenever it is validated.
"""

from labkit.openstack.keystone import implied_roles, memberships, projects, roles

SCHEMA = """CREATE TABLE IF NOT EXISTS assignment (
    actor TEXT NOT NULL, actor_id TEXT NOT NULL, place TEXT NOT NULL, place_id TEXT NOT NULL, role_id TEXT NOT NULL,
    inherited INTEGER NOT NULL,
    PRIMARY KEY (actor_id, place_id, role_id, inherited, actor, place));
CREATE INDEX IF NOT EXISTS assignment_place ON assignment (place_id);"""
COLUMNS = ("actor", "actor_id", "place", "place_id", "role_id", "inherited")


def key_of(role_id, user_id=None, group_id=None, project_id=None, domain_id=None, system=False, inherited=False):
    """One assignment's row: who, where, which role, and whether it only works below."""
    actor = ("user", user_id) if user_id else ("group", group_id)
    place = ("project", project_id) if project_id else ("domain", domain_id) if domain_id else ("system", "system")
    return dict(zip(COLUMNS, (*actor, *place, role_id, int(inherited)), strict=True))


def grant(ks, role_id, **who_and_where):
    """Give a role: user_id or group_id, and project_id, domain_id or system=True, perhaps inherited=True. Again is no
    error."""
    row = key_of(role_id, **who_and_where)
    ks.db.run(f"INSERT OR IGNORE INTO assignment ({', '.join(row)}) VALUES (?, ?, ?, ?, ?, ?)", tuple(row.values()))


def revoke(ks, role_id, **who_and_where):
    """Take a role away; returns whether there was such a grant."""
    return bool(delete(ks.db, **key_of(role_id, **who_and_where)))


def granted(db, role_id, **who_and_where):
    """Is there exactly this grant?"""
    return bool(select(db, **key_of(role_id, **who_and_where)))


def select(db, **where):
    """Grants whose columns equal these values (a list: one of), as dicts, in the order of creation."""
    clause, values = _where(where)
    return [dict(row) for row in db.all(f"SELECT * FROM assignment{clause} ORDER BY rowid", values)]


def delete(db, **where):
    """Remove grants; returns how many."""
    clause, values = _where(where)
    return db.run(f"DELETE FROM assignment{clause}", values)


def _where(where):
    parts, values = [], []
    for name, value in where.items():
        several = list(value) if isinstance(value, (list, tuple)) else [value]
        parts.append(f"{name} IN ({', '.join('?' * len(several))})")
        values += several
    return (" WHERE " + " AND ".join(parts) if parts else ""), tuple(values)


def effective_role_ids(db, user_id, project_id=None, domain_id=None, system=False, keep_domain_roles=False):
    """The ids of the roles a user really has on one project, one domain or the system."""
    actors = [user_id, *memberships.groups_of(db, user_id)]
    direct = {row["role_id"]: None for row in _reaching(db, actors, project_id, domain_id, system)}
    every = implied_roles.closure(db, direct)
    if keep_domain_roles:
        return every
    return [ref["id"] for ref in roles.of_ids(db, every) if ref["domain_id"] is None]


def effective_roles(db, user_id, project_id=None, domain_id=None, system=False, keep_domain_roles=False):
    """The same, as roles."""
    return roles.of_ids(db, effective_role_ids(db, user_id, project_id, domain_id, system, keep_domain_roles))


def with_implied(db, role_ids):
    """These roles and everything they imply, as roles."""
    return roles.of_ids(db, implied_roles.closure(db, role_ids))


def _reaching(db, actor_ids, project_id, domain_id, system):
    """The grants to these actors that work at one place: those at it, and the inherited ones above it."""
    if system:
        return select(db, actor_id=actor_ids, place="system", inherited=0)
    if domain_id:
        return select(db, actor_id=actor_ids, place="domain", place_id=domain_id, inherited=0)
    ref = project_id and projects.find(db, project_id)
    if not ref:
        return []
    here = select(db, actor_id=actor_ids, place="project", place_id=project_id, inherited=0)
    above = select(db, actor_id=actor_ids, place_id=above_ids(db, ref), inherited=1)
    return here + [row for row in above if row["place"] != "system"]


def above_ids(db, ref):
    """The ids of everything above a project, up to and with its domain."""
    above = []
    while ref["parent_id"]:
        above.append(ref["parent_id"])
        ref = projects.get(db, ref["parent_id"])
    return above


def places_of(db, user_id):
    """(project ids, domain ids) on which a user has any effective role, directly, by groups or inherited."""
    from labkit.openstack.keystone import project_tree as tree
    rows = select(db, actor_id=[user_id, *memberships.groups_of(db, user_id)])
    project_ids, domain_ids = {}, {}
    for row in rows:
        if row["inherited"]:
            below = in_domain(db, row["place_id"]) if row["place"] == "domain" else tree.subtree(db, row["place_id"])
            found, reached = project_ids, [ref["id"] for ref in below]
        else:
            found, reached = (project_ids if row["place"] == "project" else domain_ids), [row["place_id"]]
        if row["place"] != "system" and visible(db, row["role_id"]):
            found.update(dict.fromkeys(reached))
    return list(project_ids), list(domain_ids)


def in_domain(db, domain_id):
    """All projects of a domain."""
    return projects.PROJECTS.select(db, domain_id=domain_id)


def visible(db, role_id):
    """Does a role show in tokens: is it, or something it implies, a global role?"""
    return any(ref["domain_id"] is None for ref in roles.of_ids(db, implied_roles.closure(db, [role_id])))


def projects_of(db, user_id):
    """The projects a user has a role on, in the order of their creation."""
    return projects.PROJECTS.select(db, id=places_of(db, user_id)[0])


def domains_of(db, user_id):
    """The domains a user has a role on, as domains."""
    from labkit.openstack.keystone import domains

    return [
        domains.as_domain(ref) for ref in projects.PROJECTS.select(db, id=places_of(db, user_id)[1]) if ref["is_domain"]
    ]


def has_system(db, user_id):
    """Has a user himself any role on the system? (Not by a group: GET /v3/auth/system does not look there, though a
    login does.)"""
    return bool(select(db, actor="user", actor_id=user_id, place="system"))
