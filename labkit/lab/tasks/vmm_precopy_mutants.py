"""VMM.T4: the reference and the wrong ones. Every wrong one is a stop rule with exactly one bad habit."""

from labkit.lab.task import Mutant


def decide(rounds, limits):
    """The reference: small enough? hopeless or too late? otherwise once more."""
    last = rounds[-1]
    next_s = last["dirty_mib"] * last["seconds"] / last["sent_mib"]  # as long as the stop would take, or the next round
    if next_s <= limits["downtime_s"]:
        return "stop"
    stuck = len(rounds) >= 3 and all(one["dirty_mib"] > 0.9 * one["sent_mib"] for one in rounds[-3:])
    if stuck or sum(one["seconds"] for one in rounds) + next_s > limits["copy_s"]:
        return "post-copy" if limits["post_copy"] else "abort"
    return "continue"


def altered(small=lambda rounds, limits, next_s: next_s <= limits["downtime_s"], patience=3, heeds_time=True,
            when_stuck=lambda limits: "post-copy" if limits["post_copy"] else "abort"):  # fmt: skip
    """A rule with one bad habit: each argument is the place where one belief shows."""

    def wrong(rounds, limits):
        last = rounds[-1]
        next_s = last["dirty_mib"] * last["seconds"] / last["sent_mib"] if last["sent_mib"] else 0.0
        if small(rounds, limits, next_s):
            return "stop"
        flat = [one["dirty_mib"] > 0.9 * one["sent_mib"] for one in rounds[-patience:]]
        late = heeds_time and sum(one["seconds"] for one in rounds) + next_s > limits["copy_s"]
        return when_stuck(limits) if late or len(flat) == patience and all(flat) else "continue"

    return wrong


def by_average(rounds, limits, next_s):
    """The rest at the average speed of all rounds, as if the link had always been the same."""
    speed = sum(one["sent_mib"] for one in rounds) / sum(one["seconds"] for one in rounds)
    return rounds[-1]["dirty_mib"] / speed <= limits["downtime_s"]


def by_mean_volume(rounds, limits, next_s):
    """What the rounds left on average, not what the last one left."""
    mean_mib = sum(one["dirty_mib"] for one in rounds) / len(rounds)
    return mean_mib * rounds[-1]["seconds"] / rounds[-1]["sent_mib"] <= limits["downtime_s"] if mean_mib else True


def counts_them_all(rounds, limits):
    """Three rounds that did not shrink are three rounds, in a row or not: two bursts are taken for no end."""
    flat = sum(one["dirty_mib"] > 0.9 * one["sent_mib"] for one in rounds)
    word = decide(rounds, limits)
    return word if flat < 3 or word == "stop" else "post-copy" if limits["post_copy"] else "abort"


FOREVER = 10**6
MUTANTS = {
    "never stops": Mutant(lambda rounds, limits: "continue", "VMM.m17"),
    "as long as the rounds shrink, time does not matter": Mutant(altered(heeds_time=False), "VMM.m17"),
    "stops at once": Mutant(lambda rounds, limits: "stop", "VMM.m18"),
    "always five rounds": Mutant(lambda rounds, limits: "stop" if len(rounds) == 5 else "continue", "VMM.m18"),
    "stops by force when nothing helps": Mutant(altered(when_stuck=lambda limits: "stop"), "VMM.m18"),
    "the average speed of the link": Mutant(altered(small=by_average), "VMM.m18"),
    "waits until nothing is dirty": Mutant(
        altered(small=lambda rounds, limits, next_s: not rounds[-1]["dirty_mib"]), "VMM.m20"
    ),
    "the average of all rounds": Mutant(altered(small=by_mean_volume), "VMM.m20"),
    "does not see that the rounds no longer shrink": Mutant(altered(patience=FOREVER), "VMM.m20"),
    "one more round, for safety": Mutant(
        altered(small=lambda rounds, limits, next_s: next_s <= limits["downtime_s"] / 3), "VMM.m20"
    ),
    "gives up at the first round that does not shrink": Mutant(altered(patience=1)),
    "counts the rounds that do not shrink, in a row or not": Mutant(counts_them_all),
    "gives up where post-copy is permitted": Mutant(altered(when_stuck=lambda limits: "abort")),
    "post-copy, permitted or not": Mutant(altered(when_stuck=lambda limits: "post-copy"), "S9.m3"),
    "post-copy at once": Mutant(
        lambda rounds, limits: "post-copy" if limits["post_copy"] else decide(rounds, limits), "S9.m3"
    ),
}
