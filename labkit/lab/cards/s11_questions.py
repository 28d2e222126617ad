"""Card S11: the questions for the class in variants of the same build, and the free text with its rubric."""

from labkit.lab.card import Example, FreeText, KeyPoint, Question, turned

PEAKS = ((300, 100, 1), (400, 100, 1), (600, 150, 1), (300, 100, 2))
TIMES = {1: "one failure", 2: "two failures at once"}


def how_many(seed):
    """Nodes for a stateless service."""
    peak, per_node, failures = PEAKS[seed % len(PEAKS)]
    bare = peak // per_node
    options = [
        (f"{bare + failures}", None),
        (f"{bare}", "S11.m1"),
        (f"{2 * bare}: double everything", "S11.m4"),
        ("2 with a fast standby", "S11.m2"),
    ]
    keyed, correct = turned(1 - seed, options)
    text = (
        f"A stateless API: peak {peak} requests/s, a node does {per_node}, {TIMES[failures]} must be survived. Nodes "
        "needed?"
    )
    why = f"{bare} must be left when {failures} {'is' if failures == 1 else 'are'} gone: {bare} + {failures}."
    return Question("S11.c1", text, keyed, correct, why, how_many)


STATES = (
    (
        "Two shop servers keep carts in memory, sessions are sticky. One dies. Whose carts are gone?",
        "those of the customers that were on the dead one",
        "Sticky means: this customer's state is there and nowhere else.",
    ),
    (
        "Two web servers keep log-ins in memory, sessions are sticky. One is restarted for an update. Who must log in "
        "again?",
        "those who were on the restarted one",
        "A restart empties the memory as a crash does; drained sessions would have ended first.",
    ),
    (
        "Three game servers keep the score of their players in memory, sessions are sticky. One crashes. Which scores "
        "are lost?",
        "those of its own players, about a third",
        "Nothing copies memory to other machines by itself.",
    ),
)
WRONG = (
    ("nobody's: the other node has them as well", "S11.m3"),
    ("nobody's: the balancer keeps them and hands them over", "S11.m5"),
    ("nobody's: the requests are finished on the other node", "S11.m6"),
)


def whose(seed):
    """State in memory, sticky sessions, one node less."""
    text, right, why = STATES[seed % len(STATES)]
    keyed, correct = turned(-(seed // len(STATES)) - 2, [(right, None), *WRONG])
    return Question("S11.c2", text, keyed, correct, why, whose)


QUESTIONS = (how_many(0), whose(0))

FREE_TEXT = FreeText(
    "S11.f1",
    "A shop runs two web servers active–active at 70 % each and says it is highly available. Judge.",
    rubric=(
        KeyPoint("R1", 2, "The survivor would need 140 %: overload, not available.", ("S11.m1",)),
        KeyPoint("R2", 1, "Safe is at most 50 % for two, or a third node.", ("S11.m1",)),
        KeyPoint(
            "R3",
            2,
            "Between failure and detection a share of the requests fails; requests in flight are lost.",
            ("S11.m2", "S11.m6"),
        ),
        KeyPoint("R4", 1, "Sessions and carts: where is the state?", ("S11.m3", "S11.m4")),
        KeyPoint("R5", 1, "The balancer must be doubled.", ("S11.m5",)),
        KeyPoint("R6", 1, "A test (kill one at the peak) as proof."),
    ),
    good=Example(
        "One failure sends 140 % to one server, so the queue grows until customers give up: capacity is not redundant. "
        "Either keep each below 50 % or add a third node (then below 67 %). Until the health check notices, half of "
        "the requests fail, and carts kept in the dead server's memory are gone unless they are in a shared store. The "
        "load balancer in front must not be alone. I would switch one server off at the busiest hour in a test before "
        "claiming availability.",
        {"R1": 2, "R2": 1, "R3": 2, "R4": 1, "R5": 1, "R6": 1},
    ),
    flawed=Example(
        "Both are active, so if one fails the other continues without loss. 70 % is fine because there are two. The "
        "load balancer notices the failure and sends all requests to the other. The carts should be stored in a "
        "database.",
        {"R1": 0, "R2": 0, "R3": 1, "R4": 1, "R5": 0, "R6": 0},
        ("S11.m1", "S11.m2"),
    ),
)
