"""S8.T1: the lost hosts on which a plan is tried, the smaller ones first in each family."""

from random import Random

from labkit.lab.task import Scenario

FENCE, ALARM, DISKS, PRIORITY, TIGHT = (
    "fencing that fails", "false alarms", "local disks", "priorities", "tight memory",
)  # fmt: skip
FAMILIES = {FENCE: 1, ALARM: 1, DISKS: 1, PRIORITY: 1, TIGHT: 1}
NAMES = ("web", "db", "mail", "shop", "wiki", "build")
SIZES = (4, 8, 16, 32)
NEVER = 99  # the board management controller is broken: no fence ever succeeds


def scenarios(seed):
    """Thirty lost hosts. `alive`: it is only cut off, and its VMs run on. `fence_fails`: so many fences fail first."""
    luck = Random(f"S8.T1/{seed}").random
    told = []
    for family, make in ((ALARM, alarm), (DISKS, disks), (PRIORITY, priorities), (TIGHT, tight), (FENCE, fences)):
        told += [(family, make(luck, i)) for i in range(6)]
    return [Scenario(family, seed * 100 + i, describe(data), data) for i, (family, data) in enumerate(told)]


def alarm(luck, i):
    """The host lives and is cut off: whoever starts its VMs elsewhere has two of each."""
    vms = [vm(luck, name, priority=1 + at // 2) for at, name in enumerate(NAMES[: 1 + i // 2])]
    return case(luck, vms, spare=1.6, alive=True, hosts=2 + i % 2)


def disks(luck, i):
    """One VM or two have their disk on the lost host, the most important one among them."""
    vms = [vm(luck, name, priority=1 + at // 2) for at, name in enumerate(NAMES[: 2 + i // 2])]
    vms[0]["disk"] = "local"
    if i >= 4:
        vms[1]["disk"] = "local"
    return case(luck, vms, spare=1.6, hosts=2 + i % 2)


def priorities(luck, i):
    """Room for all, or for all but one; what comes first in the list is not what counts."""
    order = [2, 1, 3, 1, 2, 3][: 3 + i // 2]
    vms = [vm(luck, name, priority=number) for name, number in zip(NAMES, order, strict=False)]
    return case(luck, vms, spare=2.5 if i % 2 else 0.8, hosts=2)


def tight(luck, i):
    """Too little for all: a large VM in the middle fits nowhere, a small one behind it does."""
    sizes = [8, 32, 4, 4, 16, 8][: 3 + i // 2]
    vms = [vm(luck, name, 1 + at // 2, size) for at, (name, size) in enumerate(zip(NAMES, sizes, strict=False))]
    rooms = ([12, 8], [16, 10], [20, 8], [12, 12, 8], [24, 8], [16, 14, 6])[i]
    return case(luck, vms, rooms=rooms)


def fences(luck, i):
    """The power switch of the host does not obey: once, twice, never."""
    vms = [vm(luck, name, priority=1 + at // 2) for at, name in enumerate(NAMES[: 2 + i // 2])]
    return case(luck, vms, spare=1.6, hosts=2 + i % 2, fence_fails=(1, NEVER, 2)[i % 3], alive=i % 2 == 1)


def vm(luck, name, priority, memory=None):
    """One VM as data; priority 1 is the most important."""
    return {
        "name": name,
        "memory_gib": pick(luck, SIZES[:3]) if memory is None else memory,
        "priority": priority,
        "disk": "shared",
    }


def case(luck, vms, spare=1.0, hosts=2, rooms=None, alive=False, fence_fails=0):
    """The lost host is esx1; the others have `rooms` GiB free, or together `spare` times what was lost."""
    need = sum(each["memory_gib"] for each in vms)
    rooms = rooms or [max(4, round(need * spare / hosts) + at) for at in range(hosts)]
    free = {f"esx{at + 2}": room for at, room in enumerate(rooms)}
    return {"dead": "esx1", "vms": vms, "free": free, "alive": alive, "fence_fails": fence_fails}


def describe(data):
    """The case in a line."""
    vms = ", ".join(
        f"{each['name']} {each['memory_gib']} GiB priority {each['priority']}"
        + (" on a local disk" if each["disk"] == "local" else "")
        for each in data["vms"]
    )
    free = ", ".join(f"{host} {room}" for host, room in data["free"].items())
    fails = {0: "", NEVER: "; its power switch does not answer"}.get(
        data["fence_fails"], f"; the first {data['fence_fails']} fence(s) fail"
    )
    return f"{data['dead']} is silent; on it {vms}; free GiB: {free}{fails}"


def pick(luck, some):
    return some[int(luck() * len(some))]
