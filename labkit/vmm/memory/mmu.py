"""From the guest's address to the host's: on the bare machine, with nested tables, and (shadow.py) with shadow tables.

    native   gVA ──guest's tables──▶ hPA                    n references
    nested   gVA ──guest's tables──▶ gPA ──EPT──▶ hPA       n·m + n + m: every step of the first walk is a
                                                          guest-physical address, which needs a walk of its own
    shadow   gVA ──shadow tables (the VMM's)──▶ hPA         n, but the VMM must see every change the guest makes to
                                                          its own tables

The guest's kernel does not notice which one it runs on: it writes its tables with `store`, sets CR3, forgets pages with
`invlpg` and gets its page faults. What differs is counted: memory references of walks, and exits by reason.

Source: Intel SDM volume 3, 'VMX Support for Address Translation'; Bhargava et al., 'Accelerating Two-Dimensional Page
Walks for Virtualized Systems', ASPLOS 2008 (the 24 references).

What the real one does differently: page-walk caches and a TLB of guest-physical pages spare most of the 24; VPID and
PCID let entries of several address spaces stay in the TLB.
"""

from collections import Counter

from labkit.vmm.memory.page_table import Leaf, PageFault, PageTable, walk
from labkit.vmm.memory.physical import PAGE, PhysicalMemory
from labkit.vmm.memory.tlb import Tlb

REFERENCE_NS, EXIT_NS = 10.0, 1500.0  # documented default: a walk's reads mostly hit a cache; an exit takes 1 to 2 µs


class Mmu:
    """What the three have in common: TLB, CR3, counters. A subclass says how to walk."""

    kind = "native"

    def __init__(self, host=None, levels=4, tlb_entries=64):
        self.host, self.levels, self.tlb = host or PhysicalMemory(), levels, Tlb(tlb_entries)
        self.root, self.exits, self.trail = None, Counter(), []
        self.accesses = self.misses = self.guest_faults = 0

    def access(self, address, write=False):
        """One access of a guest program: the host-physical address. A PageFault is the guest's matter."""
        self.accesses += 1
        leaf = self.tlb.find(address, write)
        if leaf is None:
            self.misses += 1
            leaf = self.miss(address, write)
            self.tlb.fill(address, leaf)
        return leaf.at(address)

    def miss(self, address, write):
        """Walk; a guest's page fault is counted and passed on to the guest's kernel."""
        self.trail = []
        try:
            return self.walk(address, write)
        except PageFault:
            self.guest_faults += 1
            raise

    def walk(self, address, write):
        """The hardware's walk for `address`: a Leaf whose frame is host-physical."""
        return walk(self.reader("guest"), self.root, address, self.levels, write)

    def reader(self, whose):
        """A function that reads one entry by its host-physical address, counted and noted in `trail`."""

        def read(address):
            self.trail.append((whose, address))
            return self.host.read(address)

        return read

    # -- what the guest's kernel does ----------------------------------------------------------------------------
    def load(self, address):
        """The guest's kernel reads a word of guest-physical memory."""
        return self.host.peek(address)

    def store(self, address, word):
        """The guest's kernel writes a word of guest-physical memory: a page-table entry, for instance."""
        self.host.write(address, word)

    def set_cr3(self, root):
        """The guest's kernel switches to the tables at `root`; the TLB starts anew."""
        self.root = root
        self.tlb.flush()

    def invlpg(self, address):
        """The guest's kernel says that it has changed the entry for `address`."""
        self.tlb.flush(address)

    # -- what it cost --------------------------------------------------------------------------------------------
    def counts(self):
        """What happened so far: accesses, TLB misses, references of walks, guest's page faults, exits."""
        return {
            "accesses": self.accesses,
            "TLB misses": self.misses,
            "references": self.host.references,
            "guest page faults": self.guest_faults,
            "exits": sum(self.exits.values()),
        }

    def cost_us(self, reference_ns=REFERENCE_NS, exit_ns=EXIT_NS):
        """What walks and exits cost together, µs, at these prices."""
        return (self.host.references * reference_ns + sum(self.exits.values()) * exit_ns) / 1000

    def __repr__(self):
        said = ", ".join(f"{number} {what}" for what, number in self.counts().items())
        return f"<{self.kind}: {said}{f' {dict(self.exits)}' if self.exits else ''}>"


class Native(Mmu):
    """The bare machine: guest-physical is host-physical, nobody else is there."""


class Nested(Mmu):
    """Nested tables (Intel EPT, AMD NPT): the hardware walks in two dimensions, the guest owns its tables again.

    ept_levels  4 or 5;  page  4096, or 2 MiB for large pages in the second dimension
    """

    kind = "nested"

    def __init__(self, host=None, levels=4, tlb_entries=64, ept_levels=4, page=PAGE):
        super().__init__(host, levels, tlb_entries)
        self.page = page
        self.ept = PageTable(self.host.peek, self.host.write, self.host.allocate, ept_levels)

    def walk(self, address, write):
        entry = self.reader("guest")
        leaf = walk(lambda at: entry(self.second(at, False)), self.root, address, self.levels, write)
        backing = self.second(leaf.at(address), write)
        return Leaf(backing - address % PAGE, PAGE, leaf.writable, leaf.entries)

    def second(self, address, write):
        """The second dimension: guest-physical → host-physical. Without an entry: an exit, the VMM gives a frame, and
        the walk is done again."""
        try:
            return walk(self.reader("EPT"), self.ept.root, address, self.ept.levels, write).at(address)
        except PageFault:
            self.exits["EPT violation"] += 1
            self.back(address)
            return self.second(address, write)

    def back(self, address):
        """Host's matter: a frame for a guest-physical page that is touched for the first time."""
        if self.ept.find(address) is None:
            self.ept.map(address // self.page * self.page, self.host.allocate(self.page), size=self.page)

    def load(self, address):
        self._own(address)
        return self.host.peek(self.ept.find(address).at(address))

    def store(self, address, word):
        self._own(address)
        self.host.write(self.ept.find(address).at(address), word)

    def _own(self, address):
        """The guest's kernel touches its memory: by the EPT like everything, but its reads are no part of a walk."""
        if self.ept.find(address) is None:
            self.exits["EPT violation"] += 1
            self.back(address)
