"""Card VMM, the guest on the real KVM: prediction p6, question c6, belief m5."""

from labkit.lab.card import Explanation, Look, Observation, Prediction, Question, turned

MISCONCEPTIONS = {
    "VMM.m5": (
        "KVM makes everything run at native speed, and exits are free. – Only what the processor may execute by itself "
        "runs at its speed; each exit costs thousands of instructions, and without VT-x or AMD-V the kernel interprets."
    ),
}

PREDICTIONS = (
    # One `out` of a guest on KVM reaches the VMM. How many other instructions would the guest execute in that time?
    # a: one: out is an instruction like any other · b: about five · c: dozens to many thousands
    Prediction("VMM.p6", correct="c", beliefs={"a": "VMM.m5", "b": "VMM.m5"}),
)

OBSERVATIONS = (
    Observation(
        "VMM.p6",
        {  # subject: the Overhead
            "instructions": Look(
                lambda cost: cost.instructions_per_exit,
                lambda cost: (
                    f"One out took {cost.costs[4].ns:,.0f} ns, one instruction on the same KVM {cost.costs[1].ns:,.1f} "
                    f"ns: {cost.instructions_per_exit}."
                ),
                tolerance=3,
            )
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "VMM.p6",
        "With VT-x a VM that computes hardly notices KVM, one that talks to a device all the time does. Why?",
        "Computing runs on the processor without the VMM; each access to the device is an exit: out of the guest, into "
        "the kernel, into the VMM's process, and back.",
        (
            "the price is per exit, not per instruction",
            "so paravirtual devices (virtio) put many requests into shared memory and exit once",
        ),
    ),
)

WORK = (
    ("encodes a film", "writes a log to an emulated serial port, byte by byte"),
    ("searches for prime numbers", "reads a disk behind an emulated IDE controller, one sector at a time"),
    ("trains a model in memory", "sends millions of small packets through an emulated network card"),
)


def who_suffers(seed):
    """The question for one seed: other work, the options in another order."""
    computes, exits = WORK[seed % len(WORK)]
    options = [
        (f"the one that {exits}", None),
        ("both alike: the hypervisor has a hand in every instruction", "VMM.m1"),
        ("neither: KVM runs everything at native speed", "VMM.m5"),
        (f"the one that {computes}: it executes more instructions", "VMM.m1"),
    ]
    keyed, correct = turned(-(seed // len(WORK) + 2), options)
    return Question(
        "VMM.c6",
        f"Two VMs on KVM with VT-x, each on a processor of its own. One {computes}. The other {exits}. "
        "Which is slowed down by being a VM?",
        keyed,
        correct,
        why="Ordinary instructions run on the processor, nobody looks on. Each access to an emulated device is an exit "
        "to the VMM, and an exit costs as much as thousands of instructions.",
        variant=who_suffers,
    )


QUESTIONS = (who_suffers(0),)
