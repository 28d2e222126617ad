"""Trusts: what is passed on is a part of what the trustor has, for as long as he has it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.openstack.keystone.cloud import Cloud

TRUSTS = "/v3/OS-TRUST/trusts"
CHAIN = ["admin", "manager", "member", "reader"]


def stage(role="member"):
    """A cloud where alice has a role on alpha and bob has none."""
    cloud = Cloud()
    project_id = cloud.make("project", name="alpha")
    alice, bob = cloud.person("alice", project_id, role), cloud.person("bob")
    return cloud, project_id, alice, bob


def entrust(cloud, trustor, trustee, project_id, *roles, token=None, **more):
    ref = {"trustor_user_id": trustor, "trustee_user_id": trustee, "project_id": project_id, "impersonation": False,
           "roles": [{"name": role} for role in roles], **more}
    return cloud.send("POST", TRUSTS, {"trust": ref}, token=token or cloud.token("alice", project_id=project_id))


def test_a_trust_works_until_the_trustor_loses_the_role_and_again_when_he_gets_it_back():
    cloud, project_id, alice, bob = stage()
    trust = entrust(cloud, alice, bob, project_id, "member").json["trust"]
    assert trust["redelegation_count"] == 0 and [role["name"] for role in trust["roles"]] == ["member"]
    assert cloud.login("bob", trust=trust["id"]).status == 201
    cloud.take_away("member", alice, project_id)
    assert cloud.login("bob", trust=trust["id"]).status == 403
    cloud.grant("member", alice, project_id)
    assert cloud.login("bob", trust=trust["id"]).status == 201


def test_only_the_trustor_makes_trusts_and_only_of_roles_he_has():
    cloud, project_id, alice, bob = stage()
    assert entrust(cloud, alice, bob, project_id, "member", token=cloud.admin).status == 403
    refused = entrust(cloud, alice, bob, project_id, "manager")
    assert (refused.status, refused.json["error"]["message"]) == (
        404,
        f"Could not find role: {cloud.roles['manager']}.",
    )
    assert (
        entrust(cloud, alice, bob, project_id)
        .json["error"]["message"]
        .endswith("At least one role should be specified.")
    )
    assert cloud.get(f"{TRUSTS}?trustor_user_id={alice}").json["trusts"] == []


def test_uses_are_counted_and_time_runs_out():
    cloud, project_id, alice, bob = stage()
    twice = entrust(cloud, alice, bob, project_id, "member", remaining_uses=2).json["trust"]["id"]
    assert [cloud.login("bob", trust=twice).status for _ in range(3)] == [201, 201, 401]
    soon = entrust(cloud, alice, bob, project_id, "member", expires_at="2026-03-02T08:10:00Z").json["trust"]["id"]
    cloud.wait(601)
    assert cloud.login("bob", trust=soon).status == 401
    assert cloud.get(f"{TRUSTS}/{soon}", token=cloud.token("alice", project_id=project_id)).status == 404


def test_a_chain_gets_shorter_and_dies_as_a_whole():
    cloud, project_id, alice, bob = stage()
    carol = cloud.person("carol")
    first = entrust(cloud, alice, bob, project_id, "member", impersonation=True, allow_redelegation=True).json["trust"]
    by_trust = cloud.token("bob", trust=first["id"])
    second = entrust(
        cloud, alice, carol, project_id, "member", impersonation=True, allow_redelegation=True, token=by_trust
    ).json["trust"]
    assert (first["redelegation_count"], second["redelegation_count"], second["redelegated_trust_id"]) == (
        3,
        2,
        first["id"],
    )
    carols = cloud.token("carol", trust=second["id"])
    assert (
        cloud.send("DELETE", f"{TRUSTS}/{first['id']}", token=cloud.token("alice", project_id=project_id)).status == 204
    )
    assert not cloud.is_good(carols)
    assert cloud.login("carol", trust=second["id"]).status == 401


def test_a_trusts_token_makes_no_lasting_secret():
    cloud, project_id, alice, bob = stage()
    trust = entrust(cloud, alice, bob, project_id, "member", impersonation=True).json["trust"]["id"]
    by_trust = cloud.token("bob", trust=trust)
    wish = {"application_credential": {"name": "for ever"}}
    assert cloud.send("POST", f"/v3/users/{alice}/application_credentials", wish, token=by_trust).status == 403
    secret = {"credential": {"type": "cert", "blob": "b", "user_id": alice}}
    assert cloud.send("POST", "/v3/credentials", secret, token=by_trust).status == 403


@settings(max_examples=25, deadline=None)
@given(
    has=st.sampled_from(CHAIN),
    passes=st.sets(st.sampled_from(CHAIN), min_size=1),
    lost=st.booleans(),
    impersonation=st.booleans(),
)
def test_a_trust_never_gives_more_than_its_trustor_has(has, passes, lost, impersonation):
    cloud, project_id, alice, bob = stage(has)
    held = set(CHAIN[CHAIN.index(has):])
    answer = entrust(cloud, alice, bob, project_id, *sorted(passes), impersonation=impersonation)
    assert (answer.status == 201) == (passes <= held)
    if answer.status != 201:
        return
    if lost:
        cloud.take_away(has, alice, project_id)
        held = set()
    login = cloud.login("bob", trust=answer.json["trust"]["id"])
    got = {role["name"] for role in login.json["token"]["roles"]} if login.status == 201 else set()
    assert got <= held
    assert lost or passes <= got
