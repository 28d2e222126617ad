"""A VM's disk on a datastore, as templates need it: imported, copied, forked; on disks with contents (Datastore) and on
disks that are only counted (Store of lean hosts).

    full copy     reads and writes every byte that was written: takes time and room, and needs nobody afterwards
    linked copy   a delta over the template's disk: takes neither, and needs the template for ever

A linked copy lies on the same datastore as its template: it reads from it all the time.
"""

from labkit.vmm.disks import Datastore
from labkit.world.errors import LabError

MIB_PER_GIB = 1024


def real(store):
    """Whether the disks of a datastore have contents."""
    return isinstance(store, Datastore)


def bring(store, name, disk_gib, used_gib):
    """The disk `name`, which is there, or a new one with `used_gib` of data: an image that somebody has brought.
    Returns the GiB that a copy has to read. LabError (507) without room."""
    if not real(store):
        store.create(name, disk_gib)
        return used_gib
    if name not in store.disks:
        disk = store.create(name, disk_gib)
        disk.fill(0, int(used_gib * MIB_PER_GIB), b"I")
    return written_gib(store.disks[name])


def written_gib(disk):
    """What has been written to a disk, through all its layers."""
    return sum(image.bytes_on_disk for image in disk.layers()) / 2**30


def freeze(store, name):
    """Nobody writes this disk from now on. LabError (409) while a VM runs on it."""
    if real(store):
        store.disk(name).mark_template()
    elif store.lease(name).owner is not None:
        raise LabError(f"the VM of {name!r} runs on {store.lease(name).owner}", 409, True, "shut it down first")


def thaw(store, name):
    """It may be written again. LabError (409) while linked clones stand on it."""
    if real(store):
        store.disk(name).unmark_template()


def copy(source, template, store, name, disk_gib):
    """A full copy of the template's disk as the disk `name`. LabError (404, 409, 507) with nothing made."""
    if real(source) and real(store):
        source.disk(template).full_clone(name, store=store)
    elif not real(source) and not real(store):
        there(source, template)
        store.create(name, disk_gib)
    else:
        why = f"{template!r} lies on {source.name}, and {store.name} is a store of another kind"
        raise LabError(why, 409, True, "keep real hosts and lean ones apart")
    installed(source, template, store, name)


def fork(source, template, name):
    """A linked copy on the same datastore. LabError (404, 409)."""
    if real(source):
        source.disk(template).linked_clone(name)
    else:
        there(source, template)
        source.create(name, 0)  # a delta: nothing yet
    installed(source, template, source, name)


def there(store, disk):
    """Return if the disk is there. LabError (404)."""
    if disk not in store.disks:
        raise LabError(f"the image {disk!r} is gone from {store.name}", 404, True, "bring it again: register()")


def installed(source, template, store, name):
    """What is installed on the template is installed on its copy."""
    if template in source.systems:
        store.systems[name] = source.systems[template]


def destroy(store, name):
    """Delete the disk if it is there. LabError (409) while it is written, or linked clones stand on it."""
    if name in store.disks:
        store.disks[name].destroy() if real(store) else store.destroy(name)
