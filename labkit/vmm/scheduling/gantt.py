"""Who was on which physical CPU: one lane per CPU, one bar per stay, the VM's name in the bar.

Gaps are CPUs that idle. Under strict co-scheduling look at a gap while a VM waits: there was a CPU, but not four.
"""

from labkit.world.draw import PALETTE, figure, line, rect, svg, text

WIDTH, LEFT, LANE = 720, 62, 34
LOOKS = [*PALETTE, "faint"]
SHADES = (1.0, 0.55)


class Gantt:
    """The stays of a scheduler between `from_ms` and `to_ms` (None: now)."""

    def __init__(self, scheduler, from_ms=0, to_ms=None):
        self.scheduler, self.from_ms = scheduler, from_ms
        self.to_ms = scheduler.now_ms if to_ms is None else min(to_ms, scheduler.now_ms)
        running = [(v.pcpu, v.name, v.since_ms, scheduler.now_ms) for v in scheduler.on if v is not None]
        stays = joined(sorted([*scheduler.spans, *running]))
        self.stays = [
            (pcpu, vcpu, max(start, from_ms), min(end, self.to_ms))
            for pcpu, vcpu, start, end in stays
            if start < self.to_ms and end > from_ms
        ]

    def __str__(self):
        lines = []
        for pcpu in range(self.scheduler.pcpus):
            bars = [f"{vcpu} {start:g}–{end:g}" for at, vcpu, start, end in self.stays if at == pcpu]
            lines.append(f"CPU {pcpu} (ms): {', '.join(bars) or 'idle'}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self):
        high = LANE * self.scheduler.pcpus + 34
        parts = [part for pcpu in range(self.scheduler.pcpus) for part in self.lane(pcpu)]
        parts += [part for stay in self.stays for part in self.bar(*stay)]
        span = f"{self.from_ms:g} to {self.to_ms:g} ms, {self.scheduler.policy} co-scheduling"
        title = f"Who was on which CPU, {span}"
        parts += [text(LEFT, high - 8, f"{self.from_ms:g} ms", anchor="start", size=11, fill="faint")]
        parts += [text(WIDTH - 4, high - 8, f"{self.to_ms:g} ms", anchor="end", size=11, fill="faint")]
        picture = svg(title, f"One lane per CPU, a bar for each stay. {span}.", WIDTH, high, parts)
        return figure(picture, WIDTH, str(self).split("\n"))

    def x(self, ms):
        """Where a moment lies."""
        return LEFT + (ms - self.from_ms) / max(self.to_ms - self.from_ms, 1) * (WIDTH - LEFT - 4)

    def lane(self, pcpu):
        """Name and base line of a CPU."""
        low = 8 + LANE * pcpu + LANE - 8
        yield text(4, low - 8, f"CPU {pcpu}", anchor="start")
        yield line(LEFT, low, WIDTH - 4, low, width=1)

    def bar(self, pcpu, vcpu, start, end):
        """One stay; its name where there is room."""
        left, wide, top = self.x(start), self.x(end) - self.x(start), 8 + LANE * pcpu
        look, shade = self.look(vcpu.rpartition("/")[0])
        yield rect(left, top, wide, LANE - 10, fill=look, stroke="paper", fill_opacity=0.28 * shade)
        yield rect(left, top + LANE - 14, wide, 4, fill=look, stroke="none", rounded=0)
        if wide > 7 * len(vcpu):
            yield text(left + wide / 2, top + 15, vcpu, size=11)

    def look(self, name):
        """A colour of the palette for a VM; the name in the bar and the text below say the same."""
        at = list(self.scheduler.groups).index(name)
        return LOOKS[at % len(LOOKS)], SHADES[at // len(LOOKS) % len(SHADES)]


def joined(stays):
    """Stays of one vCPU that follow each other on one CPU as one."""
    whole = []
    for pcpu, vcpu, start, end in stays:
        if whole and whole[-1][:2] == (pcpu, vcpu) and whole[-1][3] == start:
            start = whole.pop()[2]
        whole.append((pcpu, vcpu, start, end))
    return whole
