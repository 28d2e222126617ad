"""What the failover system knows and did about the hosts that it missed: one case per host, a table of them."""

from labkit.world.draw import escape
from labkit.world.trace import seconds

MOST = 3  # VMs that are named in a row


class Case:
    """One host that was not heard of.

    silent_at_s, ended_at_s   when it was missed; when it was fenced or heard again (None: not yet)
    verdict, found   what was judged, from which answers; alarm: why nothing is done, or None
    outcome          None, 'fenced' or 'back'
    restarts         VM -> Job; down: VM -> why it is not restarted
    """

    def __init__(self, host, now_s):
        self.host, self.silent_at_s, self.ended_at_s, self.outcome = host, now_s, None, None
        self.verdict = self.found = self.alarm = None
        self.restarts, self.down = {}, {}

    @property
    def open(self):
        """Nothing is decided yet."""
        return self.outcome is None

    def end(self, now_s, outcome):
        """It was fenced, or it is back."""
        self.ended_at_s, self.outcome, self.alarm = now_s, outcome, None

    def stays_down(self, vm, why):
        """This VM is not restarted."""
        self.down[vm.name] = why

    def row(self):
        """The case in words."""
        running = sum(job.state == "success" for job in self.restarts.values())
        what = self.alarm or "being looked at"
        if self.outcome:
            what = f"{self.outcome} at {seconds(round(self.ended_at_s, 1))} s"
        down = "; ".join(f"{vm}: {why}" for vm, why in list(self.down.items())[:MOST])
        down += f"; and {len(self.down) - MOST} more" if len(self.down) > MOST else ""
        missed = f"{seconds(self.silent_at_s)} s"
        return self.host.name, missed, self.verdict or "–", what, f"{running} of {len(self.restarts)}", down


class Cases(dict):
    """Host name -> its latest Case; shown as a table."""

    head = ("host", "missed at", "verdict", "what became of it", "restarted", "stay down")

    def __repr__(self):
        rows = [self.head, *(case.row() for case in self.values())]
        widths = [max(len(row[i]) for row in rows) for i in range(len(self.head))]
        return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)

    def _repr_html_(self):
        top = "".join(f'<th scope="col">{name}</th>' for name in self.head)
        body = "".join(
            "<tr>" + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in case.row()) + "</tr>"
            for case in self.values()
        )
        caption = "Hosts that were missed, as the failover system sees them"
        return f"<table><caption>{caption}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
