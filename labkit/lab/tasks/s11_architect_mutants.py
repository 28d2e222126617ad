"""S11.T2: the reference and the wrong ones."""

from math import ceil

from labkit.lab.task import Mutant

HALF_DAY_S = 12 * 3600


def architect(service):
    """The reference: how many serve, who may write, where the state is."""
    need = ceil(service["peak"] / service["per_node"])
    if need == 1 and service["outage_s"] >= HALF_DAY_S:
        mode, n = "single", 1
    elif service["writers"] == "one" or service["licences"] == 1:
        mode, n = "AP", 2
    else:
        mode, n = "AA", need + 1
    if service["keeps"] == "nothing":
        state, replication = "none", "none"
    elif service["rooms"] == 1 and (service["rpo_s"] < 30 or mode == "single"):
        state, replication = "shared", "none"
    else:
        state, replication = "replicated", "sync" if service["rpo_s"] < 30 else "async"
    return {"mode": mode, "n": n, "state": state, "replication": replication}


def altered(change):
    """The reference, and then something is done to its answer."""

    def wrong(service):
        chosen = architect(service)
        chosen.update(change(service, chosen))
        return chosen

    return wrong


def stateful(service, chosen, **values):
    """Change the state of those that have one."""
    return values if service["keeps"] != "nothing" else {}


MUTANTS = {
    "AA for all": Mutant(
        altered(lambda s, c: {"mode": "AA", "n": max(ceil(s["peak"] / s["per_node"]) + 1, 2)}), "S11.m4"
    ),
    "AP for all": Mutant(altered(lambda s, c: {"mode": "AP", "n": max(c["n"], 2)})),
    "one node is enough": Mutant(altered(lambda s, c: {"mode": "single", "n": 1})),
    "no node to spare": Mutant(altered(lambda s, c: {"n": max(c["n"] - 1, 2)} if c["mode"] == "AA" else {}), "S11.m1"),
    "double everything": Mutant(altered(lambda s, c: {"n": 2 * c["n"]} if c["mode"] == "AA" else {})),
    "state in the nodes": Mutant(
        altered(lambda s, c: stateful(s, c, state="local", replication="none") if c["mode"] != "single" else {}),
        "S11.m3",
    ),
    "state is not my business": Mutant(altered(lambda s, c: {"state": "none", "replication": "none"})),
    "a shared store for all": Mutant(altered(lambda s, c: stateful(s, c, state="shared", replication="none"))),
    "asynchronous is good enough": Mutant(
        altered(lambda s, c: stateful(s, c, state="replicated", replication="async") if c["mode"] != "single" else {})
    ),
    "synchronous for all": Mutant(altered(lambda s, c: {"replication": "sync"} if c["replication"] == "async" else {})),
    "never waits for a repair": Mutant(altered(lambda s, c: {"mode": "AP", "n": 2} if c["mode"] == "single" else {})),
    "a shared store for services without state": Mutant(
        altered(lambda s, c: {"state": "shared"} if s["keeps"] == "nothing" else {})
    ),
    "forgets the key replication": Mutant(
        lambda service: {k: v for k, v in architect(service).items() if k != "replication"}
    ),
}
