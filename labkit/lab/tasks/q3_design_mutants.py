"""Q3.T1: a design as a student would make it, and wrong ones, each with the belief behind it."""

from math import ceil

from labkit.lab.task import Mutant


def design(services, budget, prices):
    """The reference: replicas where a restart is too slow, one node of reserve, nothing that all share, cheap disks."""
    chosen, memory_gib = {}, 0
    for each in services:
        fast = each["rto_s"] < 180  # a restart takes three minutes
        chosen[each["name"]] = {"ha": True, "replicas": 2 if fast else 1, "apart": fast}
        memory_gib += each["memory_gib"] * (2 if fast else 1)
    nodes = max(3, ceil(memory_gib / 64) + 1)
    may_lose_s = min(each["rpo_s"] for each in services)
    storage = "replicated" if may_lose_s >= 60 else "mirrored"
    return {
        "nodes": nodes,
        "switches": 2,
        "racks": nodes,
        "storage": storage,
        "replicate_s": max(60, may_lose_s),
        "witness": nodes % 2 == 0,
        "services": chosen,
    }


def altered(services_change=None, **changes):
    """The reference with other values: a value, or a function of (answer, services)."""

    def wrong(services, budget, prices):
        answer = design(services, budget, prices)
        for each in answer["services"].values():
            each.update(services_change or {})
        for name, value in changes.items():
            answer[name] = value(answer, services) if callable(value) else value
        return answer

    return wrong


def no_reserve(answer, services):
    needed = sum(each["memory_gib"] * answer["services"][each["name"]]["replicas"] for each in services)
    return max(2, ceil(needed / 64))


def full(services, budget, prices):
    """Every node is filled: as many as are needed, plus a witness so that there is a majority."""
    answer = design(services, budget, prices)
    nodes = no_reserve(answer, services)
    return {**answer, "nodes": nodes, "racks": nodes, "witness": nodes == 2}


def two_nodes(answer, services):
    """One for the work, one for the case of cases."""
    return max(2, no_reserve(answer, services) + (answer["nodes"] > 3))


MUTANTS = {
    "two nodes": Mutant(altered(nodes=two_nodes, racks=two_nodes, witness=False), "Q3.m2"),
    "all on one switch": Mutant(altered(switches=1), "Q3.m3"),
    "all on one power strip": Mutant(altered(racks=1), "Q3.m3"),
    "no reserve": Mutant(full, "Q3.m5"),
    "local storage with HA": Mutant(altered(storage="local"), "S8.m4"),
    "both replicas together": Mutant(altered({"apart": False}), "Q3.m7"),
    "one VM each, HA will do": Mutant(altered({"replicas": 1, "apart": False}), "Q3.m4"),
    "copies every quarter of an hour": Mutant(altered(storage="replicated", replicate_s=900), "S10.m5"),
    "one storage for all": Mutant(altered(storage="shared"), "Q3.m3"),
    "nobody switched HA on": Mutant(altered({"ha": False})),
    "one more of everything": Mutant(altered(nodes=lambda answer, _: answer["nodes"] + 2, storage="mirrored")),
}
