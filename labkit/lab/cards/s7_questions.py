"""Card S7, part VIM: the questions for the class in variants of the same build, and the free text with its rubric."""

from labkit.lab.card import Example, FreeText, KeyPoint, Question, turned

SILENCES = (
    ("host 3", 40, "its VMs run", "host 3 is off"),
    ("host 12", 75, "its five VMs run", "host 12 has crashed"),
    ("the host of 'erp'", 55, "'erp' runs", "the host has lost power"),
)


def not_heard(seed):
    """'Not heard for 40 s': what belongs into the model?"""
    host, seconds, runs, off = SILENCES[seed % len(SILENCES)]
    options = [
        (f"unknown since {seconds} s", None),
        (off, ""),
        ("its VMs are off", "S7.m2"),
        (f"unchanged: {runs}", "S7.m2"),
    ]
    keyed, correct = turned(-seed, options)
    text = f"A VIM has not heard from {host} for {seconds} s. What is the right entry in its model?"
    why = (
        "It knows what it has heard, and when. A cut cable, a stopped agent and a dead machine look the same; each of "
        "the other entries claims to know which it is."
    )
    return Question("S7.c1", text, keyed, correct, why, not_heard)


ORDERS = (
    ("starts a VM on esx2", "starts it", "on esx3", "starts it on esx2 again"),
    ("moves a VM from esx1 to esx2", "moves it", "to esx3", "asks both hosts where it is"),
    ("starts a VM on the host with most room", "starts it", "on the host that has most room now",
     "starts it on the same host again"),
)  # fmt: skip


def no_answer(seed):
    """'No answer came': what may a VIM do?"""
    order, does, elsewhere, right = ORDERS[seed % len(ORDERS)]
    options = [
        (f"{right}: that does no harm, whatever has become of the order", None),
        (f"{does} {elsewhere}: this order has failed", "S7.m3"),
        ("nothing: an order that was sent is carried out", "S7.m3"),
        ("nothing: the hypervisors of a VIM are one machine, they settle it among themselves", "S7.m1"),
    ]
    keyed, correct = turned(seed, options)
    text = f"A VIM {order}. No answer comes within its patience; the host is heard as usual. What should it do?"
    why = (
        "Order or answer may have been lost, nobody can tell. Repeating the same order to the same host is right in "
        "both cases; another host would be right in one, and make a second copy in the other."
    )
    return Question("S7.c5", text, keyed, correct, why, no_answer)


ADDED = (
    ("a bill per customer and month", "the metering of a cloud platform"),
    ("a web shop in which customers order VMs themselves", "the self-service and tenants of a cloud platform"),
    ("twice as many servers when the load rises, without anybody's doing", "the autoscaling of a cloud platform"),
)


def what_is_missing(seed):
    """'The company has a VIM and wants …': what does it need?"""
    wish, right = ADDED[seed % len(ADDED)]
    options = [
        (f"{right}, above the VIM", None),
        ("nothing: that is what a VIM does", "S7.m5"),
        ("another hypervisor below the VIM", "S7.m1"),
        ("more hosts: a VIM becomes a cloud when it is large enough", "S7.m5"),
    ]
    keyed, correct = turned(1 - seed, options)
    text = f"A company runs a VIM over 40 hosts and now wants {wish}. What does it need?"
    why = "A VIM pools hosts and automates what administrators do; customers do not exist in its world."
    return Question("S7.c6", text, keyed, correct, why, what_is_missing)


QUESTIONS = (not_heard(0), no_answer(0), what_is_missing(0))

FREE_TEXT = FreeText(
    "S7.f1",
    "Which jobs does a VIM take over from an administrator who today runs 20 hosts with KVM by hand? What must a good "
    "VIM handle that a shell script does not?",
    rubric=(
        KeyPoint("R1", 3, "Three or more of the five tasks, each with an example.", ("S7.m4",)),
        KeyPoint("R2", 2, "A model of what is desired and what was observed; monitoring.", ("S7.m2",)),
        KeyPoint("R3", 2, "Partial failure: lost commands, idempotence, unknown is not dead.", ("S7.m3",)),
        KeyPoint("R4", 1, "It is not in the data path of running VMs.", ("S7.m1",)),
    ),
    good=Example(
        "It chooses the host, clones the template, starts and later releases the VM, keeps two database VMs on "
        "different hosts, watches load and hosts and restarts VMs. A script runs once; a VIM compares again and again "
        "what should be with what is, may repeat every action safely, and treats a silent host as unknown until it is "
        "fenced. If it is down, VMs keep running, they are just not looked after.",
        {"R1": 3, "R2": 2, "R3": 2, "R4": 1},
    ),
    flawed=Example(
        "It runs the VMs of 20 hosts as one big computer, chooses hosts and migrates when needed, shows the state of "
        "all hosts and makes backups with templates. Scripts can do the same, only slower.",
        {"R1": 2, "R2": 1, "R3": 0, "R4": 0},
        beliefs=("S7.m1", "S7.m4"),
    ),
)
