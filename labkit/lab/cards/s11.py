"""Card S11: active–active. Headroom, the share that fails, state, two writers."""

from labkit.lab import cards
from labkit.lab.card import Card, Explanation, Look, Observation, Prediction
from labkit.lab.cards.s11_questions import FREE_TEXT, QUESTIONS

MISCONCEPTIONS = {
    "S11.m1": (
        "Two nodes, so twice the load. – When one dies the other must carry everything: above 50 % the queue grows "
        "without end."
    ),
    "S11.m2": (
        "No failover takes place, so nothing is lost. – Requests in flight are, and the dead one's share until the "
        "health check has noticed."
    ),
    "S11.m3": (
        "State shares itself. – What is in a node's memory dies with it: half of the carts. Somebody must share, "
        "partition or replicate it."
    ),
    "S11.m4": (
        "Active–active is always better. – Two writers without a rule overwrite each other; one writer does not."
    ),
    "S11.m5": "The balancer cannot fail. – It can, and it takes everything with it.",
    "S11.m6": (
        "Active–active is fault tolerance. – Nobody finishes what a dead node had begun. The client must repeat it, "
        "and it may be done twice."
    ),
}

PREDICTIONS = (
    # Three nodes at 60 %; one dies. The others' utilisation and p95 a minute later?
    # a: 60 %, as before · b: 80 %, about a third more · c: 90 %, about four times as long · d: collapse
    Prediction("S11.p1", correct="c", beliefs={"a": "S11.m2", "b": "S11.m1", "d": "S11.m1"}),
    # Two nodes at 60 %, 100 requests/s each; one dies and is dropped. 60 s later?
    # a: nothing special · b: answers take four times as long · c: 1,200 requests wait · d: the other dies too
    Prediction("S11.p2", correct="c", beliefs={"a": "S11.m1", "b": "S11.m1", "d": "S11.m5"}),
    # Two nodes, 100 requests/s in all, one process is killed. Check every 5 s, 3 failures. How many fail?
    # a: none · b: the one or two in flight · c: 500 to 750 · d: all until the repair
    Prediction("S11.p3", correct="c", beliefs={"a": "S11.m2", "b": "S11.m2", "d": "S11.m5"}),
    # A hundred carts in the memory of two nodes, sticky sessions; one node dies. How many carts are left?
    # a: all · b: about half · c: none
    Prediction("S11.p4", correct="b", beliefs={"a": "S11.m3", "c": "S11.m3"}),
    # Two nodes, each with a copy of the account, news after 50 ms, last writer wins; 924 deposits of 10, all
    # acknowledged. The balance? a: 9240 · b: less · c: more
    Prediction("S11.p5", correct="b", beliefs={"a": "S11.m4", "c": "S11.m4"}),
)


def busiest(pool):
    """Utilisation of the busiest node during the last minute."""
    return max(pool.utilisation(pool.world.now - 60).values())


OBSERVATIONS = (
    Observation(
        "S11.p1",
        {  # subject: (pool, Metrics before, Metrics after)
            "utilisation": Look(
                lambda seen: busiest(seen[0]),
                lambda seen: f"pool.utilisation(w.now - 60): {busiest(seen[0]):.0%} for the busiest.",
                tolerance=0.02,
            ),
            "times_as_long": Look(
                lambda seen: seen[2].p95_s / seen[1].p95_s,
                lambda seen: f"p95 {1000 * seen[1].p95_s:.0f} ms before, {1000 * seen[2].p95_s:.0f} ms after.",
                tolerance=0.3,
            ),
        },
    ),
    Observation(
        "S11.p2",
        {"waiting": Look(lambda pool: pool.waiting, lambda pool: f"{pool!r}"[1:-1] + ".", tolerance=20)},
    ),
    Observation(
        "S11.p3",
        {"lost": Look(lambda seen: seen.lost, lambda seen: f"{seen.lost} of {seen.asked} requests were lost.")},
    ),
    Observation(
        "S11.p4",
        {"carts_left": Look(lambda state: len(state.carts), lambda state: f"state.carts holds {len(state.carts)}.")},
    ),
    Observation(
        "S11.p5",
        {"balance": Look(lambda state: state.value("account"), lambda state: "state.value('account') says it.")},
    ),
)

EXPLANATIONS = (
    Explanation(
        "S11.p2",
        "What would have to happen so that the 1,200 go away again?",
        "Only capacity above the arrivals empties a queue: a repaired node, a new one, or fewer requests. Time alone "
        "makes it longer.",
        ("120 arrive and 100 leave each second: 20 more", "no steady state at or above 100 %"),
    ),
    Explanation(
        "S11.p1",
        "Two nodes were not enough, three are. Why is the third node more than 50 % better?",
        "Two may each run at 1/2, three at 2/3: together 1 and 2 nodes' worth of safe load. The third node doubles "
        "what the pool may safely carry.",
        ("safe load is N − 1 nodes: (N − 1)/N each", "the response is 1/(1 − ρ), so 90 % is slow but ends"),
    ),
    Explanation(
        "S11.p3",
        "No node had to take anything over. Whose requests failed, and until when?",
        "Its share, half of them, because the balancer went on sending until three checks had failed; and those in "
        "flight.",
        ("the balancer believes what its checks told it last", "share × detection time"),
    ),
    Explanation(
        "S11.p4",
        "Why half? What would you change, and what does that cost?",
        "Each cart was in the memory of one of two nodes. A shared store or copies keep them; then every request asks "
        "the store, or news goes to all nodes.",
        ("sticky sessions tie a session to a machine's life", "the store is one more thing that can die"),
    ),
    Explanation(
        "S11.p5",
        "Every deposit was acknowledged. Where is the money?",
        "Both nodes read the same balance, added their own deposit and wrote: the later one overwrote the earlier. "
        "One writer, an atomic addition, or a merge rule would have kept both.",
        ("lost update", "a rule for conflicts belongs to replicated state"),
    ),
)

CARD = cards.register(
    Card(
        id="S11",
        title="Failover system: active–active",
        notebook="04_failover",
        misconceptions=MISCONCEPTIONS,
        predictions=PREDICTIONS,
        observations=OBSERVATIONS,
        explanations=EXPLANATIONS,
        questions=QUESTIONS,
        freetexts=(FREE_TEXT,),
    )
)
