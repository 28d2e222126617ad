"""Who may write a disk: one owner at a time, and a number that grows with every change of hands.

A lease lies on the datastore, so that all hosts see the same one, and it survives its owner: a host that is silent
may still write, so nobody else gets the disk before somebody has made sure that it cannot (fencing) and breaks the
lease. What the real one does differently: VMFS keeps on-disk locks that their owner must renew, sanlock leases run
out with a watchdog, QEMU locks the image file for as long as the process lives.
"""

from dataclasses import dataclass

from labkit.world.errors import LabError


@dataclass(slots=True)
class Lease:
    """The lease of `disk`: `owner` (a host's name, or None) and `generation`, 0 before the first."""

    disk: str
    owner: str | None = None
    generation: int = 0

    def acquire(self, owner):
        """The generation; the same owner again keeps it. Raises LabError (409) naming whoever holds it."""
        if self.owner not in (None, owner):
            raise LabError(
                f"the disk {self.disk!r} is in use by {self.owner}",
                409,
                True,
                f"stop the VM there; is {self.owner} dead and fenced for certain, then break its lease",
            )
        if self.owner is None:
            self._to(owner)
        return self.generation

    def release(self, owner):
        """Give it back; nothing happens when it is not held by `owner`."""
        if self.owner == owner:
            self.owner = None

    def hand_over(self, source, target):
        """From one host to another without a moment in which it is free (live migration); the new generation."""
        if self.owner != source:
            raise LabError(
                f"{source} cannot hand over the disk {self.disk!r}: it is held by {self.owner or 'nobody'}",
                409,
                True,
                "only the owner hands over",
            )
        return self._to(target)

    def seize(self, owner):
        """Take it, whoever had it; the new generation."""
        return self._to(owner)

    def check(self, by):
        """Raises LabError (409) if `by` is given and somebody else holds the lease: nothing of theirs is written."""
        if by is not None and self.owner is not None and by != self.owner:
            raise LabError(
                f"{by} has lost the lease of the disk {self.disk!r}: generation {self.generation} belongs "
                f"to {self.owner}",
                409,
                True,
                "do not write: two writers destroy a file system",
            )

    def held(self, by):
        """Raises LabError (409) if `by` is given and does not hold the lease any more (libvirt's lock managers give it
        up at a pause and want it back at the resume: virDomainLockProcessResume)."""
        if by is not None and self.owner != by:
            raise LabError(
                f"{by} has lost the lease of the disk {self.disk!r}: it is at generation {self.generation}, "
                f"held by {self.owner or 'nobody'}",
                409,
                True,
                f"kill the VM on {by}: its memory is older than the disk",
            )

    def _to(self, owner):
        self.owner, self.generation = owner, self.generation + 1
        return self.generation
