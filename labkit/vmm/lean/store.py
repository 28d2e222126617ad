"""Disks as a VIM counts them: how large, where, and who may write. No contents.

One store may be shared by many hosts. Its locks lie on it, so all hosts see the same ones, and they survive their
owner: whoever wants a dead host's disk must know that it is dead, and break the lock (labkit.vmm.disks.lease).
"""

from labkit.vmm.disks.lease import Lease
from labkit.world import LabError, action
from labkit.world.errors import number, unknown, words


class Store:
    """A datastore `name` with room for `capacity_gib`; disks take their whole size (thick)."""

    @action
    def __init__(self, world, name, capacity_gib=200):
        self.world, self.name = world, words(name, "a datastore's name")
        self.capacity_gib, self.used_gib = number(capacity_gib, "capacity_gib"), 0
        self.disks, self.leases, self.systems = {}, {}, {}  # name -> GiB, name -> Lease once it was locked

    def __repr__(self):
        return f"<Store {self.name}: {self.used_gib:g} of {self.capacity_gib:g} GiB used, {len(self.disks)} disks>"

    @property
    def free_gib(self):
        return self.capacity_gib - self.used_gib

    def create(self, disk, gib):
        """Make a disk, or find the one of this name. LabError (507) with nothing changed when there is no room."""
        if disk in self.disks:
            return
        if gib > self.capacity_gib - self.used_gib:
            why = f"no space left on datastore {self.name}: {disk} wants {gib:g} GiB, {self.free_gib:g} are free"
            raise LabError(why, 507, True, "free some, or take another datastore")
        self.disks[disk] = gib
        self.used_gib += gib

    def destroy(self, disk):
        """Delete a disk. LabError (404, 409) if there is none, or somebody is writing it."""
        if disk not in self.disks:
            raise unknown("disk", disk, self.disks)
        owner = self.lease(disk).owner
        if owner is not None:
            raise LabError(f"the disk {disk!r} is in use by {owner}", 409, True, "stop the VM there")
        self.used_gib -= self.disks.pop(disk)
        self.leases.pop(disk, None)

    def lease(self, disk):
        """The Lease of a disk; made when first asked for."""
        lease = self.leases.get(disk)
        if lease is None:
            lease = self.leases[disk] = Lease(disk)
        return lease
