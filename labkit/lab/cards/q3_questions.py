"""Card Q3: the question for the class in variants of the same build, and the free text with its rubric and examples."""

from labkit.lab.card import Example, FreeText, KeyPoint, Question, turned

CASES = (
    (
        "A web shop runs in two VMs behind a balancer, both on host 1 of a cluster of three. What makes it survive the "
        "crash of a host without a moment of outage?",
        "an anti-affinity rule: the two VMs on different hosts",
        (
            ("nothing more: two VMs are redundant", "Q3.m7"),
            ("HA: it restarts both at once, nobody notices", "Q3.m4"),
            ("a backup of both VMs every night", "Q3.m6"),
        ),
        "One crash takes whatever is on that host. HA brings it back after minutes; a VM on another host serves on.",
    ),
    (
        "Three hosts with HA, each filled to 90 % of its memory. One dies. What was missing?",
        "room: the VMs of the lost host find none on the others",
        (
            ("nothing: HA restarts them on the other two", "Q3.m5"),
            ("a fourth copy of every disk", "Q3.m6"),
            ("nothing: the VMs go on without interruption", "Q3.m4"),
        ),
        "A restart needs memory somewhere. Who wants to lose one of three hosts fills each to two thirds at most.",
    ),
    (
        "Two nodes and no third vote. The link between them breaks. What happens to the VMs under HA?",
        "no side has a majority: none may restart anything, and with HA active both reset",
        (
            ("each node goes on with its own VMs and takes the other's, too", "Q3.m2"),
            ("the VMs are safe, they are independent of servers", "Q3.m1"),
            ("two nodes are twice as available as one: nothing happens", "Q3.m3"),
        ),
        "Seen from one node, 'the other is dead' and 'the cable is cut' look the same. It takes a third vote to tell.",
    ),
)


def what_helps(seed):
    """The question for one seed: another case, the options in another order."""
    text, right, wrong, why = CASES[seed % len(CASES)]
    keyed, correct = turned(-(seed // len(CASES)) + 1, [(right, None), *wrong])
    return Question("Q3.c1", text, keyed, correct, why, what_helps)


WHAT_HELPS = what_helps(0)

FREE_TEXT = FreeText(
    "Q3.f1",
    "Why is an HA setup of different nodes important in virtualized environments? Say what virtualization makes worse, "
    "what it makes possible, what the nodes need for it, and where HA ends.",
    rubric=(
        KeyPoint("R1", 2, "Consolidation: one host carries many VMs, a single point of failure.", ("Q3.m1",)),
        KeyPoint("R2", 2, "A VM is not bound to hardware: other nodes can start it, or take it over while it runs."),
        KeyPoint("R3", 2, "Requirements: shared or replicated disk, free capacity, network.", ("Q3.m5",)),
        KeyPoint("R4", 2, "More than two voters, quorum and fencing against split brain.", ("Q3.m2",)),
        KeyPoint("R5", 1, "Maintenance without downtime: a node is emptied by live migration."),
        KeyPoint(
            "R6",
            1,
            "An honest limit: a restart takes minutes; failures must be independent; it is no backup.",
            ("Q3.m3", "Q3.m4", "Q3.m6"),
        ),
    ),
    good=Example(
        "Virtualization puts many systems on one machine, so a power supply that used to stop one service now stops "
        "thirty. But a VM is only a description and a disk; if other nodes can reach the disk they can start it again. "
        "So I need several nodes with a shared or replicated storage and enough free memory for the VMs of one lost "
        "node. At least three votes are needed so that a part of the cluster knows that it is the majority; the lost "
        "node must be fenced before its VMs start elsewhere, otherwise two copies write to one disk. With several "
        "nodes I can also empty one for updates by live migration. It remains a restart: about two minutes of outage, "
        "and it does not replace backups.",
        {"R1": 2, "R2": 2, "R3": 2, "R4": 2, "R5": 1, "R6": 1},
    ),
    flawed=Example(
        "If a node fails the other node continues the VMs without interruption, so two nodes are enough. Because VMs "
        "do not depend on the hardware they can run anywhere. Many VMs run on one node, so failure would be bad. The "
        "data are on both nodes because the cluster replicates them.",
        {"R1": 2, "R2": 2, "R3": 0, "R4": 0, "R5": 0, "R6": 0},
        ("Q3.m4", "Q3.m2"),
    ),
)
