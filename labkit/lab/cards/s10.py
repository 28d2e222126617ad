"""Card S10: active–passive. What is predicted and observed comes out of a Pair in the world."""

from labkit.failover import Metrics
from labkit.lab import cards
from labkit.lab.card import Card, Explanation, Look, Observation, Prediction
from labkit.lab.cards.s10_questions import FREE_TEXT, QUESTIONS

MISCONCEPTIONS = {
    "S10.m1": "An active–passive pair has no downtime. – Notice, make sure, promote, redirect: that takes seconds.",
    "S10.m2": (
        "The passive machine is switched off and costs nothing. – The less it costs, the longer the outage: off 94 s, "
        "behind 24 s, up to date 9 s."
    ),
    "S10.m3": (
        "A standby that nobody tests is a standby. – Its fault waits until it is needed; a drill finds it before."
    ),
    "S10.m4": (
        "A faster heartbeat is always better. – A short timer takes every lost beat for a death: the outage falls, the "
        "false failovers explode."
    ),
    "S10.m5": (
        "It is replicated, so nothing is lost. – Asynchronous copies are behind: what was acknowledged in the meantime "
        "is gone."
    ),
    "S10.m6": (
        "The old active one just comes back. – It comes back believing that it is still active; then there are two, "
        "until one is fenced."
    ),
}

PREDICTIONS = (
    # 50 requests per second, the active one is killed (I = 1 s, M = 3, promotion 5 s, redirect 1 s). How many fail?
    # a: none · b: about 50 · c: 400 to 450 · d: all, until somebody comes
    Prediction("S10.p2", correct="c", beliefs={"a": "S10.m1", "b": "S10.m1", "d": "S10.m2"}),
    # Only the heartbeat's cable is cut; nobody makes sure that the other one is off (fencing=False). What happens?
    # a: nothing, both are fine · b: the standby notices that only the cable is broken · c: both are active
    # d: both stop, to be safe
    Prediction("S10.p1", correct="c", beliefs={"a": "S10.m1", "b": "S8.m2", "d": "S8.m3"}),
    # The old active one gets its power back while the other one serves. What does it do?
    # a: it serves, too · b: it asks first · c: it becomes the standby · d: it takes its place back in order
    Prediction("S10.p5", correct="a", beliefs={"b": "S10.m6", "c": "S10.m6", "d": "S10.m6"}),
    # 2 % of the beats get lost. The timer is shortened from M = 3 to M = 2. What becomes of the outage and of the
    # false alarms? a: a second shorter, as many as before · b: a second shorter, twice as many
    # c: a second shorter, fifty times as many · d: half the outage, a few more
    Prediction("S10.p3", correct="c", beliefs={"a": "S10.m4", "b": "S10.m4", "d": "S10.m4"}),
    # Copies travel 30 s later. The active one dies. Which acknowledged writes are missing at the standby?
    # a: none, it is replicated · b: the ones in flight · c: those of the last 30 s · d: all
    Prediction("S10.p4", correct="c", beliefs={"a": "S10.m5", "b": "S10.m5", "d": "S10.m2"}),
)

OBSERVATIONS = (
    Observation(
        "S10.p1",
        {  # subject: the Pair
            "actives": Look(
                lambda pair: len(pair.actives),
                lambda pair: "; ".join(f"{each.name} believes it is {each.role}" for each in pair.members.values()),
            )
        },
    ),
    Observation(
        "S10.p2",
        {  # subject: the Clients
            "failed": Look(
                lambda people: Metrics(people).lost,
                lambda people: f"{Metrics(people).lost} of {Metrics(people).asked} requests were lost.",
                tolerance=10,
            ),
            "seconds": Look(
                lambda people: round(Metrics(people).downtime_s),
                lambda people: f"Nobody was served for {Metrics(people).downtime_s:.1f} s.",
                tolerance=1,
            ),
        },
    ),
    Observation(
        "S10.p3",
        {  # subject: {misses: false alarms per day}
            "times_as_many": Look(
                lambda per_day: round(per_day[2] / per_day[3]),
                lambda per_day: f"{per_day[2]:.1f} a day with M = 2, {per_day[3]:.2f} with M = 3.",
                tolerance=15,
            )
        },
    ),
    Observation(
        "S10.p4",
        {  # subject: (Clients, Pair)
            "seconds": Look(
                lambda both: round(Metrics(both[0]).rpo_s(both[1].kept())),
                lambda both: f"{len(Metrics(both[0]).missing(both[1].kept()))} acknowledged writes are missing.",
                tolerance=1,
            )
        },
    ),
    Observation(
        "S10.p5",
        {  # subject: the Pair, at once after the power is back
            "actives": Look(
                lambda pair: len(pair.actives),
                lambda pair: "; ".join(f"{each.name} believes it is {each.role}" for each in pair.members.values()),
            )
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "S10.p2",
        "Which four steps does the outage consist of, and which of them can never be 0?",
        "Detection (M − 1 to M intervals), fence, promote, redirect; detection cannot be 0, because silence takes "
        "time.",
        (
            "the timer runs since the last beat, not since the crash: 2 to 3 s with M = 3",
            "5 s promotion and 1 s for the address come on top",
        ),
    ),
    Explanation(
        "S10.p1",
        "Why can two machines alone never know which of them is cut off?",
        "A dead peer and a cut cable deliver the same silence to both; only a third one (a vote, a power switch) "
        "decides.",
        (
            "each is right from its own point of view",
            "fencing makes 'off' of 'silent'; a third vote says who may act",
            "a safe answer without either is: neither acts",
        ),
    ),
    Explanation(
        "S10.p5",
        "What must happen before the old active one may serve again?",
        "It must be kept from serving (fenced), get the new data, and be handed the role in a planned fail-back.",
        ("its configuration still says 'active'", "what it has not heard of has not happened for it"),
    ),
    Explanation(
        "S10.p3",
        "Why do the false alarms grow so much faster than the outage falls?",
        "A beat more multiplies the chance that all of them are lost by the loss (1/50), and adds one second only.",
        ("M lost in a row: loss to the power of M", "the price is linear, the gain exponential"),
    ),
    Explanation(
        "S10.p4",
        "Why does the standby not have what the client was told is saved?",
        "'Saved' was said when the active one had it; the copy was still on its way, and died with it.",
        ("synchronous: 'saved' is said when both have it, and each write waits", "RPO of asynchronous copies = lag"),
    ),
)

CARD = cards.register(
    Card(
        id="S10",
        title="Failover: active–passive",
        notebook="04_failover",
        misconceptions=MISCONCEPTIONS,
        predictions=PREDICTIONS,
        observations=OBSERVATIONS,
        explanations=EXPLANATIONS,
        questions=QUESTIONS,
        freetexts=(FREE_TEXT,),
    )
)
