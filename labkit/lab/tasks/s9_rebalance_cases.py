"""S9.T1: the hosts, VMs and tapes of loads on which the rule is tried. A pass every five minutes."""

from random import Random

from labkit.lab.task import Scenario
from labkit.lab.tasks.s9_rebalance_mutants import moves
from labkit.lab.tasks.s9_rebalance_state import State

PASS_MIN = 5
LOAD, HOT, ROOM, SWINGS = "load, not number", "hot memory", "room on the target", "a load that swings"
FAMILIES = {LOAD: 1, HOT: 1, ROOM: 1, SWINGS: 1}
MHZ, MIB = 10_000, 65_536
EACH = 6  # scenarios per family


def scenarios(seed):
    """Twenty-four, the smaller ones first in each family."""
    luck = Random(f"S9.T1/{seed}")
    made = {LOAD: by_load, HOT: with_hot, ROOM: tight, SWINGS: swinging}
    told = []
    for family, make in made.items():
        for size in range(EACH):
            title, data = solvable(lambda make=make, size=size: make(luck, size))
            told.append(Scenario(family, seed * 100 + len(told), title, data))
    return told


def solvable(make):
    """Draw until a greedy search has something in hand: four moves bring the first imbalance below 40 %."""
    while True:
        title, data = make()
        if by_greed(data) < 0.4:
            return title, data


def by_greed(data):
    """What is left of the first pass's imbalance after the reference's moves, as a part."""
    state = State(data)
    for name, mhz in data["tape"][0].items():
        state.vms[name]["demand_mhz"] = mhz
    before = state.imbalance()
    for name, target in moves(**state.shown(0)):
        state.move(name, target, 0)
    return state.imbalance() / before if before >= 0.1 else 1.0


def host(number, mhz=MHZ, mib=MIB):
    return {"name": f"esx{number}", "capacity_mhz": mhz, "memory_mib": mib}


def vm(name, at, mhz, mib=4096, hot=False):
    return {"name": name, "host": f"esx{at}", "demand_mhz": mhz, "memory_mib": mib, "hot_memory": hot}


def data(hosts, vms, later=()):
    """A scenario: the first pass with the demands as they are, then `later` changes, pass by pass."""
    return {"hosts": hosts, "vms": vms, "tape": [{}, *later]}


def names(prefix="vm"):
    """vm1, vm2, …"""
    number = 0
    while True:
        number += 1
        yield f"{prefix}{number}"


def by_load(luck, size):
    """Equal numbers of VMs on every host, unequal loads; hosts of two sizes in the larger half. A last pass that is
    even enough to be left alone."""
    count, name = 2 + size // 2, names()
    hosts = [host(i + 1, MHZ * (2 if size >= 3 and i % 2 else 1)) for i in range(count)]
    vms = []
    for i in range(count):
        busy = i == 0 or (count > 3 and i == 1)
        low, high = (2000, 2900) if busy else (150, 700)
        part = hosts[i]["capacity_mhz"] / MHZ
        vms += [vm(next(name), i + 1, round(luck.uniform(low, high) * part)) for _ in range(3 + (size > 1))]
    return f"{count} hosts with {len(vms) // count} VMs each", data(hosts, vms, [{each["name"]: 40 for each in vms}])


def with_hot(luck, size):
    """The busiest VM of the fullest host is one that cannot be copied."""
    count, name = 2 + size // 2, names()
    vms = [vm("db", 1, luck.randrange(3500, 4500), 16_384, hot=True)]
    vms += [vm(next(name), 1, luck.randrange(900, 1700)) for _ in range(5)]
    for i in range(1, count):
        vms += [vm(next(name), i + 1, luck.randrange(200, 900)) for _ in range(3)]
    title = f"{count} hosts; db on esx1 demands {vms[0]['demand_mhz']} MHz, its memory is hot"
    return title, data([host(i + 1) for i in range(count)], vms)


def tight(luck, size):
    """The emptiest host by load is nearly full by memory: only small VMs fit, and not all of them."""
    if size in (1, 4):
        return small(luck, size)
    count, name = 2 + size // 2, names()
    hosts = [host(1), host(2, mib=24_576), *[host(i, mib=49_152) for i in range(3, count + 1)]]
    vms = [vm(next(name), 1, luck.randrange(2000, 2300), 12_288) for _ in range(2)]
    vms += [vm(next(name), 1, luck.randrange(1300, 1700), luck.choice((2048, 3072))) for _ in range(3)]
    vms.append(vm(next(name), 2, luck.randrange(600, 1200), 17_408))
    for i in range(3, count + 1):
        vms += [vm(next(name), i, luck.randrange(1300, 1700), 8192) for _ in range(3)]
    return f"{count} hosts; esx2 has hardly any load and 7,168 MiB left", data(hosts, vms)


def small(luck, size):
    """esx1 is asked for more than it has; the MHz of the small host beside it suffice for small VMs only. Where all
    are overloaded, a move that overloads one more host would even the loads out."""
    count, name = 2 + size // 4, names()
    hosts = [host(1), host(2, mhz=4000), *[host(i) for i in range(3, count + 1)]]
    vms = [vm(next(name), 1, luck.randrange(3700, 3900)) for _ in range(2)]
    vms += [vm(next(name), 1, luck.randrange(1500, 1700)) for _ in range(4)]
    vms.append(vm(next(name), 2, luck.randrange(350, 450)))
    for i in range(3, count + 1):
        vms += [vm(next(name), i, luck.randrange(3000, 3200)) for _ in range(3)]
    return f"{count} hosts; esx2 has 4,000 MHz only", data(hosts, vms)


def swinging(luck, size):
    """Five minutes later the other host is the full one; what has just been moved there would fit best on its way back.
    After ten it is calm."""
    count, name = 2 + size // 3, names()
    large = [vm(f"batch{i + 1}", 1, luck.randrange(2400, 2700)) for i in range(3)]
    small = [vm(next(name), 2, luck.randrange(250, 400)) for _ in range(6)]
    others = [vm(next(name), i, luck.randrange(1300, 1500)) for i in range(3, count + 1) for _ in range(3)]
    up = {each["name"]: luck.randrange(1050, 1200) for each in small}
    down = {each["name"]: each["demand_mhz"] for each in small}
    title = f"{count} hosts; in minute 5 the VMs of esx2 get busy, in minute 10 they rest again"
    return title, data([host(i + 1) for i in range(count)], [*large, *small, *others], [up, down, {}])
