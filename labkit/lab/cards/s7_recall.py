"""Card S7, three questions that open notebook 03 and recall notebook 02: what runs without its daemon, what one VMM
knows of another, and on how many hosts a VM computes while it moves. Collected by s7.py."""

from labkit.lab.card import Question, turned

DAEMONS = (
    ("libvirtd is stopped for an hour, for an update", "the hour"),
    ("libvirtd crashes, and nobody notices for a night", "the night"),
    ("libvirtd hangs and is killed; a minute later it is started again", "the minute"),
)
QUESTIONS_TO_ONE = (
    ("which VMs run on the host beside it", "to list the neighbour's VMs"),
    ("to move a VM to 'where there is room', without a name", "to choose another host"),
    ("whether another host in the rack has failed", "to say how another host is"),
)
MOMENTS = (
    (
        "in the middle of the rounds, when half of the memory is copied",
        "on the source: it copies while the VM computes",
    ),
    ("in the pause at the end, when the last pages travel", "on none: that is the downtime"),
    ("just after the target has taken over", "on the target: the source's copy is not resumed"),
)


def daemon(seed):
    """What becomes of the VMs without the program that takes the commands?"""
    story, time = DAEMONS[seed % len(DAEMONS)]
    options = [
        (f"they serve on; only commands are refused during {time}", None),
        ("they end with it: it is what runs them", "Q2.m1"),
        ("they freeze, and go on when it is back", "Q2.m1"),
        ("they serve on until they need memory or CPU from it", "Q2.m4"),
    ]
    keyed, correct = turned(seed, options)
    why = "libvirtd gives orders. The VMs are processes of their own, and the kernel schedules their threads."
    return Question("S7.r1", f"On a KVM host {story}. What about its VMs?", keyed, correct, why, daemon)


def one_host(seed):
    """What does one VMM know of another?"""
    wish, short = QUESTIONS_TO_ONE[seed % len(QUESTIONS_TO_ONE)]
    options = [
        ("nothing that it could answer with: it knows one host, its own", None),
        ("the answer, as long as the network between the hosts works", "Q2.m3"),
        ("the answer, if both hosts use the same datastore", "Q2.m3"),
        ("the answer as it was at the last migration between the two", "Q2.m3"),
    ]
    keyed, correct = turned(1 - seed, options)
    text = f"You ask the VMM of one host {wish}. What does it know of that?"
    return Question("S7.r2", text, keyed, correct, f"A VMM manages one machine. {short.capitalize()} takes somebody "
                    "who manages many.", one_host)  # fmt: skip


def moving(seed):
    """Where does a VM compute while it moves?"""
    moment, right = MOMENTS[seed % len(MOMENTS)]
    wrong = [text for _, text in MOMENTS if text != right]
    options = [(right, None), *((text, "Q2.m2") for text in wrong), ("on both: that is why nobody notices", "Q2.m2")]
    keyed, correct = turned(2 - seed, options)
    text = f"A VM is migrated live (pre-copy). Where does it compute {moment}?"
    why = "First the source runs it and copies, then nobody for a moment, then the target: never two at once."
    return Question("S7.r3", text, keyed, correct, why, moving)


QUESTIONS = (daemon(0), one_host(0), moving(0))
