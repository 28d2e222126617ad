"""A whole vCenter at a glance: every host a square, larger and warmer the fuller it is; clusters are blocks.

    cluster1          cluster2            · ▪ ■   how full, in six steps: by size and by colour
    · ▪ ▪ ■ ▪ ·       ■ ■ ▪ · ✕ □         □ unknown   ✕ fenced   △ maintenance: by shape
                                          ┌┐ the chosen host; what it is stands beneath

It shows what the VIM believes: a host that is silent is 'unknown', whatever it may be doing.
"""

from collections import Counter
from statistics import fmean

from labkit.views import card
from labkit.views.frame import Frame, button, choice, text_field
from labkit.views.heat_cells import WIDTH, Layout, legend, part, squares, state
from labkit.vim.balancing.metric import imbalance
from labkit.world import draw
from labkit.world.errors import LabError, unknown

METRICS = {"CPU": "CPU demanded", "memory": "memory used", "VMs": "VMs (100 %: the host with most)"}
KEYS = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}


class HeatMap(Frame):
    """All hosts of a VIM. Arrow keys choose a host; Home and End the first and the last; Page Up and Page Down the
    neighbouring cluster. metric: 'CPU', 'memory' or 'VMs'. A click on a cluster's name chooses its first host."""

    keys = (*KEYS, "Home", "End", "PageUp", "PageDown")

    def __init__(self, vim, metric="CPU"):
        if metric not in METRICS:
            raise unknown("metric", metric, METRICS)
        if not vim.hosts:
            raise LabError("this VIM knows no host", next_step="vim.add_host(…), or start it")
        self.vim, self.metric = vim, metric
        self._layout, self.chosen = None, next(iter(vim.hosts))

    @property
    def hosts(self):
        """The records, as the VIM has them now."""
        return list(self.vim.hosts.values())

    @property
    def layout(self):
        """Where the hosts stand; made anew when hosts come or go."""
        if self._layout is None or len(self._layout.names) != len(self.vim.hosts):
            self._layout = Layout(self.hosts)
        return self._layout

    # -- what is shown ---------------------------------------------------------------------------------------------
    def html(self):
        hosts, layout = self.hosts, self.layout
        if not hosts:
            return card.panel("Heat map", "The VIM is down: it shows nothing, and the hosts do what they did.")
        if self.chosen not in layout.cells:
            self.chosen = layout.names[0]
        values, (x, y) = self.values(), layout.cells[self.chosen]
        summary = self.summary(values)
        half = layout.pitch / 2
        body = [legend()]
        body += [draw.text(bx, by + 11, name, size=12, anchor="start", weight=650, data_lk=first)
                 for name, bx, by, first in layout.blocks]  # fmt: skip
        body += [squares(layout, hosts, self.metric),
                 draw.rect(x - half, y - half, 2 * half, 2 * half, fill="none", stroke="text", rounded=2,
                           stroke_width=2)]  # fmt: skip
        picture = card.drawing(WIDTH, round(layout.height), "".join(body), title=f"Heat map, {METRICS[self.metric]}",
                               desc=summary)  # fmt: skip
        said, told = (card.Html(f"<p>{card.text(words)}</p>") for words in (summary, self.told()))
        return card.panel(f"{len(hosts):,} hosts: {METRICS[self.metric]}", said, picture, told, self.fullest(values),
                          note="What the VIM believes, by the last reports; not what the hosts do.")  # fmt: skip

    def summary(self, values=None):
        """All hosts in two sentences."""
        hosts = self.hosts
        if not hosts:
            return "The VIM is down."
        counts = Counter(state(host) for host in hosts)
        states = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
        values = self.values() if values is None else values
        if not values:
            return f"{states}."
        most = max(values, key=values.get)
        full = sum(value >= 0.8 for value in values.values())
        return (
            f"{states}; {sum(len(host.vms) for host in hosts):,} VMs. {METRICS[self.metric]}: mean "
            f"{fmean(values.values()):.0%}, most {values[most]:.0%} ({most}), {full:,} hosts from 80 % on, "
            f"imbalance {imbalance(values.values()):.3f}."
        )

    def values(self):
        """{name: part} of the hosts that are connected."""
        most = max((len(host.vms) for host in self.hosts), default=1)
        return {host.name: part(host, self.metric, most) for host in self.hosts if host.state == "connected"}

    def told(self):
        """The chosen host in words."""
        host = self.vim.hosts.get(self.chosen)
        if host is None:
            return "no host is chosen"
        some = sorted(host.vms)[:6]
        more = f" and {len(host.vms) - 6} more" if len(host.vms) > 6 else ""
        where = f" in {host.cluster}" if host.cluster else ""
        heard = "" if host.state == "connected" else "last heard: "
        return (
            f"{host.name}{where}, {state(host)}: {heard}CPU {part(host, 'CPU'):.0%}, "
            f"memory {part(host, 'memory'):.0%}, {len(host.vms)} VMs{': ' + ', '.join(some) + more if some else ''}"
        )

    def fullest(self, values):
        """The five fullest hosts as a table."""
        rows = [(name, f"{values[name]:.0%}", str(len(self.vim.hosts[name].vms)))
                for name in sorted(values, key=lambda name: -values[name])[:5]]  # fmt: skip
        return card.table("The five fullest", ("host", METRICS[self.metric], "VMs"), rows)

    def text(self):
        return f"{self.summary()}\n{self.told()}"

    # -- what may be done ------------------------------------------------------------------------------------------
    def controls(self):
        metric = choice("Show", [(word, name) for name, word in METRICS.items()], self.show, value=self.metric)
        walk = [  # in the lists and fields the arrow keys have a meaning of their own; on these buttons they walk
            button("Previous cluster", lambda: self.heard("PageUp"), hint="Page Up; arrow keys: host by host"),
            button("Next cluster", lambda: self.heard("PageDown"), hint="Page Down; arrow keys: host by host"),
        ]
        return [[metric, text_field("Host", "esx1", self.choose), *walk]]

    def show(self, metric):
        """Another metric."""
        self.metric = metric
        self.refresh(self.summary())

    def choose(self, name):
        """Look at this host."""
        if name:
            self.act(lambda: self._choose(name.strip()))

    def _choose(self, name):
        if name not in self.vim.hosts:
            raise unknown("host", name, self.vim.hosts)
        self.chosen = name
        return self.told()

    def clicked(self, what):
        self.choose(what)

    def heard(self, key):
        layout = self.layout
        if not layout.names:
            return
        if key in KEYS:
            self.choose(layout.beside(self.chosen, *KEYS[key]))
        elif key in ("Home", "End"):
            self.choose(layout.names[0 if key == "Home" else -1])
        else:
            firsts = [first for *_, first in layout.blocks]
            before = sum(layout.names.index(first) <= layout.names.index(self.chosen) for first in firsts) - 1
            self.choose(firsts[(before + (1 if key == "PageDown" else -1)) % len(firsts)])
