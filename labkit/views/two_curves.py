"""Two curves: requests served per second by a pair and by a group of machines, through the same accident.

served per second
14 ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ AA ━━━━━━┓    ┏━━━━━━━━ 10: one machine's most
 7 ━━━━━━━━━━━━━━━━ AP ┈┈┈┈┈┐ ┈┈┈┈┈┈┈┈┈┈┈┈
   0                        ▲ crash        300 s

Both are measured, not drawn by formula: two worlds, the same crash. Arrow keys change the load.
"""

from dataclasses import replace
from functools import lru_cache

from labkit.failover.versus import STATES, Accident, active, passive
from labkit.views import card
from labkit.views.frame import Frame, choice, number
from labkit.world import draw, errors

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 880, 320, 70, 850, 40, 260
STEP_S = 5.0
LINES = (("AP", "active–passive", "blue", "solid"), ("AA", "active–active", "orange", "dashed"))


pair_of, group_of = lru_cache(maxsize=64)(passive), lru_cache(maxsize=64)(active)  # the same values, the same world


def measured(accident):
    """The Outcomes (AP, AA) of an accident. A pair has two machines, and no health checks."""
    return pair_of(replace(accident, n=2, check_s=None)), group_of(accident)


def picture(accident, outcomes):
    """Both curves as SVG."""
    curves = [outcome.whole.curve(STEP_S) for outcome in outcomes]
    most = max(1.0, *(each.served for curve in curves for each in curve), *(each.asked for each in curves[1]))

    def x(at_s):
        return LEFT + (RIGHT - LEFT) * at_s / accident.until_s

    def y(rate):
        return BOTTOM - (BOTTOM - TOP) * rate / most

    crash = draw.line(x(accident.crash_s), TOP - 12, x(accident.crash_s), BOTTOM, dash="dotted", stroke="text")
    parts = [
        _axes(accident, x, y, most),
        crash,
        draw.text(x(accident.crash_s), TOP - 18, "one machine crashes", size=13),
    ]
    for (short, _, colour, dash), curve in zip(LINES, curves, strict=True):
        points = [(x(each.t_s + STEP_S / 2), y(each.served)) for each in curve]
        parts.append(_path(points, colour, dash))
        parts.append(draw.text(points[2][0], points[2][1] - 8, short, size=14, weight=700))
        if curve[-2].late > 0.9 * curve[-2].served > 0:
            words = f"{short}: served, but too late"
            parts.append(draw.text(points[-2][0], points[-2][1] + 20, words, anchor="end", size=13, weight=650))
    desc = " ".join(sentence(outcome, accident) for outcome in outcomes)
    return card.drawing(WIDTH, HEIGHT, "".join(parts), title="Requests served per second", desc=desc)


def _path(points, colour, dash):
    way = "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in points)
    return draw.element("path", d=way, fill="none", stroke=draw.colour(colour), stroke_width=2.5,
                        stroke_dasharray=draw.DASHES[dash])  # fmt: skip


def _axes(accident, x, y, most):
    parts = [draw.line(LEFT, BOTTOM, RIGHT, BOTTOM), draw.line(LEFT, TOP, LEFT, BOTTOM)]
    for rate in (most, most / 2):
        parts.append(draw.text(LEFT - 8, y(rate) + 4, f"{rate:.0f}", anchor="end", fill="faint", size=13))
    one = y(accident.capacity)
    if one >= TOP:
        parts.append(draw.line(LEFT, one, RIGHT, one, dash="dotted", stroke="faint"))
        parts.append(draw.text(RIGHT, one - 5, "the most that one machine can do", anchor="end", fill="faint", size=12))
    for part in range(7):
        at_s = accident.until_s * part / 6
        parts.append(draw.text(x(at_s), BOTTOM + 20, f"{at_s - accident.crash_s:g} s", fill="faint", size=13))
    return "".join(parts)


def sentence(outcome, accident):
    """What one of them cost, in a sentence."""
    seen = outcome.metrics
    bad = f"{outcome.unhappy:.0%} of {seen.asked} requests after the crash went wrong"
    parts = [f"{seen.lost} lost", f"{seen.late} late", f"{seen.waiting} still waiting"]
    parts += [f"{outcome.overwritten} overwritten"] if accident.state == "one writer" else []
    return f"{outcome.name}: {bad} ({', '.join(parts)})."


class TwoCurves(Frame):
    """Turn load, number of machines, detection and failover, and see both curves. Arrow left and right: less or more
    load.

    load_percent   how busy each machine is that serves (a group of n carries n times as much as a pair)
    n              machines of the active–active group;  detect_s, check_s, failover_s, state: see Accident
    """

    keys = ("ArrowLeft", "ArrowRight")

    def __init__(self, load_percent=70, n=2, detect_s=3, failover_s=6, check_s=15, state="none"):
        for value, what in ((load_percent, "load_percent"), (detect_s, "detect_s"), (failover_s, "failover_s"),
                            (check_s, "check_s")):  # fmt: skip
            errors.number(value, what)
        self.set = {"load_percent": load_percent, "n": n, "detect_s": detect_s, "failover_s": failover_s,
                    "check_s": check_s, "state": state}  # fmt: skip
        self.accident  # noqa: B018 – bad values are refused here, not in the picture

    @property
    def accident(self):
        """What is played."""
        chosen = self.set
        return Accident(
            chosen["load_percent"] / 100, chosen["n"], float(chosen["detect_s"]), float(chosen["failover_s"]),
            chosen["state"], check_s=float(chosen["check_s"]), arrivals="constant",
        )  # fmt: skip

    @property
    def outcomes(self):
        """The Outcomes (AP, AA)."""
        return measured(self.accident)

    def html(self):
        accident, outcomes = self.accident, self.outcomes
        rows = [(outcome.name, *_figures(outcome, accident)) for outcome in outcomes]
        columns = ("", "asked after the crash", "lost", "late", "still waiting", "nobody served for", "median")
        need = accident.load * accident.n / (accident.n - 1)
        note = f"After the crash the others of the group need {need:.0%} of what they have. Late: after more than "
        note += f"{accident.late_s:g} s. A machine does {accident.capacity:g} requests per second."
        told = card.table("What it cost", columns, rows)
        return card.panel("The same crash, two architectures", picture(accident, outcomes), told, note=note)

    def text(self):
        return "\n".join(sentence(outcome, self.accident) for outcome in self.outcomes)

    def controls(self):
        self._load = number("Load (% of each machine that serves)", 5, 120, self.set["load_percent"],
                            self.turn("load_percent"), step=5)  # fmt: skip
        return [
            [self._load, number("Machines of the group", 2, 10, self.set["n"], self.turn("n"))],
            [number("Heartbeats missed after (s)", 1, 60, self.set["detect_s"], self.turn("detect_s")),
             number("Standby needs (s)", 0, 200, self.set["failover_s"], self.turn("failover_s")),
             number("Health checks missed after (s)", 1, 120, self.set["check_s"], self.turn("check_s"))],
            [choice("State", list(STATES), self.turn("state"), value=self.set["state"])],
        ]  # fmt: skip

    def turn(self, name):
        """A function that sets one value and draws."""

        def to(value):
            self.set[name] = value
            self.refresh(self.text())

        return to

    def heard(self, key):
        load = min(max(self.set["load_percent"] + (5 if key == "ArrowRight" else -5), 5), 120)
        if self._live is not None:
            self._load.value = load  # comes back by turn()
        else:
            self.turn("load_percent")(load)


def _figures(outcome, accident):
    seen = outcome.metrics
    lost = f"{seen.lost}" + (f" + {outcome.overwritten} overwritten" if accident.state == "one writer" else "")
    median = "–" if seen.p50_s is None else f"{seen.p50_s:.1f} s"
    return seen.asked, lost, seen.late, seen.waiting, f"{seen.downtime_s:.1f} s", median
