"""The long form of effective assignments: one entry for every way in which somebody comes to a role, with the grant
it came from.

An entry is a dict: user_id or group_id, project_id, domain_id or system, role_id, inherited (a grant that works
below), and `indirect`, which says
what the grant itself named: the group, the place above, the prior role.
"""

from labkit.openstack.keystone import assignments, implied_roles, memberships, projects, roles
from labkit.openstack.keystone import project_tree as tree


def entry(row):
    """A stored grant as an entry."""
    place = {"system": {"all": True}} if row["place"] == "system" else {f"{row['place']}_id": row["place_id"]}
    found = {f"{row['actor']}_id": row["actor_id"], **place, "role_id": row["role_id"]}
    return {**found, "inherited": True} if row["inherited"] else found


def direct(db, asked):
    """Grants as they are stored, filtered by what is asked; those on the system come last, and only if no other place
    is asked for."""
    where = {
        name: value
        for name, value in (("role_id", asked.role_id), ("actor_id", asked.user_id or asked.group_id))
        if value
    }
    if asked.user_id or asked.group_id:
        where["actor"] = "user" if asked.user_id else "group"
    placed = [] if asked.system else assignments.select(db, **where, **place_of(asked), **inheritance(asked))
    on_system = (
        assignments.select(db, **where, place="system")
        if asked.system or not (asked.project_id or asked.domain_id)
        else []
    )
    return [entry(row) for row in placed if row["place"] != "system"] + [entry(row) for row in on_system]


def place_of(asked):
    """The place a grant must name, as columns."""
    if asked.project_id:
        return {"place": "project", "place_id": [asked.project_id, *asked.subtree_ids]}
    return {"place": "domain", "place_id": asked.domain_id} if asked.domain_id else {}


def inheritance(asked):
    return {} if asked.inherited is None else {"inherited": int(asked.inherited)}


def effective(db, asked):
    """Everything that follows from the grants: members of groups, projects below, implied roles; without roles of a
    domain."""
    entries = []
    for row in candidates(db, asked):
        entries += spread(db, entry(row), asked)
    entries = with_implied(db, entries)
    of_domain = {ref["id"] for ref in roles.ROLES.select(db) if ref["domain_id"]}
    return [one for one in entries if one["role_id"] not in of_domain and asked.role_id in (None, one["role_id"])]


def candidates(db, asked):
    """Grants that may matter: at the place, or inherited from above it (for a subtree: also from inside it)."""
    where = {"actor_id": [asked.user_id, *memberships.groups_of(db, asked.user_id)]} if asked.user_id else {}
    rows = []
    if not asked.inherited:
        rows += assignments.select(db, **where, **place_of(asked), inherited=0)
    if asked.inherited is not False and not asked.domain_id:
        if asked.project_id:
            above = assignments.above_ids(db, projects.get(db, asked.project_id))
            inside = [asked.project_id, *asked.subtree_ids] if asked.subtree_ids else []
            where = {**where, "place_id": above + inside}
        rows += assignments.select(db, **where, inherited=1)
    return [row for row in rows if row["place"] != "system"]


def spread(db, one, asked):
    """One grant for every user and every project that it reaches."""
    people = [one]
    if "group_id" in one:
        members = [asked.user_id] if asked.user_id else memberships.members_of(db, one["group_id"])
        people = [came_from(one, "group_id", user_id=user_id) for user_id in members]
    if not one.get("inherited"):
        return people
    place = "project_id" if "project_id" in one else "domain_id"
    return [
        came_from(person, place, "inherited", project_id=project_id)
        for person in people
        for project_id in reached(db, one, asked)
    ]


def reached(db, one, asked):
    """The projects that an inherited grant reaches, as far as they are asked for."""
    if asked.project_id:
        wanted = [asked.project_id, *asked.subtree_ids]
        inside = one.get("project_id") in wanted and asked.subtree_ids
        return [ref["id"] for ref in tree.subtree(db, one["project_id"])] if inside else wanted
    below = assignments.in_domain(db, one["domain_id"]) if "domain_id" in one else tree.subtree(db, one["project_id"])
    return [ref["id"] for ref in below]


def came_from(one, *gone, **new):
    """An entry with some of its parts replaced; what the grant itself named is kept in `indirect`."""
    indirect = {**one.get("indirect", {}), **{name: one[name] for name in gone if name != "inherited"}}
    return {**{name: value for name, value in one.items() if name not in gone}, **new, "indirect": indirect}


def with_implied(db, entries):
    """The entries and, for each, one more for every role that its role implies, step by step."""
    followers = implied_roles.followers(db)
    result, waiting, seen = list(entries), list(entries), set()
    while waiting:
        one = waiting.pop()
        seen.add(identity(one))
        for role_id in followers.get(one["role_id"], ()):
            implied = {**one, "role_id": role_id, "indirect": {**one.get("indirect", {}), "role_id": one["role_id"]}}
            if identity(implied) not in seen:
                result.append(implied)
                waiting.append(implied)
    return result


def identity(one):
    """What makes two entries the same."""
    who_and_where = [
        (name, one[name])
        for name in ("user_id", "group_id", "project_id", "domain_id", "role_id", "inherited")
        if name in one
    ]
    return (*who_and_where, *sorted(one.get("indirect", {}).items()))
