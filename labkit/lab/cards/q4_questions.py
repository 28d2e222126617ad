"""Card Q4: questions for the class in variants of the same build, and the free text with its rubric and two graded
examples."""

from labkit.lab.card import Example, FreeText, KeyPoint, Question, turned

GROUPS = (  # nodes, busy per cent, what the others need
    (2, 60, 120),
    (3, 80, 120),
    (4, 90, 120),
)


def after_the_loss(seed):
    """c1: the capacity of a group after the loss of one."""
    nodes, busy, need = GROUPS[seed % len(GROUPS)]
    options = [
        (f"the others are asked for {need} % of what they can do; their queues grow until clients give up", None),
        ("nothing: active–active means that each can replace each", "Q4.m3"),
        ("nothing: the balancer sends the requests to the others", "Q4.m2"),
        ("one dead node of so many is one more or less: answers take as long as before", "Q4.m3"),
    ]
    keyed, correct = turned(seed + 1, options)
    return Question(
        "Q4.c1",
        f"{nodes} nodes serve active–active, each {busy} % busy. One dies at the busiest hour. What happens once the "
        "balancer has noticed?",
        keyed,
        correct,
        f"Safe is (n − 1)/n: {100 * (nodes - 1) / nodes:.0f} % for {nodes} nodes. They share {nodes} × {busy} %.",
        after_the_loss,
    )


SERVICES = (
    (
        "A database that permits one writer, and whose users can wait ten seconds once a year",
        "active–passive with a hot standby",
        "One writer needs no coordination; the outage of some seconds is allowed.",
    ),
    (
        "Stateless web servers with a steady load of 45 % on each of two",
        "active–active behind a balancer that is doubled as well",
        "No state, and room for the other one's share: only the share until detection is lost.",
    ),
    (
        "A program with a licence for one machine at a time, used at night",
        "active–passive, even with a cold standby",
        "Two may not run at once; the time to boot is allowed at night.",
    ),
)
WRONG = (
    ("active–active in any case: it is the better one", "Q4.m4"),
    ("active–passive in any case: it has no downtime", "Q4.m1"),
    ("neither: both patterns are for virtual machines only", "Q4.m6"),
)


def which_one(seed):
    """c2: which architecture fits a service?"""
    text, right, why = SERVICES[seed % len(SERVICES)]
    keyed, correct = turned(-seed, [(right, None), *WRONG])
    return Question("Q4.c2", f"{text}: what fits?", keyed, correct, why, which_one)


QUESTIONS = (after_the_loss(0), which_one(0))

FREE_TEXT = FreeText(
    "Q4.f1",
    "What is the difference between an active–active and an active–passive architecture? Say who serves, what happens "
    "on a failure and how long it takes, what it means for capacity and for state, and give a fitting example of each.",
    rubric=(
        KeyPoint("R1", 2, "Roles: one serves and one waits (cold, warm, hot); or all serve.", ("Q4.m5",)),
        KeyPoint("R2", 2, "Failover of each: detect, fence, promote, redirect; or the balancer drops the node."),
        KeyPoint(
            "R3",
            2,
            "Outage of each: seconds for all, not zero; or the share of the dead node until it is detected.",
            ("Q4.m1", "Q4.m2"),
        ),
        KeyPoint("R4", 1, "Capacity: the standby idles; or all are used up to (n − 1)/n.", ("Q4.m3",)),
        KeyPoint("R5", 1, "State: one writer is simple; else shared, partitioned, or conflicts.", ("Q4.m4",)),
        KeyPoint("R6", 1, "What it needs: heartbeat and promotion, or a load balancer."),
        KeyPoint("R7", 1, "A fitting example of each.", ("Q4.m6",)),
    ),
    good=Example(
        "In active–passive one node does the work and the other waits with (more or less) current data. When the beats "
        "stop, the standby makes sure the first is off, takes over its disk and address and starts – some seconds "
        "without service. In active–active all nodes work behind a load balancer; if one fails the balancer stops "
        "sending to it and the rest carry on, so only its current requests are lost, but the rest must have room: two "
        "nodes may each run at 50 % at most. Active–active needs shared or replicated state with rules for conflicts, "
        "so a database with one writer is easier active–passive; web servers fit active–active.",
        {"R1": 2, "R2": 2, "R3": 2, "R4": 1, "R5": 1, "R6": 1, "R7": 1},
    ),
    flawed=Example(
        "Active–active means both nodes are on, active–passive that one is off. Active–active is better because it "
        "has double capacity and never fails. In active–passive the second starts automatically when the first fails "
        "so there is no downtime. You need a load balancer for active–active. Example: web servers for the one, a "
        "database for the other.",
        {"R1": 1, "R2": 1, "R3": 0, "R4": 0, "R5": 0, "R6": 1, "R7": 1},
        ("Q4.m5", "Q4.m3", "Q4.m1"),
    ),
)
