"""The inventory: what the VIM believes about its hosts and VMs. It is a model, and it lags.

    seen      what an agent said last; older the longer ago that was
    unknown   nothing was heard for a while: no more than that. 'unknown since 40 s' is neither 'off' nor 'running'
    desired   what somebody ordered; the only thing here that the VIM knows for sure

A record of a host that is silent keeps what was heard last, and `seen` of its VMs says 'unknown'.

What the real one does differently: vCenter greys such a host ('not responding') and its VMs ('disconnected') and keeps
showing the last values; Nova keeps showing ACTIVE and marks only the compute service as 'down'.
"""

from labkit.world.draw import escape

CONNECTED, UNKNOWN, FENCED = "connected", "unknown", "fenced"


class HostRecord:
    """One host in the model.

    name, index   index: the order in which hosts were added; ties go to the lowest
    hardware      a labkit.vmm.Host; datastores: names of those it reaches; cluster: a name or None
    state         'connected', 'unknown' (silent since since_s) or 'fenced' (its power was switched off: its VMs are
                  certainly not running, unless that was guessed); heard_at_s: when its last report arrived, None: never
    maintenance   None, 'entering' or 'in'
    boot, power, seq   of its last report: starts of its agent, of its machine, and the report's number since then
    delta         the last change of it that was heard and applied; None: not described yet, so nothing is ordered there
    vms           name → VmRecord, of those that are assigned to it
    unmanaged     name → state, of VMs there that the VIM knows nothing of
    demand_mhz, used_mib   of all its VMs together, as reported
    """

    __slots__ = (
        "name", "index", "hardware", "cluster", "datastores", "state", "since_s", "heard_at_s", "maintenance", "boot",
        "power", "seq", "delta", "asked_at_s", "vms", "unmanaged", "demand_mhz", "used_mib", "told", "agent", "guessed",
    )  # fmt: skip

    def __init__(self, name, index, hardware, cluster=None, datastores=()):
        self.name, self.index, self.hardware, self.cluster = name, index, hardware, cluster
        self.datastores = frozenset(datastores)
        self.state, self.since_s, self.heard_at_s, self.maintenance = UNKNOWN, 0.0, None, None
        self.boot = self.power = self.seq = 0
        self.delta = self.asked_at_s = self.agent = None
        self.told = self.guessed = False
        self.vms, self.unmanaged = {}, {}
        self.demand_mhz = self.used_mib = 0.0

    def __repr__(self):
        return f"<host {self.name}: {self.state}, {len(self.vms)} VMs>"


class VmRecord:
    """One VM in the model.

    name, index   index: the order of creation
    desired       'running', 'paused', 'off' or 'absent'
    host          the HostRecord it is assigned to, or None
    target        the HostRecord it is on its way to, or None; left: its host has said that it is there no more,
                  arrived: its target has said that it is there. It has moved when both have told
    also          names of other hosts where a copy may still be: it is started nowhere before each has told
    n             its incarnation: raised at every change of mind, so that an agent can tell an old order from a new one
    order         the order of this n for `host`, a verb of labkit.vim.carrying_out, or None
    takes         its next start must break the lock that a fenced host has left on its disk
    reported      what its host's agent said last (`seen` says 'unknown' while that host is silent); reported_n with it
    task          what is being done: None, 'scheduling', 'building', 'migrating', 'restarting', 'stopping', …
    priority, groups, project, template   as ordered
    """

    __slots__ = (
        "name", "index", "spec", "desired", "host", "target", "also", "n", "order", "takes", "sent_at_s", "reported",
        "reported_n", "left", "arrived", "seen_at_s", "task", "priority", "groups", "project", "template",
        "demand_mhz", "used_mib", "job", "error",
    )  # fmt: skip

    def __init__(self, name, index, spec, priority="medium", groups=(), project=None, template=None):
        self.name, self.index, self.spec, self.priority, self.groups = name, index, spec, priority, groups
        self.project, self.template = project, template
        self.desired, self.host, self.target, self.also, self.n, self.order = "running", None, None, (), 0, None
        self.sent_at_s = self.seen_at_s = self.task = self.job = self.error = None
        self.reported, self.reported_n, self.takes, self.left, self.arrived = "absent", 0, False, None, False
        self.demand_mhz = self.used_mib = 0.0

    @property
    def seen(self):
        """'running', 'paused', 'off', 'absent', 'crashed', 'migrating' …, or 'unknown' while its host is silent."""
        host = self.host
        if host is None or host.state == CONNECTED:
            return self.reported
        return "off" if host.state == FENCED else "unknown"

    def __repr__(self):
        where = self.host.name if self.host else "no host"
        return f"<vm {self.name}: {self.seen} on {where}, to be {self.desired}>"


class Inventory:
    """The model as a table, drawn at one moment: rows (vm, seen, desired, host, task)."""

    def __init__(self, hosts, vms, now_s):
        self.now_s = now_s
        self.hosts = [(host.name, host_words(host, now_s), len(host.vms)) for host in hosts]
        self.rows = [(vm.name, vm_words(vm, now_s), vm.desired, vm.host.name if vm.host else "–", vm.task or "")
                     for vm in vms]  # fmt: skip
        strangers = [(name, f"{state}, unmanaged", "–", host.name, "") for host in hosts
                     for name, state in host.unmanaged.items()]  # fmt: skip
        self.rows += strangers

    def __iter__(self):
        return iter(self.rows)

    def __repr__(self):
        return _text(self.hosts, ("host", "state", "VMs")) + "\n\n" + _text(self.rows, HEAD)

    def _repr_html_(self):
        return _html(self.hosts, ("host", "state", "VMs"), f"Hosts, as the VIM sees them at {self.now_s:g} s") + _html(
            self.rows, HEAD, "VMs, as the VIM sees them"
        )


HEAD = ("vm", "seen", "to be", "host", "task")
MOST_ROWS = 200


def host_words(host, now_s):
    """'connected', 'fenced', or 'unknown since 40 s'; with its maintenance."""
    words = host.state
    if host.state == UNKNOWN:
        since_s = host.since_s if host.heard_at_s is None else host.heard_at_s
        words = f"unknown since {now_s - since_s:.0f} s"
    return words if host.maintenance is None else f"{words}, maintenance: {host.maintenance}"


def vm_words(vm, now_s):
    """What was seen, or 'unknown since 40 s'."""
    seen = vm.seen
    if seen != "unknown":
        return seen
    return host_words(vm.host, now_s).split(",")[0]


def _text(rows, head):
    shown = [tuple(map(str, row)) for row in rows[:MOST_ROWS]]
    widths = [max(map(len, column)) for column in zip(head, *shown, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in (head, *shown)]  # fmt: skip
    return "\n".join(lines + [f"… and {len(rows) - MOST_ROWS} more"] * (len(rows) > MOST_ROWS))


def _html(rows, head, caption):
    left = 'style="text-align:left"'
    top = "".join(f'<th scope="col" {left}>{name}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row" {left}>{escape(str(row[0]))}</th>'
        + "".join(f"<td {left}>{escape(str(cell))}</td>" for cell in row[1:]) + "</tr>"
        for row in rows[:MOST_ROWS]
    )  # fmt: skip
    more = f" (the first {MOST_ROWS} of {len(rows)})" if len(rows) > MOST_ROWS else ""
    return f"<table><caption>{caption}{more}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
