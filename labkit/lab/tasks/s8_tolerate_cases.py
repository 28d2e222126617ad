"""S8.T2: clusters on which the rule is tried. For every tempting short cut there is one that it gets wrong and that the
short cuts behind it in the list get right: a counterexample that says what is wrong with just this one."""

from functools import lru_cache
from random import Random

from labkit.lab.task import Scenario
from labkit.lab.tasks.s8_tolerate_mutants import MUTANTS
from labkit.vim.failover.packing import can_tolerate

ONE, UNEQUAL, SEVERAL = "one host, equal hosts", "hosts of unequal size", "several hosts at once"
FAMILIES = {ONE: 1, UNEQUAL: 1, SEVERAL: 1}
TOO_HOPEFUL = (  # say yes where the answer is no
    ("always yes", ONE),
    ("sum of free memory", ONE),
    ("all VMs are packed anew", UNEQUAL),
    ("k = 1 only", SEVERAL),
    ("the first k hosts only", UNEQUAL),
    ("the k largest hosts only", UNEQUAL),
    ("the k fullest hosts only", UNEQUAL),
    ("each alone would fit", UNEQUAL),
    ("a dead host has room", SEVERAL),
)
TOO_CAREFUL = (  # say no where the answer is yes
    ("never", ONE),
    ("one spare host takes all", ONE),
    ("first fit, as they come", SEVERAL),
    ("the roomiest host each time", UNEQUAL),
    ("largest first, tightest host", SEVERAL),
)
MORE = ((ONE, True), (ONE, False), (UNEQUAL, True), (UNEQUAL, False), (SEVERAL, True))
TRIES = 30_000


@lru_cache(maxsize=8)
def scenarios(seed):
    """Twenty clusters: one for each short cut, and a few more."""
    luck = Random(f"S8.T2/{seed}").random
    told = [case for names in (TOO_HOPEFUL, TOO_CAREFUL) for case in traps(luck, names, names is TOO_CAREFUL)]
    told += [
        (family, find(luck, family, lambda case, right=right: can_tolerate(**case) == right)) for family, right in MORE
    ]
    told.append((SEVERAL, find(luck, SEVERAL, fragmented)))
    return [Scenario(family, seed * 100 + i, describe(case), case) for i, (family, case) in enumerate(told)]


def fragmented(case):
    """Enough is free in all, and yet a VM has no place."""
    return not can_tolerate(**case) and said("sum of free memory", case)


def traps(luck, names, right):
    """For each short cut a cluster where it alone of those that are left is wrong."""
    for at, (name, family) in enumerate(names):
        later = [other for other, _ in names[at + 1 :]]

        def alone(case, name=name, later=later):
            return (
                can_tolerate(**case) == right
                and said(name, case) != right
                and all(said(other, case) == right for other in later)
            )

        yield family, find(luck, family, alone)


def said(name, case):
    """What a short cut answers."""
    return MUTANTS[name].artefact(**case)


def find(luck, family, fits):
    """The first cluster, small ones first, for which `fits` holds."""
    for n in range(TRIES):
        case = cluster(luck, family, 2 + n // 100 % 4)
        if fits(case):
            return case
    raise ValueError(f"no such cluster in the family {family!r}")


def cluster(luck, family, most):
    """Some hosts with up to `most` VMs each, as many as fit."""
    count = 3 + int(2 * luck()) + (family == SEVERAL)
    sizes = [16] * count if family == ONE else [pick(luck, (8, 12, 16, 24)) for _ in range(count)]
    hosts = {f"esx{i + 1}": size for i, size in enumerate(sizes)}
    left, vms = dict(hosts), []
    for host in hosts:
        for _ in range(int((most + 1) * luck())):
            memory = 1 + int(9 * luck())
            if memory <= left[host]:
                left[host] -= memory
                vms.append({"name": f"vm{len(vms) + 1}", "memory_gib": memory, "host": host})
    return {"hosts": hosts, "vms": vms, "k": 2 if family == SEVERAL else 1}


def describe(case):
    """The cluster in a line."""
    on = {host: [str(vm["memory_gib"]) for vm in case["vms"] if vm["host"] == host] for host in case["hosts"]}
    words = "; ".join(
        f"{host} {size} GiB: VMs of {' + '.join(on[host]) or '–'}" for host, size in case["hosts"].items()
    )
    return f"{words}. Any {case['k']} lost?"


def pick(luck, some):
    return some[int(luck() * len(some))]
