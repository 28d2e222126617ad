"""A backup: a copy of a moment, on another storage, that nobody writes to any more.

It is old the moment it is made, and that is its use: it does not know what has been deleted since.
"""

from labkit.world import LabError, action
from labkit.world.errors import number


class Backup:
    """Copies of the disk `disk` of an Array on the datastore `store`; `every_s`: taken by itself; `keep`: how many."""

    @action
    def __init__(self, world, array, disk, store, every_s=None, keep=7, name=None):
        if store is array.store:
            raise LabError("a backup on the same storage is lost with it", 400, True, "another datastore, another room")
        self.world, self.name, self.array, self.disk, self.store = world, name or f"{disk}-backup", array, disk, store
        self.keep, self.taken, self.count = keep, [], 0
        self.node = world.node(self.name)
        if every_s is not None:
            self.node.process(self._by_night, number(every_s, "every_s", 1))

    def __repr__(self):
        return f"<Backup of {self.disk}: {', '.join(f'{at_s:g} s' for at_s, _ in self.taken) or 'none yet'}>"

    def _by_night(self, every_s):
        while True:
            yield self.world.timeout(every_s)
            self.take()

    @action
    def take(self):
        """Copy what is on the disk now; the oldest beyond `keep` goes."""
        self.count += 1
        name = f"{self.disk}-backup-{self.count}"
        self.array.store.disk(self.disk).full_clone(name, store=self.store)
        self.taken.append((self.world.now, name))
        for _, old in self.taken[: -self.keep]:
            self.store.disk(old).destroy()
        del self.taken[: -self.keep]

    def find(self, at_s=None):
        """(moment, name of its disk) of the newest backup, or of the newest not later than at_s. LabError (404)."""
        fit = [each for each in self.taken if at_s is None or each[0] <= at_s]
        if not fit:
            raise LabError(f"there is no backup of {self.disk!r} of that time", 404, True, f"{self!r}")
        return fit[-1]

    def read(self, offset, length, at_s=None):
        """Look into a backup, without putting it anywhere: often one table is missing, not the machine."""
        return self.store.disk(self.find(at_s)[1]).read(offset, length)

    @action
    def restore(self, store=None, at_s=None):
        """Put a backup in the disk's place, or on another datastore. Returns the moment it shows. What was written
        since is gone, good or bad. The VM must be off."""
        moment_s, name = self.find(at_s)
        store = store or self.array.store
        if self.disk in store.disks:
            store.disk(self.disk).destroy()
        self.store.disk(name).full_clone(self.disk, store=store)
        self.world.emit(self.name, store.name, "disk", f"{self.disk}: restored as of {moment_s:g} s")
        return moment_s
