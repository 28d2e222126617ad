"""S9.T2: the reference and the wrong ones."""

from labkit.lab.task import Mutant


def balancer(question, backends, history):
    """The reference: the least work, by the median; out after three failures in a row, in again after two successes."""
    if question == "pick":

        def cost(name):
            work = sorted(history[name]["work_s"]) or [0.1]  # nothing is known yet: like the others
            return (history[name]["open"] + 1) * work[len(work) // 2]  # the median: one long request is no slow backend

        return min(backends, key=cost)
    up, run = True, 0
    for ok in history:
        run = 0 if ok == up else run + 1
        if run == (3 if up else 2):
            up, run = not up, 0
    return up


def altered(pick=None, alive=None):
    """The reference with another rule in one place."""

    def wrong(question, backends, history):
        rule = pick if question == "pick" else alive
        if rule is None:
            return balancer(question, backends, history)
        return rule(backends, history) if question == "pick" else rule(history)

    return wrong


def in_turn():
    """Round robin: a counter and nothing else. It begins anew where nothing has been sent yet."""
    turn = {"n": 0}

    def rule(backends, history):
        begun = any(seen["open"] or seen["work_s"] for seen in history.values())
        turn["n"] = turn["n"] + 1 if begun else 0
        return sorted(backends)[turn["n"] % len(backends)]

    return rule


def fewest(backends, history):
    return min(backends, key=lambda name: history[name]["open"])


def fastest(backends, history):
    return min(backends, key=lambda name: sum(history[name]["work_s"][-3:]) / 3 if history[name]["work_s"] else 0)


def readmits_never(checks):
    run = 0
    for ok in checks:
        run = 0 if ok else run + 1
        if run == 3:
            return False
    return True


def counts_all(checks):
    return sum(not ok for ok in checks) < 3


MUTANTS = {
    "round robin": Mutant(altered(pick=in_turn()), "S9.m5"),
    "one failed check = out": Mutant(altered(alive=lambda checks: checks[-1])),
    "never re-admits": Mutant(altered(alive=readmits_never)),
    "fewest open requests, however slow": Mutant(altered(pick=fewest)),
    "the fastest, however busy": Mutant(altered(pick=fastest)),
    "always the first": Mutant(altered(pick=lambda backends, history: backends[0])),
    "believes nobody is dead": Mutant(altered(alive=lambda checks: True)),
    "out after ten failures": Mutant(altered(alive=lambda checks: any(checks[-10:]))),
    "returns the history of the best": Mutant(altered(pick=lambda backends, history: history[backends[0]])),
    "forgets nothing: three failures ever": Mutant(altered(alive=counts_all)),
}
