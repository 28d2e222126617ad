"""S11.T2, the architect: for each service the cheapest design that keeps its promises through a year with faults.

    architect(service) -> {"mode": "AA" | "AP" | "single", "n": nodes, "state": …, "replication": …}

service  {"name", "peak" and "per_node" (requests/s), "writers": "one" (two would overwrite each other) | "any" (each
         changes its own) | "merge" (changes can be added up), "licences": how many may run at once (None: no limit),
         "keeps": "nothing" | "sessions" | "data", "rooms": 2 if a whole room may burn, "outage_s": the longest
         interruption allowed, "rpo_s": so many seconds of acknowledged changes may be lost}
state        "none" | "local" (on each node) | "shared" (a store in room 1) | "replicated" (on all nodes)
replication  "sync" | "async" if the state is replicated, else "none"
Costs: a node 10, balancers for AA 2, heartbeat and fencing for AP 3, a shared store 5, replication sync 3 and async 0.5
per node. AA: balancers drop a dead node after 15 s. AP: n − 1 nodes stand by, one takes over after 9 s. A repair takes
up to 12 hours.
"""

from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks import s11_architect_year as year
from labkit.lab.tasks.s11_architect_cases import FAMILIES, scenarios
from labkit.lab.tasks.s11_architect_mutants import MUTANTS, architect

KEYS = ("mode", "n", "state", "replication")
SHAPE = "a design has mode, n, state and replication, from the words of the task"
LICENCE = "never more instances at once than there are licences"
CONFLICT = "no acknowledged change is overwritten by another writer"
DATA = "not more is forgotten than rpo_s allows"
PEAK = "the peak can be carried while nothing is broken"
OUTAGE = "no interruption is longer than outage_s"
CHEAPEST = "no cheaper design keeps the same promises"
RULES = (SHAPE, LICENCE, CONFLICT, DATA, PEAK, OUTAGE, CHEAPEST)


def judge(scenario, artefact):
    """Let the design live for a year; then look for a cheaper one that would have kept the promises."""
    service, faults = dict(scenario.data["service"]), scenario.data["faults"]
    said = artefact.call(service=service)
    wrong = malformed(said)
    if wrong:
        return Failure("type", SHAPE, f"{service['name']}: {wrong}")
    said["n"] = int(said["n"])  # 3.0 nodes are 3
    lived = year.live(service, said, faults)
    tell(artefact.world, lived)
    failure = broken(service, said, lived)
    if failure:
        return failure
    better = next((each for each in year.cheaper(said) if kept(service, each, faults)), None)
    if better:
        did = f"{service['name']}: your {words(said)} costs {year.cost(said):g}; it goes for {year.cost(better):g}"
        return Failure("economy", CHEAPEST, did)
    return None


def kept(service, chosen, faults):
    """Does a design keep all promises?"""
    return broken(service, chosen, year.live(service, chosen, faults)) is None


def malformed(said):
    """What is wrong with a design's form, in words; None if nothing is."""
    if not isinstance(said, dict) or sorted(said) != sorted(KEYS):
        return f"you returned {said!r}; a design is a dict with {', '.join(KEYS)}"
    for key, allowed in (("mode", year.MODES), ("state", year.STATES), ("replication", year.REPLICATIONS)):
        if said[key] not in allowed:
            return f"{key} is {said[key]!r}; it can be {', '.join(allowed)}"
    n = said["n"]
    if type(n) not in (int, float) or n != int(n) or not 1 <= n <= 40:
        return f"n is {n!r}, not a whole number of nodes from 1 to 40"
    if (said["mode"] == "single") != (n == 1):
        return f"mode {said['mode']} with n = {n}: one node is 'single', several are AA or AP"
    if (said["state"] == "replicated") != (said["replication"] != "none"):
        return f"state {said['state']} with replication {said['replication']}: only copies are replicated"
    return None


def broken(service, chosen, lived):
    """The first promise that was broken, as a Failure."""
    did = f"{service['name']}, {words(chosen)}: "
    if lived.instances > (service["licences"] or 99):
        did += f"{lived.instances} instances ran at once, {service['licences']} is licensed"
        return Failure("safety", LICENCE, did, "S11.m4")
    if lived.overwritten:
        return Failure("safety", CONFLICT, f"{did}{lived.overwritten}", "S11.m4")
    if lived.forgotten_s > service["rpo_s"]:
        unshared = chosen["state"] in ("none", "local") and chosen["mode"] != "single"
        return Failure("safety", DATA, f"{did}{lived.forgotten}", "S11.m3" if unshared else None)
    if lived.capacity < service["peak"]:
        did += f"{service['peak']:g} requests/s come at the peak, {lived.capacity:g} can be served"
        return Failure("liveness", PEAK, did)
    if lived.outage_s > service["outage_s"]:
        did += f"{lived.outage}; {service['outage_s']:g} s are allowed"
        return Failure("liveness", OUTAGE, did, "S11.m1" if chosen["mode"] == "AA" else None)
    return None


def words(chosen):
    """A design in words."""
    copies = f" {chosen['replication']}" if chosen["replication"] != "none" else ""
    return f"{chosen['mode']} with {chosen['n']} node{'s' * (chosen['n'] > 1)}, state {chosen['state']}{copies}"


def tell(world, lived):
    """Put what happened in that year into the trace."""
    for at_s, who, what in lived.events:
        world.advance_to(at_s)
        world.emit(who, None, "year", what)


TASK = tasks.register(
    Task(
        id="S11.T2",
        card="S11",
        title="The architect: eight services, one year",
        kind="function",
        signature="architect(service) -> {'mode', 'n', 'state', 'replication'}",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=architect,
        mutants=MUTANTS,
        misconceptions={
            "S11.m1": "two nodes, so twice the load",
            "S11.m3": "state shares itself",
            "S11.m4": "active–active is always better",
        },
        rules=RULES,
    )
)
