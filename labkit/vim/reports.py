"""Reports: what an agent says, and what the model makes of it.

    older start of the agent, or older number     late or doubled: ignored
    a full one                                    this is how it is
    the next change                               applied
    a change that is not the next                 one was lost: ask for a full one
    nothing new                                   the host lives, and nothing has changed

A VM may turn out otherwise than ordered. If the host has not carried out the last order yet, that is the delay. If it
has, somebody has acted at the host itself, or the guest has: it is taken over as what is desired (adopted), as vCenter
does. A machine that has been switched on anew has lost its VMs against everybody's will: they are started again.

A guest that has panicked, or whose process the OOM killer has ended, is 'crashed': nobody has decided that, so it is
still to run; and it is not started again, for it may crash for ever. That is left to the failover system (crashed=) or
to somebody who has looked. So do libvirt (on_crash: destroy) and vCenter without VM Monitoring (documented default:
disabled); Nova calls such a server SHUTOFF and takes that for its user's wish (sync_power_state).

What the real one does differently: vpxd fetches a host's changes by version numbers, and libvirt's connection notices
when it breaks; ours sees gaps in numbers only.
"""

from functools import lru_cache

from labkit.vim import moving
from labkit.vim.inventory import CONNECTED, FENCED
from labkit.vim.reconcile import LASTING, adopt, same, settled, wanted
from labkit.vmm.host import Host
from labkit.world.errors import LabError
from labkit.world.fixed import fixed


def hear(vim, report):
    """Take in one report (the payload of an agent's message)."""
    host = vim.hosts.get(report["host"])
    if host is None:
        return
    boot, seq = report["boot"], report["seq"]
    if boot < host.boot or boot == host.boot and (seq <= host.seq or host.state == FENCED and not host.guessed):
        return
    if boot != host.boot:
        _new_start(vim, host, boot, report["power"])
    host.seq, host.heard_at_s = seq, vim.world.now
    if host.state != CONNECTED:
        _back(vim, host)
    if "vms" in report or report["delta"] != host.delta:
        _apply(vim, host, report)
    if vim.changed:
        vim.wake()
    if vim.monitoring_or_none is not None:
        vim.monitoring_or_none.reported(host)


def _new_start(vim, host, boot, power):
    """The agent has started anew; and if the machine has, too, no VM can have run through that."""
    if host.power and power != host.power:
        for vm in host.vms.values():
            if vm.target is not None:
                vm.left = vim.world.now
            elif vm.desired in ("running", "paused") and vim.adopts == "all":
                vm.desired = "off"
                vim.touch(vm)
            elif vm.desired in ("running", "paused"):
                vm.order = None
    host.boot, host.power, host.seq, host.delta, host.asked_at_s = boot, power, 0, None, None
    vim.hosts_changed[host] = None
    vim.look_at(host)


def _back(vim, host):
    before, host.state, host.since_s, host.told = host.state, CONNECTED, vim.world.now, False
    host.guessed = False
    vim.hosts_changed[host] = None
    vim.placement.changed(host)
    vim.look_at(host)
    vim.emit("host is connected", host.name)
    vim.tell("host_changed", host, before)
    vim.tell_failover("host_back", host)


def _apply(vim, host, report):
    delta = report["delta"]
    if report["full"]:
        first, host.delta, host.asked_at_s = host.delta is None, delta, None
        _errors(vim, report.get("errors", ()))
        _describe(vim, host, report)
        if first:
            vim.look_at(host)
    elif host.delta is not None and delta == host.delta + 1 and "vms" in report:
        host.delta = delta
        _errors(vim, report["errors"])
        for row in report["vms"]:
            _row(vim, host, row)
    elif delta != host.delta:
        vim.describe(host)
    if "vms" in report:
        host.demand_mhz = sum(vm.demand_mhz for vm in host.vms.values())
        host.used_mib = sum(vm.used_mib for vm in host.vms.values())


def _describe(vim, host, report):
    """A full report: its hardware, its VMs, and what it does not list is not there."""
    hardware, datastores = _hardware(fixed(report["hardware"]))
    if hardware != host.hardware or datastores != host.datastores:
        host.hardware, host.datastores = hardware, datastores
        vim.placement.changed(host)
    host.unmanaged = {}
    listed = set()
    for row in report.get("vms", ()):
        listed.add(row[0])
        _row(vim, host, row)
    for vm in [vm for vm in host.vms.values() if vm.name not in listed]:
        _own(vim, vm, host, "absent", 0, 0, 0)
    for vm in [vm for vm in vim.doubts if vm.target is host and vm.name not in listed]:
        moving.at_target(vim, vm, "absent", 0)


@lru_cache(maxsize=1024)
def _hardware(values):
    """(Host, names of datastores) of what a full report says; most hosts of a data centre say the same."""
    values = dict(values)
    datastores = frozenset(values.pop("datastores"))
    return Host(**{**values, "networks": tuple(values["networks"])}), datastores


def _errors(vim, errors):
    for name, n, code, text in errors:
        vm = vim.vms.get(name)
        if vm is not None and n == vm.n:
            vm.error = LabError(text, code, code != 504, "see the host's own log")


def _row(vim, host, row):
    name, state, n, demand_mhz, used_mib = row
    vm = vim.vms.get(name)
    if vm is None:
        _stranger(vim, host, name, state, n)
    elif vm.host is host:
        _own(vim, vm, host, state, n, demand_mhz, used_mib)
    elif vm.target is host:
        moving.at_target(vim, vm, state, n)
    else:
        _elsewhere(vim, vm, host, state, n)


def _stranger(vim, host, name, state, n):
    """A VM that the VIM knows nothing of: shown as 'unmanaged', and left alone; or (adopts='all') taken over."""
    if state == "absent":
        host.unmanaged.pop(name, None)
    elif vim.adopts == "all":
        moving.newcomer(vim, host, name, state, n)
    else:
        host.unmanaged[name] = state


def _elsewhere(vim, vm, host, state, n):
    """A VM is (or is not) on a host that it is not assigned to."""
    if host.name in vm.also:
        if state == "absent" and n >= vm.n:
            moving.cleared(vim, vm, host.name)
    elif state == "absent":
        return
    elif vim.adopts == "all":
        if state == "running" and vm.seen != "running":
            moving.found_at(vim, vm, host, state, n)
    else:
        vim.note(vm, f"{state} on {host.name}, too: it does not belong there")
        moving.doubt(vim, vm, host.name)


def _own(vim, vm, host, state, n, demand_mhz, used_mib):
    """What the VM's own host says of it."""
    if state == "crashed" and vm.desired in ("off", "absent"):
        state = "off"  # that is what was wanted, in whatever way
    before, vm.reported, vm.reported_n, vm.seen_at_s = vm.reported, state, n, host.heard_at_s
    vm.demand_mhz, vm.used_mib = demand_mhz, used_mib
    news = state != before and (vm.target is None or state == "migrating")
    if news:
        vim.note(vm, state)
    if vm.target is not None:
        moving.at_source(vim, vm, state, n)
    elif n >= vm.n and state in LASTING:
        if settled(vm):
            news = news and vm.order is None  # otherwise there is nothing more to be done about it
            vim.pending.pop(vm, None)
            vim.settled(vm)
        else:
            _unexpected(vim, vm, state)
    elif n >= vm.n and state == "crashed":
        _crashed(vim, vm, news)
    if news:
        vim.changed[vm] = None
    if state != before and vim.monitoring_or_none is not None:
        vim.monitoring_or_none.vm_changed(vm, before)
    if news and vm.reported == "crashed":
        vim.tell_failover("vm_crashed", vm)


def _crashed(vim, vm, news):
    """It has ended by itself, on a host that lives. What was being done with it has failed."""
    vim.pending.pop(vm, None)
    if news:
        vim.emit(f"{vm.name} has crashed on {vm.host.name}", vm.name)
    if vm.job is not None or vm.task is not None:
        vim.finished(vm, vm.error or LabError(f"{vm.name} has crashed", 500, True, "look why, then start it"))


def _unexpected(vim, vm, state):
    """The last order was carried out or refused, and yet the VM is not as desired."""
    if vm.order is None or not same(vm.order, wanted(vm)) or vm.also:
        vim.changed[vm] = None  # it was only a step on the way
    elif vm.order == "shutdown" and state == "running" and vm.error is None:
        return  # the button is pressed: the guest takes its time
    elif vm.error is not None and vm.job is not None and vm.job.what == "create":
        vm.desired = "absent"  # it could not be made: nothing half done stays
        vim.touch(vm)
        vim.finished(vm, vm.error)
    elif vm.takes or state == "absent" or vm.desired == "absent":
        vm.order = None  # tried again after a while
        vim.pending[vm], vm.sent_at_s = None, vim.world.now
    else:
        adopt(vim, vm)
