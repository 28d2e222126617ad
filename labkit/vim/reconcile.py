"""The loop: what should be, what was seen, and what is to be ordered so that they become the same.

                      ┌───────────── desired (database)
    reports ─▶ seen ──┤  wanted(vm) → an order, or nothing          place ─▶ save ─▶ send
                      └───────────── n: which of our orders the host has carried out

It runs when something has changed, and every few seconds for what nobody has confirmed. It never asks 'what did I do
last?', only 'what is missing?': so it may be stopped anywhere and started again, and repeating it changes nothing. In a
world where everything is as it should be it orders nothing at all.

Never two running copies. A VM belongs to one host. It is given to another only when it certainly cannot run on the old
one: that host has confirmed to have dropped it, or has been fenced. While that is open the VM has hosts in `also`, and
is started nowhere.
"""

from labkit.vim import deploying, keeping
from labkit.vim.inventory import CONNECTED, FENCED, UNKNOWN
from labkit.vim.orders import STARTS
from labkit.world.errors import LabError

SHUTDOWN_S = 60.0  # a guest that has not shut down by then ignores its power button: chosen
LASTING = ("running", "paused", "off", "absent")  # states that stay; 'starting', 'stopping', 'migrating' pass


def wanted(vm):
    """The order that the VM's host should have got, by what is desired and what was seen there."""
    if vm.target is not None:
        return "migrate"
    if vm.desired == "absent":
        return "remove"
    if vm.desired == "off":
        return "shutdown" if vm.order == "shutdown" else "off"
    if vm.desired == "paused" and vm.reported in ("running", "paused", "crashed"):
        return "pause"
    return "take" if vm.takes else "run"


def same(order, verb):
    """True if a VM whose host has got `order` needs no new one for `verb`."""
    return order == verb or (order == "take" and verb == "run")


def held(vm):
    """True while a copy may be on another host, so that it must not be started here."""
    return bool(vm.also) and vm.target is None and vm.order not in ("off", "shutdown", "remove")


def settled(vm):
    """True if the last order is confirmed, what was seen is what is desired, and no other host may have a copy."""
    if vm.reported_n < vm.n or vm.also or vm.target is not None or vm.host is None:
        return False
    return vm.reported == vm.desired or (vm.desired == "off" and vm.reported == "absent")


def ignored(vm):
    """True if its power button was pressed and its guest runs on, so far."""
    return vm.order == "shutdown" and vm.reported_n >= vm.n and vm.reported in ("running", "paused")


def missing(vm):
    """The orders [(host's name or None for its own host, verb)] that nobody has confirmed yet."""
    orders = [(name, "drop") for name in vm.also] if vm.target is None else []
    if vm.host is not None and vm.order is not None and vm.reported_n < vm.n and not held(vm):
        orders.append((None, vm.order))
    return orders


# -- one pass ------------------------------------------------------------------------------------------------------
def run(vim):
    """Look at every VM about which something has changed: choose hosts, save what was decided, then send."""
    changed, vim.changed = vim.changed, {}
    for vm in changed:
        if vim.vms.get(vm.name) is vm:
            decide(vim, vm)
    if vim.unsaved or vim.gone or vim.hosts_changed or vim.unkept:
        try:
            vim.database.save(vim.unsaved, vim.gone, vim.hosts_changed, vim.n, keeping.late(vim))
        except LabError as error:
            vim.changed = {**changed, **vim.changed}  # what is not saved is not sent: the next pass tries again
            vim.emit("database cannot be written", error=str(error))
            return
        vim.unsaved, vim.gone, vim.hosts_changed = {}, {}, {}
    for vm in changed:
        order(vim, vm)
    vim.outbox.send()


def decide(vim, vm):
    """Bring the VM's host and its order up to date; a new order gets a new n."""
    job = vm.job
    if job is not None and job.state == "queued":
        job.state = "running"
    if vm.host is None and not vm.also:
        if vm.desired == "absent":
            return forget(vim, vm)
        if vim.settling:
            vim.unplaced[vm] = None
        else:
            place(vim, vm)
    if vm.host is None:
        if vm.order is not None or not vm.n:
            renew(vim, vm, None)
        return
    if (vm.desired == "absent" or vm.job is not None) and settled(vm):
        return forget(vim, vm) if vm.desired == "absent" else vim.settled(vm)
    if vm.template is not None and deploying.waits(vim, vm):
        return
    if ignored(vm) and vm.sent_at_s is not None and vim.world.now - vm.sent_at_s > SHUTDOWN_S:
        vm.error = LabError(f"the guest of {vm.name} ignores its power button", 504, True, "stop it without asking")
        return adopt(vim, vm)
    verb = wanted(vm)
    if not same(vm.order, verb) and not (vm.host.delta is None and vm.host.boot):
        renew(vim, vm, verb)


def renew(vim, vm, verb):
    """A new order, of a new n."""
    vim.n += 1
    vm.n, vm.order, vm.sent_at_s = vim.n, verb, None
    vim.unsaved[vm] = None


def place(vim, vm):
    """Choose a host and claim the room there. Nowhere: what never ran is refused, what is to run again waits."""
    try:
        host = vim.placement.choose(vim.request(vm))
    except LabError as error:
        vm.error = error
        vim.unplaced[vm] = None
        if vm.job is not None and vm.job.what == "create":
            vm.desired = "absent"
            forget(vim, vm, error)
        return
    vim.unplaced.pop(vm, None)
    vim.wishes.pop(vm, None)
    vim.assign(vm, host)
    if vm.task == "scheduling":
        vm.task = "building"
    vim.note(vm, f"{vm.task or 'building'} on {host.name}")


def forget(vim, vm, error=None):
    """The VM is nowhere: it was released, or (with an error) it has never been."""
    vim.leave(vm)
    del vim.vms[vm.name]
    for table in (vim.unsaved, vim.pending, vim.unplaced, vim.wishes, vim.copying):
        table.pop(vm, None)
    vim.gone[vm.index] = None
    vim.note(vm, "refused" if error else "released")
    vim.finished(vm, error)


def order(vim, vm):
    """Send what is missing to hosts that have told who they are; what is not confirmed stays pending."""
    orders = missing(vm)
    now = vim.world.now
    if not orders and ignored(vm):
        vim.pending[vm], vm.sent_at_s = None, now if vm.sent_at_s is None else vm.sent_at_s
        return
    if not orders:
        vim.pending.pop(vm, None)
        return
    vim.pending[vm] = None
    if vm.sent_at_s is not None and now - vm.sent_at_s < vim.retry_s:
        return
    for name, verb in orders:
        host = vm.host if name is None else vim.hosts[name]
        if host.state == CONNECTED and host.delta is not None:
            vm.sent_at_s = now
            arg = vm.spec if verb in STARTS else vm.target.name if verb == "migrate" else None
            vim.outbox.add(host, verb, vm.name, vm.n, arg)


def adopt(vim, vm):
    """What was seen is from now on what is desired: somebody has decided otherwise at the host, or in the guest."""
    error, vm.desired = vm.error, vm.reported
    vim.emit(f"found {vm.name} {vm.desired} at its host: adopted", vm.name)
    if vim.adopts == "all":
        vm.order = wanted(vm)
    else:
        renew(vim, vm, wanted(vm))
    vim.touch(vm)
    vim.finished(vm, error or LabError(f"{vm.name} is {vm.desired}: it was decided otherwise at its host", 409, True))


# -- every few seconds ------------------------------------------------------------------------------------------------
def tick(vim):
    """What nobody has confirmed is looked at again; hosts that say nothing become 'unknown', and are reported."""
    now = vim.world.now
    for host in vim.hosts.values():
        silent(vim, host, now)
    due = now - vim.retry_s
    for vm in vim.pending:
        if vm.sent_at_s is None or vm.sent_at_s <= due:
            vim.changed[vm] = None
    for vm in list(vim.unplaced):
        vim.changed[vm] = None
    for vm in vim.doubts:
        if vm.left is not None and vm.target.state == CONNECTED:
            vim.describe(vm.target)  # its host has handed it over: does the target have it?
    if vim.changed or vim.unsaved or vim.hosts_changed:
        run(vim)


def silent(vim, host, now):
    """A host that was not heard is unknown: neither dead nor alive. The failover system is told once."""
    heard_s = host.since_s if host.heard_at_s is None else host.heard_at_s
    if host.state == CONNECTED and now - heard_s > vim.unknown_after_s:
        host.state, host.since_s, host.told = UNKNOWN, heard_s, False
        vim.placement.changed(host)
        vim.hosts_changed[host] = None
        vim.emit("host is silent", host.name, since_s=round(heard_s, 3))
        vim.tell("host_changed", host, CONNECTED)
    if host.state == UNKNOWN and not host.told and now - heard_s >= vim.detect_s:
        host.told = True
        vim.tell_failover("host_silent", host)
    if host.state != FENCED and host.delta is None and host.boot:
        vim.describe(host)
