"""What must hold whatever is done in whatever order: no token outlives its user, project, role or key; no scope
widens.
"""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.openstack.keystone.cloud import Cloud

RANK = {"reader": 0, "member": 1, "manager": 2, "admin": 3}
ROLES = st.sampled_from(["reader", "member", "manager"])
WHO, WHERE = st.sampled_from(["ann", "ben"]), st.sampled_from(["p", "q"])


class Cosmos(RuleBasedStateMachine):
    """Two people, two projects, and a model in five dictionaries of what each token may still be worth."""

    def __init__(self):
        super().__init__()
        self.cloud = Cloud()
        self.projects = {name: self.cloud.make("project", name=name) for name in "pq"}
        self.people = {name: self.cloud.person(name) for name in ("ann", "ben")}
        self.granted, self.asleep, self.tokens, self.rotations = set(), set(), [], 0
        self.cloud.wait(1)

    def worth(self, who, where):
        """The roles that follow from the grants."""
        top = max(
            (RANK[role] for person, project, role in self.granted if (person, project) == (who, where)), default=-1
        )
        return {role for role, rank in RANK.items() if rank <= top}

    def keep(self, answer, who, where):
        if answer.status == 201:
            text, end = answer.header("X-Subject-Token"), answer.json["token"]["expires_at"]
            self.tokens.append(
                {"text": text, "who": who, "where": where, "end": end, "sealed": self.rotations, "dead": False}
            )

    @rule(who=WHO, where=WHERE, role=ROLES)
    def grant(self, who, where, role):
        self.cloud.grant(role, self.people[who], self.projects[where])
        self.granted.add((who, where, role))

    @precondition(lambda self: self.granted)
    @rule(data=st.data())
    def take_away(self, data):
        who, where, role = data.draw(st.sampled_from(sorted(self.granted)))
        self.cloud.take_away(role, self.people[who], self.projects[where])
        self.granted.remove((who, where, role))

    @rule(who=WHO, where=WHERE)
    def log_in(self, who, where):
        answer = self.cloud.login(who, project_id=self.projects[where])
        assert (answer.status == 201) == bool(self.worth(who, where) and where not in self.asleep)
        self.keep(answer, who, where)

    @rule(who=WHO)
    def log_in_unscoped(self, who):
        self.keep(self.cloud.login(who, unscoped=True), who, None)

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), where=WHERE)
    def exchange(self, data, where):
        old = data.draw(st.sampled_from(self.tokens))
        answer = self.cloud.exchange(old["text"], project_id=self.projects[where])
        if answer.status == 201:
            assert answer.json["token"]["expires_at"] == old["end"], "a token made from a token would live longer"
            assert answer.json["token"]["user"]["id"] == self.people[old["who"]]
        self.keep(answer, old["who"], where)

    @rule(who=WHO)
    def disable_and_enable(self, who):
        self.cloud.change("user", self.people[who], enabled=False)
        self.cloud.change("user", self.people[who], enabled=True)
        self.kill(lambda token: token["who"] == who)

    @rule(where=WHERE)
    def put_to_sleep_or_wake(self, where):
        self.asleep ^= {where}
        self.cloud.change("project", self.projects[where], enabled=where not in self.asleep)

    @rule()
    def rotate_keys(self):
        self.cloud.ks.keys.rotate()
        self.rotations += 1
        self.kill(lambda token: self.rotations - token["sealed"] >= 2)

    @rule(seconds=st.sampled_from([1, 900, 3600]))
    def wait(self, seconds):
        self.cloud.wait(seconds)

    def kill(self, concerned):
        for token in self.tokens:
            token["dead"] = token["dead"] or concerned(token)
        self.cloud.wait(1)

    @invariant()
    def every_token_is_worth_what_the_grants_say_and_no_more(self):
        self.cloud.admin = self.cloud.token("admin", "sesame", project="admin")
        now = self.cloud.world.utcnow().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        for token in self.tokens:
            roles = self.worth(token["who"], token["where"]) if token["where"] else set()
            alive = (
                not token["dead"]
                and now < token["end"]
                and token["where"] not in self.asleep
                and (roles or not token["where"])
            )
            answer = self.cloud.validate(token["text"])
            assert answer.status == (200 if alive else 404)
            if alive:
                body = answer.json["token"]
                assert {role["name"] for role in body.get("roles", [])} == roles
                assert body.get("project", {}).get("id") == (self.projects[token["where"]] if token["where"] else None)


Cosmos.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestNoTokenOutlivesItsGroundsAndNoScopeWidens = Cosmos.TestCase


@pytest.mark.parametrize("taken", ["member", "reader"])
def test_a_trust_never_gives_more_than_its_trustor_has(taken):
    cloud = Cloud()
    project_id = cloud.make("project", name="alpha")
    alice, bob = cloud.person("alice", project_id), cloud.person("bob")
    cloud.grant("reader", alice, project_id)
    wish = {
        "trustor_user_id": alice,
        "trustee_user_id": bob,
        "project_id": project_id,
        "impersonation": False,
        "roles": [{"name": "member"}],
    }
    token = cloud.token("alice", project_id=project_id)
    trust = cloud.send("POST", "/v3/OS-TRUST/trusts", {"trust": wish}, token=token).json["trust"]["id"]
    delegated = cloud.token("bob", trust=trust)
    assert cloud.exchange(delegated, project_id=project_id).status == 403
    cloud.take_away(taken, alice, project_id)
    still = taken == "reader"   # member implies reader, so nothing was lost
    assert cloud.validate(delegated).status == (200 if still else 403)
    assert cloud.login("bob", trust=trust).status == (201 if still else 403)


def test_an_application_credential_dies_and_revives_with_its_role():
    cloud = Cloud()
    project_id = cloud.make("project", name="alpha")
    alice = cloud.person("alice", project_id)
    wish = {"application_credential": {"name": "ci", "secret": "s"}}
    key = cloud.send(
        "POST", f"/v3/users/{alice}/application_credentials", wish, token=cloud.token("alice", project_id=project_id)
    )
    identity = {
        "methods": ["application_credential"],
        "application_credential": {"id": key.json["application_credential"]["id"], "secret": "s"},
    }
    token = cloud.prove(identity).header("X-Subject-Token")
    cloud.grant("admin", alice, project_id)
    assert {role["name"] for role in cloud.validate(token).json["token"]["roles"]} == {"member", "reader"}, (
        "it does not grow with its user"
    )
    cloud.take_away("admin", alice, project_id)
    cloud.take_away("member", alice, project_id)
    assert (cloud.prove(identity).status, cloud.validate(token).status) == (401, 404)
    cloud.grant("member", alice, project_id)
    assert (cloud.prove(identity).status, cloud.validate(token).status) == (201, 200)
    assert cloud.exchange(token, project_id=project_id).status == 403
