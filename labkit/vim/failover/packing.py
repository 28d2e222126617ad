"""Would everything still run without these hosts? An exact answer, by trying every placement that could matter.

    free after a crash   esx2 ▏██░░░░▕ 6   esx3 ▏██░░░░▕ 6       lost: one VM of 10
                         6 + 6 = 12 ≥ 10, and yet it starts nowhere: a VM cannot be cut in two

The surprise is fragmentation: the sum of what is free says nothing about the largest piece. VMs that run stay where
they are; only those of the lost hosts look for a place. The question is bin packing (NP-hard), so a real HA system does
not ask it: vSphere's slots and percentages are estimates that are quick, on the careful or the careless side.

What the real one does differently: DRS may move running VMs to make room for one that does not fit (vSphere HA asks it
to, when it is on); nothing here moves.
"""

from itertools import combinations

from labkit.world.errors import LabError

MOST_VISITS = 200_000  # of search nodes; beyond it we say that we do not know


def place_all(sizes, free):
    """For each of `sizes` the place in `free` (a list) where it goes, all together; None if there is no such way.

    LabError when the search grows too large for an exact answer.
    """
    order = sorted(range(len(sizes)), key=lambda i: -sizes[i])
    ordered = [sizes[i] for i in order]
    if not ordered:
        return []
    if sum(ordered) > sum(free) or ordered[0] > max(free, default=0):
        return None
    found = _search(ordered, list(free), 0, 0, set(), [MOST_VISITS])
    if found is None:
        return None
    places = dict(zip(order, found, strict=True))
    return [places[i] for i in range(len(sizes))]


def _search(sizes, free, at, least, dead, budget):
    """Places for sizes[at:] (largest first); `least`: equal sizes go to the right only; `dead`: known dead ends."""
    if at == len(sizes):
        return []
    budget[0] -= 1
    if budget[0] < 0:
        raise LabError("too many placements to try them all", next_step="ask about fewer hosts or VMs")
    key = (at, least, tuple(free))
    if key in dead:
        return None
    size, tried = sizes[at], set()
    for i in range(least, len(free)):
        if free[i] < size or free[i] in tried:
            continue
        tried.add(free[i])  # an equally empty host further right leads to the same
        free[i] -= size
        right = i if at + 1 < len(sizes) and sizes[at + 1] == size else 0
        rest = _search(sizes, free, at + 1, right, dead, budget)
        free[i] += size
        if rest is not None:
            return [i, *rest]
    dead.add(key)
    return None


def first_gap(hosts, vms, k):
    """The first set of `k` hosts (in the order of `hosts`) whose loss leaves a VM without a place, or None.

    hosts   {name: memory_gib}
    vms     [{"name", "memory_gib", "host"}, …] that run (any unit will do)
    """
    for lost in combinations(hosts, min(k, len(hosts))):
        down = [vm["memory_gib"] for vm in vms if vm["host"] in lost]
        if place_all(down, list(free_without(hosts, vms, lost).values())) is None:
            return lost
    return None


def free_without(hosts, vms, lost):
    """{host: GiB free} of the hosts that are left."""
    used = dict.fromkeys(hosts, 0)
    for vm in vms:
        used[vm["host"]] += vm["memory_gib"]
    return {name: hosts[name] - used[name] for name in hosts if name not in lost}


def can_tolerate(hosts, vms, k):
    """True if the VMs of any `k` lost hosts find a place on the others. Arguments as in first_gap()."""
    return first_gap(hosts, vms, k) is None
