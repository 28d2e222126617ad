"""What an administrator promises a VM of memory: shares, a reservation, a limit.

Three numbers that answer three questions: *who loses first* (shares: relative, they say nothing while there is enough),
*what is never taken* (reservation: guaranteed host memory, counted when the VM is powered on), *what is never exceeded*
(limit: host memory; the guest still believes in its configured size and is swapped above the limit).
"""

from dataclasses import dataclass

from labkit.world.errors import LabError, number, unknown

SHARES_PER_MIB = {"low": 5, "normal": 10, "high": 20}  # documented default: 'vSphere Resource Management', Shares


@dataclass(frozen=True)
class MemoryAllocation:
    """Shares, reservation and limit of one VM's memory.

    shares           'low', 'normal' or 'high' (5, 10, 20 per configured MiB), or a whole number of shares
    reservation_mib  host memory that is never reclaimed, MiB
    limit_mib        most host memory the VM may have, MiB; None: its configured size

    Raises LabError for anything that cannot be meant.
    """

    shares: str | int = "normal"
    reservation_mib: float = 0
    limit_mib: float | None = None

    def __post_init__(self):
        if isinstance(self.shares, str):
            if self.shares not in SHARES_PER_MIB:
                raise unknown("level of memory shares", self.shares, SHARES_PER_MIB)
        elif isinstance(self.shares, bool) or not isinstance(self.shares, int) or self.shares < 1:
            raise LabError(
                f"shares are 'low', 'normal', 'high' or a whole number from 1, not {self.shares!r}",
                next_step="a VM without any share could never be given a page under pressure",
            )
        number(self.reservation_mib, "reservation_mib")
        if self.limit_mib is not None and number(self.limit_mib, "limit_mib", least=1) < self.reservation_mib:
            raise LabError(
                f"a limit of {self.limit_mib:g} MiB lies below the reservation of {self.reservation_mib:g} MiB",
                next_step="raise the limit or lower the reservation",
            )

    def share_count(self, memory_mib):
        """Shares of a VM with `memory_mib` configured: a level grows with the VM, a number does not."""
        if isinstance(self.shares, str):
            return SHARES_PER_MIB[self.shares] * memory_mib
        return self.shares

    def cap_mib(self, memory_mib):
        """Most host memory for a VM of this size: the limit, or all that is configured."""
        return memory_mib if self.limit_mib is None else min(self.limit_mib, memory_mib)

    def fits(self, memory_mib):
        """Return `self`; LabError if more is reserved than `memory_mib`, the configured size."""
        if self.reservation_mib > memory_mib:
            raise LabError(
                f"{self.reservation_mib:g} MiB are reserved for a VM that has only {memory_mib:g} MiB",
                next_step="reserve at most its configured memory",
            )
        return self
