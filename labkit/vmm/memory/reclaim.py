"""The four ways to get memory back from a VM, each with its limits: share, balloon, compress, swap.

    share      pages with equal contents become one          the guest notices nothing until it writes
    balloon    the guest gives up what it can spare best      needs a driver in the guest, and the guest's patience
    compress   a page that fits into half a page stays here   costs microseconds when it is wanted back
    swap       any page goes to the host's swap file          costs a disk access, and hits what the guest needs now

`room` says how much host memory one of them can free, `reclaim` does it. Both refuse to go below a reservation, beyond
the balloon's cap or beyond the compression cache: what is promised is never taken, however short the host is.

What the real one does differently: compression is tried page by page on the way to swap (a page that does not fit into
half a page is swapped); our VM says in advance which part of its pages fits.
"""

from labkit.vmm.memory import guest_side
from labkit.vmm.memory.vm_memory import BALLOON_CAP, COMPRESSION_CACHE
from labkit.world.errors import LabError, number, unknown

ORDER = ("share", "balloon", "compress", "swap")
LRU = ("idle", "free", "active")  # the order of a host that looks at accessed bits (Linux)


def above_reservation(vm):
    """What the VM holds beyond what was promised, MiB."""
    return max(0.0, vm.granted_mib - vm.allocation.reservation_mib)


def share_room(vm, salting=2):
    """Pages with a twin that are not shared yet. Twins in other VMs count only without salting (0)."""
    alike = vm.alike + (vm.alike_others if salting == 0 else 0.0)
    return max(0.0, alike * vm.column("backed", "shared") - vm.column("shared"))


def balloon_room(vm):
    """Up to the cap, what the guest can give: its free pages, and what its own swap space still takes."""
    if not vm.driver:
        return 0.0
    spare = vm.row("free") + vm.guest_swap_mib - vm.paged_active_mib - vm.paged_idle_mib
    return max(0.0, min(BALLOON_CAP * vm.memory_mib - vm.row("balloon"), spare, above_reservation(vm)))


def compress_room(vm):
    """Half of the pages that fit into half a page, as long as the VM's compression cache has room."""
    pages = vm.compressible * vm.column("backed", "compressed") - vm.column("compressed")
    cache = COMPRESSION_CACHE * vm.memory_mib - vm.column("compressed") / 2
    return max(0.0, min(pages / 2, cache, above_reservation(vm)))


def swap_room(vm):
    """Everything that has a frame of its own, down to the reservation."""
    return max(0.0, min(vm.column("backed"), above_reservation(vm)))


def room(vm, action, salting=2):
    """Host memory that `action` can free from this VM now, MiB."""
    if action == "share":
        return share_room(vm, salting)
    rooms = {"balloon": balloon_room, "compress": compress_room, "swap": swap_room}
    if action not in rooms:
        raise unknown("way to reclaim memory", action, ORDER)
    return rooms[action](vm)


def reclaim(vm, action, mib, salting=2):
    """Take `mib` from the VM; the host memory that is free now because of it, MiB. LabError, and nothing done, if that
    is more than may be taken."""
    there = room(vm, action, salting)
    if number(mib, "mib") > there + 1e-6:
        raise LabError(f"cannot {action} {mib:g} MiB of {vm.name}: {_why(vm, action, there, salting)}")
    if action == "balloon":
        return guest_side.inflate(vm, mib)
    if action == "compress":
        return vm.take("backed", "compressed", 2 * mib) / 2
    return vm.take("backed", {"share": "shared", "swap": "swapped"}[action], mib)


def _why(vm, action, there, salting):
    if action == "balloon" and not vm.driver:
        return "no balloon driver runs in this guest"
    if action == "share":
        salted = " (salting: equal pages of other VMs do not count)" if salting and vm.alike_others else ""
        return f"{there:g} MiB have an equal page{salted}"
    if there >= above_reservation(vm) - 1e-6:
        return f"{there:g} MiB lie above its reservation of {vm.allocation.reservation_mib:g} MiB"
    if action == "balloon":
        return f"{there:g} MiB are left of its balloon ({BALLOON_CAP:.0%} of {vm.memory_mib:g} MiB at most)"
    return f"{there:g} MiB are all that can be had in this way"
