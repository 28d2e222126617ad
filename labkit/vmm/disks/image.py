"""One file of a copy-on-write chain, built as a qcow2 image is: tables that say where a cluster is, and the clusters.

    header     virtual size, name of the backing file, content ids
    L1 ──▶ L2 table (8,192 entries) ──▶ cluster: 64 KiB of the guest's bytes
                     └─ no entry: ask the backing file;  ZERO: reads as zeros, asks nobody

An image knows its backing file by name and nothing about who stands on itself: the arrow points one way, as in the
real formats. Real structure: qemu docs/interop/qcow2; content ids: VMware's descriptor (CID, parentCID).

What the real one does differently: qcow2 also keeps reference counts (64 KiB per 2 GiB of file), has internal
snapshots, and has no content id: a changed backing file is noticed by nobody. VMware's redo logs (vmfsSparse) have
grains of 512 B, SEsparse of 4 KiB, and renew the CID at the first write after each opening, not at every write.
"""

from zlib import crc32

from labkit.world.errors import LabError

CLUSTER = 64 * 1024
ENTRIES = CLUSTER // 8  # an L2 table fills one cluster, an entry takes 8 bytes: one table maps 512 MiB
ZERO, BAD = "zero", "bad"  # entries beside None and bytes: reads as zeros; the sector cannot be read any more
MIB = 1024 * 1024


class NoSpace(LabError):
    """ENOSPC: the datastore has no room for what a file wants."""


def takes_room(entry):
    """Whether an entry has a cluster in the file."""
    return entry is not None and entry is not ZERO


class Image:
    """A file of an image format. `place(bytes)` is told its size on disk before it changes, and may refuse.

    name, disk        the file's name; the disk (VM) it belongs to
    size_bytes        virtual size: what the guest sees
    parent, parent_cid  backing file and the content id it had when this image was put upon it (None: a base)
    whole             True: all room is taken at once (thick), so that a write never finds the datastore full
    merging           a consolidation into the parent has begun and not ended: kept in the file, survives a crash
    """

    def __init__(self, name, disk, size_bytes, place, parent=None, whole=False):
        self.name, self.disk, self.size_bytes, self.place = name, disk, size_bytes, place
        self.parent, self.parent_cid = (parent.name, parent.cid) if parent else (None, None)
        self.merging, self.generation = False, 0
        self.l1, self.tables, self.data = {}, 0, 0
        self.last = -(-size_bytes // CLUSTER)  # number of clusters
        self.reserved = self.full_bytes if whole else 0
        place(self.bytes_on_disk)

    def __repr__(self):
        under = f" over {self.parent}" if self.parent else ""
        return f"<Image {self.name}{under}: {self.data * CLUSTER / MIB:g} MiB of data>"

    # -- space ---------------------------------------------------------------------------------------------------------
    @property
    def frame_bytes(self):
        """Header and L1 table: at least two clusters."""
        tables = -(-self.last // ENTRIES)
        return CLUSTER * (1 + max(1, -(-tables * 8 // CLUSTER)))

    @property
    def full_bytes(self):
        """The most this file can take: every table and every cluster."""
        return self.frame_bytes + CLUSTER * (-(-self.last // ENTRIES) + self.last)

    @property
    def bytes_on_disk(self):
        return self._room(self.tables, self.data)

    def _room(self, tables, data):
        return max(self.reserved, self.frame_bytes + CLUSTER * (tables + data))

    def need(self, numbers):
        """Bytes the file would grow by if these clusters were written."""
        tables, data = set(), 0
        for number in numbers:
            table = self.l1.get(number // ENTRIES)
            if table is None:
                tables.add(number // ENTRIES)
            data += table is None or not takes_room(table[number % ENTRIES])
        return self._room(self.tables + len(tables), self.data + data) - self.bytes_on_disk

    def ask_room(self, numbers):
        """Raise NoSpace unless all these clusters can be written."""
        self.place(self.bytes_on_disk + self.need(numbers))
        self.place(self.bytes_on_disk)

    def _settle(self, tables, data):
        """Ask for the new size first: when there is no room, nothing has changed."""
        if tables or data:
            self.place(self._room(self.tables + tables, self.data + data))
            self.tables, self.data = self.tables + tables, self.data + data

    # -- content -------------------------------------------------------------------------------------------------------
    @property
    def cid(self):
        """Content id, 8 hex digits: another one after every change of what can be read from this file."""
        return f"{crc32(f'{self.name}/{self.generation}'.encode()):08x}"

    def get(self, number):
        """The entry of a cluster: None (ask the backing file), ZERO, BAD or its 64 KiB."""
        table = self.l1.get(number // ENTRIES)
        return None if table is None else table[number % ENTRIES]

    def put(self, number, entry):
        """Set one entry. The same content again changes nothing, not even the content id."""
        if entry is ZERO and self.parent is None:
            entry = None  # nobody beneath to be hidden: the cluster is given back
        if self.get(number) != entry:
            self.put_run(number, 1, entry)

    def put_run(self, first, count, entry):
        """Set `count` entries from cluster `first` on to the same content (a table at a time: 40 GiB in a moment)."""
        while count:
            index, at = divmod(first, ENTRIES)
            step = min(count, ENTRIES - at)
            table = self.l1.get(index)
            held = 0 if table is None else sum(map(takes_room, table[at : at + step]))
            self._settle(int(table is None), step * takes_room(entry) - held)
            if table is None:
                table = self.l1[index] = [None] * ENTRIES
            table[at : at + step] = [entry] * step
            self.generation += 1
            first, count = first + step, count - step

    def allocated(self):
        """(number, entry) of all entries, in order."""
        for index in sorted(self.l1):
            for at, entry in enumerate(self.l1[index]):
                if entry is not None:
                    yield index * ENTRIES + at, entry

    def stand_on(self, parent):
        """Change the backing file (None: none) to one that reads the same."""
        self.parent, self.parent_cid = (parent.name, parent.cid) if parent else (None, None)
