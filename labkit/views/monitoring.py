"""The VIM's monitoring as a picture: hosts with the age of their figures, a metric over time, alarms, events.

Everything shown is what the agents said, and when. Let time pass, and see it change; acknowledge an alarm; a host that
is silent turns grey, and its line has a gap.
"""

from heapq import nsmallest

from labkit.views import card
from labkit.views.frame import Frame, button, choice, number
from labkit.vim.monitoring.metrics import METRICS
from labkit.vim.monitoring.readings import host_row
from labkit.world.draw import figure

TONES = {"green": "good", "yellow": "odd", "red": "bad", "gray": "idle"}
WORST = {"red": 0, "yellow": 1, "gray": 2, "green": 3}
HOSTS, EVENTS = 12, 8
COLUMNS = ("host", "status", "CPU", "ready", "memory", "heard")


class Monitor(Frame):
    """The monitoring of a VIM (or a Monitoring): `host` and `metric` are what the chart shows first.

    Keys: arrow right lets `step_s` pass, arrow up and down choose another host.
    """

    keys = ("ArrowRight", "ArrowUp", "ArrowDown")

    def __init__(self, vim, host=None, metric="cpu_percent", rollup="raw", step_s=60):
        self.monitoring = getattr(vim, "monitoring", vim)
        self.host = host or next(iter(self.monitoring.hosts_), None)
        self.metric, self.rollup, self.step_s = metric, rollup, step_s
        if self.host is not None:
            self.monitoring.history(self.host, metric, rollup)  # refused at once if it cannot be shown

    @property
    def world(self):
        return self.monitoring.world

    def shown(self):
        """(status, record) of the hosts in the table: the worst first, at most HOSTS."""
        status = self.monitoring.statuses()
        hosts = [(status[name], host) for name, host in self.monitoring.hosts_.items()]
        return nsmallest(HOSTS, hosts, key=lambda pair: (WORST[pair[0]], pair[1].index))

    # -- the picture -------------------------------------------------------------------------------------------------
    def html(self):
        now_s = self.world.now
        if self.host is None:
            return card.panel("Monitoring", card.text("There is no host yet."))
        chart = self.monitoring.chart(self.host, self.metric, self.rollup)
        picture = card.Html(figure(chart.svg(), 720, chart.rows(), summary="The line as text"))
        parts = [self._counts(), self._hosts(now_s), picture, self._alarms(), self._events()]
        return card.panel(f"Monitoring at {now_s:,.0f} s", *parts,
                          note="Figures are those of the last report. Unknown is neither 0 nor well.")  # fmt: skip

    def _counts(self):
        counts = {}
        for status in self.monitoring.statuses().values():
            counts[status] = counts.get(status, 0) + 1
        badges = [card.badge(f"{counts[each]:,} {each}", TONES[each]) for each in WORST if each in counts]
        return card.Html(f"<p>{' '.join(badges)}</p>")

    def _hosts(self, now_s):
        rows = []
        for status, host in self.shown():
            name, _, mhz, percent, ready, mib, share, heard, _ = host_row(host, now_s, status)
            cpu = "–" if mhz == "–" else f"{mhz} MHz, {percent} %"
            memory = "–" if mib == "–" else f"{mib} MiB, {share} %"
            rows.append(
                (name, card.cell(status, TONES[status]), cpu, f"{ready} %" if ready != "–" else "–", memory, heard)
            )
        hidden = len(self.monitoring.hosts_) - len(rows)
        caption = f"Hosts, the worst first{f' ({hidden:,} more)' if hidden else ''}"
        now = next((at for at, row in enumerate(rows) if row[0] == self.host), None)
        return card.table(caption, COLUMNS, rows, now=now)

    def _alarms(self):
        alarms = self.monitoring.alarms()
        if not len(alarms):
            return card.Html(f"<p>{len(self.monitoring.rules)} alarms are written, none is triggered.</p>")
        rows = [(name, on, card.cell(status, TONES.get(status.split(",")[0], "idle")), since, value, by)
                for name, on, status, since, value, by in alarms.rows[:HOSTS]]  # fmt: skip
        more = f" ({len(alarms) - HOSTS:,} more)" if len(alarms) > HOSTS else ""
        return card.table(f"Alarms{more}", alarms.head, rows)

    def _events(self):
        rows = [(f"{at_s:,.1f} s", name or "–", entity or "", what)
                for at_s, name, entity, what in self.monitoring.events.latest(EVENTS)]  # fmt: skip
        return card.table("Events, the newest first", ("at", "vSphere's name", "of", "what"), rows)

    def text(self):
        return "\n\n".join(map(repr, (self.monitoring.hosts(), self.monitoring.alarms(), self.monitoring.events)))

    # -- the hand ----------------------------------------------------------------------------------------------------
    def controls(self):
        hosts = list(self.monitoring.hosts_)
        self._choice = choice("Host", hosts, self.turn("host"), value=self.host)
        return [
            [self._choice, choice("Metric", list(METRICS), self.turn("metric"), value=self.metric),
             choice("Average", ["raw", "5 min", "30 min"], self.turn("rollup"), value=self.rollup)],
            [number("Seconds", 1, 86_400, self.step_s, self.turn("step_s"), step=10),
             button("Let time pass", self.pass_time, hint="Let these seconds pass (arrow right)"),
             button("Acknowledge", self.acknowledge, hint="Acknowledge what is triggered on this host")],
        ]  # fmt: skip

    def turn(self, name):
        """A function that sets one value and draws."""

        def to(value):
            setattr(self, name, value)
            self.refresh(f"{self.metric} of {self.host}, {self.rollup}: {self.monitoring.status(self.host)}")

        return to

    def pass_time(self):
        """Let `step_s` pass."""
        self.act(lambda: self.world.run(until=self.world.now + self.step_s), f"It is {self.world.now:,.0f} s")

    def acknowledge(self):
        """Acknowledge every alarm that is triggered on the chosen host."""
        triggered = [state.alarm.name for state in self.monitoring.states.values()
                     if state.target == self.host and state.state != "green"]  # fmt: skip

        def change():
            for name in triggered:
                self.monitoring.acknowledge(name, self.host)
            return f"Acknowledged: {', '.join(triggered) or 'nothing is triggered here'}"

        self.act(change)

    def heard(self, key):
        if key == "ArrowRight":
            return self.pass_time()
        hosts = list(self.monitoring.hosts_)
        step = 1 if key == "ArrowDown" else -1
        self.host = hosts[(hosts.index(self.host) + step) % len(hosts)]
        if self._live is not None:
            self._choice.value = self.host  # comes back by turn()
        else:
            self.refresh()
