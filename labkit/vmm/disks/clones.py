"""Clones and templates: three ways to have the same disk twice.

    linked clone   a delta over a snapshot    ready at once, costs what it writes; needs its parent for ever
    full clone     a copy of all that is read  costs time and room once; needs nobody
    template       a VM marked 'does not start': a master to clone from, nothing more (VMware: non-runnable)

Space for N clones of a base of B GiB that write w GiB each: linked B + N·w, full N·(B + w).

What the real one does differently: an image does not know who stands on it, so plain tools (rm, qemu-img) ask nobody;
vCenter and Proxmox keep lists and refuse, as we do. VMware's instant clone (vSphere 6.7) forks a *running* VM: its
memory is shared copy on write as well as its disk.
"""

from labkit.vmm.disks import chain, snapshots
from labkit.vmm.disks.image import BAD, CLUSTER, MIB, takes_room
from labkit.world import LabError


def linked(disk, name, snapshot=None):
    """See Disk.linked_clone."""
    busy(disk)
    if snapshot is not None:
        parent = disk.store.image(snapshots.find(disk, snapshot).image)
    elif disk.template:
        parent = disk.store.image(disk.top)
    else:
        raise LabError(
            f"a linked clone stands on something that does not change; {disk.name!r} is written",
            409,
            True,
            "take a snapshot and name it: linked_clone(…, snapshot='golden')",
        )
    snapshots.room_in(chain.walk(disk.store.images, parent.name), name)
    made = disk.store.new_disk(name, disk.size_bytes, parent)
    disk.tell(f"linked clone {name}", parent.name, copied_mib=0)
    return made


def full(disk, name, snapshot, store):
    """See Disk.full_clone. Raises Broken, NoSpace or LabError with nothing made."""
    busy(disk)
    start = snapshots.find(disk, snapshot).image if snapshot is not None else disk.top
    view = visible(chain.walk(disk.store.images, start))
    made = store.new_disk(name, disk.size_bytes)
    image = store.image(made.top)
    try:
        image.ask_room(view)
    except LabError:
        store.forget(image.name)
        del store.disks[name]
        raise
    for first, count, entry in runs(view):
        image.put_run(first, count, entry)
    disk.tell(f"full clone {name}", start, copied_mib=len(view) * CLUSTER / MIB, to=store.name)
    return made


def visible(layers):
    """{cluster number: bytes} of everything that is read through these layers and is not zero. Raises Broken."""
    view = {}
    for image in reversed(layers):
        view.update(image.allocated())
    for number in (number for number, entry in view.items() if entry is BAD):
        chain.cluster(layers, number)
    return {number: entry for number, entry in view.items() if takes_room(entry)}


def runs(view):
    """(first cluster, how many, entry) of neighbours that hold the very same object, in order."""
    first = count = entry = None
    for number in sorted(view):
        if first is not None and number == first + count and view[number] is entry:
            count += 1
            continue
        if first is not None:
            yield first, count, entry
        first, count, entry = number, 1, view[number]
    if first is not None:
        yield first, count, entry


def busy(disk):
    """Raise LabError while the files of the disk are being moved about."""
    if disk.job is not None:
        raise LabError(f"{disk.job} is still running", 409, True, "wait for its end")


def mark_template(disk):
    """See Disk.mark_template. Raises LabError (409) while a VM runs on it."""
    disk.idle()
    if disk.lease.owner is not None:
        raise LabError(f"the VM of {disk.name!r} runs on {disk.lease.owner}", 409, True, "shut it down first")
    disk.template = True
    disk.tell("marked as template", disk.top)


def unmark_template(disk):
    """See Disk.unmark_template."""
    refuse_clones(disk, [disk.store.image(disk.top)], "let the template be written")
    disk.template = False
    disk.tell("a VM again", disk.top)


def destroy(disk):
    """See Disk.destroy. Raises LabError (409) while it runs or clones stand on it."""
    busy(disk)
    if disk.lease.owner is not None:
        raise LabError(f"the VM of {disk.name!r} runs on {disk.lease.owner}", 409, True, "shut it down first")
    refuse_clones(disk, disk.images, f"delete the disk {disk.name!r}")
    for snapshot in disk.snapshots.values():
        if snapshot.memory_mib and snapshots.memory_file(disk, snapshot.name) in disk.store.sizes:
            disk.store.give_back(snapshots.memory_file(disk, snapshot.name))
    for image in disk.images:
        disk.store.forget(image.name)
    del disk.store.disks[disk.name]
    disk.tell("destroyed", None)


def clones_on(disk, images):
    """Names of the other disks that stand directly on one of these images, sorted."""
    return sorted({child.disk for image in images for child in disk.store.children(image.name)} - {disk.name})


def refuse_clones(disk, images, wish):
    """Raise LabError (409) with the names of the linked clones that would lose their parent."""
    names = clones_on(disk, images)
    if names:
        raise LabError(
            f"cannot {wish}: the linked clones {', '.join(names)} stand on it",
            409,
            True,
            "delete them first, or make each stand alone with its pull()",
        )
