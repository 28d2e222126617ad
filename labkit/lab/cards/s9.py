"""Card S9: the two things called load balancing. VMs over hosts (s9_balancing), requests over instances (s9_requests);
here the beliefs that both serve, and the free text that holds them apart."""

from labkit.lab import cards
from labkit.lab.card import Card, Example, FreeText, KeyPoint
from labkit.lab.cards import s9_balancing as balancing
from labkit.lab.cards import s9_requests as requests

MISCONCEPTIONS = {
    "S9.m1": (
        "Both kinds of load balancing are the same. – Moving VMs relieves a hot host, weighting requests spares a slow "
        "instance; each cures only its own illness."
    ),
    "S9.m2": "The same number of VMs on each host is balanced. – Three idle and three busy VMs: 10 % and 100 %.",
    "S9.m3": (
        "Live migration is free and instant. – It sends the memory while it is written to: the more it is written, the "
        "longer it takes; it may never end."
    ),
    "S9.m4": (
        "More migrations, better balance. – With a threshold within the noise VMs go to and fro, and each move costs."
    ),
    "S9.m5": (
        "Round robin is fair, so it is good. – It gives each the same number. The slow one cannot do them, and a third "
        "of the people wait for minutes."
    ),
    "S9.m6": (
        "A load balancer makes the service highly available. – It notices a dead backend after some checks, and it can "
        "die itself: then everything fails although every backend is well."
    ),
}

FREE_TEXT = FreeText(
    "S9.f1",
    "Explain the two meanings of load balancing in a virtualized data centre, with one example each and one limit "
    "each.",
    rubric=(
        KeyPoint(
            "R1",
            3,
            "Placing VMs on hosts by live migration (2); limit (1): dirty rate, cost, thrashing.",
            ("S9.m2", "S9.m3"),
        ),
        KeyPoint(
            "R2",
            3,
            "Distributing requests over instances with health checks (2); limit (1): detection time, the balancer "
            "itself, sessions.",
            ("S9.m5", "S9.m6"),
        ),
        KeyPoint(
            "R3",
            2,
            "Who does it: the VIM or a service in front; they work on different objects and time scales (minutes, "
            "milliseconds).",
            ("S9.m1",),
        ),
    ),
    good=Example(
        "The VIM moves a VM from a host at 95 % to one at 20 % while it runs; that takes seconds to minutes and fails "
        "for VMs that write memory faster than the network. A request balancer sends each HTTP request to the least "
        "busy instance within a millisecond; it notices a dead one only after a few checks, and must exist twice. One "
        "works on hosts, the other on requests.",
        {"R1": 3, "R2": 3, "R3": 2},
    ),
    flawed=Example(
        "Load balancing moves VMs so that each host has the same number; DRS does it. Then the service is also highly "
        "available.",
        {"R1": 1, "R2": 0, "R3": 1},
        ("S9.m2", "S9.m6"),
    ),
)

CARD = cards.register(
    Card(
        id="S9",
        title="Load balancing",
        notebook="04_failover",
        misconceptions=MISCONCEPTIONS,
        predictions=(*balancing.PREDICTIONS, *requests.PREDICTIONS),
        observations=(*balancing.OBSERVATIONS, *requests.OBSERVATIONS),
        explanations=(*balancing.EXPLANATIONS, *requests.EXPLANATIONS),
        questions=(*balancing.QUESTIONS, *requests.QUESTIONS),
        freetexts=(FREE_TEXT,),
    )
)
