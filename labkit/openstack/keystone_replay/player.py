"""Plays a recording of Keystone, exchange by exchange, on a fresh Keystone of ours.

    for each exchange:  try it as it is, by every caller whose token has the recorded length
                        else: let those appear whom it names; do what its answer shows to have been done;
                              assume one step, then two
                        equal?  keep this state        never equal?  a difference, and on with the plain try

What is assumed is counted and listed (`labkit replay --verbose`). The recorded answer is only ever compared with,
never handed out.
"""

import json
import re
from itertools import islice, product

from labkit.openstack.keystone_replay import gaps, recording
from labkit.openstack.keystone_replay.callers import MOST_TOKENS, Callers
from labkit.openstack.keystone_replay.cast import MEMBERS
from labkit.openstack.keystone_replay.equal import compare, contradiction
from labkit.openstack.keystone_replay.repairs import repairs, translated
from labkit.openstack.keystone_replay.stage import Stage, Token
from labkit.replaying.outcome import Outcome

MOST_TRIALS = 1_200  # requests that one exchange may cost
MOST_PLANS = 300  # and ways to explain it
PLACE = re.compile(r"\{([\w.-]+)\}")
ACTORS = ("rec-alice", "rec-bob")


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
        self.callers, self.trials = Callers(self.stage), 0

    # -- one exchange -----------------------------------------------------------------------------------------------
    def play(self, exchange):
        """Find a state and a caller in which ours answers the same; note the outcome."""
        self.stage.world.set(max(self.stage.world.utcnow(), recording.moment_of(exchange) or self.stage.world.utcnow()))
        self.callers.call_in()
        before, self.trials, nearest = self.stage.save(), 0, None
        broken = contradiction(exchange, self.stage.origin)
        for plan in islice(self.plans(exchange, before), MOST_PLANS) if broken is None else ():
            self.stage.restore(before)
            if not all(step.do(self.stage) for step in plan):
                continue
            found = self.attempt(exchange)
            if found is None:
                self.outcome.note()
                self.outcome.assumed += [
                    f"before {exchange.name} (exchange {exchange.number}): {step}" for step in plan
                ]
                return
            nearest = nearest or found
            if self.trials > MOST_TRIALS:
                break
        self.stage.restore(before)
        self.go_on(exchange)
        what, recorded, ours = nearest or (
            ("norm", *broken[1:]) if broken else ("caller", "a token of this length", "nobody holds one")
        )
        self.outcome.note(
            f"{exchange.name} (exchange {exchange.number}, {exchange.method} {exchange.path}): {what} – "
            f"recorded {short(recorded)}, ours {short(ours)}"
        )

    def plans(self, exchange, before):
        """Lists of steps, simple ones first."""
        yield []
        absent = [gaps.appear(name) for name in self.named(exchange) if name in MEMBERS and name not in before.members]
        asked = [
            gaps.appear(name)
            for name in self.named(exchange, asked_for=True)
            if name in MEMBERS and name not in before.members
        ]
        if absent:
            yield from ([asked, absent] if asked else [absent])
        repaired = self.repaired(exchange, absent, before)
        if repaired:
            yield absent + repaired
            again = self.repaired(exchange, absent + repaired, before)
            yield absent + repaired + again
        steps = self.steps(exchange)
        yield from (absent + [step] for step in steps)
        if repaired:
            yield from (absent + [step] + repaired for step in steps)
        yield from (absent + list(pair) for pair in product(steps, steps) if pair[0] is not pair[1])

    def repaired(self, exchange, steps, before):
        """What our answer after these steps lacks."""
        self.stage.restore(before)
        if not all(step.do(self.stage) for step in steps):
            return []
        found = []
        for candidate in self.callers.candidates(exchange):
            status, _, body = self.send(exchange, candidate)
            if status == exchange.status:
                found = repairs(exchange, body, self.stage, self.known, self.said)
                if found:
                    break
        return found

    def steps(self, exchange):
        """Single steps that concern whom this exchange names."""
        names = [*dict.fromkeys(other for name in self.named(exchange) for other in (name, *needed(name)))]
        if not any(gaps.kind_of(name) == "user" for name in names):
            names = [*names, *ACTORS]
        if not any(gaps.kind_of(name) == "project" for name in names):
            names = [*names, "rec-alpha"]
        lengths = {
            len(token)
            for candidate in self.callers.candidates(exchange)
            for token in candidate
            if isinstance(token, Token)
        }
        tokens = [token for token in self.stage.tokens if len(token) in lengths and token.label != "admin"][
            -MOST_TOKENS:
        ]
        made = list(gaps.vocabulary(names, tokens, self.token_s))
        return sorted(made, key=lambda step: gaps.gentleness(step, exchange.status >= 400))

    def named(self, exchange, asked_for=False):
        """Members that the exchange (or only its request) names, by id or by name, in the order of the cast."""
        text = json.dumps([exchange.path, exchange.body]) if asked_for else exchange.text
        by_id = {name for raw, name in self.known.items() if raw in text}
        found = [
            name
            for name, member in MEMBERS.items()
            if name in by_id or any(f'"{word}"' in text for word in words(member))
        ]
        return found + sorted(name for name in by_id if name not in MEMBERS and gaps.kind_of(name))

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
            name = next(name for name, key in self.stage.members.items() if key == asked.get("id"))
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
        plain_login = token.get("methods") == ["password"] and "OS-TRUST:trust" not in token
        return token["user"]["name"] + (f"@{where}" if where else "") + ("" if plain_login else " again")

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


def needed(name):
    """Whom a member of the cast is made of: a trust of its trustor, trustee and project."""
    if name not in MEMBERS:
        return []
    return [other for other in PLACE.findall(json.dumps(MEMBERS[name].make)) if other in MEMBERS]


def words(member):
    """How a member is called in bodies."""
    named = {member.make.get("name"), (member.later or {}).get("name"), member.make.get("id")}
    return {word for word in named if isinstance(word, str) and word not in ("", "nova")}


def short(value):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else text[:157] + "…"
