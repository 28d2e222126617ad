"""A storage array: the controller in front of a datastore, to which hosts and other arrays speak.

    host ── iscsi write ──▶ san1-array ── replication ──▶ san2-array

It can fail apart from its disks, and it can burn with them. What it keeps on its disks survives its restart.
"""

from labkit.world import LabError, action


class Array:
    """The controller `<store>-array` of a labkit.vmm.disks.Datastore.

    iscsi         read {disk, offset, length}, write {disk, offset, data}, test and set {key, holder}
    replication   writes {disk, generation, rows} from the array that has the original; hand over {disk} to it
    Data travels as text, a character a byte.
    """

    @action
    def __init__(self, world, store, name=None):
        self.world, self.store, self.name = world, store, name or f"{store.name}-array"
        self.sources, self.copies, self.locks = {}, {}, {}  # disk -> Mirror; disk -> Copy; key -> holder
        self.node = world.node(self.name, serve=self.serve)

    def __repr__(self):
        return f"<Array {self.name}: {len(self.store.disks)} disks, {len(self.sources)} mirrored>"

    def serve(self, message):
        """What a host or another array asks."""
        detail = message.detail
        if message.what == "hand over":
            return self.sources[detail["disk"]].hand_over()
        if message.kind == "replication":
            return self._copy(detail["disk"]).take(detail["generation"], detail["rows"])
        if message.what == "read":
            return {"data": self.store.disk(detail["disk"]).read(detail["offset"], detail["length"]).decode("latin-1")}
        if message.what == "test and set":
            return {"holder": self.locks.setdefault(detail["key"], detail["holder"])}
        if message.what == "write":
            return self._write(detail["disk"], detail["offset"], detail["data"])
        raise LabError(f"{self.name} has no {message.what!r}", 501, True)

    def _write(self, disk, offset, data):
        copy = self.copies.get(disk)
        if copy is not None and not copy.promoted:
            raise LabError(f"{disk!r} on {self.name} is a copy: it is not written", 409, True, "fail over first")
        mirror = self.sources.get(disk)
        if mirror is not None:
            return mirror.written(offset, data)
        self.put(disk, offset, data)
        return {"status": 200}

    def _copy(self, disk):
        if disk not in self.copies:
            raise LabError(f"{self.name} has no copy of {disk!r}", 404, True)
        return self.copies[disk]

    def put(self, disk, offset, data):
        """Onto the disk."""
        self.store.disk(disk).write(offset, data.encode("latin-1"))


class Copy:
    """The farther end of a mirror: what of the original has arrived. `applied`: number of the last write; `as_of_s`:
    the moment of the original that it shows."""

    def __init__(self, array, disk):
        self.array, self.disk = array, disk
        self.applied, self.as_of_s, self.generation, self.promoted = 0, array.world.now, 1, False

    def take(self, generation, rows):
        """Writes of the original, in order; what is there already is not done twice. LabError (409) if they come from
        one that is not the original any more."""
        if generation < self.generation:
            why = f"{self.disk!r} has been served by {self.array.name} since generation {self.generation}"
            raise LabError(why, 409, True, "you are the old one: stop writing")
        for number, at_s, offset, data in rows:
            if number == self.applied + 1:
                self.array.put(self.disk, offset, data)
                self.applied, self.as_of_s = number, at_s
        return {"applied": self.applied}
