"""The squares of a heat map: where each host stands, and the few paths that draw thousands of them.

A path per step of fullness (points with square caps: a move and a tenth of a unit each), one per state that is not
'connected'. 2,500 hosts are 30 KB and some milliseconds.
"""

from bisect import bisect
from math import ceil, sqrt

from labkit.world import draw

WIDTH, TOP, GAP, LABEL = 880, 40, 12, 16
STEPS = (  # up to this part: colour, size as a part of the cell. Mid-tones: they stand out on light and dark ground
    (0.2, "#8497a8", 0.25), (0.4, "#4d9ad0", 0.40), (0.6, "#0a7abf", 0.52),
    (0.8, "#9a7d0a", 0.64), (1.0, "#d55e00", 0.76), (float("inf"), "#c2185b", 0.90),
)  # fmt: skip
LIMITS = [limit for limit, *_ in STEPS[:-1]]
NAMES = ("below 20 %", "20 to 40 %", "40 to 60 %", "60 to 80 %", "80 to 100 %", "100 % and more")
STATES = {"unknown": "unknown (silent)", "fenced": "fenced", "maintenance": "maintenance"}


def part(host, metric, most_vms=1):
    """How full a HostRecord is: a part of what it has."""
    if metric == "CPU":
        return host.demand_mhz / host.hardware.capacity_mhz
    return host.used_mib / host.hardware.memory_mib if metric == "memory" else len(host.vms) / max(most_vms, 1)


def state(host):
    """'connected', or what is shown by a shape: 'unknown', 'fenced', 'maintenance'."""
    if host.state != "connected":
        return host.state
    return "maintenance" if host.maintenance else "connected"


def step(value):
    """Index of STEPS."""
    return bisect(LIMITS, value)


class Layout:
    """Where each host stands: blocks of clusters, as square as they can be. cells: name → (x, y) of the centre; grid:
    name → (column, row) in pitches; blocks: (cluster, x, y)."""

    def __init__(self, hosts):
        self.pitch = 12 if len(hosts) > 400 else 18 if len(hosts) > 100 else 30
        self.cells, self.blocks = {}, []
        clusters = {}
        for host in hosts:
            clusters.setdefault(host.cluster, []).append(host.name)
        x, y, high = GAP, TOP, 0
        for cluster, names in clusters.items():
            columns = ceil(sqrt(len(names))) if len(clusters) > 1 else min(len(names), (WIDTH - 2 * GAP) // self.pitch)
            wide, tall = max(columns * self.pitch, 74), ceil(len(names) / columns) * self.pitch
            if x > GAP and x + wide > WIDTH - GAP:
                x, y, high = GAP, y + high + GAP, 0
            self._block(cluster or "all hosts", names, columns, x, y)
            x, high = x + wide + GAP, max(high, tall + LABEL)
        self.height = y + high + GAP
        self.names = list(self.cells)
        self.points = {name: f"M{x:g} {y:g}h.1" for name, (x, y) in self.cells.items()}

    def _block(self, cluster, names, columns, x, y):
        self.blocks.append((cluster, x, y, names[0]))
        for at, name in enumerate(names):
            self.cells[name] = (x + (at % columns + 0.5) * self.pitch,
                                y + LABEL + (at // columns + 0.5) * self.pitch)  # fmt: skip

    def beside(self, name, dx, dy):
        """The nearest host in this direction, or the same one."""
        x, y = self.cells[name]
        best = None
        for other, (ox, oy) in self.cells.items():
            ahead, aside = (ox - x) * dx + (oy - y) * dy, abs((ox - x) * dy) + abs((oy - y) * dx)
            if ahead > 0 and aside <= ahead + self.pitch / 2:
                far = ahead + 4 * aside
                best = min(best, (far, other)) if best else (far, other)
        return best[1] if best else name


def squares(layout, hosts, metric):
    """All hosts as SVG: a path per step of those that are connected, a path per other state."""
    most = max((len(host.vms) for host in hosts), default=1)
    steps, others = [[] for _ in STEPS], {name: [] for name in STATES}
    for host in hosts:
        what = state(host)
        if what == "connected":
            steps[step(part(host, metric, most))].append(layout.points[host.name])
        else:
            others[what].append(shape(what, *layout.cells[host.name], layout.pitch * 0.3))
    drawn = [draw.element("path", d="".join(points), stroke=colour, stroke_width=round(layout.pitch * size, 1),
                          stroke_linecap="square", fill="none")
             for (_, colour, size), points in zip(STEPS, steps, strict=True) if points]  # fmt: skip
    drawn += [outline("".join(paths)) for paths in others.values() if paths]
    return "".join(drawn)


def outline(path):
    return draw.element("path", d=path, stroke=draw.colour("text"), stroke_width=1.6, fill="none")


def shape(what, x, y, r):
    """A small path around (x, y): a hollow square, a cross, or a triangle."""
    if what == "unknown":
        return f"M{x - r:.1f} {y - r:.1f}h{2 * r:.1f}v{2 * r:.1f}h{-2 * r:.1f}z"
    if what == "fenced":
        return f"M{x - r:.1f} {y - r:.1f}l{2 * r:.1f} {2 * r:.1f}m0 {-2 * r:.1f}l{-2 * r:.1f} {2 * r:.1f}"
    return f"M{x:.1f} {y - r:.1f}L{x + r:.1f} {y + r:.1f}H{x - r:.1f}z"


def legend():
    """One line that says what the sizes and shapes mean."""
    x, drawn = GAP, []
    for name, (_, colour, size) in zip(NAMES, STEPS, strict=True):
        drawn.append(draw.element("path", d=f"M{x + 6} 15h.1", stroke=colour, stroke_width=round(12 * size, 1),
                                  stroke_linecap="square", fill="none"))  # fmt: skip
        drawn.append(draw.text(x + 15, 19, name, size=11, anchor="start"))
        x += 26 + 6.1 * len(name)
    for name, words in STATES.items():
        drawn += [outline(shape(name, x + 6, 15, 4)), draw.text(x + 15, 19, words, size=11, anchor="start")]
        x += 26 + 6.1 * len(words)
    return "".join(drawn)
