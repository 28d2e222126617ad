"""A metric over time as a picture: a line with gaps where nothing was heard, and the same as a table."""

from labkit.vim.monitoring.metrics import METRICS
from labkit.vim.monitoring.series import HOLD_S
from labkit.world import draw

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 740, 240, 70, 700, 30, 190
ROWS = 12


class Chart:
    """points: [(at_s, value)]; `most`: the top of the scale, None: the largest value; `line`: a threshold or None.
    gap_s: points further apart are not joined."""

    def __init__(self, title, metric, points, most=None, line=None, gap_s=HOLD_S, now_s=None):
        self.title, self.unit, self.points, self.line, self.gap_s = title, METRICS[metric], points, line, gap_s
        self.most = most or max([value for _, value in points] + [line or 0, 1e-9])
        times = [at_s for at_s, _ in points] + ([now_s] if now_s is not None else [])
        self.from_s, self.to_s = (min(times), max(times)) if times else (0.0, 1.0)

    def _x(self, at_s):
        return LEFT + (RIGHT - LEFT) * (at_s - self.from_s) / max(self.to_s - self.from_s, 1e-9)

    def _y(self, value):
        return BOTTOM - (BOTTOM - TOP) * min(value / self.most, 1.05)

    def runs(self):
        """The points in stretches without a gap."""
        found = []
        for point in self.points:
            if found and point[0] - found[-1][-1][0] <= self.gap_s:
                found[-1].append(point)
            else:
                found.append([point])
        return found

    def svg(self):
        parts = [draw.line(LEFT, BOTTOM, RIGHT, BOTTOM), draw.line(LEFT, TOP, LEFT, BOTTOM)]
        for share in (0, 0.5, 1):
            words = f"{self.most * share:,.0f}"
            parts.append(draw.text(LEFT - 8, self._y(self.most * share) + 4, words, anchor="end", fill="faint"))
        parts.append(draw.text(LEFT - 8, TOP - 12, self.unit, anchor="end", fill="faint"))
        for share in (0, 0.5, 1):
            at_s = self.from_s + share * (self.to_s - self.from_s)
            parts.append(draw.text(self._x(at_s), BOTTOM + 20, f"{at_s:,.0f} s", fill="faint"))
        if self.line is not None:
            y = self._y(self.line)
            parts.append(draw.line(LEFT, y, RIGHT, y, stroke="orange", dash="dashed"))
            parts.append(draw.text(RIGHT, y - 5, f"alarm above {self.line:g}", anchor="end"))
        parts += [self._run(run) for run in self.runs()]
        for left, right in zip(self.runs(), self.runs()[1:], strict=False):
            middle = (self._x(left[-1][0]) + self._x(right[0][0])) / 2
            parts.append(draw.text(middle, BOTTOM - 8, "unknown", fill="faint"))
        return draw.svg(self.title, "; ".join(self.rows()), WIDTH, HEIGHT, parts)

    def _run(self, run):
        if len(run) == 1:
            return draw.circle(self._x(run[0][0]), self._y(run[0][1]), 3, fill="blue", stroke="none")
        path = " ".join(f"{self._x(at_s):.1f},{self._y(value):.1f}" for at_s, value in run)
        return draw.element("polyline", points=path, fill="none", stroke=draw.colour("blue"), stroke_width=2)

    def rows(self):
        """The same in words: at most ROWS points, and every gap."""
        if not self.points:
            return ["nothing was heard"]
        step = max(1, len(self.points) // ROWS)
        said = [f"{at_s:,.0f} s: {value:,.0f} {self.unit}" for at_s, value in self.points[::step]]
        gaps = zip(self.runs(), self.runs()[1:], strict=False)
        return said + [f"unknown from {a[-1][0]:,.0f} to {b[0][0]:,.0f} s" for a, b in gaps]

    def table(self):
        """All points as text."""
        return "\n".join([self.title, *(f"{at_s:10,.1f} s  {value:12,.1f} {self.unit}" for at_s, value in self.points)])

    def __repr__(self):
        return "\n".join([self.title, *self.rows()])

    def _repr_html_(self):
        return draw.figure(self.svg(), WIDTH, self.rows())
