"""S11.T1: peaks, nodes, deaths and zones. Small numbers of requests, so that the pools can be run."""

from random import Random

from labkit.lab.task import Scenario

ONE, SEVERAL, ZONED = "one node dies", "several nodes die", "a zone dies"
FAMILIES = {ONE: 1, SEVERAL: 1, ZONED: 1}
FOUND_S, SPAN_S = 2.0, 8.0  # after the first seconds the dead are out of rotation; then it is measured
TARGETS = (0.6, 0.7, 0.75, 0.8, 0.9)


def scenarios(seed):
    """Twenty-four plans, the smaller ones first in each family."""
    luck = Random(f"S11.T1/{seed}")
    told = [*one(luck), *several(luck), *zoned(luck)]
    return [Scenario(family, seed * 100 + i, title(data), data) for i, (family, data) in enumerate(told)]


def plan(family, luck, need, k, zones=1, fill=None, target=None):
    """A plan that needs `need` nodes at the target; `fill`: how full the last of them is (1: to the last request)."""
    per_node, target = luck.choice((5, 8, 10, 12)), target or luck.choice(TARGETS)
    fill = luck.uniform(0.35, 0.95) if fill is None else fill
    peak = round((need - 1 + fill) * per_node * target, 2)
    return family, {"peak": peak, "per_node": per_node, "k": k, "target": target, "zones": zones}


def one(luck):
    """k = 1, one zone: much below the target, to the last request, a little above a whole number of nodes."""
    yield plan(ONE, luck, 5, 1, fill=0.9, target=0.5)
    yield plan(ONE, luck, 2, 1, fill=1.0, target=0.9)
    yield plan(ONE, luck, 2, 1, fill=0.8, target=0.9)
    yield plan(ONE, luck, 2, 1, fill=0.4, target=0.9)
    for need in (1, 3, 4, 6):
        yield plan(ONE, luck, need, 1)


def several(luck):
    """k = 2 or 3, one zone; once nobody dies."""
    yield plan(SEVERAL, luck, 2, 2, fill=1.0, target=0.9)
    yield plan(SEVERAL, luck, 2, 2, fill=0.9, target=0.9)
    yield plan(SEVERAL, luck, 2, 3, fill=0.8, target=0.8)
    for k, need in ((0, 4), (3, 4), (2, 5), (3, 6), (2, 7)):
        yield plan(SEVERAL, luck, need, k)


def zoned(luck):
    """Two, three, four zones; with single nodes or without."""
    for zones, k, need in ((2, 0, 2), (3, 0, 4), (2, 1, 3), (3, 1, 4), (3, 1, 5), (3, 2, 6), (4, 1, 6), (4, 2, 7)):
        yield plan(ZONED, luck, need, k, zones, fill=1.0 if need == 2 else None)


def title(data):
    """The plan's conditions in words."""
    zones = f", {data['zones']} zones of which one dies" if data["zones"] > 1 else ""
    dying = f"{data['k']} node{'' if data['k'] == 1 else 's'} may die"
    return (f"peak {data['peak']:g} requests/s, a node does {data['per_node']:g}, {dying}{zones}, "
            f"at most {data['target']:.0%} busy")  # fmt: skip
