"""What monitoring shows: the hosts' present figures, each with its age, and the alarms that are not quiet."""

from labkit.vim.monitoring.metrics import value_of
from labkit.world.draw import escape

HOSTS = ("host", "power", "cpu MHz", "cpu %", "ready %", "memory MiB", "memory %", "heard", "status")
ALARMS = ("alarm", "on", "status", "since", "value", "acknowledged")
MOST_ROWS = 200


class Rows:
    """A table of text: print it, show it, iterate over it."""

    def __init__(self, head, rows, caption):
        self.head, self.rows, self.caption = head, rows, caption

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    def __repr__(self):
        shown = self.rows[:MOST_ROWS]
        widths = [max(map(len, column)) for column in zip(self.head, *shown, strict=True)]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in (self.head, *shown))

    def _repr_html_(self):
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.head)
        body = "".join(
            f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
            + "</tr>" for row in self.rows[:MOST_ROWS]
        )  # fmt: skip
        more = f", the first {MOST_ROWS} of {len(self.rows)}" if len(self.rows) > MOST_ROWS else ""
        caption = f"<caption>{escape(self.caption)}{more}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def heard(host, now_s):
    """'4 s ago', 'unknown since 40 s', 'never'."""
    if host.heard_at_s is None:
        return "never"
    age = f"{now_s - host.heard_at_s:.0f} s"
    return f"{age} ago" if host.state == "connected" else f"unknown since {age}"


def host_row(host, now_s, status):
    """One host; figures of a silent one are not shown: they were true once."""
    power = {"connected": "on", "fenced": "off"}.get(host.state, "unknown")
    if host.state != "connected" or host.hardware is None:
        return (host.name, power, *["–"] * 5, heard(host, now_s), status)
    most = host.hardware.capacity_mhz, host.hardware.memory_mib
    figures = [
        f"{value_of(metric, host.demand_mhz, host.used_mib, *most):,.0f}"
        for metric in ("cpu_mhz", "cpu_percent", "ready_percent", "memory_mib", "memory_percent")
    ]
    return (host.name, power, *figures, heard(host, now_s), status)


class HostReadings(Rows):
    """All hosts as monitoring knows them now."""

    def __init__(self, monitoring):
        now_s = monitoring.world.now
        status = monitoring.statuses()
        rows = [host_row(host, now_s, status[host.name]) for host in monitoring.hosts_.values()]
        super().__init__(HOSTS, rows, f"Hosts, as reported until {now_s:,.0f} s")


class AlarmList(Rows):
    """Every alarm that is triggered, on its way, or grey."""

    def __init__(self, monitoring):
        now_s = monitoring.world.now
        rows = [self.row(state, now_s, monitoring) for state in monitoring.states.values()]
        super().__init__(ALARMS, rows, "Alarms that are not quiet")

    def row(self, state, now_s, monitoring):
        grey = monitoring.status(state.target) == "gray"
        shown = "gray" if grey else state.state
        if shown == "green":
            shown = f"green, above {state.alarm.above:g} since {now_s - state.streak_s:.0f} s"
        since = f"{now_s - state.since_s:.0f} s" if state.state != "green" else "–"
        value = "unknown" if grey or state.value is None else f"{state.value:,.0f}"
        return state.alarm.name, state.target, shown, since, value, state.acknowledged or "–"
