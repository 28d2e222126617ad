"""Q4.T3, the crossover: one machine will crash. Which of the two architectures will its clients prefer?

    better(load, n, detect, failover, state) -> "AA" or "AP"

load: how busy each machine is that serves, 0 to 1. n: machines that serve side by side in the active–active group (AA);
the pair (AP) has one that serves and one that waits. detect: seconds until a silent machine is noticed, in both.
failover: seconds from there until the standby serves. state: "none", "shared" (one store behind all machines) or "one
writer" (two machines that write overwrite each other). The emulator crashes one machine of each, and counts for one
minute whose requests were lost, or answered after more than 2 s, or acknowledged and then overwritten; clients give up
after 10 s. A choice counts as wrong when it costs at least 5 % of the requests more than the other.

What the real one does differently: the crash comes at the worst load of the day, and the choice is made years before.
"""

from functools import lru_cache

from labkit.failover.versus import Accident, active, passive
from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.q4_crossover_cases import FAMILIES, scenarios
from labkit.lab.tasks.q4_crossover_mutants import MUTANTS, better

MARGIN = 0.05
SHAPE = "the answer is 'AA' or 'AP'"
ROOM = "active–active only where the others have room for the lost one's share"
STATE = "active–active only where two may write at the same time"
WAIT = "active–passive only where nobody minds waiting for the standby"
RULES = (SHAPE, ROOM, STATE, WAIT)


@lru_cache(maxsize=1024)
def measured(accident):
    """Share of unhappy requests (AA, AP) of an accident: the same values give the same answer."""
    return active(accident).unhappy, passive(accident).unhappy


def accident_of(data, seed):
    """The experiment of a scenario: a minute after the crash."""
    return Accident(
        data["load"], data["n"], data["detect"], data["failover"], data["state"], crash_s=20.0, until_s=80.0,
        capacity=6.0, late_s=2.0, patience_s=10.0, seed=seed,
    )  # fmt: skip


def judge(scenario, artefact):
    """Ask once, crash both, compare."""
    data = scenario.data
    said = artefact.call(**data)
    if said not in ("AA", "AP"):
        return Failure("type", SHAPE, f"you returned {said!r}")
    aa, ap = measured(accident_of(data, scenario.seed))
    if (aa - ap if said == "AA" else ap - aa) < MARGIN:
        return None
    did = f"you said {said}; of the requests after the crash {aa:.0%} went wrong with AA, {ap:.0%} with AP"
    return wrong(said, data, did)


def wrong(said, data, did):
    """Which rule was broken?"""
    if said == "AA" and data["state"] == "one writer":
        return Failure("safety", STATE, did, "Q4.m4")
    if said == "AA":
        return Failure("safety", ROOM, did, "Q4.m3")
    return Failure("safety", WAIT, did, "Q4.m1" if data["failover"] <= 10 else None)


TASK = tasks.register(
    Task(
        id="Q4.T3",
        card="Q4",
        title="Active–active or active–passive: where is the crossover?",
        kind="function",
        signature="better(load, n, detect, failover, state) -> 'AA' or 'AP'",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=better,
        mutants=MUTANTS,
        misconceptions={
            "Q4.m1": "active–passive has no downtime",
            "Q4.m3": "active–active doubles the usable capacity",
            "Q4.m4": "active–active is the better one",
        },
        rules=RULES,
    )
)
