"""Page tables as x86-64 has them: four levels (or five) of 512 entries of 8 bytes, and the walk through them.

    address   │ level 4 │ level 3 │ level 2 │ level 1 │ offset │      9 + 9 + 9 + 9 + 12 = 48 bits
                   │         │         │         │
    CR3 ──▶ table ─┘ ──▶ table ──▶ table ──▶ table ──▶ frame         one memory reference per level

An entry with bit 7 on level 2 ends the walk early: a page of 2 MiB, one reference less. The tables lie in memory like
everything else, so whoever owns that memory can write them: that is the whole difficulty of virtualizing them.

Source: Intel SDM volume 3, chapter 'Paging' (and 'EPT' for the second dimension, whose entries have read/write/execute
bits where ours have present/writable). What the real one does differently: paging-structure caches let most walks begin
further down; accessed and dirty bits, user and no-execute bits are left out here.
"""

from dataclasses import dataclass

from labkit.vmm.memory.physical import PAGE
from labkit.world.errors import LabError

PRESENT, WRITABLE, LARGE = 1, 2, 1 << 7
FRAME = ((1 << 52) - 1) & ~(PAGE - 1)


class PageFault(Exception):
    """A walk ended without a page: at `level` the entry is missing, or it forbids the write."""

    def __init__(self, address, level, write, present):
        super().__init__(
            f"page fault at {address:#x}: level {level}, {'write to a read-only page' if present else 'no entry'}"
        )
        self.address, self.level, self.write, self.present = address, level, write, present


@dataclass(frozen=True)
class Leaf:
    """Where a walk ended: the physical address of the page, its size, and whether it may be written. `entries` are the
    addresses of the entries on the way."""

    frame: int
    size: int
    writable: bool
    entries: tuple = ()

    def at(self, address):
        """The physical address that belongs to `address`."""
        return self.frame + address % self.size


def span(level):
    """Bytes that one entry of this level covers."""
    return PAGE << 9 * (level - 1)


def slot(table, address, level):
    """Address of the entry for `address` in the table of this level."""
    return table + 8 * (address // span(level) % 512)


def walk(read, root, address, levels=4, write=False):
    """Walk from the table at `root` to the page of `address`; `read(address)` fetches one entry. Returns a Leaf, raises
    PageFault."""
    table, writable, entries = root, True, []
    for level in range(levels, 0, -1):
        entries.append(slot(table, address, level))
        entry = read(entries[-1])
        if not entry & PRESENT:
            raise PageFault(address, level, write, False)
        writable = writable and bool(entry & WRITABLE)
        if level == 1 or entry & LARGE:
            if write and not writable:
                raise PageFault(address, level, write, True)
            return Leaf(entry & FRAME, span(level), writable, tuple(entries))
        table = entry & FRAME


class PageTable:
    """Tables under construction. `read` and `write` reach the memory in which they lie, `new_frame()` gives a frame for
    a further table."""

    def __init__(self, read, write, new_frame, levels=4):
        self.read, self.write, self.new_frame, self.levels = read, write, new_frame, levels
        self.root = new_frame()

    def map(self, address, frame, *, size=PAGE, writable=True):
        """Enter one page; tables on the way are made as needed."""
        if address % size or frame % size:
            raise LabError(f"{address:#x} → {frame:#x} is not aligned to {size} bytes")
        table, level = self.root, self.levels
        while span(level) > size:
            entry = self.read(slot(table, address, level))
            if not entry & PRESENT:
                entry = self.new_frame() | PRESENT | WRITABLE
                self.write(slot(table, address, level), entry)
            table, level = entry & FRAME, level - 1
        large = LARGE if level > 1 else 0
        self.write(slot(table, address, level), frame | PRESENT | (WRITABLE if writable else 0) | large)

    def find(self, address):
        """The Leaf for `address`, looked up by software, or None."""
        try:
            return walk(self.read, self.root, address, self.levels)
        except PageFault:
            return None

    def clear(self, address):
        """Remove the page of `address`, if it is there."""
        leaf = self.find(address)
        if leaf:
            self.write(leaf.entries[-1], 0)
