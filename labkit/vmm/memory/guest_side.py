"""What the guest does with its memory, by itself: take free pages, page out, touch, feed the balloon.

Whatever is decided here is the guest's matter; the host only sees pages being touched for the first time, pages that
were elsewhere being wanted back, and what the balloon driver hands over. When a guest *frees* a page, the host sees
nothing at all.
"""

from labkit.vmm.memory import costs

TAKEN = ("backed", "shared", "compressed", "swapped", "none")  # free pages in the guest's order: used recently first
FRAMES = {"backed": 0.0, "shared": 1.0, "compressed": 0.5, "swapped": 1.0, "none": 1.0}  # new frames per page


def allocate(vm, mib, frames_mib, into="idle"):
    """The guest takes `mib` of its free pages for its programs, paging out when it has too few. At most `frames_mib` of
    host memory can be had; what is not to be had now is not taken. Returns (MiB taken, new frames in MiB)."""
    if vm.row("free") < mib:
        page_out(vm, mib - vm.row("free"))
    got = frames = 0.0
    for place in TAKEN:
        fits = (frames_mib - frames) / FRAMES[place] if FRAMES[place] else mib
        moved = vm.move(("free", place), (into, "backed"), min(mib - got, max(fits, 0.0)))
        got, frames = got + moved, frames + moved * FRAMES[place]
    return got, frames


def page_out(vm, mib):
    """The guest writes pages to its own swap disk: those it has not wanted for long, then any. Returns MiB freed."""
    room, done = vm.guest_swap_mib - vm.paged_active_mib - vm.paged_idle_mib, 0.0
    for row in ("idle", "active"):
        moved = _rows(vm, row, "free", min(mib - done, room - done))
        done += moved
        if row == "idle":
            vm.paged_idle_mib += moved
        else:
            vm.paged_active_mib += moved
    return done


def release(vm, mib):
    """The guest's programs free memory, idle first. The pages stay where they are: nobody tells the host."""
    gone = min(vm.paged_idle_mib, mib)
    vm.paged_idle_mib -= gone
    for row in ("idle", "active"):
        gone += _rows(vm, row, "free", mib - gone)
    return gone


def asks_mib(vm, dt_s, disk):
    """Host memory for which the guest faults in the next `dt_s` seconds, MiB: to grow and to page in, as far as its
    free pages have no frame; and for active pages that the host took."""
    takes = min(costs.GROW_MIB_S * dt_s, max(0.0, vm.wanted_mib[0] - vm.used_mib))
    part = min(1.0, vm.speed(disk) * dt_s)
    backed = vm.pages.get(("free", "backed"), 0.0)
    faults = min(max(0.0, takes + vm.paged_active_mib * part - backed), vm.row("free") - backed)
    away = vm.pages.get(("active", "swapped"), 0.0) + vm.pages.get(("active", "compressed"), 0.0) / 2
    return faults + away * part


def settle(vm, dt_s, frames_mib, grow_mib_s):
    """One step of the guest's programs towards `wanted_mib` = (used, active). Returns new frames in MiB."""
    used, active = vm.wanted_mib
    frames, missing, vm.growth = 0.0, used - vm.used_mib, 1.0
    if missing > 0:
        asked = min(missing, grow_mib_s * dt_s)
        got, frames = allocate(vm, asked, frames_mib)
        vm.growth = got / asked
    elif missing < 0:
        release(vm, -missing)
    _warm(vm, min(active, vm.used_mib) - vm.active_mib)
    return frames


def touch(vm, dt_s, frames_mib, disk):
    """The guest works for `dt_s` seconds: active pages that lie elsewhere are fetched, as fast as the wait for them
    allows. Returns (MiB from the host's swap, MiB unpacked, MiB from the guest's own swap, new frames in MiB)."""
    part = min(1.0, vm.speed(disk) * dt_s)
    swapped = min(vm.pages.get(("active", "swapped"), 0.0) * part, frames_mib)
    swapped = vm.move(("active", "swapped"), ("active", "backed"), swapped)
    packed = min(vm.pages.get(("active", "compressed"), 0.0) * part, (frames_mib - swapped) * 2)
    packed = vm.move(("active", "compressed"), ("active", "backed"), packed)
    frames = swapped + packed / 2
    wanted = min(vm.paged_active_mib * part, vm.row("free") + vm.row("idle"))
    vm.paged_active_mib -= wanted
    paged, more = allocate(vm, wanted, frames_mib - frames, into="active")
    vm.paged_active_mib += wanted - paged
    return swapped, packed, paged, frames + more


def inflate(vm, mib):
    """The driver takes `mib` of the guest's pages and names them to the host: free ones first, then the guest pages out
    for it. Returns the frames that this gave back, MiB: less than `mib` where pages had no frame."""
    before, left = vm.frames_mib, mib
    for _ in range(2):
        for place in TAKEN:
            left -= vm.move(("free", place), ("balloon", "none"), left)
        if left > 0:
            page_out(vm, left)
    return before - vm.frames_mib


def deflate(vm, mib):
    """The driver gives pages back to the guest: free, and without a frame until somebody touches them."""
    return vm.move(("balloon", "none"), ("free", "none"), mib)


def _rows(vm, source, target, mib):
    """Move `mib` from one guest row to another, in proportion over the host's columns; the MiB moved."""
    have = {place: vm.pages.get((source, place), 0.0) for place in TAKEN}
    part = min(1.0, mib / total) if mib > 0 and (total := sum(have.values())) > 0 else 0.0
    return sum(vm.move((source, place), (target, place), found * part) for place, found in have.items())


def _warm(vm, mib):
    """Make `mib` of idle memory active (or, if negative, active memory idle)."""
    if mib < 0:
        paged = min(-mib, vm.paged_active_mib)
        vm.paged_idle_mib, vm.paged_active_mib = vm.paged_idle_mib + paged, vm.paged_active_mib - paged
        _rows(vm, "active", "idle", -mib - paged)
    elif mib > 0:
        mib -= _rows(vm, "idle", "active", mib)
        paged = min(mib, vm.paged_idle_mib)
        vm.paged_idle_mib, vm.paged_active_mib = vm.paged_idle_mib - paged, vm.paged_active_mib + paged
