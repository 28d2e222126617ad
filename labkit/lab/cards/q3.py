"""Card Q3: why HA needs different nodes. A thousand years of faults, one question in variants, the answer's draft."""

from labkit.lab import cards
from labkit.lab.card import Card, Explanation, Look, Observation, Prediction
from labkit.lab.cards.q3_questions import FREE_TEXT, WHAT_HELPS

MISCONCEPTIONS = {
    "Q3.m1": "VMs are safer than servers. – Thirty of them on one host die with one power supply.",
    "Q3.m2": "Two nodes are HA. – One of two votes is no majority: nothing may be restarted, or both sides act.",
    "Q3.m3": "Redundancy multiplies nines, always. – What the copies share breaks all of them at once.",
    "Q3.m4": "HA means no downtime. – It means a restart: detection, fence, boot; minutes.",
    "Q3.m5": "Spare nodes are waste, fill all hosts. – Then a third of the VMs finds no place when one of three dies.",
    "Q3.m6": "HA replaces backup. – What was deleted is deleted on every copy.",
    "Q3.m7": "Two VMs of one service are redundant. – Not on one host: one crash takes both.",
}


def minutes(life):
    """Minutes of outage in a year, whole."""
    return round((1 - life.availability()) * 8766 * 60)


def first_cause(life):
    """The kind of part to which most of the outage was due."""
    return next(iter(life.blame.values())).most_common(1)[0][0]


PREDICTIONS = (
    # Rank by availability: a one host · b three hosts with HA, one switch · c the same with two switches · d c with one
    # shared storage of 99.9 %. a: a<b<c<d · b: a<d<b<c · c: d<a<b<c · d: a<b<d<c
    Prediction("Q3.p1", correct="b", beliefs={"a": "Q3.m3", "d": "Q3.m3"}),
    # One of three hosts, each filled to 90 %, dies. a: all VMs restart · b: most · c: hardly any, no room
    Prediction("Q3.p2", correct="c", beliefs={"a": "Q3.m5"}),
)

OBSERVATIONS = (
    Observation(
        "Q3.p1",  # subject: the Life with one shared storage
        {
            "to_blame": Look(first_cause, lambda life: f"See the last column: {first_cause(life)} comes first."),
            "minutes_a_year": Look(
                minutes, lambda life: f"(1 − {life.availability():.4%}) × 8,766 h × 60 = {minutes(life)} min.", 60
            ),
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "Q3.p1",
        "Three hosts and two switches, and yet no better than the storage: why?",
        "All hosts need the one storage: it stands in series with everything, and what is in series multiplies.",
        (
            "redundant parts help only against what they do not share",
            "nines multiply for independent failures; the storage, a switch, a power strip are common causes",
        ),
    ),
    Explanation(
        "Q3.p2",
        "What does an HA cluster need besides a second host?",
        "Room that is kept free for the VMs of the lost host (N+1), a disk that others reach, and a majority of votes.",
        ("reserve capacity", "reachable disk", "quorum and fencing"),
    ),
)

CARD = cards.register(
    Card(
        id="Q3",
        title="HA needs different nodes",
        notebook="04_failover",
        misconceptions=MISCONCEPTIONS,
        predictions=PREDICTIONS,
        observations=OBSERVATIONS,
        explanations=EXPLANATIONS,
        questions=(WHAT_HELPS,),
        freetexts=(FREE_TEXT,),
    )
)
