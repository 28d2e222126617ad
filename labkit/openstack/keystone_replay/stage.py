"""The stage of a replay: a fresh Keystone of ours, a clock that can be set, and a state that can be laid aside and
taken up again.

A request through its public API is the only way in which a replay changes anything.
"""

import json
import re
from dataclasses import dataclass
from datetime import timedelta

from labkit.openstack.keystone import Keystone
from labkit.openstack.keystone_replay.cast import AT_START, LOGINS, MEMBERS, PASSWORDS
from labkit.openstack.keystone_replay.equal import Ids
from labkit.world import World

TRACE_ROWS = 5_000


class StageWorld(World):
    """A world whose calendar can be put forward and back: a trial that was rejected did not happen."""

    def set(self, moment):
        self.start_time = moment - timedelta(seconds=self.now)
        if len(self.rows) > TRACE_ROWS:
            self.rows.clear()


@dataclass(frozen=True)
class Token:
    """A token somebody holds. label: who and where ("rec-alice@rec-alpha")."""

    text: str
    label: str

    def __len__(self):
        return len(self.text)


@dataclass
class State:
    """What a trial starts from."""

    database: bytes
    moment: object
    ids: Ids
    members: dict
    tokens: list
    passwords: dict


class Stage:
    """Keystone and what the players know: `ids`, `members` (name → our id), `tokens` (newest last), `passwords`."""

    def __init__(self, start, origin, token_s=3600):
        self.world = StageWorld(seed="replay", start=start.isoformat(), journal=False)
        self.origin = origin
        self.keystone = Keystone(self.world, admin_password=PASSWORDS["admin"], url=origin, token_s=token_s)
        self.ids, self.members, self.tokens, self.passwords = Ids(), {}, [], dict(PASSWORDS)
        self.login("admin")
        self.learn_bootstrap()

    # -- going back ---------------------------------------------------------------------------------------------
    def save(self):
        """The whole state, to be taken up again."""
        return State(
            self.keystone.db.connection.serialize(),
            self.world.utcnow(),
            self.ids.copy(),
            dict(self.members),
            list(self.tokens),
            dict(self.passwords),
        )

    def restore(self, state):
        """As it was."""
        self.keystone.db.connection.deserialize(state.database)
        self.keystone.db.rollbacks += 1  # what was remembered of the other state is void
        self.world.set(state.moment)
        self.ids, self.members = state.ids.copy(), dict(state.members)
        self.tokens, self.passwords = list(state.tokens), dict(state.passwords)

    def pass_time(self, s):
        self.world.set(self.world.utcnow() + timedelta(seconds=s))

    # -- asking ---------------------------------------------------------------------------------------------------
    def send(self, method, path, token=None, body=None, **headers):
        """One request; returns (status, headers by lower-case name, body as JSON, {"<text>": …} or None)."""
        named = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        if token is not None:
            named["X-Auth-Token"] = getattr(token, "text", token)
        response = self.keystone.request(method, path, named, body)
        text = "" if method == "HEAD" else response.body.decode()
        try:
            shown = json.loads(text) if text else None
        except ValueError:
            shown = {"<text>": text}
        return response.status, {name.lower(): value for name, value in response.headers}, shown

    def admin(self, method, path, body=None):
        """A request as the cloud's admin; True if it was done."""
        status, _, _ = self.send(method, path, self.holder("admin"), body)
        if method != "POST":
            self.pass_time(1.0)  # what was revoked concerns the second in which it was
        return status < 300

    # -- people ---------------------------------------------------------------------------------------------------
    def login(self, label, **more):
        """Log in under a label of LOGINS; returns the Token, or None if Keystone says no."""
        name, scope = LOGINS[label]
        domain = self.members.get("rec-dom", "default") if name == "rec-dana" else "default"
        user = {"name": name, "domain": {"id": domain}, "password": self.passwords.get(name, "")}
        return self.token(label, {"methods": ["password"], "password": {"user": user}}, scope)

    def token(self, label, identity, scope=None):
        """Get a token by any method and keep it."""
        auth = {"identity": identity, **({"scope": scope} if scope is not None else {})}
        status, headers, _ = self.send("POST", "/v3/auth/tokens?nocatalog", None, {"auth": auth})
        if status != 201:
            return None
        made = Token(headers["x-subject-token"], label)
        self.tokens.append(made)
        return made

    def holder(self, label):
        """A token of this label that is good now; logs in again if need be. None if that is refused."""
        for token in reversed(self.tokens):
            if token.label == label:
                if self.is_good(token):
                    return token
                break
        return self.login(label) if label in LOGINS else None

    def is_good(self, token):
        return self.send("HEAD", "/v3/auth/tokens", token, X_Subject_Token=token.text)[0] in (200, 403)

    # -- things ---------------------------------------------------------------------------------------------------
    def learn_bootstrap(self):
        """Names of what every new Keystone has."""
        token = self.holder("admin")
        for path, prefix, field in (
            ("roles", "role.", "name"),
            ("services", "svc.", "type"),
            ("endpoints", "ep.", "interface"),
            ("users", "", "name"),
            ("projects", "adminproj:", "name"),
        ):
            for ref in self.send("GET", f"/v3/{path}", token)[2][path]:
                name = "adminproj" if prefix == "adminproj:" else prefix + ref[field]
                self.members[name] = ref["id"]

    def appear(self, name):
        """Make a member of the cast, and whom it needs. True if it is there now."""
        if name in self.members:
            return True
        member = MEMBERS.get(name)
        if member is None:
            return False
        needed = set(re.findall(r"\{([\w.-]+)\}", json.dumps(member.make) + member.path)) | {
            part for part in member.by.split("@") if part in MEMBERS
        }
        if not all(self.appear(other) for other in sorted(needed)):
            return False
        token = self.holder(member.by)
        made = self.filled(member.make) if member.path.endswith("OS-EC2") else {member.kind: self.filled(member.make)}
        status, _, body = self.send("POST", f"/v3/{self.filled(member.path)}", token, made)
        if status != 201:
            return False
        self.members[name] = body[member.kind].get("id") or body[member.kind]["access"]
        if "secret" in body[member.kind]:
            self.passwords[name] = body[member.kind]["secret"]
        return all(
            self.admin(
                "PUT", f"/v3/{self.filled(where)}/users/{self.members[name]}/roles/{self.members[f'role.{role}']}"
            )
            for role, where in member.roles
        )

    def filled(self, value):
        """{name} → our id, {in:S} → a time."""
        if isinstance(value, dict):
            return {key: self.filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        if not isinstance(value, str):
            return value
        value = re.sub(r"\{in:(\d+)\}", lambda found: self.in_s(int(found[1])), value)
        return re.sub(r"\{([\w.-]+)\}", lambda found: self.members.get(found[1], found[0]), value)

    def in_s(self, s):
        return (self.world.utcnow() + timedelta(seconds=s)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def set_the_stage(self):
        """Those who are there from the start."""
        for member in AT_START:
            self.appear(member.name)
