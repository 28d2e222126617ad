"""Card S7: the VIM. A model that lags, orders that get lost, a restart; placement and policies have their own parts."""

from labkit.lab import cards
from labkit.lab.card import Card, Explanation, Look, Observation, Prediction
from labkit.lab.cards import s7_outages, s7_placement, s7_policies, s7_recall
from labkit.lab.cards.s7_questions import FREE_TEXT, QUESTIONS
from labkit.vim import truth

MISCONCEPTIONS = {
    "S7.m1": (
        "A VIM is a bigger hypervisor. – Stop it, and every VM runs on; stop a hypervisor, and its VMs end. The VIM "
        "sends orders, it executes nothing."
    ),
    "S7.m3": (
        "A command sent is a command done. – It may be lost, late or done without an answer. What may be repeated "
        "safely, and is compared with what is seen, arrives in the end."
    ),
    "S7.m5": (
        "A VIM is a cloud. – It pools hosts. Tenants, self-service, elasticity by rules and metering are what a cloud "
        "platform adds above it."
    ),
    **s7_placement.MISCONCEPTIONS,
    **s7_policies.MISCONCEPTIONS,
}

PREDICTIONS = (
    # The VIM is stopped for an hour, then esx1's machine dies. What runs?
    # a: nothing since the hour began · b: all for an hour, then all but esx1's · c: all, the others take over esx1's
    Prediction("S7.p8", correct="b", beliefs={"a": "S7.m1"}),
    # The cable to esx1 is cut, web is killed on it. 45 s later the VIM shows web as
    # a: off · b: running · c: unknown since 4x s · d: on another host
    Prediction("S7.p9", correct="c", beliefs={"a": "S7.m2"}),
    # 20 VMs, each fifth message is lost; the script orders again what is not known to run.
    # a: 20 run, once each · b: fewer than 20 run · c: 20 run, some of them twice
    Prediction("S7.p10", correct="c", beliefs={"a": "S7.m3"}),
    # It crashed after sending 'start vm7' and before hearing back. Copies of vm7 after its restart, if it
    # starts what is not known to run · if it asks first?   a: 1 and 1 · b: up to 2, and 1 · c: 2 and 2 · d: 0 and 0
    Prediction("S7.p1", correct="b", beliefs={"a": "S7.m3", "d": "S7.m1"}),
)


def copies(world):
    """Where vm7 runs, in truth."""
    return truth.running(world).get("vm7", [])


OBSERVATIONS = (
    Observation(
        "S7.p1",
        {  # subject: (the world of the script that starts, the world of the script that asks)
            "starts": Look(lambda pair: len(copies(pair[0])), lambda pair: f"running() says {copies(pair[0])}."),
            "asks": Look(lambda pair: len(copies(pair[1])), lambda pair: f"running() says {copies(pair[1])}."),
        },
    ),
    Observation(
        "S7.p9",
        {  # subject: the Vim, while the cable is cut
            "seen": Look(
                lambda vim: vim.vms["web"].seen,
                lambda vim: f"The row of web in inventory() says {dict(row[:2] for row in vim.inventory())['web']!r}.",
            ),
            "copies": Look(
                lambda vim: len(truth.running(vim.world).get("web", [])),
                lambda vim: f"running() says {truth.running(vim.world)}.",
            ),
        },
    ),
    Observation(
        "S7.p10",
        {  # subject: the world
            "running": Look(lambda world: len(truth.running(world)), lambda _: "Count what running() returns."),
            "twice": Look(lambda world: len(truth.twice(world)), lambda world: f"twice() says {truth.twice(world)}."),
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "S7.p8",
        "Why did nothing happen when the VIM stopped, and why did nobody help when the machine died?",
        "The VIM is in the control path: it decides and orders. VMs are executed by the hypervisors, which go on; but "
        "to notice a loss and choose another host takes somebody who knows all hosts.",
        ("data path and control path fail separately", "a hypervisor knows its own host only"),
    ),
    Explanation(
        "S7.p9",
        "What would go wrong if the VIM showed 'off', and what if it showed 'running'?",
        "Both would be claims about something that it has not heard: for 'off' somebody might start a second copy, for "
        "'running' nobody would look. Unknown, with since when, is all that it knows.",
        ("a cut cable and a dead host look the same", "the age of what was heard belongs to the answer"),
    ),
    Explanation(
        "S7.p10",
        "Why does the script make copies, and why does the VIM not, with the same lost messages?",
        "The script takes silence for failure and orders elsewhere; the VIM repeats the same order to the same host "
        "until it is confirmed, and the number in it makes the repetition harmless.",
        ("an order or its answer may be lost: nobody can tell which", "a loop that compares converges; a list of "
         "commands does not"),
    ),
    Explanation(
        "S7.p1",
        "Both scripts lost all they knew. What made it safe for the second one to go on? What does a VIM do besides?",
        "Not known to run is not the same as not running: whoever asks first finds the copy. A VIM has also written "
        "down, before it sent the order, on which host; so it may repeat the order there, and nowhere else.",
        (
            "the order to the same host does no harm when it is repeated",
            "another host only after the first has dropped it, or was fenced",
        ),
    ),
)  # fmt: skip

CARD = cards.register(
    Card(
        id="S7",
        title="VIM, the virtual infrastructure manager",
        notebook="03_vim_vsphere",
        misconceptions=MISCONCEPTIONS,
        predictions=(*PREDICTIONS, *s7_placement.PREDICTIONS, *s7_policies.PREDICTIONS, *s7_outages.PREDICTIONS),
        observations=(*OBSERVATIONS, *s7_placement.OBSERVATIONS, *s7_policies.OBSERVATIONS, *s7_outages.OBSERVATIONS),
        explanations=(*EXPLANATIONS, *s7_placement.EXPLANATIONS, *s7_policies.EXPLANATIONS, *s7_outages.EXPLANATIONS),
        questions=(*s7_recall.QUESTIONS, *QUESTIONS, *s7_placement.QUESTIONS, *s7_policies.QUESTIONS),
        freetexts=(FREE_TEXT,),
    )
)
