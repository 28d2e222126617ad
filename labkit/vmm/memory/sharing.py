"""Page sharing, page by page: hash, compare, share read-only, copy on write – and why VMs do not share by default.

    scan:   hash(page) known? ──no──▶ remember it
                 └─yes──▶ equal in all 4096 bytes? ──yes──▶ both point to one frame, read-only; the other frame is free
    write:  the frame is shared? ──yes──▶ fault, copy to a frame of one's own (≈ 3 µs), then write
                                  no ──▶ write (≈ 0.1 µs)

The last two lines give it away: a write that takes long says 'somebody had the same page'. A VM that guesses the
contents of another VM's page can ask whether the guess was right. So each VM has a salt, and only pages with equal salt
are compared: by default every VM has its own (`Mem.ShareForceSalting` = 2), and sharing stays inside a VM.

Source: VMware KB 2080735 and 2097593 (salting); Waldspurger, OSDI 2002, section 4 (hash, then compare). KVM's KSM
compares whole pages in sorted trees and shares across all processes that allow it (madvise MADV_MERGEABLE): no salt.

What the real one does differently: pages of 2 MiB are not scanned until they are broken up; a scan takes its time
(Mem.ShareScanTime, documented default 60 minutes); the times here are orders of magnitude.
"""

from hashlib import blake2b

from labkit.vmm.memory.costs import COW_US, WRITE_US
from labkit.vmm.memory.physical import PAGE
from labkit.world.errors import LabError, unknown

SALTING = (0, 1, 2)


def page_hash(contents):
    """A hash that is hardly ever equal for different pages; equal hashes prove nothing all the same."""
    return blake2b(contents, digest_size=8).digest()


class PageSharing:
    """The pages of some VMs on one host, each VM a list of pages of 4096 bytes.

    salting  Mem.ShareForceSalting: 0 none, 1 VMs without a salt of their own share, 2 they do not
    hash     function contents → hash, to try what a bad one does
    """

    def __init__(self, salting=2, hash=page_hash):
        if salting not in SALTING:
            raise LabError(f"Mem.ShareForceSalting is 0, 1 or 2, not {salting!r}")
        self.salting, self.hash = salting, hash
        self.frames, self.vms, self.salts, self.next = {}, {}, {}, 0
        self.compared = 0

    def add(self, name, pages, salt=None):
        """A VM with these pages (bytes, filled up to 4096). `salt`: sched.mem.pshare.salt, if the administrator set
        one."""
        if name in self.vms:
            raise LabError(f"there is already a VM {name!r}")
        self.vms[name], self.salts[name] = [], salt
        for contents in pages:
            self.vms[name].append(self._frame(contents))

    def read(self, name, page):
        """Contents of a VM's page: shared or not, they are the same."""
        return self.frames[self._where(name, page)]

    def write(self, name, page, contents):
        """Write a whole page; the time it took, µs. A shared frame is left to the others."""
        frame = self._where(name, page)
        if self.users(frame) > 1:
            self.vms[name][page] = self._frame(contents)
            return COW_US + WRITE_US
        self.frames[frame] = _full(contents)
        return WRITE_US

    def users(self, frame):
        """How many pages of VMs are this frame."""
        return sum(pages.count(frame) for pages in self.vms.values())

    def scan(self):
        """Look at every page once and share what is equal; the number of frames that are free now because of it."""
        known, before = {}, len(self.frames)
        for name, pages in self.vms.items():
            for page, frame in enumerate(pages):
                self._offer(known, name, page, frame)
        self.frames = {frame: contents for frame, contents in self.frames.items() if self.users(frame)}
        return before - len(self.frames)

    def salt(self, name):
        """What is hashed together with the page."""
        if self.salting == 0:
            return None
        own = None if self.salting == 1 else f"vc.uuid of {name}"
        return self.salts[name] if self.salts[name] is not None else own

    def _offer(self, known, name, page, frame):
        """Share this page with an equal one that was seen before, if there is one."""
        contents = self.frames[frame]
        alike = known.setdefault((self.hash(contents), self.salt(name)), [])
        for other in alike:
            if other == frame:
                return
            self.compared += 1
            if self.frames[other] == contents:  # equal hashes prove nothing
                self.vms[name][page] = other
                return
        alike.append(frame)

    def _frame(self, contents):
        self.next += 1
        self.frames[self.next] = _full(contents)
        return self.next

    def _where(self, name, page):
        if name not in self.vms:
            raise unknown("VM", name, self.vms)
        if not 0 <= page < len(self.vms[name]):
            raise LabError(f"{name} has pages 0 to {len(self.vms[name]) - 1}, not {page}")
        return self.vms[name][page]

    def __repr__(self):
        pages = sum(len(pages) for pages in self.vms.values())
        return f"<{len(self.vms)} VMs, {pages} pages in {len(self.frames)} frames, salting {self.salting}>"


def spy(sharing, attacker, guesses):
    """What a VM learns about its neighbours: it fills pages with its guesses, waits for a scan, and takes the time of a
    write to each. Returns {guess: µs}."""
    sharing.add(attacker, guesses)
    sharing.scan()
    return {guess: sharing.write(attacker, page, b"anything else") for page, guess in enumerate(guesses)}


def _full(contents):
    """A page of exactly 4096 bytes."""
    if not isinstance(contents, bytes) or len(contents) > PAGE:
        raise LabError(f"a page is up to {PAGE} bytes, not {contents!r:.40}")
    return contents.ljust(PAGE, b"\0")
