"""The tasks of failover and load balancing: whoever thinks otherwise, but rightly, gets all points; who always says the
same gets none."""

from math import ceil

import pytest

from labkit.lab import tasks
from labkit.lab.judging import judge_task


def points(task_id, artefact, seed=77):
    report = judge_task(tasks.get(task_id), artefact, seed)
    return report.points, report.of, report.failure


def reference(task_id):
    return tasks.get(task_id).reference


# -- the same answer to everything -----------------------------------------------------------------
SAME = [
    ("S10.T1", []), ("S10.T1", ["fence"]), ("S10.T1", ["promote"]), ("S10.T1", ["fence", "promote"]),
    ("S11.T1", [5]), ("S11.T1", [100]), ("Q4.T3", "AA"), ("Q4.T3", "AP"), ("S9.T2", True), ("S9.T2", "web1"),
    ("S11.T2", {"mode": "AA", "n": 2, "state": "none", "replication": "none"}),
    ("S11.T2", {"mode": "AP", "n": 2, "state": "shared", "replication": "none"}),
    ("Q3.T2", {"node": 1, "switch": 0, "rack": 1}), ("Q3.T1", {}), ("Q3.T1", None),
]  # fmt: skip


@pytest.mark.parametrize(("task_id", "answer"), SAME, ids=str)
def test_a_constant_answer_gets_nothing(task_id, answer):
    assert points(task_id, lambda **_: answer)[0] == 0


# -- other right answers ---------------------------------------------------------------------------
def counts_beats(now, last_heartbeat, fenced, memory):
    same = last_heartbeat == memory.get("last")
    memory["last"], memory["missed"] = last_heartbeat, memory.get("missed", 0) + 1 if same else 0
    if fenced:
        memory["active"] = True
        return ("promote",)
    return ("fence",) if memory["missed"] >= 4 or memory.get("active") else ()


def two_and_a_witness(services, budget, prices):
    site = reference("Q3.T1")(services, budget, prices)
    memory = sum(each["memory_gib"] * site["services"][each["name"]]["replicas"] for each in services)
    return {**site, "nodes": 2, "racks": 2, "witness": True} if memory <= 64 else site


def replicas_without_ha(services, budget, prices):
    site = reference("Q3.T1")(services, budget, prices)
    for each in site["services"].values():
        each["ha"] = each["replicas"] == 1
    return site


def nodes_as_floats(services, budget, prices):
    site = reference("Q3.T1")(services, budget, prices)
    return {**site, "nodes": float(site["nodes"]), "racks": float(site["racks"]), "switches": 2.0}


def largest_zone_last(peak, per_node, k, target, zones):
    n = 1
    while True:
        plan = [float((n + zone) // zones) for zone in range(zones)]
        left = n - k - (max(plan) if zones > 1 else 0)
        if left > 0 and peak / (left * per_node) <= target + 1e-9:
            return plan
        n += 1


def safe_or_cold(load, n, detect, failover, state):
    if state == "one writer":
        return "AP"
    return "AA" if load <= (n - 1) / n or failover > 30 else "AP"


def trimmed_mean(question, backends, history):
    def cost(name):
        work = sorted(history[name]["work_s"] or [0.1])
        quick = work[: max(1, len(work) * 3 // 4)]
        return (history[name]["open"] + 1) * sum(quick) / len(quick)

    if question == "pick":
        return min(backends, key=cost)
    return any(history[-3:]) if len(history) > 2 else True


def local_for_nothing(service):
    chosen = reference("S11.T2")(service)
    state = "local" if service["keeps"] == "nothing" else chosen["state"]
    return {**chosen, "n": float(chosen["n"]), "state": state}


def floats(**rooms):
    return {kind: float(lost) for kind, lost in reference("Q3.T2")(**rooms).items()}


TUNED = [{**reference("S10.T2"), "interval_s": interval_s, "misses": misses, "drill_days": 45}
         for interval_s, misses in ((1, 7.0), (0.5, 14), (1.2, 7), (0.3, 25))]  # fmt: skip
RIGHT = [("S10.T1", counts_beats), ("Q3.T1", two_and_a_witness), ("Q3.T1", replicas_without_ha),
         ("Q3.T1", nodes_as_floats), ("S11.T1", largest_zone_last), ("Q4.T3", safe_or_cold), ("S9.T2", trimmed_mean),
         ("S11.T2", local_for_nothing), ("Q3.T2", floats), *(("S10.T2", each) for each in TUNED)]  # fmt: skip


@pytest.mark.parametrize(("task_id", "artefact"), RIGHT, ids=lambda each: getattr(each, "__name__", str(each))[:60])
def test_another_right_answer_gets_everything(task_id, artefact):
    got, of, failure = points(task_id, artefact)
    assert got == of, failure


# -- what cannot be built --------------------------------------------------------------------------
UNBUILT = [("nodes", 10**9), ("nodes", "3"), ("storage", ["x"]), ("services", [1]), ("replicate_s", "often"),
           ("witness", None), ("racks", 0)]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), UNBUILT, ids=str)
def test_a_site_that_cannot_be_built_is_a_matter_of_form(name, value):
    _, _, failure = points("Q3.T1", lambda **asked: {**reference("Q3.T1")(**asked), name: value})
    assert failure.layer == "type"


def test_zones_that_are_no_numbers():
    for said in (5, [2.5], ["5"], [True], [float(ceil(1e6))], None):
        assert points("S11.T1", lambda said=said, **_: said)[2].layer == "type"
