"""Q4.T3: services, their loads and their standbys. None lies so near the edge that luck decides."""

from random import Random

from labkit.lab.task import Scenario

ROOM, FULL, STATE = "room for one more share", "no room", "state"
FAMILIES = {ROOM: 1, FULL: 1, STATE: 1}


def scenarios(seed):
    """Twenty-three services, the simpler ones first in each family."""
    luck = Random(f"Q4.T3/{seed}").random
    told = [*roomy(luck), *full(luck), *stateful(luck)]
    return [Scenario(family, seed * 100 + i, title(data), data) for i, (family, data) in enumerate(told)]


def full(luck):
    """The others would need more than all they have. A hot standby is better then; a cold one may not be."""
    yield FULL, service(luck, load(luck, 2, 1.5), 2, hot(luck), "one writer")
    for n, need in ((2, 1.6), (2, 1.2), (3, 1.15), (4, 1.2)):
        yield FULL, service(luck, load(luck, n, need), n, hot(luck), pick(luck, ("none", "shared")))
    for n, need in ((2, 1.04), (4, 1.03)):
        yield FULL, service(luck, round(need * (n - 1) / n, 3), n, cold(luck), "none")


def roomy(luck):
    """The others have room: nobody waits for a standby. At the end they have none, for comparison."""
    yield ROOM, service(luck, load(luck, 2, 0.6), 2, cold(luck), "none")
    for n, need, state in (
        (2, 0.5, "none"),
        (2, 0.6, "shared"),
        (3, 0.85, "none"),
        (4, 0.85, "shared"),
        (5, 0.8, "none"),
    ):
        yield ROOM, service(luck, load(luck, n, need), n, hot(luck), state)
    for state in ("one writer", "none"):
        yield ROOM, service(luck, load(luck, 2, 1.5), 2, hot(luck), state)


def stateful(luck):
    """There would be room, but who may write?"""
    for n, need in ((3, 0.8), (3, 0.6), (4, 0.7), (4, 0.5)):
        yield STATE, service(luck, load(luck, n, need), n, hot(luck), "one writer")
        yield STATE, service(luck, load(luck, n, need), n, hot(luck), "shared")


def service(luck, busy, n, failover, state):
    """The arguments of one question."""
    return {"load": busy, "n": n, "detect": pick(luck, (2, 3, 4)), "failover": failover, "state": state}


def load(luck, n, need):
    """A load with which the others would need about this share of all they have when one is gone."""
    return round((need - 0.04 + 0.08 * luck()) * (n - 1) / n, 2)


def hot(luck):
    return pick(luck, (5, 6, 7))


def cold(luck):
    return pick(luck, (60, 75, 94))


def pick(luck, some):
    return some[int(luck() * len(some))]


def title(data):
    """A service in a line."""
    state = {"none": "no state", "shared": "a shared store", "one writer": "one writer only"}[data["state"]]
    return (
        f"{data['n']} machines, each {data['load']:.0%} busy, {state}; noticed after {data['detect']} s, "
        f"the standby needs {data['failover']} s more"
    )
