"""What became of a VM, read from the trace: which copy ran where and when, and how long nobody could reach it.

    esx2  ━━━━━━━━━━━━━━━━━┃ cut ━━━━━━━━━✕ reset
    esx3                                          ━━━━━━━━━━ started
                           ├ isolated 46 s ┼ nowhere 77 s ┤
                           ├──────── outage 123 s ────────┤

The trace is the world's truth; no part of the failover system reads it. That is the point: only from outside can one
see that a copy ran where nobody could reach it, or that two ran at once.
"""

from dataclasses import dataclass

from labkit.world.errors import LabError
from labkit.world.trace import seconds

RUNS = ("running", "blocked")


@dataclass(frozen=True)
class Copy:
    """A copy of a VM computed on `host` from `start_s` to `end_s` (None: it still does)."""

    host: str
    start_s: float
    end_s: float | None


def copies(trace, vm):
    """The copies of `vm` in the order of their starts."""
    found, open_at = [], {}
    for event in trace:
        if event.kind == "libvirt" and event.dst is None and event.detail.get("domain") == vm:
            runs, host = event.detail.get("state") in RUNS, event.src
        elif event.kind == "fault" and event.what == f"{vm} is lost":
            runs, host = False, event.src
        else:
            continue
        if runs and host not in open_at:
            open_at[host] = len(found)
            found.append(Copy(host, event.t, None))
        elif not runs and host in open_at:
            at = open_at.pop(host)
            found[at] = Copy(host, found[at].start_s, event.t)
    return found


class Outage:
    """How a VM got over a lost host, in seconds since `since_s`, when the cable was cut or the host died.

    isolated_s   so long the old copy ran on, cut off from whoever decides (0 if the host died). Whether customers still
                 reached it depends on what was cut: the management network, or all of them
    nowhere_s    so long no copy ran; twice_s: so long two ran at once
    outage_s     until the new copy runs (its guest still has to boot); None: it never did
    """

    def __init__(self, trace, vm, since_s):
        self.trace, self.vm, self.since_s = trace, vm, since_s
        self.copies = copies(trace, vm)
        old = [copy for copy in self.copies if copy.start_s < since_s]
        new = [copy for copy in self.copies if copy.start_s >= since_s]
        if not old:
            raise LabError(f"{vm} did not run at {since_s:g} s", 404, next_step="start it before the accident")
        self.old, self.new = old[-1], new[0] if new else None
        self.ended_s = self.old.end_s

    @property
    def isolated_s(self):
        return None if self.ended_s is None else max(0.0, self.ended_s - self.since_s)

    @property
    def outage_s(self):
        return None if self.new is None else self.new.start_s - self.since_s

    @property
    def nowhere_s(self):
        if self.new is None or self.ended_s is None:
            return None if self.ended_s is not None else 0.0
        return max(0.0, self.new.start_s - self.ended_s)

    @property
    def twice_s(self):
        if self.new is None:
            return 0.0
        end_s = self.trace[-1].t if self.ended_s is None else self.ended_s
        return max(0.0, end_s - self.new.start_s)

    def rows(self):
        """(what, seconds) in words."""
        return [
            ("until a new copy runs", self.outage_s),
            ("of it: the old copy runs on, cut off", self.isolated_s),
            ("of it: no copy runs", self.nowhere_s),
            ("two copies at once", self.twice_s),
        ]

    def __repr__(self):
        lines = [f"{what:40} {'never' if s is None else seconds(round(s, 1)) + ' s'}" for what, s in self.rows()]
        return "\n".join([f"{self.vm}, lost at {seconds(self.since_s)} s with {self.old.host}", *lines])


def milestones(trace, vm, kinds=("fault", "lock", "ha", "ipmi", "vim")):
    """The events of detection, fencing and restart, and the VM's own changes of state, as a list of Events."""
    told = []
    for event in trace:
        own = event.kind == "libvirt" and event.dst is None and event.detail.get("domain") == vm
        if own or (event.kind in kinds and _tells(event)):
            told.append(event)
    return told


def _tells(event):
    if event.what == "crash" and "-" in event.src:
        return False  # a process that died with its machine
    quiet = ("orders", "report", "describe", "are you there", "services", "renew", "acquire", "200", "reply")
    return event.what not in quiet and not (event.kind in ("ha", "lock") and event.src.endswith(("-lrm", "-locks")))
