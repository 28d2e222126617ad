"""Card S7, part policies and monitoring: what is pending counts, what is granted and to whom, and when an alarm wakes
somebody. Collected by s7.py."""

from labkit.lab.card import Explanation, Look, Observation, Prediction, Question, turned

MISCONCEPTIONS = {
    "S7.m2": (
        "The VIM sees the truth. – It sees what was reported. What it has promised and what is on its way is in no "
        "report, and counts all the same."
    ),
    "S7.m8": (
        "One threshold is enough for an alarm, and the sharper the better. – A load that swings around it wakes "
        "somebody every minute; after a week nobody gets up any more."
    ),
    "S7.m9": (
        "A quota keeps room free. – It says how much a project may have at most. What keeps room free is a "
        "reservation, and somebody else pays for it."
    ),
}

PREDICTIONS = (
    # quota 8 GiB, 4 GiB used. Two orders of 3 GiB arrive in the same moment.
    # a: both pass, each of them fits · b: the first passes, the second is refused · c: both are refused
    # d: both pass, and the VIM removes one when it sees them run
    Prediction("S7.p3", correct="b", beliefs={"a": "S7.m2", "d": "S7.m2"}),
    # bank has a quota of 64 GiB, and so has shop, which orders all there is, then bank orders its first VM of 4 GiB.
    # a: it starts, its quota kept room free · b: no host has room · c: a VM of shop is stopped for it
    Prediction("S7.p7", correct="b", beliefs={"a": "S7.m9", "c": "S7.m9"}),
    # One threshold (90 %) and a load that swings around it for 20 minutes: how often does the alarm change?
    # a: once · b: 20 times · c: never, the average is below
    Prediction("S7.p6", correct="b", beliefs={"a": "S7.m8"}),
)


def refusals(vim):
    """What the policies of this VIM have refused, as the trace tells it."""
    return vim.world.trace.where(src=vim.policies.name, kind="policy", what=lambda what: what.startswith("denied"))


def changes(monitoring, name):
    """How often an alarm has changed its colour."""
    told = monitoring.world.trace.where(src=monitoring.name, kind="alarm")
    return sum(f": {name} is " in event.what for event in told)


OBSERVATIONS = (
    Observation(
        "S7.p3",
        {  # subject: the Vim
            "admitted": Look(
                lambda vim: sum(job.what == "create" for job in vim.jobs.values()) - 1,
                lambda vim: "Jobs: " + ", ".join(f"{job.what} {job.entity}" for job in vim.jobs.values()) + ".",
            ),
            "refused": Look(
                lambda vim: len(refusals(vim)),
                lambda vim: "; ".join(f"{event.what}: {event.detail['why']}" for event in refusals(vim)) + ".",
            ),
        },
    ),
    Observation(
        "S7.p6",
        {  # subject: the Monitoring
            "one_threshold": Look(
                lambda monitoring: changes(monitoring, "sharp"),
                lambda monitoring: f"Events of the alarm 'sharp': {changes(monitoring, 'sharp')}.",
            ),
            "two_thresholds": Look(
                lambda monitoring: changes(monitoring, "calm"),
                lambda monitoring: f"Events of the alarm 'calm': {changes(monitoring, 'calm')}.",
            ),
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "S7.p3",
        "Both orders fitted when they came. Why may the second one be refused before the first VM exists?",
        "An admitted request holds its claim from that moment on: used and pending together are compared with the "
        "quota, and the claim comes back if the request fails.",
        ("looking only at what runs lets both pass", "the order of arrival decides, not who boots faster"),
    ),
    Explanation(
        "S7.p7",
        "What is the difference between a quota and a reservation?",
        "A quota is a project's ceiling and promises nothing; a reservation is its floor: others are refused although "
        "there is room, so that it is free when the project comes.",
        ("quotas may add up to more than there is, reservations may not", "reserved and unused room is paid for"),
    ),
    Explanation(
        "S7.p6",
        "What does the second threshold cost, and what does it bring?",
        "The alarm ends later than it could, but a load between the two thresholds changes nothing, so every change is "
        "news.",
        ("hysteresis: above 90 to begin, below 70 to end", "holding times do the same against short peaks"),
    ),
)

STORIES = (  # quota GiB, running, pending, asked GiB, other pending of another project
    (16, 8, 6, 4, False),
    (16, 8, 6, 2, True),
    (32, 20, 10, 4, False),
    (24, 12, 6, 6, True),
)


def admitted(seed):
    """Is it admitted? Used and pending count, those of others do not."""
    quota, used, pending, asked, fits = STORIES[seed % len(STORIES)]
    yes, no = f"yes: {used + pending + asked} of {quota} GiB", f"no: {used + pending + asked} of {quota} GiB"
    if fits:
        options = [(yes, None), ("no: what is pending is not settled, so everybody waits", ""),
                   ("no: guests use only half of it, the quota is reached when they use it", "S7.m6"),
                   ("yes, and the same again: what is pending does not count", "S7.m2")]  # fmt: skip
    else:
        options = [(no, None), (f"yes: {used + asked} of {quota} GiB, for the pending ones do not run yet", "S7.m2"),
                   ("yes: it is one VM like the others", ""),
                   ("yes, but it is stopped as soon as the others run", "S7.m2")]  # fmt: skip
    keyed, correct = turned(seed, options)
    text = (
        f"A project may hold {quota} GiB of memory. Its running VMs have {used} GiB, admitted and still booting are "
        f"{pending} GiB; it orders a VM of {asked} GiB. Another project has 40 GiB pending. Is it admitted?"
    )
    why = "Used and pending of the same project count, by size; what guests use of it does not."
    return Question("S7.c3", text, keyed, correct, why, admitted)


QUESTIONS = (admitted(0),)
