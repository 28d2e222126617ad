"""The trace player: walk through what happened, one event at a time, on a sequence diagram.

Messages are arrows; what became of each (delivered, lost, refused …) is told by its head. A step is one event that
means something to the reader: the network's own 'delivered' is folded into the message it belongs to.
"""

from labkit.views import card
from labkit.views.frame import Frame, button, number
from labkit.world import draw
from labkit.world.trace import seconds

WIDTH, LEFT, ROW, WINDOW = 880, 104, 34, 9
LANES = 7  # with more names in the trace, only those of the shown steps get a lane
NOTES = {
    ("net", "timeout"): "{src} gives up waiting",
    ("net", "unsent"): "{src} does not run: nothing is sent",
    ("fault", "cut"): "the link {src} – {dst} is cut",
    ("fault", "heal"): "the link {src} – {dst} is mended",
    ("fault", "slow"): "the link {src} – {dst} becomes slow",
    ("fault", "crash"): "{src} crashes",
    ("fault", "stop"): "{src} is stopped",
    ("fault", "start"): "{src} starts",
}


def steps_of(trace):
    """The trace as a list of steps: dicts with n, t, src, dst, kind, what, cause, detail and fate ('delivered',
    'lost: cut', … or '').
    """
    events = list(trace)
    messages = {event.n for event in events if not folds(event)}
    fates = {}
    for event in events:
        if folds(event) and event.cause in messages:
            reason = event.detail.get("reason")
            fates.setdefault(event.cause, []).append(f"{event.what}: {reason}" if reason else event.what)
    return [
        {**event._asdict(), "fate": ", ".join(fates.get(event.n, ()))}
        for event in events
        if event.n in messages or event.cause not in messages
    ]


def folds(event):
    """Is it only the network's word on a message, better told at the message itself?"""
    return event.kind == "net" and event.what in ("delivered", "lost", "late")


def sentence(step):
    """One step in words: when, who, to whom, what, and what became of it."""
    when = f"t = {seconds(step['t'])} s"
    if (step["kind"], step["what"]) in NOTES:
        return f"{when} · {words(step)}"
    to = f" → {step['dst']}" if step["dst"] not in (None, step["src"]) else ""
    return f"{when} · {step['src']}{to} · {step['kind']}: {words(step)}"


def words(step):
    """What happened in this step, and what became of the message unless it simply arrived."""
    said = NOTES.get((step["kind"], step["what"]), "{what}").format(**step)
    if step["kind"] == "fault" and step["what"] == "heal" and step["dst"] is None:
        said = "all links are mended" if step["src"] == "world" else f"the links of {step['src']} are mended"
    return said if step["fate"] in ("", "delivered") else f"{said} ({step['fate']})"


def diagram(steps, current):
    """The sequence diagram around step `current` (its place in `steps`), as SVG."""
    first = max(0, min(current - WINDOW // 2, len(steps) - WINDOW))
    shown = list(enumerate(steps))[first : first + WINDOW]
    names = lanes(steps)
    xs = _columns(names if len(names) <= LANES else lanes([step for _, step in shown]))
    height = 52 + ROW * len(shown) + 10
    parts = [_lifeline(name, x, height, len(xs)) for name, x in xs.items()]
    parts += [
        _step(step, xs, 52 + ROW * row, place == current, place > current) for row, (place, step) in enumerate(shown)
    ]
    desc = " ".join(f"{'Now: ' if place == current else ''}{sentence(step)}." for place, step in shown)
    return card.drawing(WIDTH, height, "".join(parts), title="Sequence of messages", desc=desc)


def lanes(steps):
    """The names that get a line of life, in the order of their first message."""
    talking = [step for step in steps if step["kind"] != "fault"] or steps
    return list(dict.fromkeys(name for step in talking for name in (step["src"], step["dst"]) if name))


def _columns(names):
    """The x of each lifeline, evenly spread."""
    room = WIDTH - LEFT - 140
    return {
        name: LEFT + 70 + (room * i / (len(names) - 1) if len(names) > 1 else room / 2) for i, name in enumerate(names)
    }


def _lifeline(name, x, height, number):
    wide = min(124, (WIDTH - LEFT - 140) / max(number - 1, 1) - 8)
    return (
        draw.line(x, 36, x, height, stroke="line", dash="dotted")
        + draw.rect(x - wide / 2, 6, wide, 28, fill="panel", rounded=6)
        + draw.text(x, 25, _cut(name, wide), size=14 if number < 6 else 13, weight=600)
    )


def _step(step, xs, y, now, later):
    """One row: the time, then an arrow or a note. What is still to come is told in a fainter ink."""
    middle, ink = y + ROW / 2, "faint" if later else "text"
    lit = (
        draw.rect(2, y + 1, WIDTH - 4, ROW - 2, fill="var(--lk-lit)", stroke="none", rounded=6)
        + card.mark(13, middle, "info", size=11)
        if now
        else ""
    )
    time = draw.text(LEFT - 8, middle + 5, f"{seconds(step['t'])} s", size=13, anchor="end", fill=ink)
    alone = (
        step["kind"] == "fault"
        or step["dst"] in (None, step["src"])
        or (step["kind"], step["what"]) == ("net", "timeout")
    )
    return lit + time + (_note(step, xs, middle, ink) if alone else _arrow(step, xs, middle, ink))


def _arrow(step, xs, y, ink):
    start, end = xs[step["src"]], xs[step["dst"]]
    arrived = "lost" not in step["fate"]
    stop = end if arrived else start + (end - start) * 0.62
    label = _cut(words(step), abs(end - start))
    line = draw.line(
        start,
        y + 6,
        stop,
        y + 6,
        stroke=ink if arrived else "orange",
        width=1.8,
        arrow=arrived,
        dash="solid" if arrived else "dashed",
    )
    return (
        line
        + ("" if arrived else draw.cross(stop, y + 6))
        + draw.text((start + end) / 2, y - 1, label, size=13, fill=ink)
    )


def _note(step, xs, y, ink):
    label = _cut(words(step), 300)
    places = [
        xs[name]
        for name in (step["src"], step["dst"])
        if name in xs and (step["kind"] == "fault" or name == step["src"])
    ]
    width = 7.3 * len(label) + 36
    middle = sum(places) / len(places) if places else (WIDTH + LEFT) / 2
    left = min(max(middle - width / 2, LEFT), WIDTH - width - 4)
    tone = "odd" if step["kind"] in ("fault", "net") else "idle"
    return (
        draw.rect(left, y - 12, width, 24, fill="paper", rounded=12)
        + card.mark(left + 15, y, tone, size=10)
        + draw.text(left + 26, y + 5, label, size=13, anchor="start", fill=ink)
    )


def _cut(words, room):
    letters = max(int(room / 6.9), 8)
    return words if len(words) <= letters else words[: letters - 1] + "…"


def details(step):
    """The details of one step as a table, or nothing."""
    rows = [
        (name, card.code(value if isinstance(value, str) else repr(value))) for name, value in step["detail"].items()
    ]
    return card.table("Details of this event", ("field", "value"), rows) if rows else ""


class TracePlayer(Frame):
    """Steps through a trace by buttons, by a number field or by the arrow keys, Home and End; Space-bar on 'Play'
    lets it run.

    `trace`: a Trace (or part of one). `at`: number of the step to begin with, from 1.
    """

    keys = ("ArrowLeft", "ArrowRight", "Home", "End", "beat")

    def __init__(self, trace, *, title="What happened", at=1):
        self.steps, self.title = steps_of(trace), title
        self.at = min(max(at - 1, 0), max(len(self.steps) - 1, 0))

    def html(self):
        if not self.steps:
            return card.panel(self.title, card.Html("<p>Nothing has happened yet.</p>"))
        step = self.steps[self.at]
        head = card.Html(
            f"<p><strong>Step {self.at + 1} of {len(self.steps)}</strong> · {card.text(sentence(step))}</p>"
        )
        return card.panel(self.title, head, diagram(self.steps, self.at), details(step))

    def text(self):
        return (
            "\n".join(f"{'▶' if i == self.at else ' '} {i + 1:3} {sentence(step)}" for i, step in enumerate(self.steps))
            or "Nothing has happened yet."
        )

    def controls(self):
        if not self.steps:
            return []
        self._number = number("Step", 1, len(self.steps), self.at + 1, lambda value: self.go(value - 1))
        self._play = button("Play", self.play, hint="Let it run; press again to pause")
        return [
            [
                button("First", lambda: self.go(0)),
                button("Previous", lambda: self.go(self.at - 1)),
                button("Next", lambda: self.go(self.at + 1)),
                button("Last", lambda: self.go(len(self.steps) - 1)),
                self._play,
                self._number,
            ]
        ]

    def go(self, place):
        """Show the step at `place` (from 0); beyond the ends: the first or last."""
        self.at = min(max(place, 0), len(self.steps) - 1)
        if self._live is not None and self._number.value != self.at + 1:
            self._number.value = self.at + 1  # comes back here and draws
        else:
            self.refresh(sentence(self.steps[self.at]))

    def play(self):
        """Start or pause the walk, one step every 0.9 s."""
        running = bool(self._keys.beat_ms)
        self._keys.beat_ms = 0 if running or self.at == len(self.steps) - 1 else 900
        self._play.description = "Pause" if self._keys.beat_ms else "Play"

    def heard(self, key):
        if not self.steps:
            return
        self.go({"ArrowLeft": self.at - 1, "Home": 0, "End": len(self.steps) - 1}.get(key, self.at + 1))
        if key == "beat" and self.at == len(self.steps) - 1:
            self.play()
