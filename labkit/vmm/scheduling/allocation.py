"""What an administrator promises a VM of CPU: shares, a reservation, a limit.

Three numbers that answer three questions: *who gets more when there is not enough* (shares: relative, they say nothing
while there is enough), *what is always there when it is asked for* (reservation: guaranteed MHz, counted when the VM
is powered on, used by others while the VM is idle), *what is never exceeded* (limit: even on an empty host).

KVM says the same in other words: a cgroup has `cpu.weight` (1 … 10,000, documented default 100; Linux kernel
documentation, 'Control Group v2') and `cpu.max` (microseconds of run time per period: a limit). A reservation does not
exist there: what Linux guarantees is only the weight's part of the machine.
"""

from dataclasses import dataclass

from labkit.world.errors import LabError, number, unknown

SHARES_PER_VCPU = {"low": 500, "normal": 1000, "high": 2000}  # documented default: 'vSphere Resource Management'
WEIGHT_DEFAULT, WEIGHT_MAX = 100, 10_000  # documented default: 'Control Group v2', cpu.weight


@dataclass(frozen=True)
class CpuAllocation:
    """Shares, reservation and limit of one VM's CPU.

    shares           'low', 'normal' or 'high' (500, 1000, 2000 per vCPU), or a whole number of shares for the whole VM
    reservation_mhz  MHz that are there whenever the VM asks for them
    limit_mhz        most MHz the VM may use, all its vCPUs together; None: what its vCPUs can use

    Raises LabError for anything that cannot be meant.
    """

    shares: str | int = "normal"
    reservation_mhz: float = 0
    limit_mhz: float | None = None

    def __post_init__(self):
        if isinstance(self.shares, str):
            if self.shares not in SHARES_PER_VCPU:
                raise unknown("level of CPU shares", self.shares, SHARES_PER_VCPU)
        elif isinstance(self.shares, bool) or not isinstance(self.shares, int) or self.shares < 1:
            raise LabError(
                f"shares are 'low', 'normal', 'high' or a whole number from 1, not {self.shares!r}",
                next_step="a VM without any share would never run while others want to",
            )
        number(self.reservation_mhz, "reservation_mhz")
        if self.limit_mhz is not None and number(self.limit_mhz, "limit_mhz", least=1) < self.reservation_mhz:
            raise LabError(
                f"a limit of {self.limit_mhz:g} MHz lies below the reservation of {self.reservation_mhz:g} MHz",
                next_step="raise the limit or lower the reservation",
            )

    def share_count(self, vcpus):
        """Shares of a VM with so many vCPUs: a level grows with the VM, a number does not."""
        return SHARES_PER_VCPU[self.shares] * vcpus if isinstance(self.shares, str) else self.shares

    def weight(self, vcpus):
        """The cgroup weight that says the same to Linux: 100 for 1,000 shares, within 1 … 10,000.

        Only ratios count in both dialects; what Linux cannot say (more than 100 times the default) is cut off.
        """
        return max(1, min(WEIGHT_MAX, round(self.share_count(vcpus) * WEIGHT_DEFAULT / SHARES_PER_VCPU["normal"])))

    def fits(self, vcpus, mhz):
        """Return `self`; LabError if more is reserved than `vcpus` virtual CPUs can use on cores of `mhz`."""
        if self.reservation_mhz > vcpus * mhz:
            raise LabError(
                f"{self.reservation_mhz:g} MHz are reserved for a VM whose {vcpus} vCPUs can use only "
                f"{vcpus * mhz:g} MHz",
                next_step="reserve at most that much, or give the VM more vCPUs",
            )
        return self
