"""A small task to try the lab with: may this part of a cluster act? (card S13 in short, for these tests only)"""

from labkit.lab import tasks
from labkit.lab.task import Failure, Mutant, Scenario, Task

SAFE, ALIVE = "two parts never act at the same time", "a majority acts"


def is_quorate(expected, part):
    """The right rule."""
    return len(part) >= expected // 2 + 1


def half(expected, part):
    """Wrong: half is enough."""
    return 2 * len(part) >= expected


def never(expected, part):
    """Wrong: nobody ever acts."""
    return False


def scenarios(seed):
    """Even and odd clusters, the smallest first; the seed adds one."""
    sizes = [(2, 1), (4, 2), (4, 3), (3, 2), (5, 2), (5, 3)] + [(2 * (seed % 7) + 6, seed % 7 + 3)]
    return [
        Scenario("even" if n % 2 == 0 else "odd", seed, f"{n} nodes, {k} of them together", {"n": n, "k": k})
        for n, k in sizes
    ]


def judge(scenario, artefact):
    """Safety: no tie may act. Liveness: a majority does."""
    n, k = scenario.data["n"], scenario.data["k"]
    got = artefact.call(expected=n, part=list(range(1, k + 1)))
    if not isinstance(got, bool):
        return Failure("type", "is_quorate returns True or False", f"returned {got!r}")
    if got and 2 * k <= n:
        return Failure("safety", SAFE, f"you let {k} of {n} act, and the rest by the same rule", belief="X1.m2")
    if not got and 2 * k > n:
        return Failure("liveness", ALIVE, f"you stopped {k} of {n}")
    return None


TASK = Task(
    id="X1.T1",
    card="X1",
    title="Quorum",
    families={"even": 2, "odd": 1},
    kind="function",
    signature="is_quorate(expected, part) -> bool",
    scenarios=scenarios,
    judge=judge,
    reference=is_quorate,
    mutants={"half is enough": Mutant(half, "X1.m2"), "never": Mutant(never)},
    misconceptions={"X1.m2": "half is enough"},
    rules=(SAFE, ALIVE, "is_quorate returns True or False"),
)


def register():
    """Put the task among the lab's own."""
    return tasks.register(TASK)
