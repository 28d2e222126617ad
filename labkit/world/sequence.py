"""A trace as a message-sequence picture: one line of life per node, time running down, one arrow per message.

A whole arrow arrived, a dashed one with a ✕ was lost, a dotted one came too late. A line of life is dashed while its
node is down. The text alternative says the same in words, event by event.
"""

from labkit.world import draw
from labkit.world.trace import seconds

LEFT, TOP, ROW, LANE = 70, 46, 24, 170
LINKS = ("cut", "heal", "slow")


class Sequence:
    """At most `limit` events of `trace`; picture and text say when some are left out."""

    def __init__(self, trace, limit=60, title=None):
        self.trace, self.shown = trace, list(trace[:limit])
        self.title = title or "Message sequence"
        self.lanes = {name: LEFT + 60 + LANE * at for at, name in enumerate(_names(self.shown))}
        self.fates = _fates(trace, self.shown)
        self.place = _rows(self.shown, self.fates)
        self.width = LEFT + max(2, len(self.lanes)) * LANE + 30
        self.height = TOP + ROW * (len(self.place) + 1) + 26

    def lines(self):
        """The text alternative: one line per event, and what is left out."""
        return [_words(event, self.fates) for event in self.shown] + ([self.left_out()] if self.left_out() else [])

    def left_out(self):
        """A sentence if not everything is shown, else ''."""
        more = len(self.trace) - len(self.shown)
        return f"{more} more events not shown: .where(…) or .sequence(limit=…)" if more else ""

    def svg(self):
        """The picture alone, as SVG text."""
        lost = sum(1 for fates in self.fates.values() for fate in fates if fate.what == "lost")
        first, last = (seconds(self.shown[at].t) if self.shown else "0" for at in (0, -1))
        about = (f"{len(self.shown)} events between {', '.join(self.lanes) or 'nobody'}, from {first} to {last} s; "
                 f"{lost} messages lost. The list below the picture says all of it in words.")
        parts = [*self._lives(), *self._times(), *(part for event in self.shown for part in self._event(event))]
        if self.left_out():
            parts.append(draw.text(10, self.height - 10, self.left_out(), anchor="start", fill="faint"))
        return draw.svg(self.title, about, self.width, self.height, parts)

    def _repr_html_(self):
        return draw.figure(self.svg(), self.width, self.lines(), summary="The same in words")

    def __str__(self):
        return "\n".join([self.title, *self.lines()])

    __repr__ = __str__

    # -- parts of the picture -------------------------------------------------------------------------------------
    def _y(self, event):
        return TOP + ROW * (self.place[event.n] + 1)

    def _lives(self):
        for name, x in self.lanes.items():
            yield draw.rect(x - 62, 10, 124, 24)
            yield draw.text(x, 26, _short(name, 17), weight="bold")
            start, dash = 34, "solid"
            for event in self.shown:
                if event.kind == "fault" and event.src == name and event.dst is None:
                    yield draw.line(x, start, x, self._y(event), dash=dash)
                    start, dash = self._y(event), "solid" if event.what == "start" else "dotted"
            yield draw.line(x, start, x, self.height - 24, dash=dash)

    def _times(self):
        before = None
        for event in self.shown:
            if event.t != before and event.n in self.place:
                yield draw.text(LEFT - 12, self._y(event) + 4, f"{seconds(event.t)} s", anchor="end", size=11,
                                fill="faint")
            before = event.t

    def _event(self, event):
        if event.kind == "fault":
            return self._fault(event)
        if event.kind == "net" and event.what not in ("refused", "closed"):
            return self._note(event) if event.what in ("timeout", "unsent") else []
        if event.dst is None or event.dst == event.src:
            return self._note(event)
        ends = self.fates.get(event.n, [None])
        side = 1 if self.lanes[event.dst] > self.lanes[event.src] else -1
        words = _label(self.lanes[event.src] + 8 * side, self._y(event) - 2, event.what, "start" if side > 0 else "end")
        return [*(part for fate in ends for part in self._arrow(event, fate, side)), words]

    def _fault(self, event):
        if event.what in LINKS:
            y, words = self._y(event), f"{event.what}: {event.src}{' – ' + event.dst if event.dst else ''}"
            across = draw.line(LEFT, y, self.width - 20, y, dash="dashed", stroke="purple")
            return [across, _label(LEFT + 4, y - 4, words, "start")]
        mark = draw.cross if event.what == "crash" else lambda x, y: draw.rect(x - 5, y - 5, 10, 10)
        return [mark(self.lanes[event.src], self._y(event)), *self._words_beside(event, event.what)]

    def _note(self, event):
        mark = draw.circle(self.lanes[event.src], self._y(event), 3.5, fill="orange" if event.kind == "net" else "blue")
        return [mark, *self._words_beside(event, event.what)]

    def _words_beside(self, event, words):
        return [_label(self.lanes[event.src] + 9, self._y(event) + 4, words, "start")]

    def _arrow(self, event, fate, side):
        x1, x2, y1 = self.lanes[event.src], self.lanes[event.dst], self._y(event)
        y2 = self._y(fate) if fate is not None and fate.n in self.place else y1 + ROW * 0.4
        outward = "start" if side > 0 else "end"
        if fate is not None and fate.what == "lost":
            x, y = x1 + 0.6 * (x2 - x1), y1 + 0.6 * (y2 - y1)
            return [draw.line(x1, y1, x, y, dash="dashed", stroke="orange"), draw.cross(x, y),
                    _label(x + 9 * side, y + 6, f"lost: {fate.detail['reason']}", outward)]
        if fate is not None and fate.what == "late":
            return [draw.line(x1, y1, x2, y2, dash="dotted", stroke="purple", arrow=True),
                    _label(x2 + 8 * side, y2 + 4, "too late", outward)]
        return [draw.line(x1, y1, x2, y2, stroke="blue", arrow=True)]


def _label(x, y, words, anchor="middle"):
    """Words with a halo of paper, so that lines do not cross them out."""
    return draw.text(x, y, _short(words, 26), anchor=anchor, size=11, stroke="var(--lab-paper)", stroke_width=3,
                     paint_order="stroke")


def _short(words, most):
    return words if len(words) <= most else words[:most - 1] + "…"


def _names(events):
    """Everybody who takes part, in the order of first appearance."""
    names = {}
    for event in events:
        if event.kind != "fault" or event.what not in LINKS:
            names.update(dict.fromkeys(name for name in (event.src, event.dst) if name is not None))
    return list(names)


def _fates(trace, events):
    """{n of a shown message: what became of its copies}, also when the selection holds only the messages."""
    sent = {event.n for event in events if event.dst is not None and event.dst != event.src}
    fates = {}
    for event in trace.effects_of(sent):
        if event.kind == "net" and event.what in ("delivered", "lost", "late"):
            fates.setdefault(event.cause, []).append(event)
    return fates


def _rows(events, fates):
    """{n: row in the picture}; a message that is lost at once needs no row for its end."""
    sent = {fate.n: n for n, ends in fates.items() for fate in ends}
    times = {event.n: event.t for event in events}
    drawn = [event for event in events if not (event.what == "lost" and times.get(sent.get(event.n)) == event.t)]
    return {event.n: row for row, event in enumerate(drawn)}


def _words(event, fates):
    ends = [f"{fate.what} at {seconds(fate.t)} s" + (f" ({fate.detail['reason']})" if fate.detail else "")
            for fate in fates.get(event.n, [])]
    return f"{event}{': ' + ', '.join(ends) if ends else ''}"
