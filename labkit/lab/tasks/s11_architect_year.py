"""S11.T2: a year of a service under a design, fault by fault. Requests are counted as a flow, not one by one: between
two accidents nothing changes, so rates are enough. The seconds are those of the pool and of the pair of this course.

What the real one does differently: faults come in crowds (a bad update reaches all nodes), repairs are not sure, and
the shared store dies as well, though it is doubled here by its price.
"""

from itertools import product
from typing import NamedTuple

MODES, STATES = ("AA", "AP", "single"), ("none", "local", "shared", "replicated")
REPLICATIONS = ("none", "sync", "async")
DROPPED_S, TAKEN_OVER_S, LAG_S, FOR_EVER_S = 15.0, 9.0, 30.0, 365 * 86400.0


class Lived(NamedTuple):
    """What a year showed: `capacity` requests/s, `instances` at once, the longest interruption and the largest loss in
    seconds with their words, how changes were overwritten (None: they were not), and events (second, who, what)."""

    capacity: float
    instances: int
    outage_s: float
    outage: str
    forgotten_s: float
    forgotten: str
    overwritten: str | None
    events: list


def cost(design):
    """What a design costs."""
    n = design["n"]
    extra = {"AA": 2, "AP": 3, "single": 0}[design["mode"]] + (5 if design["state"] == "shared" else 0)
    return 10 * n + extra + {"none": 0, "sync": 3, "async": 0.5}[design["replication"]] * n


def cheaper(design):
    """All designs that cost less than this one, the cheapest first."""
    copies = [(state, "none") for state in STATES[:3]] + [("replicated", kind) for kind in REPLICATIONS[1:]]
    some = []
    for mode, (state, replication) in product(MODES, copies):
        for n in (1,) if mode == "single" else range(2, design["n"] + 2):
            some.append({"mode": mode, "n": n, "state": state, "replication": replication})
    return sorted((each for each in some if cost(each) < cost(design)), key=cost)


def live(service, design, faults):
    """Play the faults, one after the other; each is {"at_s", "node", "repair_s", "disk"} or {"at_s", "room"}."""
    n, mode = design["n"], design["mode"]
    serving = n if mode == "AA" else 1
    outage, forgotten, events, active = (0.0, ""), (0.0, ""), [], 0
    for fault in faults:
        dead = struck(fault, n)
        hit = bool(dead) if mode == "AA" else active in dead
        events.append((fault["at_s"], said(fault, n), "crash"))
        lost = loss(service, design, fault, dead, hit)
        gap = interruption(service, design, fault, dead, hit)
        day = f"day {fault['at_s'] / 86400:.0f}, {said(fault, n)} dies: "
        forgotten = max(forgotten, (lost[0], day + lost[1]))
        outage = max(outage, (gap[0], day + gap[1]))
        left = [i for i in range(n) if i not in dead]
        if mode == "AP" and active in dead and left:
            active = left[0]
            events.append((fault["at_s"] + TAKEN_OVER_S, f"node{active + 1}", "takes over"))
        elif mode == "AA" and dead:
            events.append((fault["at_s"] + DROPPED_S, "balancer", f"{said(fault, n)} out of rotation"))
    return Lived(serving * service["per_node"], serving, *outage, *forgotten, overwritten(service, design), events)


def struck(fault, n):
    """Numbers of the nodes that a fault takes away; the nodes stand alternately in room 1 and room 2."""
    return [i for i in range(n) if i % 2 == fault["room"] - 1] if "room" in fault else [fault["node"] % n]


def said(fault, n):
    """Who is hit, in words."""
    return f"room {fault['room']}" if "room" in fault else f"node{fault['node'] % n + 1}"


def interruption(service, design, fault, dead, hit):
    """(seconds in which some were not served, in words)."""
    repair_s, left = fault["repair_s"], design["n"] - len(dead)
    if not hit:
        return 0.0, "nobody notices"
    if design["mode"] == "AA" and left * service["per_node"] >= service["peak"]:
        return DROPPED_S, f"its share fails for {DROPPED_S:g} s"
    if design["mode"] == "AA":
        share = service["peak"] / left / service["per_node"] if left else 0
        return repair_s, f"{share:.0%} of what they can is asked of the others for {repair_s / 3600:.1f} hours"
    if design["mode"] == "AP" and left:
        return TAKEN_OVER_S, f"taken over after {TAKEN_OVER_S:g} s"
    return repair_s, f"nobody serves for {repair_s / 3600:.1f} hours"


def loss(service, design, fault, dead, hit):
    """(seconds of acknowledged changes that are forgotten, in words)."""
    state, burnt = design["state"], fault.get("room")
    if service["keeps"] == "nothing" or not hit and not (burnt == 1 and state == "shared"):
        return 0.0, ""
    if state == "shared":
        return (FOR_EVER_S, "the store is burnt, everything is lost") if burnt == 1 else (0.0, "")
    if state == "replicated" and len(dead) < design["n"]:
        lag_s = LAG_S if design["replication"] == "async" else 0.0
        return lag_s, f"the last {lag_s:g} s had not been copied"
    on_disk = state == "local" and service["keeps"] == "data" and not fault["disk"] and design["mode"] == "single"
    return (0.0, "") if on_disk else (FOR_EVER_S, f"what it kept ({service['keeps']}) is gone")


def overwritten(service, design):
    """How acknowledged changes get lost without any fault, in words; None if they do not."""
    if design["mode"] != "AA" or service["keeps"] != "data":
        return None
    if service["writers"] == "one":
        return f"{design['n']} nodes write to the same data, and the last one wins over the others"
    if design["state"] in ("none", "local"):
        return f"each of the {design['n']} nodes has its own truth"
    return None
