"""What may have happened in the gap before an exchange: lists of steps, simple ones first.

A plan is made from whom the exchange names and from what our own answer lacks; what is tried is a request to our own
Keystone in any case (gaps.py, repairs.py).
"""

import json
import re
from itertools import product

from labkit.openstack.keystone_replay import gaps
from labkit.openstack.keystone_replay.callers import MOST_TOKENS
from labkit.openstack.keystone_replay.cast import LATER, MEMBERS
from labkit.openstack.keystone_replay.recording import HEX32
from labkit.openstack.keystone_replay.repairs import repairs
from labkit.openstack.keystone_replay.stage import Token

PLACE = re.compile(r"\{([\w.-]+)\}")
ACTORS = ("rec-alice", "rec-bob")


class Plans:
    """The plans of one player."""

    def __init__(self, player):
        self.player, self.stage, self.known = player, player.stage, player.known

    def of(self, exchange, before):
        """Lists of steps, simple ones first."""
        yield []
        absent = self.absent(exchange, before)
        asked = self.absent(exchange, before, asked_for=True)
        if absent:
            yield from ([asked, absent] if asked else [absent])
        yield from (absent + [step] for step in self.nameless(exchange, before))
        repaired = self.repaired(exchange, absent, before)
        if repaired:
            yield absent + repaired
            again = self.repaired(exchange, absent + repaired, before)
            yield absent + repaired + again
        related = [self.as_asked(exchange, name) for name in self.related(exchange, before)]
        yield from (absent + [step] for step in related)
        if len(related) > 1:
            yield absent + related
        steps = self.steps(exchange)
        yield from (absent + [step] for step in steps)
        if repaired:
            yield from (absent + [step] + repaired for step in steps)
        yield from (absent + list(pair) for pair in product(steps, steps) if pair[0] is not pair[1])

    def absent(self, exchange, before, asked_for=False):
        """Those whom the exchange names and who are not there yet, but for what it makes itself."""
        return [
            gaps.appear(name)
            for name in self.named(exchange, asked_for)
            if name in MEMBERS and name not in before.members and not makes(exchange, MEMBERS[name])
        ]

    def nameless(self, exchange, before):
        """An id that the recording shows nowhere else may be any project or user that is there and has no id yet."""
        taken = set(before.ids.to_ours.values()) | {before.members.get(name) for name in self.known.values()}
        for kind, raw in re.findall(r'"(project|user)": \{[^{}]*"id": "([0-9a-f]{32})"', json.dumps(exchange.body)):
            if raw in self.known or raw in before.ids.to_ours:
                continue
            for name, our_id in before.members.items():
                if name in MEMBERS and gaps.kind_of(name) == kind and our_id not in taken:
                    yield meant(raw, name)

    def related(self, exchange, before):
        """Members who are not there yet and of whose kind the exchange tells: an endpoint where a catalog is shown."""
        text = f"{exchange.path}/ {json.dumps(exchange.answer)}"
        return [
            member.name
            for member in LATER
            if member.name not in before.members
            and not makes(exchange, member)
            and any(f'"{kind}"' in text or f"/{kind}/" in text for kind in kinds(member))
        ]

    def as_asked(self, exchange, name):
        """A member appears, and if the path asks for one of its kind by an id that nobody knows, it is this one."""
        collection, _, asked = re.sub(r"\?.*", "", exchange.path).rpartition("/")
        if not HEX32.fullmatch(asked) or asked in self.known or not collection.endswith(MEMBERS[name].path[-12:]):
            return gaps.appear(name)

        def do(stage):
            done = stage.appear(name)
            stage.ids.bind(asked, stage.members.get(name, ""))
            return done

        return gaps.Step(f"{name} was made", do)

    def repaired(self, exchange, steps, before):
        """What our answer after these steps lacks."""
        self.stage.restore(before)
        if not self.player.done(steps):
            return []
        found = []
        for candidate in self.player.callers.candidates(exchange):
            status, _, body = self.player.send(exchange, candidate)
            if status == exchange.status:
                found = repairs(exchange, body, self.stage, self.known, self.player.said)
                if found:
                    break
        return found

    def steps(self, exchange):
        """Single steps that concern whom this exchange names."""
        names = [*dict.fromkeys(other for name in self.named(exchange) for other in (name, *needed(name)))]
        names += [member.name for member in LATER if member.make.get("parent_id", "").strip("{}") in names]
        if not any(gaps.kind_of(name) == "user" for name in names):
            names = [*names, *ACTORS]
        if not any(gaps.kind_of(name) == "project" for name in names):
            names = [*names, "rec-alpha"]
        candidates = self.player.callers.candidates(exchange)
        lengths = {len(token) for candidate in candidates for token in candidate if isinstance(token, Token)}
        held = [token for token in self.stage.tokens if len(token) in lengths and token.label != "admin"]
        made = list(gaps.vocabulary(names, held[-MOST_TOKENS:], self.player.token_s))
        return sorted(made, key=lambda step: gaps.gentleness(step, exchange.status >= 400))

    def named(self, exchange, asked_for=False):
        """Members that the exchange (or only its request) names, by id or by name, in the order of the cast."""
        text = json.dumps([exchange.path, exchange.body]) if asked_for else exchange.text
        by_id = {name for raw, name in self.known.items() if raw in text}
        parts = {f'"{part}"' for part in re.split(r"[/?&=]", exchange.path)}
        found = [
            name
            for name, member in MEMBERS.items()
            if name in by_id or any(f'"{word}"' in text or f'"{word}"' in parts for word in words(member))
        ]
        return found + sorted(name for name in by_id if name not in MEMBERS and gaps.kind_of(name))


def meant(raw, name):
    """The assumption that an id is that of a member."""

    def do(stage):
        stage.ids.bind(raw, stage.members[name])
        return True

    return gaps.Step(f"{raw} is {name}", do)


def makes(exchange, member):
    """Does this request make that member itself?"""
    made = exchange.body.get(member.kind) if exchange.status == 201 and isinstance(exchange.body, dict) else None
    return isinstance(made, dict) and any(made.get(key) == member.make.get(key) is not None for key in ("name", "id"))


def kinds(member):
    """The words under which a member's kind shows in paths and answers."""
    return (f"{member.kind}s", *(["access_rules"] if "access_rules" in member.make else []))


def needed(name):
    """Whom a member of the cast is made of: a trust of its trustor, trustee and project."""
    if name not in MEMBERS:
        return []
    return [other for other in PLACE.findall(json.dumps(MEMBERS[name].make)) if other in MEMBERS]


def words(member):
    """How a member is called in bodies."""
    named = {member.make.get("name"), (member.later or {}).get("name"), member.make.get("id")}
    return {word for word in named if isinstance(word, str) and word not in ("", "nova")}
