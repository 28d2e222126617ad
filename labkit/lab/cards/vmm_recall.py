"""Card VMM, three questions that open notebook 02 and recall notebook 00: unreachable is not dead, a refusal is not
silence, and what the trace knows that nobody in the world does. Collected by vmm.py."""

from labkit.lab.card import Question, turned

SILENCES = (
    ("A laptop asked a server for a page", "the laptop"),
    ("A management server asked a host for its list of VMs", "the management server"),
    ("A monitoring program asked a web service whether it is well", "the monitoring program"),
)
STOPPED = (
    ("the program on it was stopped in good order", "a refusal, at once",
     "nothing: it waits until it gives up",
     "The machine's operating system answers for the program that is gone: refused. A refusal is knowledge."),
    ("the power failed, and nobody has noticed", "nothing: it waits until it gives up",
     "a refusal, at once",
     "A machine without power refuses nothing. Silence is all that arrives, as from a cut cable."),
)  # fmt: skip
UNSEEN = (
    ("that the request arrived, was carried out, and that the answer was lost", "an answer that was lost"),
    ("that the server had crashed before the request arrived", "a server that had crashed"),
    ("that the cable was cut while the request was on it", "a request that was lost with the cable"),
)


def unreachable(seed):
    """What does silence tell?"""
    story, who = SILENCES[seed % len(SILENCES)]
    options = [
        ("that the other side is dead", "S1.m1"),
        ("that the cable between them is broken", "S1.m2"),
        ("that no answer came, and nothing more", None),
        ("that its request was not carried out", "S1.m1"),
    ]
    keyed, correct = turned(seed, options)
    why = "A cut cable, a lost answer and a dead machine deliver the same nothing: dead would be a guess."
    return Question("VMM.r1", f"{story}. After five seconds there is no answer. What does {who} know?", keyed, correct,
                    why, unreachable)  # fmt: skip


def refused(seed):
    """What does the other side hear, and how soon?"""
    event, right, wrong, why = STOPPED[seed % len(STOPPED)]
    options = [
        (right, None),
        (wrong, "S1.m1"),
        ("a message that says why", "S1.m2"),
        ("the last answer once more", "S1.m2"),
    ]
    keyed, correct = turned(seed, options)
    text = f"A machine offered a service; {event}. A laptop asks for the service. What does it get?"
    return Question("VMM.r2", text, keyed, correct, why, refused)


def trace(seed):
    """Who knows what the trace says?"""
    fact, short = UNSEEN[seed % len(UNSEEN)]
    options = [
        ("the laptop, from the error it got", "S1.m2"),
        ("you, who look at the world from outside; no machine in it", None),
        ("every machine: the trace is sent around", "S1.m2"),
        ("the laptop, because five seconds are longer than any answer takes", "S1.m1"),
    ]
    keyed, correct = turned(seed, options)
    why = f"The trace is the world's truth, for your eyes. The laptop has messages only, and {short} sends none."
    return Question("VMM.r3", f"The trace shows {fact}. Who knows that?", keyed, correct, why, trace)


QUESTIONS = (unreachable(0), refused(0), trace(0))
