"""S11.T1, capacity: how many nodes, and how many of them in which zone?

    nodes(peak, per_node, k, target, zones) -> [nodes in the first zone, nodes in the second, …]

peak      requests per second at the busiest moment
per_node  requests per second that keep one node busy all the time (utilisation 1)
k         so many single nodes may die at the peak
target    the utilisation that nobody may exceed then, e.g. 0.8
zones     in how many zones (rooms with their own power) the nodes stand. With more than one, the largest zone dies as
          well, at the same time: the k nodes die in the others

The pool runs at the peak, the nodes die, and the utilisation of those that are left is measured.
"""

from math import ceil

from labkit.failover.clients import Clients
from labkit.failover.pool import Pool
from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.s11_capacity_cases import FAMILIES, FOUND_S, SPAN_S, scenarios
from labkit.lab.tasks.s11_capacity_mutants import MUTANTS, nodes

SHAPE = "a list of whole numbers from 0, one per zone"
SERVED = "what is left can carry the peak"
TARGET = "what is left stays at or below the target utilisation"
ECONOMY = "not one node more than needed"
RULES = (SHAPE, SERVED, TARGET, ECONOMY)


def judge(scenario, artefact):
    """Build the pool, kill at the peak, measure."""
    data = scenario.data
    said = artefact.call(**{name: data[name] for name in ("peak", "per_node", "k", "target", "zones")})
    if not well_formed(said, data["zones"]):
        return Failure("type", SHAPE, f"for {data['zones']} zone{'s' * (data['zones'] > 1)} you returned {said!r}")
    said = list(map(int, said))
    dead = dies(said, data)
    left = sum(said) - len(dead)
    if left < 1:
        return Failure("safety", SERVED, f"{words(said, data)}: nobody is left", belief(said, data))
    used = measured(artefact.world, data, said, dead)
    if used > data["target"] + 0.005:
        rule = SERVED if used > 0.995 else TARGET
        asked = data["peak"] / left / data["per_node"]
        did = f"{words(said, data)}. {left} left, busy {used:.0%} of the time"
        did += (
            f"; asked of them: {asked:.0%}, so a queue grows" if asked > 1 else f"; {data['target']:.0%} is the target"
        )
        return Failure("safety" if rule == SERVED else "liveness", rule, did, belief(said, data))
    fewer = least(data)
    if sum(said) > fewer:
        return Failure("economy", ECONOMY, f"{words(said, data)}. It goes with {fewer} nodes in all")
    return None


def well_formed(said, zones):
    """A list of whole numbers, one per zone, not more than a room can hold."""
    whole = isinstance(said, list) and all(type(n) in (int, float) and n == int(n) for n in said)
    return whole and len(said) == zones and all(0 <= n <= 500 for n in said)


def dies(said, data):
    """Names of the nodes that die: the largest zone where there are several, and k more."""
    names = [[f"node{zone + 1}-{i + 1}" for i in range(count)] for zone, count in enumerate(said)]
    largest = max(range(len(said)), key=lambda zone: (said[zone], zone)) if data["zones"] > 1 else None
    gone = list(names[largest]) if largest is not None else []
    others = [name for zone, each in enumerate(names) if zone != largest for name in each]
    return gone + others[len(others) - data["k"] :] if data["k"] else gone


def measured(world, data, said, dead):
    """The utilisation of the busiest node that is left, by a pool that was run."""
    names = [f"node{zone + 1}-{i + 1}" for zone, count in enumerate(said) for i in range(count)]
    pool = Pool(world, names, service="constant", service_s=1 / data["per_node"], check_s=0.2, check_timeout_s=0.1)
    Clients(world, pool.address, data["peak"], arrivals="constant", patience_s=60)
    for name in dead:
        world.stop(name)
    world.run(until=FOUND_S + SPAN_S)
    left = {name: share for name, share in pool.utilisation(FOUND_S, FOUND_S + SPAN_S).items() if name not in dead}
    return max(left.values())


def least(data):
    """The smallest number of nodes that keeps the target."""
    need = ceil(data["peak"] / (data["per_node"] * data["target"]) - 1e-9)
    n = need + data["k"]
    while data["zones"] > 1 and n - ceil(n / data["zones"]) < need + data["k"]:
        n += 1
    return n


def belief(said, data):
    """What stands behind too small a number."""
    if data["zones"] > 1 and max(said) - min(said) > 1:
        return None
    return "S11.m1" if sum(said) * data["per_node"] < data["peak"] + data["k"] * data["per_node"] else None


def words(said, data):
    """The plan and the accident in words."""
    planned = f"{' + '.join(map(str, said))} node{'s' * (sum(said) != 1)}"
    told = f"{data['peak']:g} requests/s, {data['per_node']:g} per node: you plan {planned}"
    accident = f"{data['k']} die{'s' * (data['k'] == 1)}" if data["k"] else ""
    zone = f"the largest zone with {max(said)} dies" if data["zones"] > 1 else ""
    return f"{told}; {' and '.join(each for each in (zone, accident) if each) or 'nobody dies'} at the peak"


TASK = tasks.register(
    Task(
        id="S11.T1",
        card="S11",
        title="Capacity for the day on which some nodes die",
        kind="function",
        signature="nodes(peak, per_node, k, target, zones) -> [nodes per zone]",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=nodes,
        mutants=MUTANTS,
        misconceptions={"S11.m1": "two nodes, so twice the load"},
        rules=RULES,
    )
)
