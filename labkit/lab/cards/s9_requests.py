"""Card S9, second half: requests over instances. Predictions, observations, explanations, a question in variants."""

from labkit.lab.card import Explanation, Look, Observation, Prediction, Question, turned

PREDICTIONS = (
    # Three backends, 0.25 s a request, one four times slower; 6 requests/s in turn for 400 s. p95?
    # a: about 0.25 s · b: about 1 s, the slow one's own time · c: some minutes · d: they all get slower together
    Prediction("S9.p3", correct="c", beliefs={"a": "S9.m5", "b": "S9.m5", "d": "S9.m5"}),
    # The process of web2 is killed; a check every 5 s, three failures. How long do requests fail?
    # a: not at all, the balancer notices · b: at most 5 s · c: 10 to 15 s · d: until web2 is repaired
    Prediction("S9.p4", correct="c", beliefs={"a": "S9.m6", "b": "S9.m6", "d": "S9.m6"}),
    # Now the balancer dies; both backends are well. What do clients get?
    # a: all answers, directly · b: half of them · c: errors for 15 s · d: nothing
    Prediction("S9.p5", correct="d", beliefs={"a": "S9.m6", "b": "S9.m6", "c": "S9.m6"}),
)


def out_of_rotation(world):
    """Seconds from the first fault of a backend to the moment at which the balancer dropped it."""
    fault = world.trace.where(kind="fault", what=("stop", "crash"))[0]
    return world.trace.where(kind="health", what="out of rotation", since=fault.t)[0].t - fault.t


OBSERVATIONS = (
    Observation(
        "S9.p3",
        {  # subject: {policy: Metrics}
            policy.replace(" ", "_") + "_p95_s": Look(
                lambda seen, policy=policy: seen[policy].p95_s,
                lambda seen, policy=policy: f"Metrics with {policy}: p95 {seen[policy].p95_s:.2f} s.",
                tolerance=tolerance,
            )
            for policy, tolerance in (("round robin", 1.0), ("least work", 0.05))
        },
    ),
    Observation(
        "S9.p4",
        {  # subject: the world
            "detected_after_s": Look(
                out_of_rotation,
                lambda world: f"In the trace: {world.trace.where(kind='health', what='out of rotation')[0]}.",
                tolerance=0.5,
            )
        },
    ),
    Observation(
        "S9.p5",
        {  # subject: the Metrics after the balancer's death
            "served": Look(lambda seen: seen.served, lambda seen: f"{seen.served} of {seen.asked} were served.")
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "S9.p3",
        "Every backend got the same number of requests. Why do people wait for minutes all the same?",
        "The slow one gets 2 requests per second and does 1: its queue grows by one every second, for ever.",
        (
            "what counts is work, not the number of requests",
            "overload at one place is not helped by idle time elsewhere",
        ),
    ),
    Explanation(
        "S9.p4",
        "Which three numbers decide how long its share fails? What would go wrong if you made them all as small as "
        "possible?",
        "Interval, failures wanted, and the check's timeout; a balancer that believes one lost check throws healthy "
        "backends out, and the others carry their load.",
        ("silence is no proof of death, so several checks are wanted", "a false alarm takes capacity away"),
    ),
    Explanation(
        "S9.p5",
        "All backends run. Where is the fault, and what is done against it?",
        "The balancer is in the way of every request: a single point of failure. There must be two, with an address "
        "that moves from one to the other.",
        ("in series: everything needs it", "active–passive in front of active–active"),
    ),
)

CASES = (
    (
        "Three backends; the health page of one is green, but its requests take 2 s, those of the others 0.1 s. The "
        "balancer goes in turn. What helps first?",
        "a policy that looks at open requests or answer times",
        "Green means that somebody listens. Only the answers tell that it is slow.",
    ),
    (
        "One of four machines is an old one with a third of the speed. The balancer goes in turn, and a quarter of the "
        "users complain. What helps first?",
        "a smaller weight for the old one, or a policy by open requests",
        "It gets a quarter of the requests and can do a tenth of the work. In turn is fair, that is the trouble.",
    ),
    (
        "Since last night one backend swaps and answers slowly. Nothing is red. Requests go in turn. What helps first?",
        "sending by least open requests, so that it gets what it can do",
        "No check fails, so nothing takes it out. A policy that sees its queue gives it less.",
    ),
)
WRONG = (
    ("nothing is needed: each gets the same number, that is fair", "S9.m5"),
    ("a second balancer, so that the service is highly available", "S9.m6"),
    ("moving the VMs until each host has the same number", "S9.m2"),
)


def what_helps(seed):
    """A slow backend that no check finds."""
    text, right, why = CASES[seed % len(CASES)]
    keyed, correct = turned(-(seed // len(CASES)) - 1, [(right, None), *WRONG])
    return Question("S9.c2", text, keyed, correct, why, what_helps)


QUESTIONS = (what_helps(0),)
