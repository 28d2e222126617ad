"""Card VMM, part scheduling: what shares, reservations and limits are worth, and what more vCPUs cost. Collected by
vmm.py."""

from labkit.lab.card import Explanation, Look, Observation, Prediction, Question

MISCONCEPTIONS = {
    "VMM.m6": (
        "Shares are an amount of CPU, and count always. – They are weights: they count only while there is not enough, "
        "and what they are worth depends on who else wants to run."
    ),
    "VMM.m7": (
        "A reservation is used up even when its VM idles. – It is counted when VMs are powered on; what its owner does "
        "not use runs the others."
    ),
    "VMM.m8": (
        "A limit counts only under contention. – It counts always: a limited VM stands still on an idle host once its "
        "limit is reached."
    ),
    "VMM.m9": (
        "More vCPUs are always faster. – They help only a guest with as many busy threads, they have to find CPUs, and "
        "siblings wait for one another; MHz come from shares, not from vCPUs."
    ),
}

PREDICTIONS = (
    # gold 2,000 shares, iron 1,000; both demand 3,000 of 8,000 MHz.
    # a: 5,333 and 2,667 · b: 3,000 each · c: 3,000 and 1,500 · d: 3,000 and 2,667
    Prediction("VMM.p7", correct="b", beliefs={"a": "VMM.m6", "c": "VMM.m6", "d": "VMM.m6"}),
    # 4 s of work on 1, 2 or 4 vCPUs, strict co-scheduling, four busy CPUs. Done first:
    # a: with 4, four times as fast · b: with 4, less than that · c: with 1 · d: no difference
    Prediction("VMM.p8", correct="c", beliefs={"a": "VMM.m9", "b": "VMM.m9", "d": "VMM.m6"}),
)

OBSERVATIONS = (
    Observation(
        "VMM.p7",
        {  # subject: the two entitlements, calm and crowded
            "iron_when_calm": Look(
                lambda seen: seen[0]["iron"], lambda seen: f"The first answer was {seen[0]}.", tolerance=1
            ),
            "iron_when_crowded": Look(
                lambda seen: seen[1]["iron"], lambda seen: f"The second answer was {seen[1]}.", tolerance=1
            ),
        },
    ),
    Observation(
        "VMM.p8",
        {  # subject: {vCPUs: Scheduler after ten seconds}
            "seconds_with_1": Look(
                lambda runs: runs[1].finished_s("build"),
                lambda runs: f"With one vCPU it was done after {runs[1].finished_s('build'):.1f} s.",
                tolerance=0.1,
            ),
            "run_percent_with_4": Look(
                lambda runs: round(runs[4].top()["build"]["%RUN"]),
                lambda runs: f"The table says %CSTP {runs[4].top()['build']['%CSTP']:.0f} for its four vCPUs.",
                tolerance=1,
            ),
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "VMM.p7",
        "Why does the same number of shares mean 3,000 MHz in one moment and 1,000 in the next?",
        "Shares divide what is scarce in proportion; while there is enough for all demands, nothing is divided.",
        (
            "calm: 3,000 + 3,000 fit into 8,000, so each gets its demand",
            "crowded: 8,000 MHz over 8,000 shares are 1 MHz per share, 1,000 for 1,000 shares",
            "what a VM does not demand goes to the others",
        ),
    ),
    Explanation(
        "VMM.p8",
        "Every few milliseconds a CPU became free. Why did build with four vCPUs never run?",
        "Strict co-scheduling needs four free CPUs at the same moment; they became free one by one, and each was given "
        "away before the next was free.",
        (
            "one vCPU fits into every gap",
            "%CSTP, not %RDY: it was its turn, but not all of its siblings could run",
            "relaxed co-scheduling places each vCPU for itself and stops only the one that is ahead",
        ),
    ),
)

SITUATIONS = (  # who the complaint is about, %RUN, %RDY, %CSTP, %MLMTD, vCPUs, the right option
    ("web", 35, 65, 0, 0, 1, "contention"),
    ("shop", 40, 60, 0, 60, 1, "limit"),
    ("erp", 120, 40, 240, 0, 4, "costop"),
    ("mail", 98, 2, 0, 0, 1, "busy"),
)
CURES = {
    "contention": ("too many VMs want the host's CPUs: more shares or a reservation for it, or another host", "VMM.m6"),
    "limit": ("its limit: raise it or take it away", "VMM.m8"),
    "costop": ("it has more vCPUs than the host can place: give it fewer", "VMM.m9"),
    "busy": ("nothing on the host: the guest has a CPU nearly all the time, its program is the place to look", None),
}


def why_slow(seed):
    """'VM … is slow. What is it?' with the numbers of one situation; wrong cures stand for what would lead there."""
    name, run, ready, costop, limited, vcpus, right = SITUATIONS[seed % len(SITUATIONS)]
    options = {key: (text, None if key == right else belief) for key, (text, belief) in CURES.items()}
    if right == "limit":
        options["contention"] = (CURES["contention"][0], "VMM.m8")
    options["more"] = ("its guest shows CPU 100 %: give it more vCPUs", "VMM.m9")
    del options["busy" if right != "busy" else "costop"]
    return Question(
        "VMM.c7",
        f"'{name} is slow, and it shows CPU 100 %.' The host says for its {vcpus} vCPU{'s' * (vcpus > 1)}: %RUN {run}, "
        f"%RDY {ready} (of which %MLMTD {limited}), %CSTP {costop}. What is it?",
        options,
        right,
        "The guest's 100 % do not tell running from waiting. %RDY without %MLMTD is waiting for a CPU, %MLMTD the own "
        "limit, %CSTP waiting for siblings.",
        variant=why_slow,
    )


OWNERS = (("db", 4000, 10_000, 6000), ("erp", 6000, 12_000, 9000), ("shop", 3000, 8000, 5000))


def who_uses_it(seed):
    """'… has reserved MHz and idles': who uses them, and what may be promised?"""
    name, reserved, capacity, wanted = OWNERS[seed % len(OWNERS)]
    free = capacity - reserved
    return Question(
        "VMM.c8",
        f"A host has {capacity:,} MHz. {name} has reserved {reserved:,} and idles. A VM with a reservation of "
        f"{wanted + 500:,} shall be powered on; another VM, without a reservation, runs and demands {capacity:,}. "
        "What happens?",
        {
            "a": (f"it is refused, and the running VM gets nearly {capacity:,} MHz", None),
            "b": (f"it is refused, and the running VM gets at most {free:,} MHz", "VMM.m7"),
            "c": (f"it starts, because {name} idles; each gets half", "VMM.m6"),
            "d": ("it starts, and shares decide: a reservation counts under contention only", "VMM.m8"),
        },
        "a",
        f"Admission counts promises: {reserved:,} + {wanted + 500:,} are more than {capacity:,}. Use is another "
        f"matter: what {name} does not use runs whoever wants it.",
        variant=who_uses_it,
    )


QUESTIONS = (why_slow(0), who_uses_it(0))
