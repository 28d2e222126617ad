"""S8.T2: an exact rule as a student would write it, and rules that are quick and wrong."""

from itertools import combinations

from labkit.lab.task import Mutant


def can_tolerate(hosts, vms, k):
    """The reference: every set of k hosts is lost once, every placement of its VMs is tried."""
    for lost in combinations(hosts, k):
        free = {host: size for host, size in hosts.items() if host not in lost}
        for vm in vms:
            if vm["host"] in free:
                free[vm["host"]] -= vm["memory_gib"]
        down = [vm["memory_gib"] for vm in vms if vm["host"] in lost]
        if not fits(sorted(down, reverse=True), free):
            return False
    return True


def fits(down, free):
    """True if there is a way to place them all."""
    if not down:
        return True
    return any(fits(down[1:], {**free, host: free[host] - down[0]}) for host in free if free[host] >= down[0])


def after(hosts, vms, lost):
    """(free room per host that is left, sizes of the VMs that are down, in their order)."""
    free = {host: size for host, size in hosts.items() if host not in lost}
    for vm in vms:
        if vm["host"] in free:
            free[vm["host"]] -= vm["memory_gib"]
    return free, [vm["memory_gib"] for vm in vms if vm["host"] in lost]


def greedy(down, free, choose):
    """Each in turn to the host that `choose` takes; False when one has no place."""
    free = dict(free)
    for size in down:
        able = [host for host in free if free[host] >= size]
        if not able:
            return False
        free[choose(able, free)] -= size
    return True


def first(able, free):
    return able[0]


def tightest(able, free):
    return min(able, key=free.get)


def every(test, count=lambda hosts, k: k):
    """A rule that tries every set of lost hosts, with a quick test instead of all placements."""

    def wrong(hosts, vms, k):
        return all(test(*after(hosts, vms, lost)[::-1]) for lost in combinations(hosts, count(hosts, k)))

    return wrong


def exact(down, free):
    return fits(sorted(down, reverse=True), free)


def only(choose):
    """A rule that tries one set of lost hosts."""

    def wrong(hosts, vms, k):
        free, down = after(hosts, vms, choose(hosts, vms, k))
        return exact(down, free)

    return wrong


def load(host, vms):
    return sum(vm["memory_gib"] for vm in vms if vm["host"] == host)


def packed_anew(hosts, vms, k):
    """All VMs are placed afresh, those that run, too."""
    sizes = sorted((vm["memory_gib"] for vm in vms), reverse=True)
    return all(
        fits(sizes, {host: size for host, size in hosts.items() if host not in lost}) for lost in combinations(hosts, k)
    )


def room_of_the_dead(hosts, vms, k):
    """What the lost hosts had free still counts."""
    before, _ = after(hosts, vms, ())
    return all(exact(after(hosts, vms, lost)[1], before) for lost in combinations(hosts, k))


MUTANTS = {
    "sum of free memory": Mutant(every(lambda down, free: sum(down) <= sum(free.values())), "S8.m4"),
    "each alone would fit": Mutant(every(lambda down, free: all(size <= max(free.values()) for size in down))),
    "k = 1 only": Mutant(every(exact, count=lambda hosts, k: 1)),
    "the first k hosts only": Mutant(only(lambda hosts, vms, k: list(hosts)[:k])),
    "the k largest hosts only": Mutant(only(lambda hosts, vms, k: sorted(hosts, key=lambda host: -hosts[host])[:k])),
    "the k fullest hosts only": Mutant(only(lambda hosts, vms, k: sorted(hosts, key=lambda h: -load(h, vms))[:k])),
    "all VMs are packed anew": Mutant(packed_anew),
    "a dead host has room": Mutant(room_of_the_dead),
    "one spare host takes all": Mutant(every(lambda down, free: sum(down) <= max(free.values()))),
    "first fit, as they come": Mutant(every(lambda down, free: greedy(down, free, first))),
    "the roomiest host each time": Mutant(
        every(lambda down, free: greedy(sorted(down, reverse=True), free, lambda able, free: max(able, key=free.get)))
    ),
    "largest first, tightest host": Mutant(
        every(lambda down, free: greedy(sorted(down, reverse=True), free, tightest))
    ),
    "always yes": Mutant(lambda hosts, vms, k: True),
    "never": Mutant(lambda hosts, vms, k: False),
}
