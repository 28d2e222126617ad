"""Card S1, notebook 00: the first prediction (unreachable is not dead), and where the truth is written."""

from __future__ import annotations

from labkit.lab.card import Card, Explanation, Look, Observation, Prediction, Question
from labkit.lab.cards import register

MISCONCEPTIONS = {
    "S1.m1": "no answer means that the machine is dead",
    "S1.m2": "the network tells the sender what went wrong",
    "S1.m3": "a printed book outweighs the documentation of the version in use",
    "S1.m4": "what a vendor says about its own product is as good as code that anybody can read",
}

STATEMENTS = {
    "A": (
        "Keystone keeps no copy of a Fernet token in its database.",
        "the OpenStack documentation, and Keystone's public code",
    ),
    "B": (
        "A Proxmox node leaves its cluster with 'pvecm leave'.",
        "the Proxmox VE administration guide, and the public code of pvecm",
    ),
    "C": (
        "How many powered-on virtual machines one vCenter Server may have depends on its version.",
        "VMware's own documents, and nothing else: the code is closed",
    ),
    "D": ("Ceilometer writes the customer's bill.", "the OpenStack documentation, and Ceilometer's public code"),
    "E": (
        "Without quorum, /etc/pve can only be read.",
        "the Proxmox VE administration guide, and the public code of pmxcfs",
    ),
}

SOURCES = {
    "openstack": ("the OpenStack documentation, and the public code behind it", None),
    "proxmox": ("the Proxmox VE administration guide, and the public code behind it", None),
    "vendor": ("VMware's documents only; nobody outside can compare them with the code", None),
    "book": ("the printed book on the reading list, because it was reviewed", "S1.m3"),
}
SETTLES = {"A": "openstack", "B": "proxmox", "C": "vendor", "D": "openstack", "E": "proxmox"}


def who_settles(letter: str) -> Question:
    """'Which source settles statement …?' for one of the five statements."""
    statement, source = STATEMENTS[letter]
    return Question(
        "S1.c2",
        f"Statement {letter}: '{statement}' Which source settles it?",
        SOURCES,
        SETTLES[letter],
        f"Settled by {source}.",
    )


WHICH_ARE_WRONG = Question(
    "S1.c1",
    "Five statements, two of them wrong. Which two?",
    {"BD": ("B and D", None), "AC": ("A and C", None), "AE": ("A and E", None), "CD": ("C and D", None)},
    "BD",
    "There is no 'pvecm leave': one powers the node off for good and runs 'pvecm delnode' on another. "
    "And Ceilometer collects samples; rating and billing are other tools (CloudKitty, for one).",
)

SOURCE = Question(
    "S1.c2",
    who_settles("C").text,
    SOURCES,
    "vendor",
    who_settles("C").why,
    variant=lambda seed: who_settles("BADE"[seed % 4]),
)


def waits(world) -> list[float]:
    """How long the laptop waited in vain, one number of seconds per request without an answer."""
    return [event.detail["waited_s"] for event in world.trace.where(kind="net", what="timeout", src="laptop")]


register(
    Card(
        "S1",
        "Start here",
        "00_start_here",
        MISCONCEPTIONS,
        predictions=(Prediction("S1.p1", "b", {"a": "S1.m1", "c": "S1.m2", "d": "S1.m2"}),),
        observations=(
            Observation(
                "S1.p1",
                {
                    "unanswered": Look(
                        lambda world: len(waits(world)),
                        lambda world: "Look for 'laptop gives up waiting' in the picture.",
                    ),
                    "waited_s": Look(
                        lambda world: max(waits(world)),
                        lambda world: "It is the time between the request and 'gives up waiting'.",
                    ),
                },
            ),
        ),
        explanations=(
            Explanation(
                "S1.p1",
                "The laptop saw the same thing twice. "
                "What would have to reach it so that it could tell a cut cable from a dead server?",
                "Only messages carry knowledge: a cut cable, a lost message and a dead machine all deliver the same "
                "nothing, so the sender can only wait until it gives up.",
                (
                    "what reaches the laptop in both cases: nothing",
                    "'no answer' is a fact about the laptop's waiting, not about the server",
                    "therefore the answer is 'unreachable', never 'dead'",
                ),
            ),
        ),
        questions=(WHICH_ARE_WRONG, SOURCE),
    )
)
