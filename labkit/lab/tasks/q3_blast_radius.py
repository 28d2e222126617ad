"""Q3.T2, the blast radius: how many services die with one node, one switch, one rack, in the worst case?

    worst_case(placement, nodes, switches) -> {"node": n, "switch": n, "rack": n}

placement: {service: [node of each replica]}; nodes: {node: {"rack": …, "switches": [those it is plugged into]}};
switches: {switch: rack that feeds it}. The judge breaks every thing once (labkit.failover.blast_radius).
"""

from random import Random

from labkit.failover.blast_radius import Topology
from labkit.lab import tasks
from labkit.lab.task import Failure, Mutant, Scenario, Task

SHAPE = "the answer is {'node': a number, 'switch': a number, 'rack': a number}"
TRUTH = {
    "node": "a service is lost with a node when all its replicas are on it",
    "switch": "a node that no living switch joins is as good as dead",
    "rack": "a rack takes its nodes with it, and the switches that it feeds",
}
RULES = (*TRUTH.values(), SHAPE)
KINDS = ("node", "switch", "rack")
FAMILIES = {"replicas": 1, "what they share": 1}
MISCONCEPTIONS = {
    "Q3.m1": "VMs are safer than servers. – Thirty of them on one host die with one power supply.",
    "Q3.m3": "Redundancy multiplies nines, always. – What the copies share breaks all of them at once.",
    "Q3.m7": "Two VMs of one service are redundant. – Not on one host.",
}
NAMES = ("shop", "mail", "wiki", "erp", "build", "chat", "files", "db", "search", "logs")


def scenarios(seed):
    """Twenty-four sites, the smaller ones first."""
    luck = Random(f"Q3.T2/{seed}").random
    told = [("replicas", site(luck, 2 + i // 4, 2 + i // 2, shared=False)) for i in range(12)]
    told += [("what they share", site(luck, 3 + i // 3, 3 + i // 2, shared=True)) for i in range(12)]
    return [Scenario(family, seed * 100 + i, describe(data), data) for i, (family, data) in enumerate(told)]


def site(luck, nodes, services, shared):
    """Nodes in racks at switches, services on nodes. `shared`: switches are fed by the racks, and some node hangs on
    one switch only."""
    names = [f"node{number}" for number in range(1, nodes + 1)]
    racks = max(2, (nodes + 1) // 2)
    fed = {"sw1": "rack1", "sw2": "rack1" if shared and luck() < 0.6 else "rack2"}
    plugged = [["sw1"], ["sw2"], ["sw1", "sw2"]]
    placed = {
        name: {"rack": f"rack{at % racks + 1}", "switches": plugged[int(luck() * 3)] if shared else plugged[2]}
        for at, name in enumerate(names)
    }
    homes = {name: sorted(names[int(luck() * nodes)] for _ in range(1 + int(luck() * 3))) for name in NAMES[:services]}
    return {"placement": homes, "nodes": placed, "switches": fed}


def describe(data):
    """A site in a line."""
    homes = ", ".join(f"{name} on {'+'.join(nodes)}" for name, nodes in list(data["placement"].items())[:3])
    hangs = ", ".join(f"{name}: {each['rack']}, {'+'.join(each['switches'])}" for name, each in data["nodes"].items())
    more = f" and {len(data['placement']) - 3} more" if len(data["placement"]) > 3 else ""
    return f"{homes}{more}; {hangs}; sw1 fed by {data['switches']['sw1']}, sw2 by {data['switches']['sw2']}"


def judge(scenario, artefact):
    """Break everything once, and compare."""
    data = scenario.data
    said = artefact.call(**{name: data[name] for name in ("placement", "nodes", "switches")})
    if not isinstance(said, dict) or any(type(said.get(kind)) not in (int, float) for kind in KINDS):
        return Failure("type", SHAPE, f"you returned {said!r}")
    rooms = Topology({name: (each["rack"], each["switches"]) for name, each in data["nodes"].items()}, data["switches"])
    artefact.world.emit("task", None, "ha", "everything was broken once", worst=rooms.worst_case(data["placement"]))
    for kind in KINDS:
        lost = {thing: rooms.lost(data["placement"], thing) for thing in rooms.things(kind)}
        thing = max(lost, key=lambda each: (len(lost[each]), each))
        if said[kind] != len(lost[thing]):  # 2.0 is 2, too
            return wrong(kind, thing, lost[thing], said[kind], rooms, data)
    return None


def wrong(kind, thing, lost, said, rooms, data):
    """A counterexample: what really goes down, and with what."""
    gone = ", ".join(sorted(rooms.dead(thing))) or "no node"
    down = ", ".join(sorted(lost)) or "no service"
    did = f"worst {kind}: you said {said}. {thing} breaks, {gone} with it, and {down} ({len(lost)}) cannot be reached"
    replicas = sum(len(nodes) for nodes in data["placement"].values())
    belief = "Q3.m7" if kind == "node" else "Q3.m3"
    if said > len(lost) and kind == "node":
        belief = None if said <= len(data["placement"]) < replicas else "Q3.m1"
    return Failure("safety" if said < len(lost) else "economy", TRUTH[kind], did, belief)


def worst_case(placement, nodes, switches):
    """The reference: break each thing, look which nodes are left, count the services without any."""

    def lost(thing):
        dark = {switch for switch, rack in switches.items() if thing in (switch, rack)}
        dead = {node for node, at in nodes.items() if thing in (node, at["rack"]) or set(at["switches"]) <= dark}
        return sum(set(homes) <= dead for homes in placement.values())

    racks = {at["rack"] for at in nodes.values()} | set(switches.values())
    return {
        "node": max(map(lost, nodes)),
        "switch": max(map(lost, switches)),
        "rack": max(map(lost, racks)),
    }


def altered(gone, counts=lambda homes, dead: set(homes) <= dead):
    """A solution that takes other nodes for dead, or other services for lost."""

    def wrong(placement, nodes, switches):
        racks = {at["rack"] for at in nodes.values()} | set(switches.values())

        def lost(thing):
            dead = gone(thing, nodes, switches)
            return sum(counts(homes, dead) for homes in placement.values())

        return {kind: max(map(lost, things)) for kind, things in zip(KINDS, (nodes, switches, racks), strict=True)}

    return wrong


def right(thing, nodes, switches):
    dark = {switch for switch, rack in switches.items() if thing in (switch, rack)}
    return {node for node, at in nodes.items() if thing in (node, at["rack"]) or set(at["switches"]) <= dark}


def unfed(thing, nodes, switches):
    """Switches have no power cord."""
    return {node for node, at in nodes.items() if thing in (node, at["rack"]) or set(at["switches"]) <= {thing}}


def any_switch(thing, nodes, switches):
    """One broken cable and a node is gone."""
    dark = {switch for switch, rack in switches.items() if thing in (switch, rack)}
    return {node for node, at in nodes.items() if thing in (node, at["rack"]) or set(at["switches"]) & dark}


MUTANTS = {
    "two replicas are always redundant": Mutant(
        altered(right, lambda homes, dead: len(homes) == 1 and homes[0] in dead), "Q3.m7"
    ),
    "a switch needs no power": Mutant(altered(unfed), "Q3.m3"),
    "a switch carries no VM": Mutant(
        lambda placement, nodes, switches: {**worst_case(placement, nodes, switches), "switch": 0}, "Q3.m3"
    ),
    "one switch less, node gone": Mutant(altered(any_switch), "Q3.m3"),
    "one replica lost, service lost": Mutant(altered(right, lambda homes, dead: bool(set(homes) & dead))),
    "counts VMs": Mutant(altered(right, lambda homes, dead: sum(home in dead for home in homes))),
    "a node takes nothing with it": Mutant(
        lambda placement, nodes, switches: {**worst_case(placement, nodes, switches), "node": 0}
    ),
    "a rack is a node": Mutant(
        lambda placement, nodes, switches: {
            **(answer := worst_case(placement, nodes, switches)), "rack": answer["node"]
        },
        "Q3.m3",
    ),
}  # fmt: skip

TASK = tasks.register(
    Task(
        id="Q3.T2",
        card="Q3",
        title="The blast radius",
        kind="function",
        signature="worst_case(placement, nodes, switches) -> {'node': n, 'switch': n, 'rack': n}",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=worst_case,
        mutants=MUTANTS,
        misconceptions=MISCONCEPTIONS,
        rules=RULES,
    )
)
