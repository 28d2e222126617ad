"""Plays the policy matrix: every operation by every persona, each on the same stage, against the recorded status
(and number of items).

own domain rec-dom ─ project own ─ personas project_*          default ─ another project, a stranger
                   ─ personas domain_*, system_*, unscoped, a target in the group g
"""

import json

from labkit.openstack.keystone_replay.inference import inferred
from labkit.openstack.keystone_replay.operations import OPERATIONS
from labkit.openstack.keystone_replay.recording import first_moment
from labkit.openstack.keystone_replay.stage import Stage
from labkit.replaying.outcome import Outcome

PASSWORD = "personapw"


def play(document):
    """Play every cell; returns the Outcome, one fact per cell."""
    outcome, stage = Outcome(), MatrixStage(document["personas"])
    before = stage.stage.save()
    for name, cells in document["matrix"].items():
        if name not in OPERATIONS and (meant := inferred(name)):
            outcome.assumed.append(f"that {name} means {meant.method} {meant.path}")
        for persona, recorded in cells.items():
            stage.stage.restore(before)
            ours = stage.cell(name, persona)
            if not isinstance(recorded, list) and isinstance(ours, list):
                ours = ours[0]
            what = f"{name} by {persona} – recorded {json.dumps(recorded)}, ours {json.dumps(ours)}"
            outcome.note(None if ours == recorded else what)
    return outcome


class MatrixStage:
    """The personas and the things that they try to reach."""

    def __init__(self, personas):
        self.stage = Stage(first_moment([]), "http://127.0.0.1:5002")
        self.names, self.tokens, self.n = dict(self.stage.members), {"anonymous": None, "garbage": "garbage"}, 0
        self.furnish()
        for persona in personas:
            self.join(persona)

    def make(self, path, kind, **body):
        """Something that the admin makes; returns its id."""
        status, _, shown = self.stage.send("POST", path, self.stage.holder("admin"), {kind: body})
        assert status == 201, f"the stage cannot be built: POST {path} gave {status} {shown}"
        return shown[kind]["id"]

    def furnish(self):
        """What is there besides the personas."""
        names = self.names
        names["own_domain"] = self.make("/v3/domains", "domain", name="rec-dom")
        names["own_project"] = self.make("/v3/projects", "project", name="own", domain_id=names["own_domain"])
        names["other_project"] = self.make("/v3/projects", "project", name="other", domain_id="default")
        names["target"] = self.make(
            "/v3/users", "user", name="target", domain_id=names["own_domain"], password=PASSWORD
        )
        names["stranger"] = self.make("/v3/users", "user", name="stranger", domain_id="default")
        names["group"] = self.make("/v3/groups", "group", name="g", domain_id=names["own_domain"])
        names["role"] = self.make("/v3/roles", "role", name="op")
        names["service"] = names["svc.identity"]
        self.stage.admin("PUT", f"/v3/groups/{names['group']}/users/{names['target']}")
        self.tokens["target"] = self.login("target", "unscoped")

    def join(self, persona):
        """A persona: its user, its role, its token."""
        place, _, role = persona.partition("_")
        if persona == "cloud_admin":
            self.tokens[persona], self.names["persona.cloud_admin"] = self.stage.holder("admin"), self.names["admin"]
        if place not in ("project", "domain", "system") and persona != "unscoped":
            return
        self.names[f"persona.{persona}"] = user_id = self.make(
            "/v3/users", "user", name=persona, domain_id=self.names["own_domain"], password=PASSWORD
        )
        where = {
            "project": f"projects/{self.names['own_project']}",
            "domain": f"domains/{self.names['own_domain']}",
            "system": "system",
        }
        scope = {
            "project": {"project": {"id": self.names["own_project"]}},
            "domain": {"domain": {"id": self.names["own_domain"]}},
            "system": {"system": {"all": True}},
        }.get(place, "unscoped")
        if place in where:
            self.stage.admin("PUT", f"/v3/{where[place]}/users/{user_id}/roles/{self.names[f'role.{role}']}")
        self.tokens[persona] = self.login(persona, scope)

    def login(self, name, scope):
        user = {"name": name, "domain": {"id": self.names["own_domain"]}, "password": PASSWORD}
        return self.stage.token(name, {"methods": ["password"], "password": {"user": user}}, scope)

    def cell(self, name, persona):
        """Status, or [200, number of items]; words for what this player does not know."""
        operation = inferred(name)
        if operation is None or persona not in self.tokens:
            return f"no such {'operation' if operation is None else 'persona'} in this player"
        self.n += 1
        words = {**self.names, "n": str(self.n), "self": self.names.get(f"persona.{persona}", self.names["target"])}
        for method, path, body, kind in operation.before:
            _, _, shown = self.stage.send(method, fill(path, words), self.stage.holder("admin"), fill(body, words))
            if kind:
                words["made"] = shown[kind]["id"]
        token = self.tokens[persona]
        subject = None
        if operation.subject:
            held = token if operation.subject == "self" else self.tokens["target"]
            subject = getattr(held, "text", held) or self.tokens["target"].text
        status, _, shown = self.stage.send(
            operation.method, fill(operation.path, words), token, fill(operation.body, words), X_Subject_Token=subject
        )
        return [status, len(shown[operation.list])] if operation.list and status == 200 else status


def fill(value, words):
    """{word} in all texts of a request replaced."""
    if isinstance(value, dict):
        return {key: fill(inner, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, words) for inner in value]
    if isinstance(value, str):
        for word, meant in words.items():
            value = value.replace("{" + word + "}", meant)
    return value
