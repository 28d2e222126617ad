"""Plays a recording of Keystone, exchange by exchange, on a fresh Keystone of ours.

    for each exchange:  try it as it is, by every caller whose token has the recorded length
                        else: let those appear whom it names; do what its answer shows to have been done;
                              assume one step, then two
                        equal?  keep this state        never equal?  a difference, and on with the plain try

What is assumed is counted and listed (`labkit replay --verbose`). The recorded answer is only ever compared with,
never handed out.
"""

import json

from labkit.openstack.keystone_replay import recording
from labkit.openstack.keystone_replay.callers import Callers
from labkit.openstack.keystone_replay.cast import MEMBERS
from labkit.openstack.keystone_replay.equal import compare, contradiction
from labkit.openstack.keystone_replay.plans import Plans
from labkit.openstack.keystone_replay.repairs import translated
from labkit.openstack.keystone_replay.stage import Stage, Token
from labkit.replaying.outcome import Outcome

MOST_TRIALS = 1_200  # requests that one exchange may cost
MOST_PLANS = 300  # and ways to explain it
MOST_IN_ALL = 4_000  # requests that a recording may cost before an exchange may cost only
FEW_TRIALS = 60


def play(document):
    """Play a whole recording; returns its Outcome."""
    player = Player(recording.exchanges(document))
    for exchange in player.played:
        player.play(exchange)
    return player.outcome


class Player:
    """A recording on the stage."""

    def __init__(self, played):
        self.played, self.outcome = played, Outcome()
        self.known = of_this_cast(recording.names(played))
        self.said = {value for each in played for value in recording.scalars(each.body)}
        self.token_s = recording.lifetime_s(played)
        self.stage = Stage(recording.first_moment(played), recording.origin(played), self.token_s)
        self.stage.set_the_stage()
        self.callers, self.trials, self.spent = Callers(self.stage), 0, 0
        self.plans = Plans(self)

    # -- one exchange -----------------------------------------------------------------------------------------------
    def play(self, exchange):
        """Find a state and a caller in which ours answers the same; note the outcome."""
        self.stage.world.set(max(self.stage.world.utcnow(), recording.moment_of(exchange) or self.stage.world.utcnow()))
        self.callers.call_in()
        before, broken = self.stage.save(), contradiction(exchange, self.stage.origin)
        plan, nearest, given_up = (None, ("norm", *broken[1:]), "") if broken else self.explained(exchange, before)
        self.spent += self.trials
        if plan is not None:
            self.outcome.note()
            self.outcome.assumed += [f"before {exchange.name} (exchange {exchange.number}): {step}" for step in plan]
            return
        self.stage.restore(before)
        self.go_on(exchange)
        what, recorded, ours = nearest
        self.outcome.note(
            f"{exchange.name} (exchange {exchange.number}, {exchange.method} {exchange.path}): {what} – "
            f"recorded {short(recorded)}, ours {short(ours)}{given_up}"
        )

    def explained(self, exchange, before):
        """(the first plan after which ours answers the same, or None; else the nearest difference; whether the search
        came to its bounds)."""
        nearest, self.trials = None, 0
        most = MOST_TRIALS if self.spent < MOST_IN_ALL else FEW_TRIALS
        for n, plan in enumerate(self.plans.of(exchange, before)):
            if n == MOST_PLANS or self.trials > most:
                return None, nearest, f" (search given up after {n} plans, {self.trials} requests)"
            self.stage.restore(before)
            self.trials += 1 + len(plan)
            if self.done(plan):
                found = self.attempt(exchange)
                if found is None:
                    return plan, None, ""
                nearest = nearest or found
        return None, nearest, ""

    def done(self, plan):
        """Take a plan's steps; whoever can log in after one of them does so before the next. False if one cannot be
        taken."""
        for step in plan:
            if not step.do(self.stage):
                return False
            self.callers.call_again(step)
        return True

    # -- one trial ----------------------------------------------------------------------------------------------------
    def attempt(self, exchange):
        """Send the request as each candidate; None if one answer is equal (the stage is then after it), else the
        nearest difference."""
        self.bind(exchange)
        candidates = list(self.callers.candidates(exchange))
        nearest, before = None, self.stage.save()
        for candidate in candidates:
            self.stage.restore(before)
            status, headers, body = self.send(exchange, candidate)
            found = compare(exchange, status, headers, body, self.stage.ids, self.stage.origin)
            if found is None:
                self.accept(exchange, headers, body, candidate)
                return None
            if nearest is None or (nearest[0] == "status" and found[0] != "status"):
                nearest = found
        return nearest or ("caller", "a token of this length", "nobody holds one")

    def send(self, exchange, candidate):
        self.trials += 1
        caller, subject, inner = candidate
        body = exchange.body
        if body is not None:
            text = translated(json.dumps(body), self.stage)
            text = recording.TOKEN.sub(inner.text if isinstance(inner, Token) else "", text)
            body = json.loads(text)
        body = self.with_secret(body)
        headers = {
            name.replace("-", "_"): value
            for name, value in exchange.headers.items()
            if name not in ("X-Auth-Token", "X-Subject-Token")
        }
        headers["X_Subject_Token"] = getattr(subject, "text", subject)
        status, shown, answer = self.stage.send(
            exchange.method, translated(exchange.path, self.stage), caller, body, **headers
        )
        if exchange.writes and exchange.method != "POST" or exchange.path.endswith("/password"):
            self.stage.pass_time(1.0)
        return status, shown, answer

    def with_secret(self, body):
        """The secret of an application credential that appeared in a gap is ours, not the recording's."""
        try:
            asked = body["auth"]["identity"]["application_credential"]
            name = next(
                name
                for name, key in self.stage.members.items()
                if key == asked.get("id") or ("user" in asked and name == asked.get("name"))
            )
        except (KeyError, TypeError, StopIteration):
            return body
        if len(asked.get("secret", "")) > 60 and name in self.stage.passwords:
            asked["secret"] = self.stage.passwords[name]
        return body

    def accept(self, exchange, headers, body, candidate):
        """Equal: the ids on both sides mean the same, new tokens are held, new members known."""
        self.stage.ids.learn(exchange.answer, body)
        for raw, name in self.known.items():
            if raw in self.stage.ids.to_ours:
                self.stage.members.setdefault(name, self.stage.ids.to_ours[raw])
        self.name_what_was_made(exchange, body)
        self.callers.last = getattr(candidate[0], "label", None)
        token = headers.get("x-subject-token")
        if exchange.method == "POST" and token and not any(held.text == token for held in self.stage.tokens):
            self.stage.tokens.append(Token(token, self.label(body["token"])))

    def name_what_was_made(self, exchange, body):
        """A member that the recording itself made (POST …/trusts) has our id from now on."""
        if exchange.method != "POST" or exchange.status != 201 or not isinstance(body, dict):
            return
        for member in MEMBERS.values():
            made, raw = body.get(member.kind), exchange.answer.get(member.kind) or {}
            if member.name in self.known.values() and self.known.get(raw.get("id")) != member.name:
                continue  # the recording calls another thing so
            if (
                made
                and made.get("id")
                and all(
                    made.get(key) == self.stage.filled(value)
                    for key, value in member.make.items()
                    if key in ("name", "id", "type", "interface", "impersonation", "remaining_uses")
                )
            ):
                self.stage.members.setdefault(member.name, made["id"])
                if "secret" in made:
                    self.stage.passwords.setdefault(member.name, made["secret"])

    def label(self, token):
        """Who a token is of, and where; one that does not come from a plain login says so."""
        where = token.get("project", token.get("domain", {})).get("name", "system" if "system" in token else "")
        if "OS-TRUST:trust" in token:
            how = f" by trust {token['OS-TRUST:trust']['id']}"
        elif "application_credential" in token:
            how = f" by {token['application_credential']['name']}"
        else:
            how = "" if token.get("methods") == ["password"] else " again"
        return token["user"]["name"] + (f"@{where}" if where else "") + how

    def bind(self, exchange):
        """The recording's ids of known names are our ids of the same names."""
        for raw, name in self.known.items():
            if name in self.stage.members and raw not in self.stage.ids.to_ours:
                self.stage.ids.bind(raw, self.stage.members[name])

    # -- after a difference ------------------------------------------------------------------------------------
    def go_on(self, exchange):
        """After a difference: do the request anyway, as whoever gets the recorded status."""
        self.bind(exchange)
        before = self.stage.save()
        for candidate in self.callers.candidates(exchange):
            self.stage.restore(before)
            status, headers, body = self.send(exchange, candidate)
            if status == exchange.status:
                return self.accept(exchange, headers, body, candidate) if isinstance(body, dict) else None
        return self.stage.restore(before)


def of_this_cast(known):
    """The recordings about expiry have a cast of their own, whose trust is another."""
    is_other = any(name.startswith("rec-exp") for name in known.values())
    return {raw: f"exp-{name}" if is_other and f"exp-{name}" in MEMBERS else name for raw, name in known.items()}


def short(value):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else text[:157] + "…"
