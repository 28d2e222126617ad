"""The VMkernel under pressure: what each state does, in the documented order, to the VM whose memory is cheapest.

The host reclaims until free memory has climbed to the edge of the next better state, no further. So the host does not
get well again by itself: it stays where its cheapest sufficient means keep it, and every page more that somebody wants
is a page less for somebody else.

Ballooning and swapping ask the same question (who pays?) and differ in who chooses the pages: the guest, or chance.
"""

from labkit.vmm.memory import costs, guest_side
from labkit.vmm.memory.reclaim import reclaim, room
from labkit.vmm.memory.states import leave_mib, rung_of
from labkit.vmm.memory.tax import poorest, rho

RATE_MIB_S = {
    "share": costs.SHARE_MIB_S,
    "balloon": costs.BALLOON_MIB_S,  # per VM: each guest has its own driver
    "compress": costs.COMPRESS_MIB_S,
    "swap": costs.SWAP_OUT_MIB_S,
}
CHUNK_MIB = 16.0


def step(host, dt_s):
    """One step of the VMkernel: what exceeds a limit, the state, its actions, or a balloon let down when all is well.
    Returns {(action, vm): MiB}."""
    done = {}
    for vm in host.vms.values():
        if vm.allocation.limit_mib is not None:
            _keep_limit(vm, dt_s, done)
    host.enter(rung_of(host.free_mib, host.least_mib, host.rung, host.ladder))
    least = enough_mib(host)
    for action in host.state.actions:
        if action in RATE_MIB_S:
            _act(host, action, least, dt_s, done)
    if host.state.name == "high":
        _let_down(host, dt_s, done)
    return done


def allowed_mib(vm, dt_s):
    """Host memory that a VM may get in `dt_s` seconds because of its limit: the room below it, and what can be taken
    from the VM itself meanwhile."""
    below = vm.allocation.cap_mib(vm.memory_mib) - vm.granted_mib
    return max(0.0, below) + RATE_MIB_S["swap"] * dt_s


def enough_mib(host):
    """Free memory at which this step stops to reclaim: the upper edge of the state. While it swaps it goes half way
    through 'soft', and adds what guests asked for in this second: what is freed is gone at once, and the next fault
    must not throw the host back."""
    if "swap" not in host.state.actions:
        return leave_mib(host.rung, host.least_mib, host.ladder) + 1.0
    hard = min(rung for rung, state in enumerate(host.ladder) if "swap" in state.actions)
    edges = leave_mib(hard, host.least_mib, host.ladder) + leave_mib(hard - 1, host.least_mib, host.ladder)
    return edges / 2 + host.asked_mib


def price(host, vm):
    """The VM's shares per page, idle pages taxed, by the host's estimate of what is active."""
    return rho(vm.allocation.share_count(vm.memory_mib), vm.granted_mib, vm.seen_active, host.tax)


def _act(host, action, least_mib, dt_s, done):
    """Take from the poorest VM, chunk by chunk, until `least_mib` are free or `dt_s` is over."""
    left = RATE_MIB_S[action] * dt_s
    budget = {vm.name: left for vm in host.vms.values()}
    while left > 1e-6 and (need := least_mib - host.free_mib) > 1e-6:
        able = [vm for vm in host.vms.values() if budget[vm.name] > 1e-6 and _room(host, vm, action) > 1e-6]
        vm = poorest(able, lambda each: price(host, each))
        if vm is None:
            return
        mib = min(CHUNK_MIB, need, budget[vm.name], _room(host, vm, action))
        reclaim(vm, action, mib, host.salting)
        budget[vm.name] -= mib
        left -= 0.0 if action == "balloon" else mib
        _count(done, action, vm, mib)


def _room(host, vm, action):
    """Sharing works on 4 KiB pages: as long as large pages are whole, it finds nothing."""
    return 0.0 if action == "share" and not host.broken else room(vm, action, host.salting)


def _keep_limit(vm, dt_s, done):
    """A limit counts in every state: what the VM holds above it is taken, however much the host has free."""
    for action in ("balloon", "compress", "swap"):
        over = vm.granted_mib - vm.allocation.cap_mib(vm.memory_mib)
        mib = min(over, RATE_MIB_S[action] * dt_s, room(vm, action))
        if mib > 1e-6:
            reclaim(vm, action, mib)
            _count(done, action, vm, mib)


def _let_down(host, dt_s, done):
    """Enough is free: balloons shrink. This costs no host memory until the guests use what they got back."""
    for vm in host.vms.values():
        if vm.row("balloon") and vm.granted_mib < vm.allocation.cap_mib(vm.memory_mib) - CHUNK_MIB:
            mib = guest_side.deflate(vm, min(RATE_MIB_S["balloon"] * dt_s, host.free_mib - host.least_mib))
            if mib > 1e-6:
                _count(done, "deflate", vm, mib)


def _count(done, action, vm, mib):
    done[action, vm.name] = done.get((action, vm.name), 0.0) + mib
