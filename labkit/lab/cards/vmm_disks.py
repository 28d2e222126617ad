"""Card VMM, part disks: where a write goes after a snapshot, and what a linked clone stands on. Collected by vmm.py."""

from labkit.lab.card import Explanation, Look, Observation, Prediction, Question, turned

MISCONCEPTIONS = {
    "VMM.m14": (
        "A snapshot is a copy, so it is a backup. – Nothing is copied: the old file is frozen and still needed. It "
        "lies on the same datastore, and is lost with it."
    ),
    "VMM.m15": (
        "A longer chain costs nothing. – A read asks file after file, each delta can grow to the size of the disk, and "
        "somebody has to copy it all down in the end."
    ),
    "VMM.m16": (
        "A linked clone stands alone. – It has only what it wrote itself; for all the rest it reads its parent, which "
        "must stay and must not change."
    ),
}

PREDICTIONS = (
    # 4 GiB on the disk; snapshot; then the guest writes 3 bytes. a: the snapshot copied 4 GiB, web.img is written
    # b: nothing was copied at the snapshot; the write goes to a new file, with the rest of its 64 KiB
    # c: the write goes to web.img, the old block to the snapshot's file · d: a new file gets exactly 3 bytes
    Prediction("VMM.p12", correct="b", beliefs={"a": "VMM.m14", "c": "VMM.m14", "d": "VMM.m15"}),
    # Three linked clones wrote 200 MiB each; rm web.img. a: all stays readable, they are disks of their own
    # b: only what each wrote itself is safe, and none starts · c: the snapshot golden brings it back
    # d: the clones start, the missing blocks read as zeros
    Prediction("VMM.p13", correct="b", beliefs={"a": "VMM.m16", "c": "VMM.m14", "d": "VMM.m16"}),
)


def last(disk, what):
    """The latest event of the disk with this word, from its world's trace."""
    return disk.world.trace.where(kind="disk", src=disk.name, what=what)[-1]


OBSERVATIONS = (
    Observation(
        "VMM.p12",
        {  # subject: the disk, after the write of 3 bytes and the read of another block
            "copied_kib": Look(
                lambda disk: round(last(disk, "write").detail["copied_kib"]),
                lambda disk: (
                    f"The write went to {last(disk, 'write').dst}, and {last(disk, 'write').detail['copied_kib']:.3f} "
                    "KiB were copied up with it."
                ),
                tolerance=1,
            ),
            "files_asked": Look(
                lambda disk: last(disk, "read").detail["layers"],
                lambda disk: (
                    f"The last read asked {last(disk, 'read').detail['layers']} files and found its block in "
                    f"{last(disk, 'read').dst}."
                ),
            ),
        },
    ),
    Observation(
        "VMM.p13",
        {  # subject: one of the clones, after the loss
            "certain_mib": Look(
                lambda disk: disk.damage().certain_mib, lambda disk: f"Its damage() says: {disk.damage()}."
            ),
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "VMM.p12",
        "Why is a snapshot of 4 GiB ready at once, and why did a write of 3 bytes move 64 KiB?",
        "The snapshot only freezes the file and opens a new one; the new file knows whole clusters, so the rest of the "
        "cluster is copied on the first write.",
        (
            "a read walks from the newest file down until one has the cluster",
            "the second write to the same cluster copies nothing",
        ),
    ),
    Explanation(
        "VMM.p13",
        "What exactly did the clones lose, and who could have known?",
        "Every block they had not written themselves: those existed once, in web.img. A file does not know who stands "
        "on it; only who reads all headers does.",
        (
            "the disk's own tools refuse and name the clones, rm asks nobody",
            "pull copies what is missing up, and the clone stands alone: at the price of a full copy",
        ),
    ),
)

SIZES = ((40, 10, 2), (20, 30, 1), (60, 5, 4), (16, 50, 1))
FIRES = (
    ("a database VM with a snapshot of last night", "a linked clone of it", "its template",
     "a full clone of it on another datastore"),
    ("a file server with three snapshots", "its memory snapshot", "a clone that stands on the newest snapshot",
     "a copy of it that was exported to another store yesterday"),
    ("a web VM and its template", "the linked clones of the template", "the snapshot before the update",
     "the full clone that was made on the other room's storage"),
)  # fmt: skip


def space(seed):
    """How much room do linked clones need?"""
    base, clones, written = SIZES[seed % len(SIZES)]
    options = [
        (f"about {base + clones * written} GiB", None),
        (f"about {clones * (base + written)} GiB", "VMM.m16"),
        (f"about {base} GiB", "VMM.m15"),
        (f"about {clones * written} GiB: the master can go now", "VMM.m16"),
    ]
    keyed, correct = turned(seed, options)
    text = (
        f"A master of {base} GiB, {clones} linked clones, and each has written {written} GiB to blocks of its own. "
        "How much room do they all need?"
    )
    why = (
        f"One base and what each wrote: {base} + {clones} · {written} = {base + clones * written} GiB; the base stays."
    )
    return Question("VMM.c12", text, keyed, correct, why, space)


def fire(seed):
    """What survives the loss of the datastore?"""
    burnt, one, other, left = FIRES[seed % len(FIRES)]
    options = [
        (one, "VMM.m16" if "clone" in one else "VMM.m14"),
        (left, None),
        (other, "VMM.m16" if "clone" in other else "VMM.m14"),
        ("its deltas: they hold what was changed", "VMM.m14"),
    ]
    keyed, correct = turned(seed, options)
    text = f"The datastore is destroyed. On it lay {burnt}. Which of these can bring the VM back?"
    why = "Only what lies elsewhere and needs nothing from there. Snapshots, linked clones and their base die together."
    return Question("VMM.c13", text, keyed, correct, why, fire)


QUESTIONS = (space(0), fire(0))
