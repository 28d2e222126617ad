"""Card Q2: VMM and VIM. Ten events tried at hosts without a VIM, one question in variants, the draft of the answer."""

from labkit.lab import cards
from labkit.lab.card import Card, Explanation, Look, Observation, Prediction
from labkit.lab.cards.q2_questions import FREE_TEXT, WHO_DECIDES

MISCONCEPTIONS = {
    "Q2.m1": "A VIM is a more powerful VMM. – Take the VIM away, and nothing stops; take a VMM away, and its VMs stop.",
    "Q2.m2": (
        "Live migration is the VMM's alone (or the VIM's alone). – The VMMs copy the memory; where to, the VIM decides."
    ),
    "Q2.m3": "The VMM knows the cluster. – It knows one host: its own.",
    "Q2.m4": "The VIM schedules CPU cycles. – The VMM shares them out, with or without a VIM; the VIM places VMs.",
    "Q2.m5": "Proxmox is a VMM, vCenter is a VMM. – KVM and ESXi are; what manages many of them is a VIM.",
}

PREDICTIONS = (
    # Of the ten events, how many does a VMM do completely alone?
    # a: all ten · b: seven, all but those with two hosts · c: four · d: none, the VIM gives the orders
    Prediction("Q2.p1", correct="c", beliefs={"a": "Q2.m3", "b": "Q2.m1", "d": "Q2.m4"}),
)


OBSERVATIONS = (
    Observation(
        "Q2.p1",
        {  # subject: Responsible, the table of the ten events
            who.lower(): Look(
                lambda table, who=who: table.count(who),
                lambda table, who=who: "In the table: " + ", ".join(row[0] for row in table if row[1] == who) + ".",
            )
            for who in ("VMM", "VIM", "both")
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "Q2.p1",
        "Divide the work of the two events that need both: what does the VIM do, what the VMM?",
        "The VIM decides where and when, because it alone knows all hosts; the VMM of that host does it: makes the "
        "process, copies the memory.",
        (
            "decision and inventory: VIM; mechanism: VMM",
            "a refused order names what the VMM lacks: a target",
        ),
    ),
)

CARD = cards.register(
    Card(
        id="Q2",
        title="VMM and VIM",
        notebook="02_vmm",
        misconceptions=MISCONCEPTIONS,
        predictions=PREDICTIONS,
        observations=OBSERVATIONS,
        explanations=EXPLANATIONS,
        questions=(WHO_DECIDES,),
        freetexts=(FREE_TEXT,),
    )
)
