"""Card S10: questions for the class in variants of the same build, and the free text with two graded examples."""

from labkit.lab.card import Example, FreeText, KeyPoint, Question, turned

OUTAGES = (  # I, M, promotion, TTL
    (1, 3, 5, 60),
    (0.5, 4, 10, 120),
    (2, 3, 4, 300),
)


def halve(seed):
    """c1: where does the outage come from?"""
    interval, misses, promote, ttl = OUTAGES[seed % len(OUTAGES)]
    options = [
        ("a virtual address instead of DNS", None),
        (f"a beat every {interval / 10:g} s", "S10.m4"),
        ("a second standby", "S10.m1"),
        ("synchronous replication", "S10.m5"),
    ]
    keyed, correct = turned(seed + 2, options)
    return Question(
        "S10.c1",
        f"A pair: a beat every {interval:g} s, suspected after {misses} missing ones, promotion {promote} s, "
        f"clients come "
        f"by a DNS name with a TTL of {ttl} s. Which change at least halves the longest outage?",
        keyed,
        correct,
        f"Up to {interval * misses:g} s + {promote} s + {ttl} s: the name is the largest part by far. The others "
        f"change "
        "little, or something else.",
        halve,
    )


SILENCES = (
    ("the cable between the two was pulled", "both run, and both are right that the other one is silent"),
    ("the switch between the two lost its power", "both run, and both are right that the other one is silent"),
    ("a firewall rule was changed and drops the beats", "both run, and both are right that the other one is silent"),
)


def silent(seed):
    """c2: what may a standby do that hears nothing?"""
    what, right = SILENCES[seed % len(SILENCES)]
    options = [
        ("have the other one switched off, and promote itself when that is confirmed", None),
        ("promote itself at once: no beat, so the other one is dead", "S8.m2"),
        ("promote itself, and have the other one switched off afterwards", "S8.m3"),
        ("take over and give the role back when the other one returns by itself", "S10.m6"),
    ]
    keyed, correct = turned(seed, options)
    return Question(
        "S10.c2",
        f"A standby has heard nothing for ten seconds. (Nobody there knows it: {what}.) What is safe?",
        keyed,
        correct,
        f"In this case {right}. Only 'it is off' is knowledge; until then two might write.",
        silent,
    )


LAGS = ((30, 20), (60, 5), (900, 2))  # lag in seconds, writes per second


def behind(seed):
    """c3: what is lost with asynchronous copies?"""
    lag, rate = LAGS[seed % len(LAGS)]
    options = [
        (f"up to about {lag * rate} acknowledged writes: those of the last {lag} s", None),
        ("none: they are replicated", "S10.m5"),
        ("only the writes that had not been acknowledged yet", "S10.m5"),
        ("none, if the heartbeat is fast enough", "S10.m4"),
    ]
    keyed, correct = turned(seed, options)
    return Question(
        "S10.c3",
        f"Copies reach the standby {lag} s later; {rate} writes arrive per second. The active one burns. What is lost?",
        keyed,
        correct,
        "The clients were told 'saved' when the active one had it. What was still on its way burnt as well (RPO = "
        "lag).",
        behind,
    )


QUESTIONS = (halve(0), silent(0), behind(0))

FREE_TEXT = FreeText(
    "S10.f1",
    "Describe a failover of an active–passive pair with times, and two ways in which it can go wrong.",
    rubric=(
        KeyPoint("R1", 2, "Heartbeat and timeout, with numbers.", ("S10.m4",)),
        KeyPoint("R2", 2, "Fence → promote → redirect, in this order.", ("S8.m3",)),
        KeyPoint("R3", 1, "Downtime greater than 0.", ("S10.m1",)),
        KeyPoint("R4", 1, "Data: how much is lost (RPO), by the kind of replication.", ("S10.m5",)),
        KeyPoint(
            "R5",
            2,
            "Two of: split brain, false failover, stale or untested standby, delay of the redirect, a fence that "
            "fails.",
            ("S10.m3", "S10.m6"),
        ),
    ),
    good=Example(
        "The standby misses three beats of one second, so after 2–3 s it suspects the active, powers it off, mounts "
        "the "
        "disk, starts the service (5 s) and takes over the address (1 s): 8–9 s of outage. With asynchronous "
        "replication "
        "the last writes are lost. It goes wrong if only the cable was cut and nobody fences – then both write – or if "
        "the standby was never tested and does not start.",
        {"R1": 2, "R2": 2, "R3": 1, "R4": 1, "R5": 2},
    ),
    flawed=Example(
        "When the heartbeat stops the passive node takes over the service immediately, users do not notice. Data is "
        "safe "
        "because it is replicated.",
        {"R1": 1, "R2": 1, "R3": 0, "R4": 0, "R5": 0},
        ("S10.m1", "S10.m5"),
    ),
)
