"""The stories of Q2.T1, shortest first: requests to a VIM, and what happens to its hosts in between."""

from random import Random

from labkit.lab.task import Scenario

PLACEMENT, MAINTENANCE, SILENCE = "placement", "maintenance", "silence"
FAMILIES = {PLACEMENT: 1, MAINTENANCE: 1, SILENCE: 1}
NAMES = ("web", "db", "shop", "mail", "wiki", "build", "cache", "queue")
GIB = 1024


def scenarios(seed):
    """Twenty-six stories of two to four hosts; the seed draws names, sizes and hosts."""
    luck = Random(f"Q2.T1/{seed}").random
    stories = [*placement(luck), *maintenance(luck), *silence(luck)]
    return [
        Scenario(family, seed * 100 + number, title, {"hosts": hosts, "steps": steps})
        for number, (family, title, hosts, steps) in enumerate(stories)
    ]


def drawn(luck, number):
    """`number` different names of VMs."""
    left = list(NAMES)
    return [left.pop(int(luck() * len(left))) for _ in range(number)]


def hosts(number, gib=8):
    """So many hosts of the same size."""
    return {f"vmm{at + 1}": gib * GIB for at in range(number)}


def start(name, gib=2):
    return {"op": "start", "name": name, "memory_mib": gib * GIB}


def find(name):
    return {"op": "find", "name": name}


def release(name):
    return {"op": "release", "name": name}


def closing(host):
    return {"op": "maintenance", "host": host}


def do(what, host=None, **more):
    return {"do": what, "host": host, **more}


def placement(luck):
    """Start, find, release; full hosts; hands of others."""
    for count in (1, 2):
        a, b = drawn(luck, 2)
        yield PLACEMENT, "one VM is started and found", hosts(1 + count), [start(a), find(a), find(b)]
    a, b, c, d = drawn(luck, 4)
    yield PLACEMENT, "the same order twice", hosts(2), [start(a), start(a), find(a)]
    yield PLACEMENT, "a VM is released, then ordered again", hosts(2), [start(a), release(a), find(a), start(a)]
    yield PLACEMENT, "three VMs of 5 GiB on two hosts of 8", hosts(2), [start(a, 5), start(b, 5), start(c, 5), find(c)]
    full = [start(a, 6), start(b, 6), start(c, 6), start(d, 6), release(b), start(d, 6)]
    yield PLACEMENT, "a full room, and a place that comes free", hosts(3), full
    by_hand = do("start by hand", "vmm1", name=b, memory_mib=6 * GIB)
    steps = [by_hand, start(a, 6), find(b)]
    yield PLACEMENT, "somebody has started a VM directly on vmm1", hosts(2), steps
    target = f"vmm{2 + int(luck() * 2)}"
    there = {**hosts(1), "vmm2": 4 * GIB, "vmm3": 4 * GIB}
    steps = [start(a, 3), do("move by hand", target, name=a), find(a), start(b, 5), release(a), find(a)]
    yield PLACEMENT, f"somebody has moved the VM to {target}", there, steps


def maintenance(luck):
    """A host is to be emptied, running."""
    a, b, c, d = drawn(luck, 4)
    first = {"vmm1": 8 * GIB, "vmm2": 6 * GIB}  # the first VM goes to the roomiest, whoever chooses by room
    yield MAINTENANCE, "one VM, two hosts", first, [start(a), closing("vmm1"), find(a), closing("vmm1")]
    yield MAINTENANCE, "an empty host", hosts(2), [closing("vmm2"), start(a), start(b), start(c)]
    steps = [start(a), start(b), start(c), start(d), closing("vmm2"), find(a), find(b), find(c), find(d)]
    yield MAINTENANCE, "four VMs on three hosts", hosts(3), steps
    steps = [start(a, 5), start(b, 5), closing("vmm1"), find(a), find(b)]
    yield MAINTENANCE, "no room for what must move", hosts(2), steps
    large = {"vmm1": 16 * GIB, "vmm2": 3 * GIB}
    steps = [start(a, 8), start(b), closing("vmm1"), find(a), find(b)]
    yield MAINTENANCE, "room for one of the two that must move", large, steps
    steps = [do("cut", "vmm2"), closing("vmm2"), do("heal", "vmm2"), start(a, 6), start(b, 6), find(b)]
    yield MAINTENANCE, "a host is closed while it is silent", hosts(2), steps
    steps = [start(a), closing("vmm1"), start(b), start(c), find(b)]
    yield MAINTENANCE, "orders come after the host was closed", hosts(2, 12), steps
    steps = [start(a, 3), start(b, 3), start(c, 3), closing("vmm1"), closing("vmm2"), find(a), find(b), find(c)]
    yield MAINTENANCE, "two hosts of four are closed", hosts(4), steps
    steps = [start(a, 2), start(b, 2), do("move by hand", "vmm3", name=a), closing("vmm3"), find(a), find(b)]
    yield MAINTENANCE, "a VM that was moved by hand is on the host", hosts(3), steps
    steps = [start(a, 3), start(b, 3), do("cut", "vmm3"), closing("vmm1"), find(a), closing("vmm3")]
    yield MAINTENANCE, "a third host is silent meanwhile", {**hosts(2), "vmm3": GIB}, steps


def silence(luck):
    """Hosts that do not answer, dead or alive."""
    a, b, c = drawn(luck, 3)
    only = {"vmm1": 8 * GIB, "vmm2": 4 * GIB}
    for what, back, why in (
        ("cut", "heal", "the cable to vmm1 is cut"),
        ("crash", "start", "vmm1 has crashed"),
        ("stop libvirtd", "start libvirtd", "libvirtd on vmm1 was stopped"),
    ):
        steps = [start(a, 6), do(what, "vmm1"), start(a, 3), find(a), do(back, "vmm1"), start(a, 3), find(a)]
        yield SILENCE, why, only, steps
    steps = [do("crash", "vmm1"), start(a), find(a), start(b), release(a)]
    yield SILENCE, "one of two hosts never answers", hosts(2), steps
    steps = [start(a, 6), do("cut", "vmm1"), release(a), find(a), do("heal", "vmm1"), release(a), find(a)]
    yield SILENCE, "a VM on a silent host is to be released", only, steps
    steps = [do("crash", "vmm1"), do("cut", "vmm2"), start(a), do("heal", "vmm2"), start(a)]
    yield SILENCE, "all hosts are silent", hosts(2), steps
    steps = [do("lose the answer"), start(a), start(a), start(b), find(a), *heal(3), start(a), find(a)]
    yield SILENCE, "the answer to 'start' is lost", hosts(3), steps
    steps = [start(c), do("lose the answer"), start(a), start(a), *heal(2), start(a), closing("vmm2"), find(a)]
    yield SILENCE, "the answer to a later 'start' is lost", hosts(2, 12), steps


def heal(number):
    return [do("heal", f"vmm{at + 1}") for at in range(number)]
