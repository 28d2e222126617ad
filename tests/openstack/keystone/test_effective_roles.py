"""Effective roles on random trees: what Keystone works out equals a slow, obvious reference."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.openstack.keystone import assignments, groups, implied_roles, memberships, projects, roles, users
from tests.openstack.keystone.cloud import Cloud

ROLES, USERS, GROUPS = ["r0", "r1", "r2", "r3"], ["u0", "u1"], ["g0", "g1"]
trees = st.lists(st.integers(0, 9), min_size=1, max_size=6)
grants = st.lists(
    st.tuples(st.sampled_from(USERS + GROUPS), st.integers(0, 6), st.sampled_from(ROLES), st.booleans()), max_size=12
)
inferences = st.sets(st.tuples(st.sampled_from(ROLES), st.sampled_from(ROLES)), max_size=5)
joined = st.sets(st.tuples(st.sampled_from(USERS), st.sampled_from(GROUPS)), max_size=3)


class Reference:
    """The same world as plain Python: parents, grants, groups, inferences."""

    def __init__(self, parents, given_grants, implied, members):
        self.parents, self.grants, self.implied, self.members = parents, given_grants, implied, members

    def roles(self, user, place):
        actors = {user} | {group for member, group in self.members if member == user}
        found = {role for actor, at, role, below in self.grants
                 if actor in actors and ((at == place and not below) or (below and at in self.above(place)))}
        while True:
            more = {follower for prior, follower in self.implied if prior in found}
            if more <= found:
                return found
            found |= more

    def above(self, place):
        chain = []
        while place in self.parents:
            place = self.parents[place]
            chain.append(place)
        return chain


def build(parents, given_grants, implied, members):
    """(cloud, place number → id): place 0 is the domain, the others its projects."""
    cloud = Cloud()
    ks = cloud.ks
    places = {0: cloud.make("domain", name="tree")}
    for number, parent in parents.items():
        depth_ok = places[parent]
        places[number] = projects.create(
            ks, {"id": f"p{number}", "name": f"p{number}", "domain_id": places[0], "parent_id": depth_ok}
        )["id"]
    for name in ROLES:
        roles.create(ks, {"id": name, "name": name})
    for name in USERS:
        users.create(ks, {"id": name, "name": name, "domain_id": places[0]})
    for name in GROUPS:
        groups.create(ks, {"id": name, "name": name, "domain_id": places[0]})
    for user, group in sorted(members):
        memberships.join(ks.db, user, group)
    for prior, follower in sorted(implied):
        implied_roles.imply(ks, prior, follower)
    for actor, at, role, below in given_grants:
        who = {"user_id": actor} if actor in USERS else {"group_id": actor}
        where = {"domain_id": places[0]} if at == 0 else {"project_id": places[at]}
        assignments.grant(ks, role, **who, **where, inherited=below)
    return cloud, places


def shaped(choices):
    """Parents by number: node n+1 hangs below one of 0 … n, at most five levels deep."""
    parents, depth = {}, {0: 0}
    for number, choice in enumerate(choices, 1):
        possible = [node for node in depth if depth[node] < 5]
        parents[number] = possible[choice % len(possible)]
        depth[number] = depth[parents[number]] + 1
    return parents


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees, grants, inferences, joined)
def test_effective_roles_equal_the_reference(choices, wanted, implied, members):
    parents = shaped(choices)
    wanted = {(actor, at % (len(parents) + 1), role, below) for actor, at, role, below in wanted}
    cloud, places = build(parents, sorted(wanted), implied, members)
    reference = Reference(parents, wanted, implied, members)
    for user in USERS:
        for number, place_id in places.items():
            where = {"domain_id": place_id} if number == 0 else {"project_id": place_id}
            assert set(assignments.effective_role_ids(cloud.ks.db, user, **where)) == reference.roles(user, number)
        reachable = {place_id for number, place_id in places.items() if number and reference.roles(user, number)}
        assert {ref["id"] for ref in assignments.projects_of(cloud.ks.db, user)} == reachable
        listed = cloud.get(f"/v3/role_assignments?effective&user.id={user}").json["role_assignments"]
        assert {(one["scope"]["project"]["id"], one["role"]["id"]) for one in listed if "project" in one["scope"]} == {
            (place_id, role) for number, place_id in places.items() if number for role in reference.roles(user, number)}
