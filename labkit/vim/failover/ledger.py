"""A shop's order book on a VM's disk: the guest that shows what two writers do to it.

    header  | orders written: 3 | checksum over all |    copy A: order 4 = a lamp  ─┐ same place: one of them is gone,
    order 1 | order 2 | order 3 |  ← next place          copy B: order 4 = a chair ─┘ and the checksum fits neither

A guest reads the header once, when it boots; from then on it trusts its own memory, as every file system does with what
it has cached. It confirms an order to the customer as soon as it is written. Two copies that trust their memories write
over each other, and neither of them can notice.

What the real one does differently: a file system (ext4, XFS) loses inodes and free lists in this way, not just orders,
and a database its log; a cluster file system (GFS2, OCFS2) talks to the others before each write, which is what makes
two writers possible at all.
"""

import json
from dataclasses import dataclass
from zlib import crc32

from labkit.world import action
from labkit.world.errors import number

SLOT = 4096  # bytes for one record
RUNS = ("running", "blocked")


@dataclass(frozen=True)
class Damage:
    """What lies on the disk, in the customers' words: `confirmed` orders, `lost` of them, and whether the book's own
    checksum still fits its contents."""

    confirmed: int
    lost: int
    fits: bool

    def __str__(self):
        book = "the order book is whole" if self.fits else "the checksum of the order book is wrong"
        return f"{self.confirmed} orders were confirmed, {self.lost} of them are gone; {book}"


class Ledger:
    """The guest `vm` wherever it runs among `vmms` (Vmm, on one shared datastore): an order every `every_s` seconds.

    fenced_writes   True: the host's name goes with each write, and the datastore refuses one whose lease was broken
                    (VMFS, sanlock). False, as on plain KVM: whoever has the disk open writes
    """

    @action
    def __init__(self, world, vm, vmms, every_s=1.0, fenced_writes=False):
        self.world, self.vm, self.name, self.vmms = world, vm, f"{vm}-ledger", list(vmms)
        self.every_s, self.fenced_writes = number(every_s, "every_s", least=0.01), fenced_writes
        self.confirmed = []  # what customers were told: (number of the order, what)
        self.writers = []  # (host, life of the copy there), one after the other
        for vmm in self.vmms:
            world.process(self._guest(vmm))

    @property
    def disk(self):
        """The VM's disk, which all hosts see."""
        return self.vmms[0].datastore.disk(self.vm)

    def _guest(self, vmm):
        """The copy on one host: it boots, reads, and then trusts its memory (a generator)."""
        life = count = total = None
        while True:
            yield self.world.timeout(self.every_s)
            domain = vmm.domains.get(self.vm)
            if domain is None or domain.state not in RUNS or self.world.now < (domain.guest.up_at or 0.0):
                continue
            if domain.life != life:
                life, (count, total) = domain.life, self._header()
            count, total = self._write(vmm, count + 1, total)

    def _header(self):
        text = self.disk.read(0, SLOT).rstrip(b"\0")
        return tuple(json.loads(text)) if text else (0, 0)

    def _write(self, vmm, count, total):
        order = f"order {count} taken by {self.vm} on {vmm.name} at {self.world.now:g} s"
        by = vmm.name if self.fenced_writes else None
        total = crc32(order.encode(), total)
        self.disk.write(count * SLOT, order.encode().ljust(SLOT, b"\0"), by)
        self.disk.write(0, json.dumps([count, total]).encode().ljust(SLOT, b"\0"), by)
        self.confirmed.append((count, order))
        if not self.writers or self.writers[-1] != (vmm.name, vmm.domains[self.vm].life):
            self.writers.append((vmm.name, vmm.domains[self.vm].life))
        return count, total

    @property
    def two_wrote(self):
        """True if a copy wrote again after another one had written."""
        return len(set(self.writers)) < len(self.writers)

    def damage(self):
        """Read the whole book (Damage)."""
        count, total = self._header()
        found, check = {}, 0
        for at in range(1, max([count, *(at for at, _ in self.confirmed)]) + 1):
            raw = self.disk.read(at * SLOT, SLOT).rstrip(b"\0")
            found[at] = raw.decode()
            check = crc32(raw, check) if at <= count else check
        lost = sum(at > count or found.get(at) != order for at, order in self.confirmed)
        return Damage(len(self.confirmed), lost, check == total)
