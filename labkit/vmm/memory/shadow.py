"""Shadow page tables: the VMM keeps tables of its own, gVA → hPA, and the hardware sees only those.

    guest writes its table ──▶ write-protected: exit ──▶ the VMM writes for it and drops what depended on the entry
    program touches a page ──▶ no shadow entry: exit ──▶ the VMM reads the guest's table:
                                    no page there either: the fault is the guest's, it gets it (injected)
                                    there is one: a *hidden* fault, the guest never hears of it

Walks are as short as on the bare machine; what costs is that the guest changes its tables. Therefore it is slow where
processes are made and ended, and good where they run for long. This is how VMware (1998) and Xen/KVM before 2008 ran
unmodified guests, and how a hypervisor without EPT or NPT still does.

What the real one does differently: KVM lets the guest write last-level tables unprotected for a while and compares when
the guest says INVLPG; Xen's paravirtual guests announce changes in batches; accessed and dirty bits need exits, too.
"""

from labkit.vmm.memory.mmu import Mmu
from labkit.vmm.memory.page_table import PageFault, PageTable, walk
from labkit.vmm.memory.physical import PAGE


class Shadow(Mmu):
    """One shadow table per guest address space (kept when the guest switches), one map of which frame backs which
    guest-physical page."""

    kind = "shadow"

    def __init__(self, host=None, levels=4, tlb_entries=64):
        super().__init__(host, levels, tlb_entries)
        self.backing = {}  # guest-physical page → host frame
        self.shadows = {}  # guest's root → PageTable
        self.protected = set()  # guest-physical pages that are known as page tables
        self.depends = {}  # address of a guest's entry → {(root, page)} in shadows

    def walk(self, address, write):
        """The hardware's walk through the shadow; on a fault the VMM looks and, if it can, the walk is done again."""
        table = self.shadows[self.root]
        try:
            return walk(self.reader("shadow"), table.root, address, self.levels, write)
        except PageFault:
            self.fill(table, address, write)
            return self.walk(address, write)

    def fill(self, table, address, write):
        """An exit: make the shadow entry from the guest's own tables, or pass the fault on to the guest."""
        try:
            leaf = walk(self.load, self.root, address, self.levels, write)
        except PageFault:
            self.exits["page fault, passed on to the guest"] += 1
            raise
        self.exits["hidden page fault"] += 1
        page = address // PAGE * PAGE
        for entry in leaf.entries:
            self.protected.add(entry // PAGE)
            self.depends.setdefault(entry, set()).add((self.root, page))
        table.map(page, self.frame_of(leaf.at(page)), writable=leaf.writable)

    def frame_of(self, address):
        """Host frame of a guest-physical page, given when it is first needed."""
        page = address // PAGE
        if page not in self.backing:
            self.backing[page] = self.host.allocate()
        return self.backing[page]

    # -- what the guest's kernel does, seen by the VMM ------------------------------------------------------------
    def load(self, address):
        return self.host.peek(self.frame_of(address) + address % PAGE)

    def store(self, address, word):
        if address // PAGE in self.protected:
            self.exits["page-table write"] += 1
            for root, page in sorted(self.depends.pop(address, ())):
                self.shadows[root].clear(page)
                self.tlb.flush(page)
        self.host.write(self.frame_of(address) + address % PAGE, word)

    def set_cr3(self, root):
        self.exits["CR3 write"] += 1
        if root not in self.shadows:
            self.shadows[root] = PageTable(self.host.peek, self.host.write, self.host.allocate, self.levels)
        super().set_cr3(root)

    def invlpg(self, address):
        self.exits["INVLPG"] += 1
        super().invlpg(address)
