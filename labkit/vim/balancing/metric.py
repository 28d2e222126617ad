"""How unequal are the hosts? One number, and what follows from it.

    load of a host  N = what its VMs demand / what it has          esx1 ██████████ 1.0   esx2 █ 0.1
    imbalance       I = standard deviation of all N                0.45
    priority        6 − ⌈ I / 0.1 · √hosts ⌉                       2 (urgent) … 5 (hardly worth it)

The surprise: the number of VMs does not occur in it. Three idle VMs and three busy ones are the same number of VMs, and
as unequal as two hosts can be. And √hosts is there because one hot host among many hardly moves a standard deviation:
without it a large cluster would never look unbalanced.

Source: classic DRS (vSphere up to 6.7): 'current host load standard deviation' with a target; the formula of the
priority is from VMware's knowledge base, article 1007485, as it is quoted in print (documents only, nothing measured).

What the real one does differently: DRS counts entitlements, CPU and memory, and predicts; since vSphere 7 it compares a
score of each VM (0 to 100 %) on this and on other hosts, each minute. How that score is made of CPU ready time,
swapping and network is not published, so we do not pretend to compute it.
"""

from math import ceil, fsum, sqrt

from labkit.vmm.host import whole
from labkit.world.errors import LabError, number

THRESHOLD = 3  # documented default of DRS's migration threshold, from 1 (conservative) to 5 (aggressive)


def imbalance(loads):
    """Standard deviation of the hosts' loads (parts of their capacity); 0 for no host or one."""
    if isinstance(loads, str) or not hasattr(loads, "__iter__"):
        raise LabError(f"loads are a list of numbers, not {loads!r}", 400, True, "[0.9, 0.2]")
    loads = [number(load, "a load") for load in loads]
    if len(loads) < 2:
        return 0.0
    mean = fsum(loads) / len(loads)
    return sqrt(fsum((load - mean) ** 2 for load in loads) / len(loads))


def priority(imbalance, hosts):
    """How urgent it is to move something: 2 (urgent) to 5; 1 is kept for moves that a rule demands."""
    steps = ceil(number(imbalance, "imbalance") / 0.1 * sqrt(whole(hosts, "hosts")) - 1e-9)
    return min(max(6 - steps, 2), 5)


def target(threshold, hosts):
    """The imbalance up to which nothing is moved at this threshold: 0.1 · (5 − threshold) / √hosts.

    Threshold 3: 0.2 / √hosts. At 1 only rules move VMs: the target is infinite. LabError (400) for another threshold.
    """
    if threshold not in (1, 2, 3, 4, 5):
        raise LabError(f"there is no migration threshold {threshold!r}", 400, True, "1 (only rules) to 5 (aggressive)")
    return float("inf") if threshold == 1 else 0.1 * (5 - threshold) / sqrt(whole(hosts, "hosts"))
