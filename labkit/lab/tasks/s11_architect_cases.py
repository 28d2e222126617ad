"""S11.T2: the services of a company, eight kinds in three sizes each, and the faults of a year."""

from random import Random

from labkit.lab.task import Scenario

STATELESS, WRITER, MANY, LIMITS = "stateless", "one writer", "state and many nodes", "licences and patience"
FAMILIES = {STATELESS: 1, WRITER: 1, MANY: 1, LIMITS: 1}
DAY, HOUR, MINUTE = 86400, 3600, 60


def scenarios(seed):
    """Twenty-four years, the smaller services first in each family."""
    luck = Random(f"S11.T2/{seed}")
    told = []
    for family, kinds in KINDS.items():
        told += [(family, kind(luck, size)) for size in (1, 2, 3) for kind in kinds]
    return [
        Scenario(family, seed * 100 + i, title(made), {"service": made, "faults": faults(luck, made["rooms"])})
        for i, (family, made) in enumerate(told)
    ]


def service(luck, name, load, keeps="nothing", writers="any", licences=None, rooms=1, outage_s=MINUTE, rpo_s=0):
    """One service; `load`: its peak in nodes."""
    per_node = luck.choice((50, 80, 100, 200))
    peak = round(load * per_node)
    return {"name": name, "peak": peak, "per_node": per_node, "writers": writers, "licences": licences,
            "keeps": keeps, "rooms": rooms, "outage_s": outage_s, "rpo_s": rpo_s}  # fmt: skip


def some(luck, size):
    """A load of more than `size` nodes and less than one more."""
    return size + luck.uniform(0.2, 0.8)


def part(luck):
    """A load of a part of one node."""
    return luck.uniform(0.3, 0.9)


KINDS = {
    STATELESS: (
        lambda luck, size: service(luck, "the web site", some(luck, size)),
        lambda luck, size: service(luck, "the price calculator", part(luck), outage_s=luck.choice((20, 30, 60))),
    ),
    WRITER: (
        lambda luck, size: service(luck, "the orders' database", part(luck), "data", "one", rooms=2),
        lambda luck, size: service(luck, "the statistics' database", part(luck), "data", "one", rpo_s=300 * size),
    ),
    MANY: (
        lambda luck, size: service(luck, "the shop with its carts", some(luck, size), "sessions"),
        lambda luck, size: service(luck, "the counter of likes", some(luck, size), "data", "merge", rpo_s=60 * size),
    ),
    LIMITS: (
        lambda luck, size: service(luck, "the licensed planner", part(luck), licences=1),
        lambda luck, size: service(luck, "the nightly reports", part(luck), outage_s=DAY * size),
        lambda luck, size: service(luck, "the archive", part(luck), "data", "one", outage_s=DAY * size),
    ),
}


def faults(luck, rooms):
    """Twelve to fourteen accidents, one after the other; each node is hit, one loses its disk, a room may burn."""
    count = luck.randint(12, 14)
    told = []
    for i in range(count):
        at_s = (i + luck.uniform(0.1, 0.8)) * 365 * DAY / (count + 1)
        if rooms == 2 and i == 5:
            told.append({"at_s": round(at_s), "room": 1, "repair_s": 12 * HOUR, "disk": True})
        else:
            repair_s = luck.choice((10 * MINUTE, 2 * HOUR, 8 * HOUR, 12 * HOUR)) if i > 1 else 8 * HOUR
            told.append({"at_s": round(at_s), "node": i, "repair_s": repair_s, "disk": i % 3 == 1})
    return told


def title(made):
    """The service in words."""
    limit = made["outage_s"]
    allowed = f"{limit:g} s" if limit < HOUR else f"{limit / HOUR:g} h"
    extra = f", {made['licences']} licence" if made["licences"] else ""
    extra += ", a room may burn" if made["rooms"] == 2 else ""
    keeps = f"keeps {made['keeps']} ({made['writers']} writer)" if made["keeps"] == "data" else f"keeps {made['keeps']}"
    return (f"{made['name']}: {made['peak']:g} requests/s, {made['per_node']:g} per node, {keeps}, "
            f"interrupted at most {allowed}, may forget {made['rpo_s']:g} s{extra}")  # fmt: skip
