"""A small guest kernel with processes: it makes page tables, handles its page faults, forks with copy-on-write.

It runs unchanged on the bare machine, on nested and on shadow tables, because it only does what kernels do: write words
into its (guest-physical) memory, set CR3, say INVLPG, answer page faults. Two workloads make the difference visible:

    steady(guest)    one process, its pages again and again, more of them than the TLB holds: many walks, no new tables
    forking(guest)   a shell that starts one short program after another: few walks, tables written all the time

What the real one does differently: a real kernel frees and reuses frames, copies a page only while somebody else still
has it, and maps itself into every address space.
"""

from labkit.vmm.memory.page_table import PageFault, PageTable
from labkit.vmm.memory.physical import LARGE_PAGE, PAGE
from labkit.world.errors import LabError, number

BASE = 0x40_0000  # where a program's pages begin


class Process:
    """An address space: its tables, and how many pages of which size its program may use."""

    def __init__(self, tables, pages, size):
        self.tables, self.pages, self.size = tables, pages, size


class Guest:
    """A kernel on `mmu` (Native, Nested or Shadow) with `memory_mib` of guest-physical memory."""

    def __init__(self, mmu, memory_mib=1024):
        self.mmu, self.size, self.next, self.running = mmu, memory_mib << 20, LARGE_PAGE, None

    def frame(self, size=PAGE):
        """A free frame of guest-physical memory."""
        address = -(-self.next // size) * size
        if address + size > self.size:
            raise LabError("the guest has no free memory left", next_step="give the Guest more memory_mib")
        self.next = address + size
        return address

    def spawn(self, pages=64, size=PAGE):
        """A process with `pages` pages of `size` bytes, none of them there yet; it runs now."""
        number(pages, "pages", least=1)
        tables = PageTable(self.mmu.load, self.mmu.store, self.frame, self.mmu.levels)
        process = Process(tables, pages, size)
        self.switch(process)
        return process

    def switch(self, process):
        self.running = process
        self.mmu.set_cr3(process.tables.root)

    def touch(self, page, write=False):
        """The running program uses one of its pages; the kernel answers page faults. Returns the host-physical
        address."""
        if not 0 <= page < self.running.pages:
            raise LabError(f"the program has pages 0 to {self.running.pages - 1}, not {page}")
        address = BASE + page * self.running.size
        while True:
            try:
                return self.mmu.access(address, write)
            except PageFault as fault:
                self.answer(fault, page)

    def answer(self, fault, page):
        """The guest's own page fault: a page that is wanted for the first time, or a write to a page that is shared
        since a fork."""
        process, address = self.running, BASE + page * self.running.size
        process.tables.map(address, self.frame(process.size), size=process.size)
        if fault.present:
            self.mmu.invlpg(address)

    def fork(self, process):
        """A child with the same pages: none is copied, all become read-only in both (so the parent's entries are
        written, too)."""
        tables = PageTable(self.mmu.load, self.mmu.store, self.frame, self.mmu.levels)
        child = Process(tables, process.pages, process.size)
        for page in range(process.pages):
            address = BASE + page * process.size
            leaf = process.tables.find(address)
            if leaf:
                for each in (process, child):
                    each.tables.map(address, leaf.frame, size=leaf.size, writable=False)
        self.mmu.set_cr3(self.running.tables.root)  # the TLB still remembers the pages as writable
        return child


def steady(guest, pages=256, rounds=20):
    """One process goes through its pages `rounds` times."""
    guest.spawn(pages)
    for _ in range(rounds):
        for page in range(pages):
            guest.touch(page, write=True)


def forking(guest, programs=20, pages=32):
    """A shell with `pages` pages starts `programs` programs: fork, a write or two in parent and child, exec, a few
    pages, end."""
    shell = guest.spawn(pages)
    for page in range(pages):
        guest.touch(page, write=True)
    for _ in range(programs):
        child = guest.fork(shell)
        guest.switch(child)
        for page in range(4):
            guest.touch(page, write=True)
        guest.spawn(pages)  # exec: a new address space
        for page in range(pages // 2):
            guest.touch(page, write=True)
        guest.switch(shell)
        for page in range(8):
            guest.touch(page, write=True)


def one_walk(mmu, size=PAGE):
    """References to memory of a single walk on `mmu`, when everything is in its place and only the TLB is empty; the
    pages are of `size` bytes. The references stay in `mmu.trail`."""
    guest = Guest(mmu)
    guest.spawn(4, size)
    guest.touch(0, write=True)
    mmu.tlb.flush()
    guest.touch(0, write=True)
    return len(mmu.trail)
