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
    # The VIM is down: how many of twelve operations still work? a: none · b: two · c: six · d: eleven
    Prediction("Q2.p2", correct="c", beliefs={"a": "Q2.m1", "b": "Q2.m2", "d": "Q2.m3"}),
)


def working(outage):
    """How many of the twelve operations work with a VM of esx1 during this outage (each is played)."""
    from labkit.vim.outages import OPERATIONS, try_out

    return sum(try_out(operation, outage).worked for operation in OPERATIONS)


def column(outage):
    """The operations that work during this outage, as a sentence."""
    from labkit.vim.outages import OPERATIONS, try_out

    return "These work: " + ", ".join(name for name in OPERATIONS if try_out(name, outage).worked) + "."


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
    Observation(
        "Q2.p2",
        {  # subject: the names of the outages
            "work_without_vim": Look(lambda outages: working(outages[0]), lambda outages: column(outages[0])),
            "work_while_cut": Look(lambda outages: working(outages[2]), lambda outages: column(outages[2])),
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
    Explanation(
        "Q2.p2",
        "Why can a live migration work without a VIM, and the restart of a lost host's VM cannot?",
        "The two hosts of a migration have all it takes, once somebody names the target; a lost host tells nobody, so "
        "whoever restarts its VMs must watch all hosts, be sure that it is off, and choose another one.",
        (
            "mechanism on the hosts, decision and overview in the VIM",
            "a dead host cannot take part: somebody else must notice, fence and choose",
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
