"""Card S8, three questions that open notebook 04 and recall notebooks 02 and 03: what 'unknown' means, which order may
be repeated, and what a live migration needs. Collected by s8.py."""

from labkit.lab.card import Question, turned

UNKNOWN = (
    ("The VIM's inventory says of a VM: 'unknown since 40 s'.", "the host has not been heard for 40 s"),
    ("A VIM shows a host as 'unknown since 55 s'.", "no report has come from it for 55 s"),
    ("In the vCenter a host stands as 'not responding'.", "vCenter has not heard it for a while"),
)
ORDERS = (
    ("'Start vm7' was sent to esx1. No answer has come.", "esx1", "esx2"),
    ("The VIM has ordered 'run shop' on esx3, and then it crashed and came back.", "esx3", "esx1"),
    ("The order 'run mail' went to node2; perhaps it was lost on the way.", "node2", "node1"),
)
MOVES = (
    ("A VM of 8 GiB is moved to another host while it runs.", "its memory"),
    ("A VM that counts its visitors in memory is live-migrated.", "the counter"),
    ("esx1 is emptied for a repair by live migration.", "the memory of its VMs"),
)


def unknown(seed):
    """What does a model that lags tell?"""
    story, why = UNKNOWN[seed % len(UNKNOWN)]
    options = [
        ("only that nothing has been heard: its VMs may be running", None),
        ("that the host is dead", "S8.m2"),
        ("that its VMs are off", "S8.m2"),
        ("that its VMs are being started elsewhere", "S8.m5"),
    ]
    keyed, correct = turned(seed + 2, options)
    text = f"{story} What does that tell about the host and its VMs?"
    reason = f"It means: {why}. The inventory is a model made of reports, and silence is no report."
    return Question("S8.r1", text, keyed, correct, reason, unknown)


def repeat(seed):
    """Which order may be given twice?"""
    story, same, other = ORDERS[seed % len(ORDERS)]
    options = [
        (f"the same order to {other}: one of the two will do it", "S8.m2"),
        ("nothing: an order that was sent is done", "S7.m3"),
        (f"the same order to {same}, as often as it takes", None),
        ("wait: without an answer nothing has been done, and nothing may be repeated", "S7.m3"),
    ]
    keyed, correct = turned(seed + 1, options)
    why = f"On {same} the repetition does no harm: the VM is there once. A second host would make a second copy."
    return Question("S8.r2", f"{story} What may the VIM do without any risk?", keyed, correct, why, repeat)


def moved(seed):
    """What does a live migration need?"""
    story, what = MOVES[seed % len(MOVES)]
    options = [
        ("the disk: memory can be read from it", "S8.m1"),
        ("the source: it must live until the end and send", None),
        ("nothing but a target with room: a lost host's VM can be moved, too", "S8.m1"),
        ("a second copy that has been running for a while", "S8.m6"),
    ]
    keyed, correct = turned(seed, options)
    why = f"Pre-copy reads {what} in the source, while it runs there. A host that is lost can send nothing."
    return Question("S8.r3", f"{story} What is needed, so that {what} comes along?", keyed, correct, why, moved)


QUESTIONS = (unknown(0), repeat(0), moved(0))
