"""A VM changes its host: alive (migration), or from its disk (restart after a fence). When is it certainly gone there?

    migrate     source: 'migrating' … ── 'absent' ─┐
                target:                'running' ──┴─▶ both have told: it has moved
                source: 'running' again               it stayed; the target is told to drop what it may have
                one of the two is silent              in doubt: started nowhere, until that host speaks or is fenced
    restart     old host fenced ─▶ another is chosen, 'take' breaks the lock that the dead host has left on the disk

`also` names the hosts that may still have a copy; each is ordered to drop it, with an n that makes it deaf to anything
older, and only its own confirmation (or a fence) takes it off the list.

What the real one does differently: Nova keeps such a move in the table `migrations` and leaves doubtful cases to an
operator; vMotion is arbitrated by the two hosts and the datastore's lock on the disk's file.
"""

from labkit.vim.inventory import CONNECTED, FENCED, VmRecord
from labkit.vim.reconcile import renew, wanted
from labkit.vim.spec import Spec
from labkit.world.errors import LabError


def begin(vim, vm, target):
    """Order a live migration; the room on the target is claimed until it has ended."""
    vm.target, vm.left, vm.arrived, vm.task = target, None, False, "migrating"
    vim.doubts[vm] = None
    vim.placement.claim(target, vm.spec, vm)
    vim.touch(vm)
    vim.note(vm, f"migrating to {target.name}")


def at_source(vim, vm, state, n):
    """The host that it shall leave has spoken."""
    if n < vm.n:
        return
    if state in ("running", "paused"):
        _stayed(vim, vm)
    elif state in ("absent", "off", "crashed"):
        _left(vim, vm)


def at_target(vim, vm, state, n):
    """The host that it shall reach has spoken."""
    if state in ("running", "paused"):
        vm.arrived = (state, n)
        if vm.left is not None:
            _moved(vim, vm)
    elif state in ("absent", "off", "crashed") and vm.left is not None and vim.world.now > vm.left:
        _lost(vim, vm)


def _left(vim, vm):
    if vm.left is None:
        vm.left = vim.world.now
    if vm.arrived:
        _moved(vim, vm)
    elif vm.target.state == CONNECTED:
        vim.describe(vm.target, again=True)


def _moved(vim, vm):
    """Both have told: from now on it belongs to the target."""
    target, (state, n) = vm.target, vm.arrived
    vim.leave(vm)
    vm.host, target.vms[vm.name] = target, vm
    vm.target, vm.left, vm.arrived = None, None, False
    vm.reported, vm.reported_n, vm.takes, vm.task = state, n, False, None
    vim.doubts.pop(vm, None)
    renew(vim, vm, wanted(vm))
    vim.touch(vm)
    vim.note(vm, f"{state} on {target.name}")
    vim.finished(vm)


def _stayed(vim, vm):
    """The migration has failed: it runs where it was, and the target is to drop what it may have of it."""
    target, error = vm.target, vm.error
    _end(vim, vm)
    doubt(vim, vm, target.name)
    vim.note(vm, f"stays on {vm.host.name}")
    vim.finished(vm, error or LabError(f"{vm.name} was not migrated", 409, True, "try again"))


def _lost(vim, vm):
    """The source has handed it over, and the target does not have it: it starts again from its disk."""
    target = vm.target
    _end(vim, vm)
    doubt(vim, vm, target.name)
    vim.note(vm, f"lost on the way to {target.name}")
    vim.finished(vm, LabError(f"{vm.name} was lost on the way: it starts again on {vm.host.name}", 500, False))


def _end(vim, vm):
    vim.placement.release(vm.target, vm.spec, vm)
    vm.target, vm.left, vm.arrived, vm.task = None, None, False, None
    vim.doubts.pop(vm, None)


def doubt(vim, vm, name):
    """Host `name` may have a copy: it is told to drop it, and nothing starts elsewhere before it says that it has."""
    vm.also = (*vm.also, name)
    vim.doubts[vm] = None
    renew(vim, vm, vm.order if vm.host is None else wanted(vm))
    vim.touch(vm)


def cleared(vim, vm, name):
    """Host `name` certainly has no copy."""
    vm.also = tuple(other for other in vm.also if other != name)
    vm.sent_at_s = None
    if not vm.also and vm.target is None:
        vim.doubts.pop(vm, None)
    vim.touch(vm)


def fenced(vim, host, guessed=False):
    """Nothing runs on `host` any more, and nothing will before it has started anew (or so somebody guesses)."""
    before, host.state, host.since_s, host.delta = host.state, FENCED, vim.world.now, None
    host.told, host.guessed = True, guessed
    vim.placement.changed(host)
    vim.hosts_changed[host] = None
    for vm in list(vim.doubts):
        if host.name in vm.also:
            cleared(vim, vm, host.name)
        if vm.target is host:
            vm.takes = vm.takes or vm.left is not None  # it was there when that died, and so was the disk's lock
            _end(vim, vm)
            renew(vim, vm, wanted(vm))
            vim.touch(vm)
            vim.finished(vm, LabError(f"{host.name} was fenced while {vm.name} was on its way there", 409, False))
        elif vm.host is host and vm.target is not None:
            _left(vim, vm)
    vim.wake()
    vim.emit("host is taken for dead" if guessed else "host is fenced", host.name)
    vim.tell("host_changed", host, before)


def fence(vim, host, tries, timeout_s):
    """Ask the host's BMC to switch the power off; True only if it says that it is (a generator)."""
    for _ in range(tries):
        try:
            answer = yield vim.world.call(vim.name, f"{host.name}-bmc", "ipmi", "power off", timeout_s)
        except LabError:
            continue
        if answer["power"] == "off":
            if host.state != FENCED:
                fenced(vim, host)
            return True
    vim.emit("fence failed", host.name)
    return False


def restart(vim, vm):
    """Free it from a fenced host, to be placed and started elsewhere in the next pass."""
    target = vm.target
    if target is not None:
        _end(vim, vm)
    if vm.host.cluster is not None:
        vim.wishes[vm] = None, vm.host.cluster  # it stays in its cluster
    vim.leave(vm)
    vm.host, vm.reported, vm.reported_n, vm.takes, vm.task = None, "off", 0, True, "restarting"
    renew(vim, vm, None)
    if target is not None:
        doubt(vim, vm, target.name)
    vim.touch(vm)


def cold(vim, vm, host):
    """Give a VM that is off to another host: the old one drops it first, its disk is shared."""
    old = vm.host
    vim.leave(vm)
    vim.assign(vm, host)
    doubt(vim, vm, old.name)


def newcomer(vim, host, name, state, n):
    """Somebody has made a VM at the host: it gets a record. Its size is in no report: it counts as a default Spec."""
    if state not in ("running", "paused", "off"):
        return
    vim.index += 1
    vm = VmRecord(name, vim.index, Spec())
    vim.vms[name] = vm
    vim.assign(vm, host)
    vm.desired = vm.reported = state
    vm.n = vm.reported_n = n
    vm.order = wanted(vm)
    vim.touch(vm)
    vim.emit(f"found {name} {state} on {host.name}: registered", name)


def found_at(vim, vm, host, state, n):
    """Somebody else has moved it (a cluster's own failover agents, an administrator): adopted where it runs."""
    if vm.target is not None:
        _end(vim, vm)
    vim.leave(vm)
    vm.host, host.vms[vm.name] = host, vm
    vim.placement.claim(host, vm.spec, vm)
    vm.reported, vm.desired, vm.task = state, state, None
    vm.n, vm.reported_n, vm.order = n, n, wanted(vm)
    vim.touch(vm)
    vim.emit(f"found {vm.name} {state} on {host.name}: adopted", vm.name)
    vim.finished(vm)
