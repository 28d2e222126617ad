"""Card VMM, the part about memory: addresses, sharing, overcommitment. Collected by cards/vmm.py."""

from labkit.lab.card import Explanation, Look, Observation, Prediction, Question, turned

MISCONCEPTIONS = {
    "VMM.m10": (
        "Too little memory is like too little CPU: everybody just gets slower. – A CPU can be given to the next one in "
        "milliseconds; a page must be fetched from a disk, a thousand times as slow, or somebody is killed."
    ),
    "VMM.m11": (
        "The hypervisor knows which pages the guest needs. – It sees which pages were touched; what the "
        "guest has freed "
        "looks to it like everything else. That is why balloons exist."
    ),
    "VMM.m12": (
        "With nested tables a walk is one walk after the other, 4 + 4. – Every step of the first walk is an "
        "address that "
        "needs a walk of its own: 4 × 4 + 4 + 4 = 24."
    ),
    "VMM.m13": (
        "Equal pages of all VMs are shared, always and for nothing. – By default only inside a VM: the time of a write "
        "tells a neighbour what is in your memory."
    ),
}

PREDICTIONS = (
    # How many references to memory does one walk with nested tables make (4 levels in the guest, 4 in the EPT)?
    # a: 4, the hardware knows the way · b: 8, four and four · c: 16, four times four · d: 24
    Prediction("VMM.p9", correct="d", beliefs={"a": "VMM.m12", "b": "VMM.m12", "c": "VMM.m12"}),
    # An ESXi host with its defaults; bank and spy have the same library page, bank has three empty pages. Frames freed?
    # a: 3, everything equal is shared · b: 2, the empty pages of bank · c: 0, sharing is switched off
    Prediction("VMM.p10", correct="b", beliefs={"a": "VMM.m13"}),
    # Six VMs of 4 GiB on a host of 16 GiB. All become busy at once. How fast do they run half a minute later?
    # a: two thirds, like six CPUs on four · b: as before · c: an eighth of before, or less · d: some are refused
    Prediction("VMM.p11", correct="c", beliefs={"a": "VMM.m10", "b": "VMM.m11"}),
)


def slow(memory):
    """Speed of the fastest VM in percent."""
    return round(100 * max(memory.speed(name) for name in memory.vms))


OBSERVATIONS = (
    Observation(
        "VMM.p9",
        {  # subject: the Mmu
            "references": Look(lambda mmu: len(mmu.trail), lambda mmu: f"The trail has {len(mmu.trail)} entries."),
            "of_the_guest": Look(
                lambda mmu: sum(whose == "guest" for whose, _ in mmu.trail),
                lambda mmu: "The blue boxes in the picture are the guest's own entries.",
            ),
        },
    ),
    Observation(
        "VMM.p10",
        {  # subject: (with the default, without salt): what spy() returned
            "slow_by_default": Look(
                lambda times: sum(us > 1 for us in times[0].values()),
                lambda times: f"By default the writes took {', '.join(f'{us:g}' for us in times[0].values())} µs.",
            ),
            "slow_without_salt": Look(
                lambda times: sum(us > 1 for us in times[1].values()),
                lambda times: f"Without salt they took {', '.join(f'{us:g}' for us in times[1].values())} µs.",
            ),
        },
    ),
    Observation(
        "VMM.p11",
        {  # subject: the HostMemory, while all are busy
            "fastest_percent": Look(slow, lambda memory: f"The fastest VM runs at {slow(memory)} %.", tolerance=2)
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "VMM.p9",
        "Nested walks are six times as long, and yet shadow tables have died out. Why?",
        "The guest may change its own tables without an exit; with shadow tables each change of a table and "
        "of CR3 exits.",
        (
            "the TLB and page-walk caches make long walks rare",
            "large pages make them shorter: 15 with 2 MiB on both sides",
        ),
    ),
    Explanation(
        "VMM.p10",
        "What does the neighbour measure, and what does the salt take away from it?",
        "A write to a shared page must copy it and takes long, so time tells whether somebody else has the "
        "same contents; "
        "with a salt of its own no page of another VM is ever compared with it.",
        ("the hash only finds candidates, contents are compared", "inside a VM sharing goes on: mostly empty pages"),
    ),
    Explanation(
        "VMM.p11",
        "Six busy VMs on CPUs for four lose a third. Why do they lose nearly everything when it is memory?",
        "A page that is not there must be fetched from a disk, which takes a thousand times as long as its use; "
        "sharing a CPU costs its time and nothing else.",
        ("it is fine as long as not all need their memory at once", "on KVM it may end with a killed VM"),
    ),
)

WALKS = ((5, 5), (4, 5), (5, 4), (4, 4))


def walk_length(seed):
    """How long is a nested walk? Other numbers of levels, the options in another order."""
    n, m = WALKS[seed % len(WALKS)]
    options = [
        (f"{n * m + n + m}", None),
        (f"{n + m}", "VMM.m12"),
        (f"{n * m}", "VMM.m12"),
        (f"{n}", "VMM.m12"),
    ]
    text = (
        f"A guest has page tables of {n} levels, its host nested tables of {m}. How many references to memory "
        "does a TLB "
        "miss cost, if nothing is cached?"
    )
    why = (
        f"Each of the {n} steps in the guest's tables is preceded by a walk of {m} to find the table, and the "
        "page that is "
        f"found needs one more walk: {n} × ({m} + 1) + {m}."
    )
    return Question("VMM.c9", text, *turned(-(seed // len(WALKS)), options), why, walk_length)


FREED = (("a build", 3), ("a database", 6), ("a browser", 2), ("an editor of films", 8))


def freed(seed):
    """The guest frees memory: what does the host notice?"""
    program, gib = FREED[seed % len(FREED)]
    options = [
        ("nothing: the frames stay taken", None),
        (f"{gib} GiB more are free on the host at once", "VMM.m11"),
        (f"{gib} GiB more are free after the host's next look at the guest's page tables", "VMM.m11"),
        ("the VM's reservation shrinks", "VMM.m11"),
    ]
    text = f"In a guest {program} ends and frees {gib} GiB. No balloon is at work. What changes on the host?"
    why = (
        "To the host a page that was touched once is a page that was touched. Only the balloon driver, "
        "inside the guest, can "
        "find out what is free and hand it over."
    )
    return Question("VMM.c10", text, *turned(-(seed // len(FREED)), options), why, freed)


BUSY = ((10, 8), (12, 8), (30, 20), (3, 2))


def too_much(seed):
    """CPU and memory overcommitted by the same factor, all busy."""
    vms, fit = BUSY[seed % len(BUSY)]
    part = f"{fit} of {vms} parts"
    options = [
        (f"CPU: each gets about {part}; memory: far slower than that, or something is killed", None),
        (f"both: each gets about {part} of its speed", "VMM.m10"),
        ("CPU: slower; memory: no change, because the host takes what the guests do not need", "VMM.m11"),
        ("memory: no change, because equal pages are shared", "VMM.m13"),
    ]
    text = (
        f"{vms} equal VMs run on a host with CPUs and memory for {fit}. First all need all their CPU at once; "
        "another day all "
        "need all their memory at once. What do they feel?"
    )
    why = (
        "CPU time can be divided finely and at no loss. A page that is needed and not there costs a disk "
        "access; there is no "
        "fair share of waiting for a disk."
    )
    return Question("VMM.c11", text, *turned(-(seed // len(BUSY)), options), why, too_much)


QUESTIONS = (walk_length(0), freed(0 + 4), too_much(2 + 8))
