"""A migration as a picture: each round a block as wide as it takes and as high as it is large, the stop hatched.

MiB
8192 █████████████
     █████████████ round 1
4096 █████████████ ██████
     █████████████ ██████ 2  ███ 3 █ ▨ stop 0.25 s
     0             8      12       16 s

The numbers stand beneath it as a table, which says the same without the picture.
"""

from dataclasses import replace

from labkit.views import card
from labkit.views.frame import Frame, choice, number
from labkit.vmm.migration import Load, precopy, together
from labkit.vmm.migration.policies import POLICIES, find
from labkit.world import draw

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 880, 300, 80, 850, 30, 240
DRAWN, ROWS = 60, 12
TONES = {"stopped": "good", "forced": "odd", "aborted": "bad", "never": "bad", "post-copy": "info"}
WORDS = {
    "stopped": "moved",
    "forced": "moved, by force",
    "aborted": "not moved: given up",
    "never": "would go on for ever",
    "post-copy": "moved, pages followed",
}


def picture(outcome):
    """The rounds of an Outcome as SVG."""
    shown = outcome.rounds[:DRAWN] if outcome.ended != "never" else outcome.rounds[:6]
    shown = shown if outcome.rounds[-1] in shown else (*shown, *outcome.rounds[-1:])
    after_s = outcome.after.duration_s if outcome.after else 0.0
    end_s = max(shown[-1].start_s + shown[-1].duration_s + after_s, 1e-6)

    def x(at_s):
        return LEFT + (RIGHT - LEFT) * at_s / end_s

    parts = [_axes(outcome.load.memory_mib, end_s)]
    parts += [_block(each, x, outcome.load.memory_mib) for each in shown]
    if outcome.after:
        parts.append(_after(outcome.after, x, shown[-1], outcome.load.memory_mib))
    if outcome.ended == "never":
        parts.append(draw.text(RIGHT - 4, TOP - 8, "… and so on, for ever", size=13, anchor="end", weight=650))
    return card.drawing(WIDTH, HEIGHT, "".join(parts), title="Rounds of a live migration", desc=repr(outcome)[1:-1])


def _block(each, x, most_mib):
    left, right = x(each.start_s), x(each.start_s + each.duration_s)
    tall = (BOTTOM - TOP) * each.sent_mib / most_mib
    width, top = max(right - left - 1, 1.5), BOTTOM - tall
    if each.stopped:
        return _stop(left, max(width, 8), max(tall, 24), each)
    box = draw.rect(left, top, width, tall, fill="blue", stroke="none", rounded=1, fill_opacity=0.35)
    edge = draw.line(left, top, left + width, top, stroke="blue", width=2)
    word = "round 1" if each.number == 1 else str(each.number)
    label = draw.text(left + width / 2, BOTTOM - 6, word, size=12) if width > 7 * len(word) + 4 else ""
    return box + edge + label


def _stop(left, width, tall, each):
    """The stop: a hatched box and the word, for it may be too thin to be seen."""
    top, step = BOTTOM - tall, 6
    box = draw.rect(left, top, width, tall, fill="paper", stroke="orange", rounded=0)
    lines = []
    for i in range(1, int((width + tall) // step) + 1):
        reach = i * step
        x1, y1 = (left, top + reach) if reach <= tall else (left + reach - tall, BOTTOM)
        x2, y2 = (left + reach, top) if reach <= width else (left + width, top + reach - width)
        lines.append(draw.line(x1, y1, x2, y2, stroke="orange", width=1))
    word = f"stop {each.duration_s:.2f} s"
    at = min(left + width / 2, WIDTH - 48)
    return box + "".join(lines) + draw.text(at, top - 6, word, size=13, weight=650)


def _after(after, x, last, most_mib):
    """Post-copy: the guest runs at the target, its pages follow."""
    start_s = last.start_s + last.duration_s
    left, right = x(start_s), x(start_s + after.duration_s)
    tall = max((BOTTOM - TOP) * after.sent_mib / most_mib, 24)
    box = draw.rect(left, BOTTOM - tall, max(right - left, 3), tall, fill="none", stroke="purple", dash="dashed")
    words = draw.text(
        right, BOTTOM - tall - 6, f"post-copy: runs at the target, {after.faults} faults", anchor="end", size=13
    )
    return box + words


def _axes(memory_mib, end_s):
    parts = [draw.line(LEFT, BOTTOM, RIGHT, BOTTOM), draw.line(LEFT, TOP, LEFT, BOTTOM)]
    for part in (1.0, 0.5):
        y = BOTTOM - (BOTTOM - TOP) * part
        parts.append(draw.text(LEFT - 8, y + 4, f"{memory_mib * part:g}", anchor="end", fill="faint"))
    parts.append(draw.text(LEFT - 8, TOP - 10, "MiB", anchor="end", fill="faint"))
    for i in range(5):
        at_s = end_s * i / 4
        at = LEFT + (RIGHT - LEFT) * i / 4
        parts += [draw.line(at, BOTTOM, at, BOTTOM + 5), draw.text(at, BOTTOM + 22, f"{at_s:.3g} s", fill="faint")]
    return "".join(parts)


def table(outcome):
    """The rounds as a table: the first ones, and the last two."""
    rounds = outcome.rounds
    shown = rounds if len(rounds) <= ROWS else (*rounds[: ROWS - 2], None, *rounds[-2:])
    rows = [_row(each) if each else (f"… {len(rounds) - ROWS} more rounds …", "", "", "", "") for each in shown]
    columns = ("round", "sent MiB", "in s", "written meanwhile MiB", "CPU taken away")
    return card.table("What was sent, how long it took, what was dirty afterwards", columns, rows)


def _row(each):
    name = "stop" if each.stopped else str(each.number)
    return name, f"{each.sent_mib:.1f}", f"{each.duration_s:.2f}", f"{each.dirtied_mib:.1f}", f"{each.throttle:.0%}"


def verdict(outcome):
    """How it ended, in figures."""
    stop = f"{1000 * outcome.downtime_s:.0f} ms stop" if outcome.moved else "no stop"
    if outcome.after:
        stop = f"stopped for registers and devices only, then {outcome.after.stall_s:.1f} s of waiting for pages"
    if outcome.ended == "never":
        return "no end, no stop, memory sent again and again"
    rounds = f"{outcome.live_rounds} round{'' if outcome.live_rounds == 1 else 's'}"
    return f"{outcome.total_s:.1f} s in all, {stop}, {rounds}, {outcome.factor:.2f} times the memory sent"


class PreCopy(Frame):
    """Turn dirty rate, link, memory, working set, downtime limit and policy, and see the rounds. Arrow left and right:
    the guest writes less or more.

    memory_gib, dirty_mib_s, wws_mib (0: all memory), link_mib_s, downtime_ms; policy: a name of POLICIES; at_once: how
    many equal migrations share the link.
    """

    keys = ("ArrowLeft", "ArrowRight")

    def __init__(self, memory_gib=8, dirty_mib_s=512, link_mib_s=1024, policy="textbook", wws_mib=0, downtime_ms=300,
                 at_once=1):  # fmt: skip
        find(policy)
        self.set = {"memory_gib": memory_gib, "dirty_mib_s": dirty_mib_s, "link_mib_s": link_mib_s, "policy": policy,
                    "wws_mib": wws_mib, "downtime_ms": downtime_ms, "at_once": at_once}  # fmt: skip

    @property
    def outcome(self):
        """What the model says."""
        chosen = self.set
        memory_mib = chosen["memory_gib"] * 1024
        load = Load(memory_mib, chosen["dirty_mib_s"], min(chosen["wws_mib"], memory_mib) or None)
        policy = find(chosen["policy"])
        if policy.downtime_limit_s is not None:
            policy = replace(policy, downtime_limit_s=chosen["downtime_ms"] / 1000)
        if chosen["at_once"] == 1:
            return precopy(load, chosen["link_mib_s"], policy)
        return together([load] * chosen["at_once"], chosen["link_mib_s"], policy)[0]

    def html(self):
        outcome = self.outcome
        why = outcome.why[0].upper() + outcome.why[1:]
        end = card.badge(WORDS[outcome.ended], TONES[outcome.ended])
        said = card.Html(f"<p>{end} {card.text(verdict(outcome))}. {card.text(why)}.</p>")
        return card.panel(f"Pre-copy, {outcome.policy.name}", said, picture(outcome), table(outcome),
                          note=f"Stop rule: {outcome.policy.source}.")  # fmt: skip

    def text(self):
        return self.outcome.table()

    def controls(self):
        self._dirty = number(
            "The guest writes (MiB/s)", 0, 100_000, self.set["dirty_mib_s"], self.turn("dirty_mib_s"), step=50
        )
        return [
            [number("Memory (GiB)", 1, 4096, self.set["memory_gib"], self.turn("memory_gib")), self._dirty,
             number("… in at most (MiB, 0: all)", 0, 4_194_304, self.set["wws_mib"], self.turn("wws_mib"), step=100)],
            [number("Link (MiB/s)", 1, 100_000, self.set["link_mib_s"], self.turn("link_mib_s"), step=50),
             number("Migrations at once", 1, 8, self.set["at_once"], self.turn("at_once")),
             number("Downtime limit (ms)", 1, 60_000, self.set["downtime_ms"], self.turn("downtime_ms"), step=50)],
            [choice("Stop rule", list(POLICIES), self.turn("policy"), value=self.set["policy"])],
        ]  # fmt: skip

    def turn(self, name):
        """A function that sets one value and draws."""

        def to(value):
            self.set[name] = value
            self.refresh(f"{WORDS[self.outcome.ended]}: {verdict(self.outcome)}")

        return to

    def heard(self, key):
        dirty = max(0, self.set["dirty_mib_s"] + (50 if key == "ArrowRight" else -50))
        if self._live is not None:
            self._dirty.value = dirty  # comes back by turn()
        else:
            self.turn("dirty_mib_s")(dirty)
