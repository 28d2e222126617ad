"""Card VMM, live migration: what its notebook asks. Registers nothing: the card of the notebook collects the rooms."""

from labkit.lab.card import Explanation, Look, Observation, Prediction, Question, turned

MISCONCEPTIONS = {
    "VMM.m17": (
        "A live migration always ends. – It ends if the guest writes more slowly than the link carries, or if somebody "
        "set a limit. By itself QEMU copies for ever."
    ),
    "VMM.m18": (
        "It takes memory / bandwidth, and the VM never stops. – Memory is sent more than once, and at the end the VM "
        "stands still for as long as the rest takes."
    ),
    "VMM.m19": (
        "For a moment both copies run. – At every moment at most one copy runs; for a short while none does. Two would "
        "write to one disk."
    ),
    "VMM.m20": (
        "More rounds, a shorter stop, always. – Only while the rounds shrink. What is written again and again stays "
        "dirty, however often it is sent."
    ),
    "S9.m3": (
        "Live migration is free and instant. – It takes seconds to minutes and the link's bandwidth; several at once "
        "make one another slower."
    ),
}

PREDICTIONS = (
    # 8 GiB, a link of 1 GiB/s, the guest writes 0.9 GiB/s, at most 30 rounds. How long until it has moved?
    # a: 8 s · b: about 16 s · c: more than a minute · d: it never ends
    Prediction("VMM.p14", correct="c", beliefs={"a": "VMM.m18", "b": "S9.m3", "d": "VMM.m17"}),
    # The guest writes twice as fast as the link carries. Which one lets it move and run at full speed all the time?
    # a: more rounds · b: auto-converge · c: post-copy · d: none of them
    Prediction("VMM.p15", correct="d", beliefs={"a": "VMM.m20", "b": "S9.m3", "c": "S9.m3"}),
    # The link is cut while the guest stands still at the end. How many copies run a second later?
    # a: two · b: one, at the source · c: none · d: one, at the target
    Prediction("VMM.p16", correct="c", beliefs={"a": "VMM.m19", "b": "VMM.m18", "d": "S9.m3"}),
)

OBSERVATIONS = (
    Observation(
        "VMM.p14",
        {  # subject: the Outcome
            "rounds": Look(
                lambda told: told.live_rounds, lambda told: f"The table ends with round {told.live_rounds}."
            ),
            "seconds": Look(
                lambda told: round(told.total_s), lambda told: f"It took {told.total_s:.1f} s.", tolerance=1
            ),
        },
    ),
    Observation(
        "VMM.p15",
        {  # subject: {name of the policy: Outcome}
            "throttled_percent": Look(
                lambda told: round(100 * max(each.throttle for each in told["qemu auto-converge"].rounds)),
                lambda told: "The column 'CPU' of its table shows how much time the vCPUs lost.",
                tolerance=1,
            ),
            "seconds_waited": Look(
                lambda told: round(told["qemu post-copy"].after.stall_s),
                lambda told: (
                    f"After the hand-over the guest waited {told['qemu post-copy'].after.stall_s:.1f} s in all."
                ),
                tolerance=1,
            ),
        },
    ),
    Observation(
        "VMM.p16",
        {  # subject: the two Vmms, a second after the cut
            "copies_that_run": Look(
                lambda vmms: sum(domain.computing for vmm in vmms for domain in vmm.domains.values()),
                lambda vmms: "; ".join(
                    f"{vmm.name}: {domain.name} is {domain.state} ({domain.reason})"
                    for vmm in vmms
                    for domain in vmm.domains.values()
                ),
            )
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "VMM.p14",
        "Why does it take almost ten times as long as sending 8 GiB once?",
        "Each round sends what was written during the one before: 0.9 of it, so the rounds shrink by a tenth only.",
        (
            "8 + 7.2 + 6.5 + … seconds: a geometric series with λ = 0.9",
            "the dirty rate decides whether it ends, the memory only how long a round is",
            "slow the guest's CPU, and λ becomes smaller",
        ),
    ),
    Explanation(
        "VMM.p15",
        "What does each of the two ways cost the guest?",
        "Auto-converge takes CPU time until it writes slowly enough; post-copy makes it wait for pages.",
        (
            "post-copy always ends: each page travels once after the hand-over",
            "until the last page has come, the death of either host loses the VM",
        ),
    ),
    Explanation(
        "VMM.p16",
        "Why does the source not simply let its copy go on?",
        "It cannot know whether the target has got the order to run: two copies on one disk would be worse than none.",
        (
            "no answer looks the same whether the order or the answer was lost",
            "it stays paused and asks again; the target does it once, whatever it is asked",
            "the disk's lease has a number: old memory never goes on over a disk that has changed hands",
        ),
    ),
)

GUESTS = (  # GiB, MiB/s written, MiB/s of the link
    (4, 100, 1000),
    (8, 200, 1000),
    (16, 250, 1250),
    (4, 25, 125),
)


def what_decides(seed):
    """c14: what decides whether a pre-copy ends."""
    gib, written, link = GUESTS[seed % len(GUESTS)]
    options = [
        (f"give it twice the memory ({2 * gib} GiB), of which it uses no more than now", None),
        (f"let it write {link + written} MiB/s instead of {written}, all over its memory", "VMM.m17"),
        (f"share the link with {link // written} other migrations", "S9.m3"),
        ("allow ten times as many rounds for a guest that writes faster than the link carries", "VMM.m20"),
    ]
    keyed, correct = turned(seed, options)
    return Question(
        "VMM.c14",
        f"A guest of {gib} GiB writes {written} MiB/s, the link carries {link} MiB/s, and its migration converges. "
        "After which change does it still converge?",
        keyed,
        correct,
        why="Whether the rounds shrink depends on dirty rate / bandwidth. Memory only makes the first round longer.",
        variant=what_decides,
    )


MOMENTS = (
    "in the second round",
    "after the guest was stopped and before the target was told to run it",
    "in the first round",
)


def who_runs(seed):
    """c15: which copy runs when a host dies in the middle."""
    moment = MOMENTS[seed % len(MOMENTS)]
    options = [
        ("no copy: it was not complete anywhere else. It can be started from its disk", None),
        ("the copy at the target, with the pages that it has", "VMM.m19"),
        ("the copy at the target: a live migration loses nothing", "S9.m3"),
        ("both, until the source is back", "VMM.m19"),
    ]
    keyed, correct = turned(seed, options)
    return Question(
        "VMM.c15",
        f"The source host dies during a pre-copy migration, {moment}. Which copy runs then?",
        keyed,
        correct,
        why="Until the hand-over the source has the only complete memory. A host that is dead cannot be a source: what "
        "is left is a restart from the disk.",
        variant=who_runs,
    )


LEFT = ((380, 400), (190, 210), (950, 1000))  # MiB


def which_way(seed):
    """c16: rounds that no longer shrink."""
    least, most = LEFT[seed % len(LEFT)]
    options = [
        ("hand over with post-copy if that is permitted, else end the migration", None),
        ("go on: each round makes the stop a little shorter", "VMM.m20"),
        ("stop it now: a live migration does not stop the VM for long", "VMM.m18"),
        ("wait: sooner or later it ends by itself", "VMM.m17"),
    ]
    keyed, correct = turned(seed, options)
    return Question(
        "VMM.c16",
        f"Each of the last ten rounds left {least} to {most} MiB dirty, always the same pages. A stop would "
        "be ten times as long as is allowed. What is right?",
        keyed,
        correct,
        why="The working set stays dirty. Only slowing the guest, post-copy, or giving up helps.",
        variant=which_way,
    )


QUESTIONS = (what_decides(0), who_runs(0), which_way(0))
