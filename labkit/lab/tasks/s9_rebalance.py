"""S9.T1, rebalance: which VMs move where, so that the hosts are about equally loaded afterwards?

    moves(hosts, vms) -> [(vm, target), …]

Called every five minutes of a tape of loads; the moves are made in the order in which they stand. hosts: [{"name",
"capacity_mhz", "memory_mib"}]. vms: [{"name", "host", "demand_mhz", "memory_mib", "hot_memory" (True: it writes faster
than can be copied), "came_from", "moved_min" (its last move: from which host, how many minutes ago; None: never)}].

Load of a host = what its VMs demand / capacity_mhz; imbalance = standard deviation of the loads.
"""

from collections import Counter

from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.s9_rebalance_cases import FAMILIES, PASS_MIN, scenarios
from labkit.lab.tasks.s9_rebalance_mutants import MUTANTS, moves
from labkit.lab.tasks.s9_rebalance_state import State

REST_MIN, MOST = 10, 4
UNEVEN, EVEN = 0.10, 0.05
SHAPE = "moves(…) returns a list of pairs (name of a VM, name of its new host)"
HOT = "a VM with hot memory is not moved"
ROOM = "after each move the target has the memory and the MHz for all its VMs"
RETURNS = "within 10 minutes no VM goes back to where it came from"
HALF = "an imbalance of 0.10 or more falls by half at least"
FEW = "at most 4 moves in one pass"
ALONE = "while the imbalance is below 0.05 nothing is moved"
RULES = (SHAPE, HOT, ROOM, RETURNS, HALF, FEW, ALONE)
MISCONCEPTIONS = {
    "S9.m2": "The same number of VMs on each host means balanced. – What counts is what they demand of what there is.",
    "S9.m3": "Live migration is free and instant. – It takes time and bandwidth, and for hot memory it never ends.",
    "S9.m4": "More migrations, better balance. – Each costs, and a load that swings sends VMs to and fro.",
}


def judge(scenario, artefact):
    """Play the tape; the first rule that is broken counts."""
    state = State(scenario.data)
    for number, demands in enumerate(scenario.data["tape"]):
        for name, mhz in demands.items():
            state.vms[name]["demand_mhz"] = mhz
        failure = play(state, number * PASS_MIN, artefact)
        if failure:
            return failure
    return None


def play(state, minute, artefact):
    """One pass."""
    shown, before = state.shown(minute), state.imbalance()
    said = artefact.call(**shown)
    failure = malformed(said, state)
    if failure:
        return failure
    for name, target in said:
        source = state.vms[name]["host"]
        failure = unsafe(state, name, target, minute)
        if failure:
            return failure
        state.move(name, target, minute)
        artefact.world.emit("task", name, "balancing", f"minute {minute}: {source} → {target}",
                            imbalance=round(state.imbalance(), 3))  # fmt: skip
    return uneven(state, said, before, shown, minute) or wasteful(said, before, minute)


def malformed(said, state):
    """The first thing that is wrong with the answer's form."""
    if not isinstance(said, list):
        return Failure("type", SHAPE, f"you returned {said!r}; nothing to move is an empty list")
    for pair in said:
        if not isinstance(pair, list) or len(pair) != 2:
            return Failure("type", SHAPE, f"{pair!r} is not a pair")
        for name, known, what in zip(pair, (state.vms, state.hosts), ("VM", "host"), strict=True):
            if not isinstance(name, str) or name not in known:
                return Failure("type", SHAPE, f"there is no {what} {name!r}; there are {', '.join(known)}")
    return None


def unsafe(state, name, target, minute):
    """What this move would break."""
    vm, host = state.vms[name], state.hosts[target]
    did = f"minute {minute}: you move {name} from {vm['host']} to {target}"
    if vm["host"] == target:
        return Failure("type", SHAPE, f"{did}: it is there already")
    if vm["hot_memory"]:
        return Failure("safety", HOT, f"{did}, and its memory is hot: the copying would not end", "S9.m3")
    at, source = state.moved.get(name, (None, None))
    if at is not None and minute - at < REST_MIN and target == source:
        return Failure("safety", RETURNS, f"{did}; it came from there {ago(minute - at)}", "S9.m4")
    for what, most, unit in (("memory_mib", host["memory_mib"], "MiB"), ("demand_mhz", host["capacity_mhz"], "MHz")):
        used = state.used(target, what) + (vm[what] if vm["host"] != target else 0)
        if used > most:
            return Failure("safety", ROOM, f"{did}, which has {most:g} {unit}; its VMs would take {used:g}")
    return None


def ago(minutes):
    return f"{minutes} minutes ago" if minutes else "in this very pass"


def uneven(state, said, before, shown, minute):
    """Whether it is as even as it must be: half, or as far as four moves can bring it."""
    after = state.imbalance()
    if before < UNEVEN or after <= before / 2 + 1e-9 or after <= reachable(shown) + 1e-9:
        return None
    counts = Counter(dict.fromkeys(state.hosts, 0))
    counts.update(vm["host"] for vm in state.vms.values())
    there = ", ".join(f"{name} {state.used(name, 'demand_mhz') / host['capacity_mhz']:.0%} ({counts[name]} VMs)"
                      for name, host in state.hosts.items())  # fmt: skip
    made = f"after your {len(said)} move{'s' * (len(said) > 1)}" if said else "you move nothing;"
    did = f"minute {minute}: {made} {there}; the imbalance went from {before:.2f} to {after:.2f}"
    same = max(counts.values()) - min(counts.values()) <= 1
    return Failure("liveness", HALF, did, "S9.m2" if same else None)


def reachable(shown):
    """The imbalance that a greedy search leaves from here (mostly far below half)."""
    state = State({"hosts": shown["hosts"], "vms": shown["vms"]})
    for name, target in moves(**shown):
        state.move(name, target, 0)
    return state.imbalance()


def wasteful(said, before, minute):
    """Too many moves, or moves for nothing."""
    if len(said) > MOST:
        return Failure("economy", FEW, f"minute {minute}: you return {len(said)} moves", "S9.m4")
    if said and before < EVEN:
        did = f"minute {minute}: the imbalance is {before:.3f}, and you move {', '.join(name for name, _ in said)}"
        return Failure("economy", ALONE, did, "S9.m4")
    return None


TASK = tasks.register(
    Task(
        id="S9.T1",
        card="S9",
        title="Rebalance: which VMs move where",
        kind="function",
        signature="moves(hosts, vms) -> [(vm, target), …]",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=moves,
        mutants=MUTANTS,
        misconceptions=MISCONCEPTIONS,
        rules=RULES,
        steps=300_000,
    )
)
