"""Card VMM, how a VMM runs a guest's instructions: predictions p3 to p5, questions c3 to c5, beliefs m1 to m4 and
those of the task VMM.T1 (m24 to m29)."""

from labkit.lab.card import Explanation, Look, Observation, Prediction, Question, turned

MISCONCEPTIONS = {
    "VMM.m1": (
        "A hypervisor interprets every instruction. – It runs nearly all of them directly on the processor; only "
        "those that concern the machine itself cost it work."
    ),
    "VMM.m2": (
        "A guest's privileged instruction acts on the real machine. – It traps, and the VMM does it to the guest's "
        "virtual machine: a flag in the VMM's memory changes, not the processor's."
    ),
    "VMM.m3": (
        "Every sensitive instruction traps by itself, so x86 could always be virtualized. – Seventeen of the Pentium's "
        "did not: POPF in user mode just leaves the interrupt flag alone, and nobody is told."
    ),
    "VMM.m4": (
        "The guest must know that it is a guest. – Only a paravirtualized one does; translation and hardware "
        "assistance run an unchanged system."
    ),
    "VMM.m24": (
        "After an exit the processor goes on behind the instruction by itself. – The trap stands at the instruction; "
        "who carries it out moves ip on, and who reports a fault does not."
    ),
    "VMM.m25": "hlt is the end of the machine. – It waits for the next interrupt; an idle system does it all the time.",
    "VMM.m26": (
        "An exit that the VMM does not know may be skipped. – The guest would go on with something undone. What it did "
        "wrong itself it has to hear, by its own interrupt table."
    ),
    "VMM.m27": (
        "Hardware keeps guests apart, so the handler may pass everything on. – Towards the devices the handler is the "
        "wall: what it passes on reaches the neighbour."
    ),
    "VMM.m28": (
        "A transfer is a byte, wherever it lands. – It has a size: a byte read leaves the upper half of ax alone, and "
        "a word is not two halves of something else."
    ),
    "VMM.m29": (
        "The guest's own interrupt flag does not matter, the real one is on anyway. – The VMM asks the virtual flag "
        "before it injects an interrupt; a guest that said cli must not be disturbed."
    ),
}

PREDICTIONS = (
    # HELLO runs 37 instructions in user mode under a VMM. How many of them does the VMM carry out?
    # a: all 37 · b: none: the guest runs on the processor and talks to the port itself · c: 7: the letters and the end
    Prediction("VMM.p3", correct="c", beliefs={"a": "VMM.m1", "b": "VMM.m2"}),
    # A guest in user mode says cli. What is the interrupt flag of the real processor afterwards?
    # a: 0 · b: still 1; a flag in the VMM's memory is 0 · c: the guest is dead: it may not do that
    Prediction("VMM.p4", correct="b", beliefs={"a": "VMM.m2", "c": "VMM.m4"}),
    # pushf, cli, write '()', popf, then hlt until the timer ticks ('t'). In user mode on x86 of the year 2000?
    # a: '()t': popf traps as cli did · b: '()', waiting for ever, the VMM knows nothing · c: the VMM stops it
    Prediction("VMM.p5", correct="b", beliefs={"a": "VMM.m3", "c": "VMM.m3"}),
)

OBSERVATIONS = (
    Observation(
        "VMM.p3",
        {  # subject: the Monitor after its run
            "by_the_vmm": Look(
                lambda run: run.emulated,
                lambda run: f"Run directly: {run.directly} instruction(s); carried out by the VMM: {run.emulated}.",
            ),
        },
    ),
    Observation(
        "VMM.p4",
        {  # subject: the Monitor after its run
            "real_flag": Look(
                lambda run: run.cpu.registers["flags"] >> 9 & 1,
                lambda run: f"Bit 9 of the real flags, {run.cpu.registers['flags']:#06x}, is the interrupt flag.",
            ),
            "virtual_flag": Look(
                lambda run: run.virtual.interrupt_flag, lambda run: f"What the VMM keeps for the guest: {run.virtual}."
            ),
        },
    ),
    Observation(
        "VMM.p5",
        {  # subject: the Monitor after its run
            "exits_at_popf": Look(
                lambda run: sum(exit.instruction == "popf" for exit in run.exits),
                lambda run: "The exits were at " + ", ".join(exit.instruction for exit in run.exits) + ".",
            ),
            "ticks": Look(
                lambda run: run.outcome().serial.count("t"),
                lambda run: f"The serial port took {run.outcome().serial!r}.",
            ),
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "VMM.p3",
        "Why does the VMM get its turn at out, and not at mov?",
        "out is privileged: in user mode the processor traps instead, and the VMM does it to a virtual device.",
        (
            "mov, cmp, inc and jumps do the same in every mode: nobody has to watch them",
            "efficiency is one of Popek and Goldberg's three properties: most instructions run directly",
        ),
    ),
    Explanation(
        "VMM.p4",
        "What would happen to the other guests if cli did reach the real processor?",
        "The VMM would not hear its own timer any more: this guest could keep the processor for ever.",
        (
            "resource control: the VMM owns the real flag, the guest a virtual one",
            "the guest sees no difference: no interrupt is injected while its own flag is 0",
        ),
    ),
    Explanation(
        "VMM.p5",
        "Which property of popf breaks the VMM?",
        "It is sensitive but not privileged: in user mode it leaves the interrupt flag alone without a trap.",
        (
            "the virtual flag stays 0 after cli, so the tick is never injected",
            "theorem 1: sensitive ⊆ privileged is what trap and emulate needs",
        ),
    ),
)

SILENT = (("popf", "cli", "out dx, al"), ("sgdt [bx]", "lgdt [bx]", "hlt"), ("smsw ax", "lmsw ax", "in al, dx"),
          ("mov ax, cs", "sti", "lidt [bx]"))  # fmt: skip
COUNTS = ((2_000_000, 40, 3), (500_000, 12, 1), (8_000_000, 300, 20))
OLD = (
    ("the binary of a system of 1998 and an x86 of 1999", "binary translation",
     "It needs neither the source nor help from the processor: it reads the code and replaces what does not trap."),
    ("the source of a system, and an x86 of 1999 on which exits shall be few", "paravirtualization",
     "With the source the sensitive instructions can become hypercalls, and many wishes one call."),
    ("the binary of a system, and an x86 of 2010 with VT-x; no code shall be read or changed", "hardware",
     "In guest mode the sensitive instructions work on state of the guest's own; only devices and the like exit."),
)  # fmt: skip


def silent(seed):
    """Which instruction makes the guest wrong?"""
    bad, one, other = SILENT[seed % len(SILENT)]
    options = [(one, "VMM.m2"), (bad, None), (other, "VMM.m2"), ("add ax, bx", "VMM.m1")]
    keyed, correct = turned(seed, options)
    why = f"{bad} goes through in user mode and meets the host's state. {one} and {other} trap; add is innocent."
    text = (
        "An x86 of the year 2000, a guest's kernel in user mode, a VMM that only waits for traps. Which of these "
        f"instructions makes the guest wrong? (version {seed % len(SILENT) + 1})"
    )
    return Question("VMM.c3", text, keyed, correct, why, silent)


def who_runs(seed):
    """How much work is left for the VMM?"""
    ran, accesses, halts = COUNTS[seed % len(COUNTS)]
    options = [
        (f"all {ran:,}", "VMM.m1"),
        ("none: the guest does its input and output itself", "VMM.m2"),
        (f"about {accesses + halts}", None),
        ("all that its kernel ran, the programs directly", "VMM.m1"),
    ]
    keyed, correct = turned(seed, options)
    text = (
        f"With VT-x a guest has run {ran:,} instructions, among them {accesses} in or out and {halts} hlt. "
        "How many did the VMM carry out?"
    )
    why = "In guest mode everything runs directly, kernel and programs; devices and hlt exit."
    return Question("VMM.c4", text, keyed, correct, why, who_runs)


def which_policy(seed):
    """Which way of running the guest fits?"""
    have, right, why = OLD[seed % len(OLD)]
    beliefs = {"trap and emulate": "VMM.m3", "binary translation": "VMM.m1", "paravirtualization": "VMM.m4",
               "hardware": "VMM.m3"}  # fmt: skip
    keyed, correct = turned(seed, [(name, None if name == right else belief) for name, belief in beliefs.items()])
    return Question("VMM.c5", f"You have {have}. What runs it right?", keyed, correct, why, which_policy)


QUESTIONS = (silent(0), who_runs(0), which_policy(0))
