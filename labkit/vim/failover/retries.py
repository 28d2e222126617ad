"""A VM is to be restarted, and no host has room. When is it tried again, and when is it given up?

    0 ─── 2 ─────── 6 ─────────────── 14 ────────────────────────── 30 min        vSphere HA: five times (VSPHERE_S)
    0 5 10 15 …                                                                    None: until there is a place

Growing gaps leave a full cluster alone; the price is that room which comes one minute after a try is used late. Who has
been given up stays down, with the reason, until somebody starts it.

What the real one does differently: vSphere HA also tries when hosts come back or room is freed, and counts for each VM
(documents; the times are documented defaults); Proxmox VE tries in every round, until there is a place. After a crash
of our VIM a VM without a place is tried in every round, too: how often it was tried is not in its database.
"""

from labkit.world.errors import LabError, number

VSPHERE_S = (0.0, 120.0, 360.0, 840.0, 1800.0)


def moments(tries_s):
    """Return `tries_s` as a tuple if it is None or grows from 0, else raise LabError (400)."""
    if tries_s is None:
        return None
    if not isinstance(tries_s, (list, tuple)) or not tries_s:
        raise LabError(f"tries_s are seconds since the first try, not {tries_s!r}", 400, True, "(0, 120, 360)")
    times = tuple(number(at_s, "each of tries_s") for at_s in tries_s)
    if times[0] != 0 or any(after <= before for before, after in zip(times, times[1:], strict=False)):
        raise LabError(f"tries_s must begin with 0 and grow, not {tries_s!r}", 400, True, "(0, 120, 360)")
    return times


def again(system, waiting):
    """Try the (VM, Case) of `waiting` that have got no place at the moments of `system` only; then they are given up (a
    generator, begun in the instant of the first try)."""
    vim, began_s = system.vim, system.world.now
    for at_s in (*system.tries_s[1:], None):
        yield system.world.timeout(0)  # the VIM's pass of this instant has chosen
        waiting = [(vm, case) for vm, case in waiting if vm.task == "restarting" and vm.host is None and not vm.also]
        for vm, _ in waiting:
            vim.unplaced.pop(vm, None)  # else the VIM would try it in every round
        if at_s is None or not waiting:
            break
        yield system.world.timeout(began_s + at_s - system.world.now)
        for vm, _ in waiting:
            if vm.task == "restarting" and vm.host is None:
                vim.touch(vm)
    for vm, case in waiting:
        case.stays_down(vm, f"no host had room, {len(system.tries_s)} times")
        vim.emit(f"{vm.name} stays down: no host had room", vm.name)
        vim.finished(vm, vm.error)
