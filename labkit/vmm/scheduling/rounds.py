"""Entitlement step by step: the same result as the water level, in rounds that can be told.

    round 1   6,000 MHz for 4,000 shares: 1.5 MHz per share. 'idle' can use only 300 MHz: settled.
    round 2   5,700 MHz for 3,000 shares: 1.9 MHz per share. …

Each round divides what is left by the shares of those who are still open, and settles those for whom the result is
wrong: below their floor (they get their reservation) or above their ceiling (their limit, or all they demand). The
surprise: never both in one round. If the floors cost more than the ceilings save, only the floors are settled, because
the next level is lower and somebody who was above the ceiling may then be below it. O(n²): made for people; the
scheduler uses `entitlement`.
"""

from dataclasses import dataclass

from labkit.vmm.scheduling.entitlement import checked

TINY = 1e-9  # part of what is left that rounding may cost


@dataclass(frozen=True)
class Settled:
    """What one VM gets, and why: 'reservation', 'limit', 'demand' (all it can use) or 'share'."""

    amount: float
    why: str


@dataclass(frozen=True)
class Round:
    """One round: `left` units for the `shares` of the open VMs; `settled` {name: Settled} leaves the game."""

    left: float
    shares: float
    settled: dict

    @property
    def level(self):
        """Units per share."""
        return self.left / self.shares


def rounds(capacity, claimed):
    """The Rounds of water-filling for Claims on `capacity`; what they settle together is the entitlement."""
    left, still_open, done = capacity, checked(capacity, claimed), []
    while still_open:
        shares = sum(claim.shares for claim in still_open)
        done.append(Round(left, shares, settle(left, left / shares, still_open)))
        still_open = [claim for claim in still_open if claim.name not in done[-1].settled]
        left = max(left - sum(one.amount for one in done[-1].settled.values()), 0)
    return done


def settle(left, level, claimed):
    """{name: Settled} of those whose amount is certain at this level."""
    low = {claim.name: Settled(claim.floor, "reservation") for claim in claimed if level * claim.shares < claim.floor}
    high = {claim.name: Settled(claim.ceiling, cap(claim)) for claim in claimed if level * claim.shares > claim.ceiling}
    excess = sum(claim.at(level) for claim in claimed) - left
    if excess > TINY * left and low:
        return low
    if excess < -TINY * left and high:
        return high
    return {claim.name: Settled(level * claim.shares, "share") for claim in claimed} | low | high


def cap(claim):
    """What stops a VM from using more: its limit or its demand."""
    return "limit" if claim.ceiling < claim.demand else "demand"


def story(name, played, unit="MHz"):
    """Sentences: what each round meant for one VM, up to the one that settled it."""
    told = []
    for at, step in enumerate(played, 1):
        told.append(
            f"Round {at}: {step.left:,.0f} {unit} for {step.shares:,.0f} shares: {step.level:.3g} {unit} per share."
        )
        if name in step.settled:
            return [*told, verdict(name, step.settled[name], unit)]
        told.append(f"Settled: {', '.join(step.settled)}. {name} waits for the next round.")
    return told


def verdict(name, settled, unit):
    """The sentence that closes a story."""
    amount = f"{settled.amount:,.0f} {unit}"
    return {
        "reservation": f"{name} would get less than its reservation: it gets the reservation, {amount}.",
        "limit": f"{name} would get more than its limit: it gets the limit, {amount}, even if nobody wants the rest.",
        "demand": f"{name} gets all it can use, {amount}; the rest is for the others.",
        "share": f"{name} gets its share, {amount}.",
    }[settled.why]
