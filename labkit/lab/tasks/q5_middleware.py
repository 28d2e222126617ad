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
from labkit.lab.task import LAYERS, Failure, Task
from labkit.lab.tasks.q5_middleware_cases import scenarios
from labkit.lab.tasks.q5_middleware_mutants import MUTANTS, middleware
from labkit.openstack.auth_token import STRIPPED, AuthToken, KeystoneUnavailable
from labkit.openstack.errors import HttpError

ZERO = datetime(2026, 3, 2, 8, tzinfo=UTC)
FORGED = "nothing that a client claims about its own identity reaches the service"
LOCKED = "without a valid token nobody gets in: 401"
UNSURE = "while nobody can confirm a token it opens nothing: 503"
ROLES = "the middleware asks who you are, never what you may: 403 belongs to the service's policy"
PASS = "a valid token is passed on to the service: 200"
NOT_A_NO = "no answer from Keystone is not a 'no': 503, not 401"
WHO = "the service learns who asks: X-Identity-Status, X-User-Id, X-Project-Id and X-Roles as Keystone says"
ONCE = "Keystone is asked at most once in 300 s for a token that it confirmed"
SHAPE = "middleware returns (status, context): 200, 401, 403 or 503 and a dict"


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


def compare(event, true, said, keystone):
    """One answer against the rules; None when it keeps them all."""
    if not (
        isinstance(said, list)
        and len(said) == 2
        and said[0] in (200, 401, 403, 503)
        and isinstance(said[1] or {}, dict)
    ):
        return Failure("type", SHAPE, f"{story(event)} → you returned {said!r}")
    if said[0] != true[0]:
        return wrong_status(event, true[0], said[0], keystone)
    return wrong_context(event, true[1], said[1] or {}) if true[0] == 200 else None


def wrong_status(event, true, said, keystone):
    """The rule behind a wrong status."""
    token = event["headers"].get("X-Auth-Token")
    seen = [at for at, confirmed in keystone.confirmed if confirmed == token and at < event["at_s"]]
    did = f"{story(event)} → you answered {said}."
    if said == 200:
        if seen:
            return Failure(
                "safety", LOCKED if true == 401 else UNSURE, f"{did} {aged(event, keystone, token, seen[0])}", "Q5.m9"
            )
        if true == 503:
            return Failure(
                "safety",
                UNSURE,
                f"{did} Keystone did not answer, and this service has never seen the token before.",
                "Q5.m10",
            )
        return Failure("safety", LOCKED, f"{did} {why_bad(event, keystone)}", None)
    if said == 403:
        return Failure(
            "liveness",
            ROLES,
            f"{did} The request belongs to a {'valid' if true == 200 else 'missing, bad or unconfirmed'} token.",
            "Q5.m1",
        )
    if true == 200:
        if said == 401 and token in keystone.revoked:
            return None  # asked although the cache knew: that is a matter of thrift, not a wrong answer
        belief = "Q5.m2" if said == 503 else "Q5.m6" if "X-Service-Token" in event["headers"] else None
        return Failure("liveness", PASS, f"{did} {why_good(event, keystone)}", belief)
    if true == 503:
        return Failure(
            "liveness", NOT_A_NO, f"{did} Keystone did not answer; nobody said that the token is bad.", "Q5.m10"
        )
    return Failure("liveness", LOCKED, f"{did} {why_bad(event, keystone)} That is a clear no.", None)


def story(event):
    """The request in words."""
    headers = dict(event["headers"])
    token = headers.pop("X-Auth-Token", "") or "no token"
    more = "".join(f", {name}: {value}" for name, value in headers.items())
    return f"second {event['at_s']:g}, {event['method']} {event['path']} with {token}{more}"


def aged(event, keystone, token, first_at):
    known = keystone.tokens[token]
    late = event["at_s"] - known["expires_at"]
    state = (
        "It was revoked."
        if token in keystone.revoked
        else f"It ran out {late:g} s ago."
        if late >= 0
        else "Keystone does not answer now."
    )
    return f"Keystone first confirmed this token {event['at_s'] - first_at:g} s ago. {state}"


def why_bad(event, keystone):
    token, helper = event["headers"].get("X-Auth-Token"), event["headers"].get("X-Service-Token")
    if not token:
        return "There is no token in the request."
    if token not in keystone.tokens:
        return "Keystone never issued this token."
    if token in keystone.revoked:
        return "The token was revoked."
    if helper and helper not in keystone.tokens:
        return f"Keystone never issued {helper}; somebody pretends to vouch for the request."
    if helper and "service" not in keystone.tokens[helper]["roles"]:
        return f"{helper} is no service token: its owner has no role 'service'."
    return f"The token ran out {event['at_s'] - keystone.tokens[token]['expires_at']:g} s ago."


def why_good(event, keystone):
    if not keystone.running:
        return "Keystone is down, but it confirmed this token less than 300 s ago."
    if event["at_s"] >= keystone.tokens[event["headers"]["X-Auth-Token"]]["expires_at"]:
        return "A service with role 'service' vouches for the request, so the user's token may have run out."
    return "Keystone says that the token is valid."


def wrong_context(event, true, said):
    """What the service would believe, against what Keystone said."""
    claims = {name.title(): value for name, value in event["headers"].items()}
    for name, value in said.items():
        told, name = true.get(name.title()), name.title()
        if name in STRIPPED and value and not same(name, value, told):
            if same(name, value, claims.get(name)):
                return Failure(
                    "safety",
                    FORGED,
                    f"{story(event)} → your context says {name}: {value}, as the client claimed.",
                    "Q5.m8",
                )
            return Failure(
                "safety",
                WHO,
                f"{story(event)} → your context says {name}: {value}, Keystone says {told or 'nothing of it'}.",
                "Q5.m5" if name in ("X-User-Id", "X-Project-Id") else None,
            )
    given = {name.title() for name, value in said.items() if value}
    missing = [
        name
        for name in ("X-Identity-Status", "X-User-Id", "X-Project-Id", "X-Roles")
        if true.get(name) and name not in given
    ]
    has = ", ".join(sorted(said)) or "nothing"
    return (
        Failure("liveness", WHO, f"{story(event)} → your context lacks {missing[0]}; it has: {has}.")
        if missing
        else None
    )


def same(name, value, told):
    """Equal headers; roles are a set, written as text with commas or as a list."""
    if name.endswith("-Roles") and told is not None:
        return as_set(value) == as_set(told)
    return value == told


def as_set(roles):
    return set(filter(None, roles.split(",")) if isinstance(roles, str) else roles if isinstance(roles, list) else [])


def thrift(confirmed):
    """Two confirmations of one token within 300 s: the second was not needed."""
    last = {}
    for at, token in confirmed:
        if at - last.get(token, float("-inf")) < 300:
            return Failure(
                "economy", ONCE, f"you had {token} confirmed at second {last[token]:g} and again at second {at:g}."
            )
        last[token] = at
    return None


TASK = tasks.register(
    Task(
        id="Q5.T1",
        card="Q5",
        title="The door-keeper: auth_token",
        kind="function",
        signature="middleware(request, keystone, cache, now) -> (status, context)",
        families={"who are you?": 1, "forged headers": 1, "cache": 1, "Keystone down": 1, "scope, roles, services": 1},
        scenarios=scenarios,
        judge=judge,
        reference=middleware,
        mutants=MUTANTS,
        misconceptions={
            "Q5.m8": "what a client writes into a header is true",
            "Q5.m9": "once valid, always valid",
            "Q5.m10": "no answer can be read as a yes or a no",
        },
        rules=(FORGED, LOCKED, UNSURE, ROLES, PASS, NOT_A_NO, WHO, ONCE, SHAPE),
    )
)
