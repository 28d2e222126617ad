"""Card Q5: what notebook 05 asks beyond the card's seven experiments.

Accounts (p0), minute 70 of the outage (p2c), one boot and the next (p8, p9), keys that rotate (p10), a stolen token
(p11), a token that runs out on the way (p12); and three questions that recall notebook 00 and the lecture.
"""

from labkit.lab.card import Explanation, Look, Observation, Prediction, Question

PREDICTIONS = (
    Prediction("Q5.p0", correct="b", beliefs={"a": "Q5.m5", "c": "Q5.m1"}),
    Prediction("Q5.p2c", correct="c", beliefs={"a": "Q5.m10", "b": "Q5.m1", "d": "Q5.m2"}),
    Prediction("Q5.p8", correct="c", beliefs={"a": "Q5.m11", "b": "Q5.m11", "d": "Q5.m3"}),
    Prediction("Q5.p9", correct="a", beliefs={"c": "Q5.m9"}),
    Prediction("Q5.p10", correct="a", beliefs={"b": "Q5.m4", "c": "Q5.m4"}),
    Prediction("Q5.p11", correct="c", beliefs={"a": "Q5.m4", "b": "Q5.m9"}),
    Prediction("Q5.p12", correct="b", beliefs={"a": "Q5.m11", "c": "Q5.m6"}),
)


def statuses(answers):
    """The statuses of a list of Answers as words."""
    return "The answers were " + ", ".join(str(answer.status) for answer in answers) + "."


OBSERVATIONS = (
    Observation(
        "Q5.p9",
        {  # subject: the validations since the second boot began, as a Trace
            "asked": Look(len, lambda trace: f"Lines 'GET /v3/auth/tokens' since the second boot began: {len(trace)}.")
        },
    ),
    Observation(
        "Q5.p10",
        {  # subject: two lists of Answers, after the first and after the second rotation
            "after_one": Look(
                lambda tries: sum(each.status == 401 for each in tries[0]), lambda tries: statuses(tries[0])
            ),
            "after_two": Look(
                lambda tries: sum(each.status == 401 for each in tries[1]), lambda tries: statuses(tries[1])
            ),
        },
    ),
    Observation(
        "Q5.p11",
        {  # subject: the thief's Answers after the revocation: nova at once, neutron at once, nova 201 s later
            "nova_at_once": Look(lambda answers: answers[0].status, statuses),
            "neutron_at_once": Look(lambda answers: answers[1].status, statuses),
            "nova_later": Look(lambda answers: answers[2].status, statuses),
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "Q5.p9",
        "Why does nobody ask Keystone during the second boot, and what is the price?",
        "Each service keeps a good verdict for token_cache_time (300 s); for that long it cannot learn that "
        "anything has changed.",
        (
            "the cache belongs to one service: four services, four caches",
            "a verdict is counted from the question, not from the last use",
        ),
    ),
    Explanation(
        "Q5.p10",
        "What is the staged key for?",
        "The next primary key lies on every node before it seals anything, so a token sealed right after a "
        "rotation can be opened everywhere.",
        (
            "one rotation may be late on a node, two may not",
            "copy the repository after each rotation, before the next one",
        ),
    ),
    Explanation(
        "Q5.p11",
        "Anna's token is revoked, and the thief is still served. By whom, and for how long?",
        "By every service that had the token confirmed less than 300 s ago; those that must ask Keystone "
        "refuse at once.",
        ("a bearer token proves possession, not identity", "a shorter cache means more questions to Keystone: a trade"),
    ),
)

RECALL = (
    Question(
        "Q5.r1",
        "Your laptop asked a server, and five seconds later there is no answer. What does it know?",
        {
            "a": ("the server is dead", "S1.m1"),
            "b": ("the cable is broken", "S1.m2"),
            "c": ("that no answer came, and nothing more", None),
            "d": ("that its request was not carried out", "S1.m1"),
        },
        "c",
        why="Only messages carry knowledge. A cut cable, a lost answer and a dead server deliver the same nothing.",
    ),
    Question(
        "Q5.r2",
        "The machine runs, but the program on it was stopped in good order. What does the laptop get?",
        {
            "a": ("nothing, it waits until it gives up", "S1.m1"),
            "b": ("a refusal, at once", None),
            "c": ("the last answer again", None),
            "d": ("a warning some minutes before", "S1.m2"),
        },
        "b",
        why="The operating system of the machine refuses the connection. A refusal is knowledge, silence is not.",
    ),
    Question(
        "Q5.r3",
        "The slide 'OpenStack Workflow' lists 18 steps. In which of them does it speak of an authorization "
        "or authentication?",
        {
            "a": ("only in step 1", "Q5.m11"),
            "b": ("in steps 1, 8, 10 and 14", None),
            "c": ("in all 18", "Q5.m3"),
            "d": ("in steps 1 and 18", "Q5.m11"),
        },
        "b",
        why="Step 1 'Authorize', 8 'Revalidating from glance of the authorization', 10 're-authorizing', "
        "14 'including auth'. "
        "The slide does not mention one more: step 2, where nova-api itself checks the token.",
    ),
)
