"""Card Q4: active–active and active–passive. The same crash twice, what both cost, and the draft of the answer."""

from labkit.lab import cards
from labkit.lab.card import Card, Explanation, Look, Observation, Prediction
from labkit.lab.cards.q4_questions import FREE_TEXT, QUESTIONS

MISCONCEPTIONS = {
    "Q4.m1": "Active–passive has no downtime. – Until the standby serves, nobody does: 8 to 9 s in the course's pair.",
    "Q4.m2": (
        "Active–active loses nothing at all. – Until the dead node is noticed it gets its share of the requests, and "
        "they are lost."
    ),
    "Q4.m3": (
        "Active–active doubles the usable capacity. – Two nodes may be 50 % busy each; above that the survivor is "
        "overloaded, and the queue grows without end."
    ),
    "Q4.m4": (
        "Active–active is the better one. – Not for one writer: two that write without coordination overwrite each "
        "other's work."
    ),
    "Q4.m5": "The passive node is off. – Cold: off; warm: it runs, its data are behind; hot: it runs, up to date.",
    "Q4.m6": (
        "Both are about VMs. – They are patterns for every layer: VMs on hosts, controllers, routers (VRRP), databases "
        "and balancers themselves."
    ),
}

PREDICTIONS = (
    # Two machines, 70 % busy each (the pair: one at 70 %, one waits). One crashes at 60 s.
    # Which of the curves is still disturbed five minutes later?
    # a: neither, both have a second machine · b: active–passive, it has to fail over
    # c: active–active, for the rest of the time · d: both
    Prediction("Q4.p1", correct="c", beliefs={"a": "Q4.m3", "b": "Q4.m4", "d": "Q4.m3"}),
    # The same at 40 %. What do the users of active–active lose?
    # a: nothing · b: every second request until the checks have failed · c: all for some seconds · d: half, for ever
    Prediction("Q4.p2", correct="b", beliefs={"a": "Q4.m2", "c": "Q4.m1", "d": "Q4.m3"}),
    # Three machines write to one account at the same time, the news travel half a second. What is in it afterwards?
    # a: all that was paid in · b: less than that · c: more than that · d: nobody can write at the same time
    Prediction("Q4.p3", correct="b", beliefs={"a": "Q4.m4", "c": "Q4.m4", "d": "Q4.m4"}),
)


def _outcome(index, value, words):
    """A Look at one number of the (AP, AA) pair of Outcomes."""
    return Look(lambda both: value(both[index]), lambda both: words.format(value(both[index])), tolerance=3)


OBSERVATIONS = (
    Observation(
        "Q4.p1",
        {  # subject: TwoCurves(...).outcomes, (active–passive, active–active)
            "outage_s": _outcome(0, lambda each: round(each.metrics.downtime_s), "Nobody was served for {} s."),
            "too_late_percent": _outcome(
                1,
                lambda each: round(100 * each.metrics.late / max(each.metrics.served, 1)),
                "{} % of the answers after the crash came too late.",
            ),
        },
    ),
    Observation(
        "Q4.p2",
        {
            "lost_by_the_pair": _outcome(0, lambda each: each.metrics.lost, "{} requests were lost."),
            "lost_by_the_group": _outcome(1, lambda each: each.metrics.lost, "{} requests were lost."),
        },
    ),
    Observation(
        "Q4.p3",
        {
            "overwritten_by_the_pair": _outcome(0, lambda each: each.overwritten, "{} payments were overwritten."),
            "overwritten_percent": _outcome(
                1,
                lambda each: round(100 * each.overwritten / max(each.metrics.served, 1)),
                "{} % of the acknowledged payments were overwritten.",
            ),
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "Q4.p1",
        "Which of the two would the users prefer after five minutes, and why does the other one not recover by itself?",
        "The pair: it serves all again after 8–9 s. The survivor of the group is asked for 140 % of what it can do, so "
        "its queue grows for as long as the load lasts.",
        (
            "outage of the pair: detect, fence, promote, redirect",
            "safe for a group of n: (n − 1)/n of its capacity",
            "served is not served in time",
        ),
    ),
    Explanation(
        "Q4.p2",
        "At 40 % both recover. What does the group lose nevertheless, and what decides how much?",
        "Requests in flight, and the dead one's share of all until the health check has failed often enough.",
        ("share (1/n) × time of detection", "the pair loses everything for detection + promotion + redirect"),
    ),
    Explanation(
        "Q4.p3",
        "Both wrote and both said 'done'. Where did the money go?",
        "Each read the balance, added to it and wrote it back: the later one replaced the earlier one's result.",
        ("one writer at a time (a pair, a lock, a leader) or a rule that merges", "no balancer can decide that"),
    ),
)

CARD = cards.register(
    Card(
        id="Q4",
        title="Active–active and active–passive",
        notebook="04_failover",
        misconceptions=MISCONCEPTIONS,
        predictions=PREDICTIONS,
        observations=OBSERVATIONS,
        explanations=EXPLANATIONS,
        questions=QUESTIONS,
        freetexts=(FREE_TEXT,),
    )
)
