"""Entitlement: what each VM may use right now, from shares, reservation, limit and demand, by water-filling.

    MHz
      │   ┌────┐                          ceiling = min(demand, limit): nobody gets more than it can use
      │───│────│──▒▒▒▒── water level ──   level = MHz per share, the same for everybody who is neither …
      │   │████│  ▒▒▒▒  ┌─┐               … at its ceiling (┌─┐) nor …
      │   │████│  ▒▒▒▒  │█│               … on its floor (▒), floor = min(reservation, ceiling)
      └────web─────db──idle──

One level of water stands over everybody, measured in MHz per share. The surprise: a reservation is a floor under the
share, not a bonus on top of it; and shares alone say nothing about MHz, because the level depends on what the others
want at this moment. While there is enough for all, there is no level at all: everybody stands at its ceiling.

Pure functions of numbers: any unit will do (MHz, IOPS, seats). Source: Gulati, Merchant, Varman, 'mClock', OSDI 2010
(proportional shares subject to a minimum and a maximum; its example comes out in the tests); VMware, 'vSphere Resource
Management', Resource Allocation Settings (the 8 GHz example comes out, too).

What the real one does differently: ESXi estimates the demand from what a VM used and waited for lately, walks a tree
of resource pools with this rule at every branch, and takes hyper-threads and power states into account.
"""

from dataclasses import dataclass
from math import fsum

from labkit.world.errors import LabError, number, words


@dataclass(frozen=True)
class Claim:
    """What one VM may claim. All amounts in one unit, e.g. MHz.

    demand       what it would use if it were alone
    shares       its weight under contention, greater than 0
    reservation  what it gets whenever it demands it
    limit        what it never exceeds; None: no limit

    Raises LabError for a negative or infinite number, or a limit below the reservation.
    """

    name: str
    demand: float
    shares: float = 1000
    reservation: float = 0
    limit: float | None = None

    def __post_init__(self):
        words(self.name, "a VM's name")
        number(self.demand, f"the demand of {self.name}")
        number(self.reservation, f"the reservation of {self.name}")
        if number(self.shares, f"the shares of {self.name}") == 0:
            raise LabError(f"{self.name} has no shares", next_step="give it at least one")
        if self.limit is not None and number(self.limit, f"the limit of {self.name}") < self.reservation:
            raise LabError(
                f"the limit of {self.name}, {self.limit:g}, lies below its reservation of {self.reservation:g}",
                next_step="raise the limit or lower the reservation",
            )

    @property
    def ceiling(self):
        """What it can use at most: its demand, or its limit."""
        return self.demand if self.limit is None else min(self.demand, self.limit)

    @property
    def floor(self):
        """What it gets in any case: its reservation, as far as it can use it. What it leaves is for the others."""
        return min(self.reservation, self.ceiling)

    def at(self, level):
        """What it gets at this water level (amount per share)."""
        return min(max(level * self.shares, self.floor), self.ceiling)


def claims(host, definitions):
    """The Claims of VMs in MHz. host: has mhz; definitions: have name, vcpus, cpu (CpuAllocation) and demand_mhz."""
    return [
        Claim(
            vm.name,
            demand=min(vm.demand_mhz, vm.vcpus * host.mhz),
            shares=vm.cpu.share_count(vm.vcpus),
            reservation=vm.cpu.reservation_mhz,
            limit=vm.cpu.limit_mhz,
        )
        for vm in definitions
    ]


def entitlement(capacity, claimed):
    """{name: amount} for Claims on `capacity`; exact, O(n log n), whatever the order of the claims.

    Raises LabError if the floors alone are more than there is (admission control is there to prevent it).
    """
    claimed = checked(capacity, claimed)
    level = water_level(capacity, claimed)
    return {claim.name: claim.ceiling if level is None else claim.at(level) for claim in claimed}


def checked(capacity, claimed):
    """The claims as a list; LabError for two of one name, or more guaranteed than there is."""
    number(capacity, "the capacity")
    claimed = list(claimed)
    if len({claim.name for claim in claimed}) < len(claimed):
        raise LabError("two VMs have the same name", next_step="give each its own")
    guaranteed = fsum(claim.floor for claim in claimed)
    if guaranteed > capacity * (1 + 1e-9):
        raise LabError(
            f"{guaranteed:g} are guaranteed, and there are {capacity:g}",
            next_step="power a VM off, or reserve less: admission control refuses such a VM at power-on",
        )
    return claimed


def water_level(capacity, claimed):
    """The level (amount per share) at which all of `capacity` is given out; None if everybody gets what it can use.

    The sum of all amounts grows with the level in straight pieces. A piece ends where somebody leaves its floor
    (from there on it takes part) or reaches its ceiling (it takes part no longer): 2 n such points, sorted once.
    """
    if fsum(claim.ceiling for claim in claimed) <= capacity:
        return None
    points = []
    for claim in claimed:
        points.append((claim.floor / claim.shares, claim.shares))
        points.append((claim.ceiling / claim.shares, -claim.shares))
    points.sort()
    given, slope, reached = fsum(claim.floor for claim in claimed), 0.0, 0.0
    for point, shares in points:
        if given + slope * (point - reached) >= capacity:
            break
        given, slope, reached = given + slope * (point - reached), slope + shares, point
    return exact_level(capacity, claimed, reached, point)


def exact_level(capacity, claimed, low, high):
    """The level between two neighbouring points, from the claims that take part there (no rounding adds up)."""
    middle = (low + high) / 2
    takes_part = [claim for claim in claimed if claim.floor < middle * claim.shares < claim.ceiling]
    settled = fsum(claim.at(middle) for claim in claimed) - fsum(middle * claim.shares for claim in takes_part)
    return (capacity - settled) / fsum(claim.shares for claim in takes_part) if takes_part else high
