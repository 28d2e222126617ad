"""Q3.T1, the design: what to buy, and how to use it, so that the services survive what breaks.

    design(services, budget, prices) -> {"nodes", "switches", "racks", "storage", "witness", "replicate_s", "services"}

services: list of {"name", "memory_gib", "rto_s", "rpo_s", "availability"}. A node has 64 GiB and one vote. The answer:

    nodes, switches (1 or 2: each node is plugged into all), racks (power strips, nodes are divided among them in turn)
    storage     'local', 'replicated' (every `replicate_s`, at least 60), 'shared' (one), 'mirrored' (two)
    witness     True: one more vote without VMs, on a feed of its own
    services    {name: {"ha": bool, "replicas": n, "apart": bool}}

The judge builds it (labkit.failover.site), breaks each part once, and lets it live for years.
"""

from labkit.failover.site import PRICES, RESTART_S, Service, Site
from labkit.failover.site_life import Life, length
from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.q3_design_cases import FAMILIES, NODE_GIB, scenarios
from labkit.lab.tasks.q3_design_mutants import MUTANTS, design
from labkit.world import LabError, World

SHAPE = "design(…) returns a dict from which a site can be built"
BUDGET = "it costs no more than the budget"
PLACE = "every VM has a place while nothing is broken"
OUTAGE = "whichever single part breaks, each service is back within its RTO"
DATA = "no single failure loses more work than the RPO"
YEARS = "over the years each service reaches its availability"
RULES = (PLACE, OUTAGE, DATA, YEARS, BUDGET, SHAPE)
YEARS_PLAYED = 80
MISCONCEPTIONS = {
    "Q3.m2": "Two nodes are HA. – One of two votes is no majority: nothing may be restarted.",
    "Q3.m3": "Redundancy multiplies nines, always. – What the copies share breaks all of them at once.",
    "Q3.m5": "Spare nodes are waste. – The VMs of a lost node need room that was kept free.",
    "Q3.m7": "Two VMs of one service are redundant. – Not on one host.",
    "S8.m4": "Any host can run any VM. – Not one whose disk is on the dead host.",
    "S10.m5": "Replication means no loss. – What was written since the last copy is gone.",
}


def judge(scenario, artefact):
    """Build the site, break one part after the other, then let years pass."""
    services, budget = scenario.data["services"], scenario.data["budget"]
    said = artefact.call(services=[dict(each) for each in services], budget=budget, prices=dict(PRICES))
    try:
        site = build(said, services)
    except LabError as error:
        if error.code == 409:
            return Failure("safety", PLACE, error.message)
        return Failure("type", SHAPE, error.message)
    except (TypeError, KeyError, AttributeError) as error:
        missing = f"{error} is not in it" if isinstance(error, KeyError) else str(error)
        return Failure("type", SHAPE, f"you returned {said!r}: {missing}")
    if site.price > budget:
        return Failure("economy", BUDGET, f"your site costs {site.price}, the budget is {budget}")
    return drill(site, services, artefact.world) or live(site, services, scenario.seed)


def build(said, services):
    """The Site of an answer. LabError, TypeError, KeyError when none can be built from it."""
    if not isinstance(said, dict):
        raise TypeError("a dict is wanted")
    chosen = said["services"]
    wanted = [
        Service(each["name"], each["memory_gib"], chosen[each["name"]]["replicas"], truth(chosen[each["name"]]["ha"]),
                truth(chosen[each["name"]]["apart"]))
        for each in services
    ]  # fmt: skip
    return Site(said["nodes"], NODE_GIB, said["switches"], said["racks"], said["storage"],
                said.get("replicate_s", 900), truth(said["witness"]), wanted)  # fmt: skip


def truth(value):
    if not isinstance(value, bool):
        raise TypeError(f"True or False is wanted, not {value!r}")
    return value


def drill(site, services, world):
    """The first single failure that breaks a promise, or None. A mirrored storage is two parts: it is not drilled."""
    for part, kind in site.parts.items():
        if kind in ("mirrored", "witness"):
            continue
        life = Life(World(seed=part, journal=False), site)
        life.breaks(part)
        world.emit("task", None, "ha", f"{part} was broken", longest_s=dict(life.longest_s))
        for each in services:
            failure = promise(site, life, each, part)
            if failure:
                return failure
    for part in site.node_names:  # the disk of a node may be lost with it
        if site.storage == "local" and min(each["rpo_s"] for each in services) < 86_400:
            tight = min(services, key=lambda each: each["rpo_s"])
            did = f"{part} breaks with its disk: {tight['name']} has last night's backup, and may lose {span(tight)}"
            return Failure("safety", DATA, did, "S8.m4")
    return None


def span(service):
    return length(service["rpo_s"]) if service["rpo_s"] else "nothing"


def promise(site, life, each, part):
    """What one failure did to one service, if that is too much."""
    name, longest_s = each["name"], life.longest_s[each["name"]]
    if life.lost_s[name] > each["rpo_s"]:
        did = f"{part} breaks: {name} lost the work of up to {length(life.lost_s[name])}, it may lose {span(each)}"
        return Failure("safety", DATA, did, "S10.m5")
    if longest_s > each["rto_s"]:
        why, belief = reason(site, life, each, part)
        did = f"{part} breaks: {name} is down for {length(longest_s)}, allowed are {length(each['rto_s'])}. {why}"
        return Failure("liveness", OUTAGE, did, belief)
    return None


def reason(site, life, each, part):
    """Why a service was down for too long, in words, and the belief behind it."""
    kind, service = site.parts[part], next(one for one in site.services if one.name == each["name"])
    lost = {"node": 1, "rack": sum(site.rack(node) == part for node in site.node_names)}.get(kind, 0)
    left = site.nodes + site.witness - lost
    if kind == "storage" or kind == "switch":
        return f"All nodes need {part}, and there is one.", "Q3.m3"
    if lost == site.nodes:
        return f"All {site.nodes} nodes hang on {part}." if site.nodes > 1 else "There is one node.", "Q3.m3"
    if not service.ha:
        return "Nobody restarts it elsewhere: HA is off for it.", None
    if site.storage == "local":
        return "Its disk is inside the node that broke: nobody else can start it.", "S8.m4"
    if left < site.votes // 2 + 1:
        return f"{left} of {site.votes} votes are left: no majority, no restart.", "Q3.m2"
    places = site.places()
    mine = {places[key] for key in places if key[0] == service.name}
    if each["rto_s"] < RESTART_S and len(mine) == 1:
        many = "Both of its VMs were there." if service.replicas > 1 else "It had one VM, and a restart takes 3 min."
        return many, "Q3.m7" if service.replicas > 1 else "Q3.m4"
    return "The other nodes had no room for it.", "Q3.m5"


def live(site, services, seed):
    """Decades of faults, or None if all were served often enough."""
    life = Life(World(seed=f"Q3.T1/{seed}", journal=False), site)
    life.years(YEARS_PLAYED)
    for each in services:
        got = life.availability(each["name"])
        if got < each["availability"]:
            part = life.blame[each["name"]].most_common(1)[0][0]
            did = f"{YEARS_PLAYED} years: {each['name']} was there {got:.3%} of the time, promised are "
            did += f"{each['availability']:.3%}; most of it was the {part}'s fault"
            return Failure("liveness", YEARS, did, "Q3.m3")
    return None


TASK = tasks.register(
    Task(
        id="Q3.T1",
        card="Q3",
        title="A site that survives what breaks",
        kind="function",
        signature="design(services, budget, prices) -> {'nodes': …, 'switches': …, 'racks': …, 'storage': …, …}",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=design,
        mutants=MUTANTS,
        misconceptions=MISCONCEPTIONS,
        rules=RULES,
    )
)
