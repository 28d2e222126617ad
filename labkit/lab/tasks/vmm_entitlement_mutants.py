"""VMM.T2, the reference (a rising water level, found by halving) and wrong solutions with the beliefs behind them."""

from labkit.lab.task import Mutant


def entitlement(capacity_mhz, vms):
    """The reference, as a student might write it."""
    ceiling = {
        vm["name"]: vm["demand_mhz"] if vm["limit_mhz"] is None else min(vm["demand_mhz"], vm["limit_mhz"])
        for vm in vms
    }

    def at(level):
        return {vm["name"]: min(max(level * vm["shares"], vm["reservation_mhz"]), ceiling[vm["name"]]) for vm in vms}

    if sum(ceiling.values()) <= capacity_mhz:
        return ceiling
    low, high = 0, capacity_mhz
    for _ in range(60):
        level = (low + high) / 2
        if sum(at(level).values()) > capacity_mhz:
            high = level
        else:
            low = level
    return at(low)


def seen_as(change):
    """The reference, working on VMs that it misreads: `change(vm, capacity, vms)` returns what differs."""

    def wrong(capacity_mhz, vms):
        return entitlement(capacity_mhz, [{**vm, **change(vm, capacity_mhz, vms)} for vm in vms])

    return wrong


def cap(vm):
    return vm["demand_mhz"] if vm["limit_mhz"] is None else min(vm["demand_mhz"], vm["limit_mhz"])


def part(vm, capacity, vms):
    """Its part of the capacity by shares."""
    return capacity * vm["shares"] / sum(other["shares"] for other in vms)


def percent(capacity_mhz, vms):
    """Shares as a fixed percentage, whatever is demanded."""
    return {vm["name"]: max(part(vm, capacity_mhz, vms), vm["reservation_mhz"]) for vm in vms}


def percent_of_an_idle_host(capacity_mhz, vms):
    """Shares cap a VM even while there is enough for all."""
    if sum(map(cap, vms)) > capacity_mhz:
        return entitlement(capacity_mhz, vms)
    return {vm["name"]: min(part(vm, capacity_mhz, vms), cap(vm)) for vm in vms}


def one_round(capacity_mhz, vms):
    """Not enough for all: reservations above the share, then the rest by shares, clipped; what that leaves is lost."""
    if sum(map(cap, vms)) <= capacity_mhz:
        return {vm["name"]: cap(vm) for vm in vms}
    got = {vm["name"]: min(vm["reservation_mhz"], cap(vm)) for vm in vms}
    rest = [vm for vm in vms if got[vm["name"]] < part(vm, capacity_mhz, vms)]
    left = capacity_mhz - sum(got[vm["name"]] for vm in vms if vm not in rest)
    return got | {vm["name"]: max(min(part(vm, left, rest), cap(vm)), got[vm["name"]]) for vm in rest}


def two_rounds(capacity_mhz, vms):
    """What the first round leaves is divided once more, and then no more."""
    got = one_round(capacity_mhz, vms)
    waiting = [vm for vm in vms if got[vm["name"]] < cap(vm)]
    left = capacity_mhz - sum(got.values())
    return got | {vm["name"]: min(got[vm["name"]] + part(vm, left, waiting), cap(vm)) for vm in waiting}


def on_top(capacity_mhz, vms):
    """Reservations first, then everybody's share of the rest on top of them."""
    bonus = {vm["name"]: min(vm["reservation_mhz"], cap(vm)) for vm in vms}
    bare = [{**vm, "demand_mhz": cap(vm) - bonus[vm["name"]], "reservation_mhz": 0, "limit_mhz": None} for vm in vms]
    rest = entitlement(capacity_mhz - sum(bonus.values()), bare)
    return {name: bonus[name] + rest[name] for name in bonus}


def locked_away(capacity_mhz, vms):
    """A reservation leaves the pool whether it is used or not."""
    lost = sum(vm["reservation_mhz"] - min(vm["reservation_mhz"], cap(vm)) for vm in vms)
    return entitlement(capacity_mhz - lost, vms)


def kept(capacity_mhz, vms):
    """An idle VM keeps its reservation."""
    return seen_as(lambda vm, *_: {"demand_mhz": max(vm["demand_mhz"], vm["reservation_mhz"])})(capacity_mhz, vms)


def limit_under_contention(capacity_mhz, vms):
    """Limits count only when there is not enough for all demands."""
    if sum(vm["demand_mhz"] for vm in vms) <= capacity_mhz:
        return {vm["name"]: vm["demand_mhz"] for vm in vms}
    return entitlement(capacity_mhz, vms)


def queue(capacity_mhz, vms):
    """First come, first served."""
    got = {}
    for vm in vms:
        got[vm["name"]] = min(cap(vm), capacity_mhz - sum(got.values()))
    return got


def priority(capacity_mhz, vms):
    """Reservations, then whoever has the most shares takes all it can use."""
    got = {vm["name"]: min(vm["reservation_mhz"], cap(vm)) for vm in vms}
    for vm in sorted(vms, key=lambda vm: -vm["shares"]):
        more = min(cap(vm) - got[vm["name"]], capacity_mhz - sum(got.values()))
        got[vm["name"]] += max(more, 0)
    return got


def all_at_once(capacity_mhz, vms):
    """Rounds in which floors and ceilings are settled together."""
    got, waiting = {}, list(vms)
    while waiting:
        left = capacity_mhz - sum(got.values())
        fits = {vm["name"]: min(max(part(vm, left, waiting), vm["reservation_mhz"]), cap(vm)) for vm in waiting}
        settled = [vm for vm in waiting if abs(fits[vm["name"]] - part(vm, left, waiting)) > 1e-9] or waiting
        got.update({vm["name"]: fits[vm["name"]] for vm in settled})
        waiting = [vm for vm in waiting if vm["name"] not in got]
    return got


MUTANTS = {
    "shares are a percentage of the host": Mutant(percent, "VMM.m6"),
    "shares count without contention": Mutant(percent_of_an_idle_host, "VMM.m6"),
    "an idle VM keeps its reservation": Mutant(kept, "VMM.m7"),
    "an idle reservation is lost to all": Mutant(locked_away, "VMM.m7"),
    "a limit counts only under contention": Mutant(limit_under_contention, "VMM.m8"),
    "divided by vCPUs": Mutant(seen_as(lambda vm, *_: {"shares": vm["vcpus"]}), "VMM.m9"),
    "shares counted again for each vCPU": Mutant(
        seen_as(lambda vm, *_: {"shares": vm["shares"] * vm["vcpus"]}), "VMM.m9"
    ),
    "the same for every VM": Mutant(seen_as(lambda *_: {"shares": 1})),
    "the reservation comes on top of the share": Mutant(on_top),
    "one round is enough": Mutant(one_round),
    "two rounds are enough": Mutant(two_rounds),
    "reservations forgotten": Mutant(seen_as(lambda *_: {"reservation_mhz": 0})),
    "first come, first served": Mutant(queue),
    "most shares first": Mutant(priority),
    "floors and ceilings in one round": Mutant(all_at_once),
    "everybody gets what it demands": Mutant(lambda capacity_mhz, vms: {vm["name"]: cap(vm) for vm in vms}),
    "a list instead of names": Mutant(lambda capacity_mhz, vms: [cap(vm) for vm in vms]),
}
