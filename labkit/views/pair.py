"""A pair of machines: who believes what, who hears whom, where the clients go; with the accidents in your hand.

       clients ──▶ node2
┌─────────┐  ♥ cut   ┌─────────┐
│ node1   │┄┄┄ ✕ ┄┄┄▶│ node2   │        what it believes, not what is true
│ active  │          │ active  │
└─────────┘          └─────────┘
node1   ━━ active ━━━━━━━━━━━━━━━━━━━━
node2   ━━ standby ━━┊ promoting ━━ active ━━
clients ━━ served ━━━━━━━━━━━━━━━━━━━━
"""

from labkit.failover.metrics import Metrics
from labkit.views import card
from labkit.views.frame import Frame, button
from labkit.views.timeline import Band, Mark, line
from labkit.world import draw
from labkit.world.trace import seconds

WIDTH, HEIGHT, BOX = 880, 190, 220
PLACES = (190, 690)
TONES = {"active": "good", "standby": "info", "promoting": "odd", "failed": "bad", "off": "idle"}
STEPS = {"boot": "promoting", "catch up": "promoting", "promote": "promoting", "active": "active",
         "standby": "standby", "failed": "failed"}  # fmt: skip
SHOWN_S = 60
MARKS = {"crash": "no power", "cut": "cable cut", "heal": "cable mended", "suspected": "suspected", "fenced": "fenced",
         "not fenced": "fence failed", "two actives": "two actives"}  # fmt: skip


def picture(pair):
    """The two machines, their cable and the clients as SVG."""
    w, (one, two) = pair.world, pair.members.values()
    whole = not w.network.link(*pair.cable).is_cut
    ends, stroke = (PLACES[0] + BOX / 2, 120, PLACES[1] - BOX / 2, 120), "faint" if whole else "orange"
    cable = draw.line(*ends, stroke=stroke, width=3, dash="solid" if whole else "dashed")
    middle = sum(PLACES) / 2
    parts = [cable, draw.text(middle, 108, "heartbeat" if whole else "heartbeat: cut", size=14)]
    parts += [] if whole else [card.mark(middle, 120, "bad", size=16)]
    for x, member in zip(PLACES, (one, two), strict=True):
        parts += [_way(pair, member.name, x), _machine(member, x)]
    parts.append(draw.text(middle, 28, "clients", size=16, weight=650))
    parts.append(draw.text(middle, 178, _switch(pair), size=13))
    return card.drawing(WIDTH, HEIGHT, "".join(parts), title="A pair", desc=describe(pair))


def _switch(pair):
    """The power switch in words."""
    if not pair.fencing:
        return "no fencing: nobody asks the power switch"
    return f"power switch: {'broken' if pair.device.broken else 'works'}"


def _machine(member, x):
    tone = TONES[member.role]
    box = draw.rect(x - BOX / 2, 84, BOX, 72, fill="panel", stroke=f"var(--lk-{tone})", rounded=10, stroke_width=2.5,
                    dash="dashed" if member.role == "off" else "solid")  # fmt: skip
    words = "has no power" if member.role == "off" else f"believes: I am {member.role}"
    label = draw.text(x, 114, member.name, size=17, weight=650) + draw.text(x + 8, 140, words, size=14)
    return box + label + card.mark(x - 4 * len(words) + 4, 135, tone)


def _way(pair, name, x):
    """Where the clients' caches lead: a line with the share of those that go there."""
    share = shares(pair)[name]
    if not share:
        return ""
    middle = sum(PLACES) / 2
    way = draw.line(middle + (40 if x > middle else -40), 34, x, 82, stroke="blue", width=2 + 2 * share, arrow=True)
    return way + draw.text((middle + x) / 2, 52, f"{share:.0%}", size=13)


def shares(pair):
    """Which share of the clients' caches leads to each machine: {name: 0…1}."""
    caches = [each if isinstance(each, list) else [each] for each in pair.address.caches.values()]
    places = [place for each in caches for place in each] or [pair.address.owner]
    return {name: places.count(name) / len(places) for name in pair.members}


def describe(pair):
    """The picture in sentences."""
    whole = not pair.world.network.link(*pair.cable).is_cut
    said = [
        f"{each.name} has no power." if each.role == "off" else f"{each.name} believes that it is {each.role}."
        for each in pair.members.values()
    ]
    said.append(f"The heartbeat's cable is {'whole' if whole else 'cut'}.")
    return " ".join(said + [f"{share:.0%} of the clients go to {name}." for name, share in shares(pair).items()])


def bands(pair, since_s):
    """What each machine believed, and what the clients got, from when to when."""
    told = [band for name in pair.members for band in _roles(pair, name)]
    for people in clients(pair):
        outages = Metrics(people).outages if people.requests else []
        edges = [0.0, *(edge for each in outages for edge in each), pair.world.now]
        for at, (start, end) in enumerate(zip(edges, edges[1:], strict=False)):
            word, tone = ("nobody is served", "bad") if at % 2 else ("served", "good")
            told.append(Band(people.name, start, end, word, tone))
    return [band for band in told if band.end_s > max(band.start_s, since_s)]


def _roles(pair, name):
    """The roles that one machine has believed in, from the trace."""
    events = pair.world.trace.where(src=name, kind=("failover", "fault"), what=(*STEPS, "crash", "stop"))
    turns = [(event.t, STEPS.get(event.what, "off")) for event in events]
    ends = [*(at for at, _ in turns[1:]), pair.world.now]
    return [Band(name, at, end, role, TONES[role]) for (at, role), end in zip(turns, ends, strict=True)]


def clients(pair):
    """The Clients that use the pair's address."""
    return [pair.world.components[name] for name in pair.address.caches if name in pair.world.components]


def marks(pair, since_s):
    """The accidents and decisions, as Marks."""
    events = pair.world.trace.where(kind=("failover", "fault"), what=tuple(MARKS), since=since_s)
    return [Mark(event.t, MARKS[event.what]) for event in events][-8:]


class PairView(Frame):
    """A Pair to act on: the buttons, or the keys c (cut or mend the cable), x (crash the active one), p (power on what
    is off), f (break or repair the power switch), arrow right (one second later).

    pair   a labkit.failover.Pair in its world, with or without Clients
    """

    keys = ("ArrowRight", "c", "x", "p", "f")

    def __init__(self, pair):
        self.pair = pair

    @property
    def cut(self):
        """True while the heartbeat's cable is cut."""
        return self.pair.world.network.link(*self.pair.cable).is_cut

    def html(self):
        pair, now = self.pair, self.pair.world.now
        since_s = max(0.0, now - SHOWN_S)
        many = len(pair.actives)
        tone, word = (
            ("bad", "two actives") if many > 1 else ("good", "one active") if many else ("odd", "nobody serves")
        )
        head = card.Html(f"<p>{seconds(now)} s {card.badge(word, tone)}</p>")
        below = line("Who believed what", bands(pair, since_s), start_s=since_s, end_s=max(now, since_s + 1),
                     marks=marks(pair, since_s), tick_s=10) if now else card.Html("")  # fmt: skip
        note = "You see both machines. Each of them sees only what messages told it: silence, or a beat."
        return card.panel("Active–passive", head, picture(pair), self._figures(), below, note=note)

    def _figures(self):
        rows = []
        for people in clients(self.pair):
            seen = Metrics(people) if people.requests else None
            if seen:
                missing = len(seen.missing(self.pair.kept()))
                rows.append((people.name, seen.asked, seen.lost, f"{seen.downtime_s:.1f} s", missing))
        columns = ("", "asked", "lost", "longest outage", "acknowledged writes missing")
        return card.table("What the clients saw", columns, rows) if rows else ""

    def text(self):
        return f"Active–passive, at {seconds(self.pair.world.now)} s: {describe(self.pair)}"

    def controls(self):
        return [
            [self._do(word, what, hint) for word, what, hint in (
                ("Cut or mend the cable", "c", "The heartbeat's cable (c)"),
                ("Crash the active", "x", "The machine loses its power (x)"),
                ("Power on", "p", "What is off gets power back (p)"),
                ("Break or repair the switch", "f", "The power switch that fences (f)"))],
            [self._do("1 s later", "ArrowRight", "One second (arrow right)"),
             button("10 s later", lambda: self.act(lambda: self.later(10)))],
        ]  # fmt: skip

    def _do(self, word, key, hint):
        return button(word, lambda: self.heard(key), hint=hint)

    def heard(self, key):
        deeds = {"ArrowRight": lambda: self.later(1), "c": self.toggle_cable, "x": self.crash, "p": self.power,
                 "f": self.toggle_switch}  # fmt: skip
        self.act(deeds[key])

    def later(self, wait_s):
        """Let so many seconds pass; returns what is the case then."""
        self.pair.world.run(until=self.pair.world.now + wait_s)
        return self.text()

    def toggle_cable(self):
        """Cut the heartbeat's cable, or mend it."""
        w, was_cut = self.pair.world, self.cut
        (w.heal if was_cut else w.cut)(*self.pair.cable)
        return "The cable is whole again." if was_cut else "The cable is cut. Nobody is told."

    def crash(self):
        """The (first) machine that believes it is active loses its power."""
        if not self.pair.actives:
            return "Nobody is active."
        name = self.pair.actives[0]
        self.pair.world.crash(name)
        return f"{name} has no power. Nobody is told."

    def power(self):
        """Machines without power get it back."""
        off = [each.name for each in self.pair.members.values() if each.role == "off"]
        for name in off:
            self.pair.world.start(name)
        return f"{' and '.join(off)} started." if off else "All have power."

    def toggle_switch(self):
        """The power switch breaks, or is repaired."""
        device = self.pair.device
        (device.repair if device.broken else device.fail)()
        return f"The power switch is {'broken' if device.broken else 'repaired'}."
