"""Q3.T1: what is to run, and what may be spent on it; the smaller ones first in each family."""

from math import ceil
from random import Random

from labkit.failover.site import PRICES
from labkit.lab.task import Scenario

NODE_GIB = 64
QUORUM, SHARED, ROOM, DISKS, APART = (
    "who may restart", "what all share", "room for a lost node", "disks", "replicas apart",
)  # fmt: skip
FAMILIES = {QUORUM: 1, SHARED: 1, ROOM: 1, DISKS: 1, APART: 1}
NAMES = ("shop", "mail", "wiki", "erp", "build", "chat", "files", "db")
SLACK = 60  # of the budget: cables, and a witness more or less


def scenarios(seed):
    """Twenty sites to be designed."""
    luck = Random(f"Q3.T1/{seed}").random
    told = []
    for family, make in ((QUORUM, quorum), (APART, apart), (SHARED, shared), (DISKS, disks), (ROOM, room)):
        told += [(family, make(luck, i)) for i in range(4)]
    return [Scenario(family, seed * 100 + i, describe(data), data) for i, (family, data) in enumerate(told)]


def service(luck, name, memory_gib, rto_s=600, rpo_s=0, availability=0.9995):
    return {"name": name, "memory_gib": memory_gib, "rto_s": rto_s, "rpo_s": rpo_s, "availability": availability}


def some(luck, number, sizes=(8, 16), **promises):
    return [service(luck, name, pick(luck, sizes), **promises) for name in NAMES[:number]]


def quorum(luck, i):
    """Little work: two nodes would have the memory for it."""
    return case(some(luck, 1 + i, rto_s=pick(luck, (300, 600, 900))))


def apart(luck, i):
    """One service at least may not even be restarted: its VMs must not die together."""
    services = some(luck, 1 + i // 2)
    services[0] |= {"rto_s": pick(luck, (5, 30, 60)), "availability": 0.9997}
    if i == 3:
        services[1] |= {"rto_s": 30}
    return case(services)


def shared(luck, i):
    """High promises: a part that all need would break them."""
    return case(some(luck, 2 + i // 2, rto_s=pick(luck, (300, 600)), availability=0.9998))


def disks(luck, i):
    """Some may lose a few minutes of work, some nothing; the budget does not pay for more than is needed."""
    rpo_s = (900, 0, 300, 0)[i]
    return case(some(luck, 2 + i // 2, rpo_s=rpo_s, rto_s=900))


def room(luck, i):
    """So much work that a lost node's VMs find no place unless one was kept."""
    number = (4, 5, 6, 8)[i]
    sizes = (32,) if i % 2 else (16, 32)
    services = some(luck, number, sizes)
    return case(services)


def case(services):
    """The services and a budget that pays for a good design, and not for a lavish one."""
    memory = sum(each["memory_gib"] * (2 if each["rto_s"] < 180 else 1) for each in services)
    nodes = max(3, ceil(memory / NODE_GIB) + 1)
    storage = "replicated" if min(each["rpo_s"] for each in services) >= 60 else "mirrored"
    price = nodes * (PRICES["node"] + PRICES["rack"]) + 2 * PRICES["switch"] + PRICES[storage]
    return {"services": services, "budget": price + SLACK}


def describe(data):
    """The services in a line."""
    services = data["services"]
    told = [f"{each['name']} {each['memory_gib']} GiB (RTO {each['rto_s']} s, RPO {each['rpo_s']} s)"
            for each in services[:3]]  # fmt: skip
    more = f" and {len(services) - 3} more" if len(services) > 3 else ""
    return f"{', '.join(told)}{more}; budget {data['budget']}"


def pick(luck, items):
    return items[int(luck() * len(items))]
