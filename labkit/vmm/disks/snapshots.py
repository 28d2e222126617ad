"""Snapshots: freeze the newest file and go on in a new one. Nothing is copied, so it takes no time; and nothing is
copied, so it is no backup: the old file is still needed for every byte that was not written since.

                   ┌── web-000002.img   (you are here, after revert("s1"))
    web.img (s1) ◀─┴── web-000001.img (s2)
"""

from dataclasses import dataclass

from labkit.vmm.disks.chain import walk
from labkit.vmm.disks.image import CLUSTER, MIB
from labkit.world import LabError
from labkit.world.errors import number, unknown, words

# Documented defaults of VMware: 32 in a chain at most; 2 to 3 recommended, for 72 hours at most (KB 1025279).
MAX_DELTAS = 32
ADVISED_DELTAS = 3
ADVISED_AGE_S = 72 * 3600


@dataclass
class Snapshot:
    """A name for a frozen file. `memory_mib` 0: the disk alone (after a revert the VM is off); more: the VM's memory
    lies beside it (after a revert the VM runs on from there). `quiesced`: the guest's file systems were flushed first;
    without that (and without memory) the disk is as after a power cut: crash-consistent."""

    name: str
    image: str
    t_s: float
    memory_mib: float = 0
    quiesced: bool = False


def take(disk, name, memory_mib=0, quiesce=False):
    """See Disk.snapshot. Raises LabError for a name that is taken or a chain that is too long, NoSpace."""
    disk.idle()
    number(memory_mib, "memory_mib")
    if words(name, "a snapshot's name") in disk.snapshots:
        raise LabError(f"{disk.name!r} has a snapshot {name!r} already", 409, True, "give it another name")
    if quiesce and memory_mib:
        raise LabError(
            "memory or quiesce, not both",
            400,
            True,
            "with its memory the guest goes on in the middle of everything: nothing to flush",
        )
    room_in(disk.layers(), disk.name)
    frozen = disk.store.images[disk.top]
    if memory_mib:
        disk.store.take(memory_file(disk, name), memory_mib)
    try:
        disk.top = grow(disk, frozen)
    except LabError:
        if memory_mib:
            disk.store.give_back(memory_file(disk, name))
        raise
    made = disk.snapshots[name] = Snapshot(name, frozen.name, disk.world.now, memory_mib, bool(quiesce))
    disk.tell(f"snapshot {name}", disk.top, frozen=frozen.name, memory_mib=memory_mib, quiesced=made.quiesced)
    return made


def room_in(layers, name):
    """Raise LabError unless one more delta may stand on these layers."""
    if len(layers) > MAX_DELTAS:
        raise LabError(
            f"the chain of {name!r} has {MAX_DELTAS} deltas, and no more are allowed",
            409,
            True,
            "delete snapshots that nobody needs (2 to 3 are recommended)",
        )


def grow(disk, parent):
    """A new, empty file of this disk over `parent`; its name."""
    image = disk.store.new_image(f"{disk.name}-{disk.numbers + 1:06d}.img", disk.name, disk.size_bytes, parent)
    disk.numbers += 1
    return image.name


def memory_file(disk, name):
    """The file that holds the VM's memory of a snapshot."""
    return f"{disk.name}-{name}.vmsn"


def find(disk, name):
    """The Snapshot of this name. Raises LabError with the closest name there is."""
    if name not in disk.snapshots:
        error = unknown("snapshot", name, disk.snapshots)
        raise LabError(error.message, 404, True, error.next_step)
    return disk.snapshots[name]


def nearest(disk, images):
    """Name of the first snapshot on the way down these images, or None."""
    names = {snapshot.image: name for name, snapshot in disk.snapshots.items()}
    return next((names[image.name] for image in images if image.name in names), None)


def loss(disk, name):
    """See Disk.loss."""
    find(disk, name)
    mib = own_mib(disk)
    since = f"since snapshot {disk.current!r}" if disk.current else "to the disk"
    later = [other for other in disk.snapshots if other != name]
    listed = ", ".join(later) if len(later) < 5 else f"{later[0]} to {later[-1]}"
    kept = f"; what the snapshots {listed} hold stays" if later else ""
    return f"{mib:g} MiB written {since} will be lost{kept}."


def own_mib(disk):
    """MiB of data in the newest file (0 when it is lost)."""
    return disk.store.images[disk.top].data * CLUSTER / MIB if disk.top in disk.store.images else 0


def revert(disk, name):
    """See Disk.revert."""
    disk.idle()
    snapshot, old = find(disk, name), disk.top
    walk(disk.store.images, snapshot.image)
    lost_mib = own_mib(disk)
    if old in disk.store.sizes:  # it may be lost: then a revert is the way out
        disk.store.forget(old)
    disk.top = grow(disk, disk.store.image(snapshot.image))
    prune(disk)
    disk.tell(f"reverted to {name}", disk.top, dropped=old, lost_mib=lost_mib)
    return snapshot


def prune(disk):
    """Delete the files of this disk that nobody needs: not the newest, named by no snapshot, nobody stands on them."""
    named = {snapshot.image for snapshot in disk.snapshots.values()} | {disk.top}
    while idle := [i for i in disk.images if i.name not in named and not disk.store.children(i.name)]:
        for image in idle:
            disk.store.forget(image.name)


def advice(disk):
    """See Disk.advice."""
    said, deltas = [], len(disk.layers()) - 1
    if deltas > ADVISED_DELTAS:
        said.append(f"{deltas} deltas in the chain: 2 to {ADVISED_DELTAS} are recommended, {MAX_DELTAS} are the end")
    for snapshot in disk.snapshots.values():
        if disk.world.now - snapshot.t_s > ADVISED_AGE_S:
            said.append(f"snapshot {snapshot.name} is {(disk.world.now - snapshot.t_s) / 3600:.0f} h old: 72 h at most")
    return said
