"""VMM.T4, the pre-copy stop rule: asked after each round of a migration, in front of guests whose writing nobody knows
beforehand.

    decide(rounds, limits) -> 'continue' | 'stop' | 'abort' | 'post-copy'

rounds   [{"sent_mib", "seconds", "dirty_mib"}, …]: what each round sent, how long it took, what was dirty after it
limits   {"downtime_s", "copy_s", "post_copy", "memory_mib"}: the longest stop, the second after which no round may end,
         whether post-copy is permitted (True/False), the size of the guest
"""

from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks import vmm_precopy_cases as cases
from labkit.lab.tasks.vmm_precopy_mutants import MUTANTS, decide

WORDS = ("continue", "stop", "abort", "post-copy")
SHAPE = f"decide(…) returns one of {', '.join(repr(word) for word in WORDS)}"
DOWNTIME = "the guest never stands still longer than downtime_s"
PERMITTED = "post-copy only where it is permitted, and only for a guest that cannot be moved otherwise"
TIME = "no round ends later than copy_s"
MOVED = "a guest that can be moved within the limits is moved"
NEEDLESS = "no round more once the stop is short enough"
HOPELESS = "three rounds in a row that leave more than 90 % of what they sent: no further one"


def judge(scenario, artefact):
    """Migrate one guest as the rule says. What only costs too much is reported if nothing worse happens."""
    rounds, costs, data = [], [], scenario.data
    for one in cases.play(data):
        rounds.append(one)
        word = artefact.call(rounds=[dict(each) for each in rounds], limits=dict(data["limits"]))
        if word not in WORDS:
            return Failure("type", SHAPE, f"after round {len(rounds)} you returned {word!r}")
        if word != "continue":
            return ended(data, rounds, word) or dear(costs)
        late = too_late(data["limits"], rounds)
        if late:
            return late
        costs += needless(data["limits"], rounds)
        if len(rounds) == cases.LONGEST or not one["dirty_mib"]:
            return dear(costs)


def after(rounds):
    """Where the migration stands, in words."""
    last = rounds[-1]
    sent = f"{last['sent_mib']:g} MiB in {last['seconds']:.2f} s"
    return f"After round {len(rounds)} ({sent}) {last['dirty_mib']:g} MiB were dirty"


def ended(data, rounds, word):
    """The Failure of an end, or None."""
    limits, stop_s, can = data["limits"], cases.stop_s(rounds[-1]), cases.reachable(data)
    if word == "stop":
        if stop_s <= limits["downtime_s"]:
            return None
        did = f"You stopped the guest: it stood still for {stop_s:.2f} s, {limits['downtime_s']:g} s are allowed."
        return Failure("safety", DOWNTIME, f"{after(rounds)}. {did}", "VMM.m18")
    if word == "post-copy":
        return handed_over(limits, rounds, can)
    if can:
        small = stop_s <= limits["downtime_s"]
        why = (
            f"a stop would have taken {1000 * stop_s:.0f} ms" if small else "some rounds later a stop was short enough"
        )
        return Failure("liveness", MOVED, f"{after(rounds)}. You gave up; {why}.")
    if limits["post_copy"]:
        did = "You gave up. Post-copy is permitted here, and it always ends."
        return Failure("liveness", MOVED, f"{after(rounds)}. {did}")
    return None


def handed_over(limits, rounds, can):
    """The Failure of a hand-over with pages missing, or None."""
    if not limits["post_copy"]:
        did = "You handed over, but post-copy is not permitted here."
    elif can:
        did = "You handed over with pages missing: the guest depended on two hosts. Pre-copy would have ended."
    else:
        return None
    return Failure("safety", PERMITTED, f"{after(rounds)}. {did}", "S9.m3")


def too_late(limits, rounds):
    """The Failure of a further round for which there is no time, or None."""
    spent_s, next_s = sum(one["seconds"] for one in rounds), cases.stop_s(rounds[-1])
    if spent_s + next_s <= limits["copy_s"]:
        return None
    did = f"You went on: the next round ended at {spent_s + next_s:.1f} s, {limits['copy_s']:g} s were allowed."
    return Failure("liveness", TIME, f"{after(rounds)}, {spent_s:.1f} s were over. {did}", "VMM.m17")


def needless(limits, rounds):
    """[(rule, sentence)] if a further round is one too many, else []."""
    next_s = cases.stop_s(rounds[-1])
    if next_s <= limits["downtime_s"]:
        did = f"a stop of {1000 * next_s:.0f} ms, {1000 * limits['downtime_s']:.0f} ms are allowed"
        return [(NEEDLESS, f"{after(rounds)}: {did}. You sent another round")]
    if cases.stuck(rounds):
        left = ", ".join(f"{one['dirty_mib']:g}" for one in rounds[-3:])
        return [(HOPELESS, f"{after(rounds)}; the last three rounds left {left} MiB. You went on")]
    return []


def dear(costs):
    """The Failure of rounds that were not needed, the first of them in words; None if there were none."""
    if not costs:
        return None
    (rule, did), more = costs[0], len(costs) - 1
    return Failure("economy", rule, f"{did}{f', and {more} more after that' if more else ''}.", "VMM.m20")


TASK = tasks.register(
    Task(
        id="VMM.T4",
        card="VMM",
        title="The pre-copy stop rule",
        kind="function",
        signature="decide(rounds, limits) -> 'continue' | 'stop' | 'abort' | 'post-copy'",
        families={cases.SETTLES: 1, cases.NEVER: 1, cases.CHANGES: 1},
        scenarios=cases.scenarios,
        judge=judge,
        reference=decide,
        mutants=MUTANTS,
        misconceptions={
            "VMM.m17": "a live migration always ends",
            "VMM.m18": "a live migration never stops the VM",
            "VMM.m20": "more rounds, a shorter stop, always",
            "S9.m3": "live migration is free and instant",
        },
        rules=(DOWNTIME, PERMITTED, TIME, MOVED, NEEDLESS, HOPELESS),
    )
)
