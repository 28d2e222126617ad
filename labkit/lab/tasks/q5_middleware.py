"""Q5.T1, the middleware: who are you? – judged against the emulator's own auth_token, by invariants.

    middleware(request, keystone, cache, now) -> (status, context)

`request` = {"method", "path", "headers"}; `keystone.validate(token, allow_expired=False)` returns what Keystone knows
({"user_id", "user_name", "project_id", "project_name", "roles", "expires_at" in seconds}), None for a token that is
unknown, revoked or expired, and raises ConnectionError when Keystone does not answer; `cache` is a dict that stays from
request to request; `now` is in seconds. Status 200 means 'passed on to the service' and `context` is a dict with the
identity headers that the service may believe: at least X-Identity-Status (Confirmed), X-User-Id, X-Project-Id and
X-Roles (as text with commas or as a list); what a token does not have may be missing. With any other status nobody
reads it.
"""

from datetime import UTC, datetime, timedelta

from labkit.lab import tasks
from labkit.lab.artefact import Handle, State
from labkit.lab.task import LAYERS, Task
from labkit.lab.tasks.q5_middleware_cases import scenarios
from labkit.lab.tasks.q5_middleware_mutants import MUTANTS, middleware
from labkit.lab.tasks.q5_middleware_rules import RULES, compare, thrift
from labkit.openstack.auth_token import AuthToken, KeystoneUnavailable
from labkit.openstack.errors import HttpError

ZERO = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Keystone:
    """Keystone as the story tells it: knows tokens, forgets revoked ones, and may be stopped."""

    def __init__(self, tokens):
        self.tokens, self.revoked, self.running, self.now = tokens, set(), True, 0.0
        self.confirmed = []

    def happen(self, event):
        self.now = event["at_s"]
        if event["do"] == "revoke":
            self.revoked.add(event["token"])
        elif event["do"] in ("stop", "start"):
            self.running = event["do"] == "start"

    def validate(self, token, allow_expired=False):
        """The answer to the student's call. `confirmed` counts the good ones."""
        if not self.running:
            raise ConnectionError("keystone:5000 does not answer")
        known = self.tokens.get(token)
        if known is None or token in self.revoked or (known["expires_at"] <= self.now and not allow_expired):
            return None
        self.confirmed.append((self.now, token))
        return known


def truth(keystone):
    """The emulator's middleware in front of the same Keystone."""

    def ask(token, allow_expired):
        yield from ()
        try:
            known = keystone.validate(token, allow_expired)
        except ConnectionError:
            raise KeystoneUnavailable() from None
        return known and as_body(known)

    return AuthToken(ask, lambda: ZERO + timedelta(seconds=keystone.now))


def as_body(known):
    """The token as Keystone's API spells it."""
    domain = {"id": "default", "name": "Default"}
    project = (
        {"project": {"id": known["project_id"], "name": known["project_name"], "domain": domain}}
        if known["project_id"]
        else {}
    )
    return {
        "token": {
            "user": {"id": known["user_id"], "name": known["user_name"], "domain": domain},
            **project,
            "roles": [{"name": role} for role in known["roles"]],
            "expires_at": (ZERO + timedelta(seconds=known["expires_at"])).isoformat(),
        }
    }


def true_answer(door, event):
    """(status, headers) of the emulator's middleware for one request of the story."""
    try:
        return 200, run(door.process(event["headers"]))
    except HttpError as refusal:
        return refusal.code, {}


def run(generator):
    """The return value of a generator that never has to wait."""
    try:
        next(generator)
    except StopIteration as done:
        return done.value


def judge(scenario, artefact):
    """Play the story for the emulator's middleware and for the student's; the first failure of the lowest layer
    counts."""
    ours, theirs = Keystone(scenario.data["tokens"]), Keystone(scenario.data["tokens"])
    door, failures = truth(ours), []
    for event in scenario.data["events"]:
        artefact.world.advance_to(event["at_s"])
        ours.happen(event)
        theirs.happen(event)
        if event["do"] == "request":
            true = true_answer(door, event)
            said = artefact.call(
                request={key: event[key] for key in ("method", "path", "headers")},
                cache=State("cache"),
                keystone=Handle("keystone", {"validate": theirs.validate}),
                now=event["at_s"],
            )
            failures.append(compare(event, true, said, theirs))
        else:
            artefact.world.emit("task", "keystone", "event", event["do"])
    if scenario.family == "cache":  # who asks too often loses the points of this family, not those of all five
        failures.append(thrift(theirs.confirmed))
    return min(filter(None, failures), key=lambda failure: LAYERS.index(failure.layer), default=None)


TASK = tasks.register(
    Task(
        id="Q5.T1",
        card="Q5",
        title="The door-keeper: auth_token",
        kind="function",
        signature="middleware(request, keystone, cache, now) -> (status, context)",
        families={"who are you?": 1, "forged headers": 1, "cache": 1, "Keystone down": 1, "scope and services": 1},
        scenarios=scenarios,
        judge=judge,
        reference=middleware,
        mutants=MUTANTS,
        misconceptions={
            "Q5.m8": "what a client writes into a header is true",
            "Q5.m9": "once valid, always valid",
            "Q5.m10": "no answer can be read as a yes or a no",
        },
        rules=RULES,
    )
)
