"""Card S7, part placement: what is promised and what is there, which host is chosen, and what a template is not.
Collected by s7.py."""

from labkit.lab.card import Explanation, Look, Observation, Prediction, Question, turned

MISCONCEPTIONS = {
    "S7.m4": (
        "A template is a snapshot is a backup. – From a template others are made; a snapshot is a way back on the same "
        "disk; a backup is a copy elsewhere. Lose the storage, and only the last is left."
    ),
    "S7.m6": (
        "What is allocated is what is used. – A VIM counts promises. CPU that was promised four times over is slower "
        "when all want it; memory that was promised twice is swapped, or somebody is killed."
    ),
    "S7.m7": (
        "A VM goes where most room is, and rules are wishes. – First comes what must be: whoever fails one filter is "
        "out, however empty it is. Only among the rest the emptiest wins, and there may be no rest."
    ),
}

PREDICTIONS = (
    # web1 is a full copy of the template, fast a linked clone. The template shall be deleted.
    # a: refused because of fast · b: both lose their disks · c: both live on · d: refused because of both
    Prediction("S7.p5", correct="a", beliefs={"b": "S7.m4", "d": "S7.m4"}),
    # esx3 is empty and in maintenance, db1 runs on esx1 (apart!), esx2 has least memory. db2 goes
    # a: to esx3 · b: to esx1 · c: to esx2 · d: nowhere
    Prediction("S7.p4", correct="c", beliefs={"a": "S7.m7", "b": "S7.m7"}),
    # 12 VMs of 2 GiB on a KVM host of 16 GiB (memory ratio 1.5). Their guests fill 1,900 MiB each.
    # a: all run at two thirds of their speed · b: two are killed, the others crawl · c: nothing, the VIM had checked
    # d: the VIM moves some of them before it happens
    Prediction("S7.p2", correct="b", beliefs={"a": "S7.m6", "c": "S7.m6"}),
)


def speeds(vmm):
    """Percent of its speed that memory leaves each VM that still runs."""
    said = [vmm.info(domain.name) for domain in vmm.domains.values() if domain.computing]
    return [100 * each["memory_speed"] for each in said]


def killed(vmm):
    """VMs of this host that are not running any more."""
    return [domain.name for domain in vmm.domains.values() if not domain.active]


OBSERVATIONS = (
    Observation(
        "S7.p2",
        {  # subject: the Vmm, after its guests have filled their memory
            "killed": Look(
                lambda vmm: len(killed(vmm)), lambda vmm: f"Not running any more: {', '.join(killed(vmm))}."
            ),
            "speed_percent": Look(
                lambda vmm: min(speeds(vmm)),
                lambda vmm: f"info() of those that run says memory_speed {min(speeds(vmm)) / 100:.3f}.",
                tolerance=2,
            ),
        },
    ),
    Observation(
        "S7.p4",
        {  # subject: the Explanation of db2
            "dropped": Look(
                lambda said: sum(stage.dropped for stage in said.stages),
                lambda said: (
                    "Dropped: " + ", ".join(f"{stage.dropped} by {stage.filter}" for stage in said.stages) + "."
                ),
            ),
            "winner": Look(lambda said: said.winner, lambda said: f"The last line says: chosen: {said.winner}."),
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "S7.p5",
        "Which of the two still needs the template, and why is neither of them a backup?",
        "The linked clone reads from the template whatever it has not written itself, the full copy has everything; "
        "but all lie on the same datastore and are lost with it.",
        ("a delta holds only what was written", "a copy on another datastore would have survived"),
    ),
    Explanation(
        "S7.p4",
        "Why did an empty host not get the VM, and what would have happened with one more database?",
        "Filters come before weighers: maintenance and the rule leave one host, and room counts among those left only; "
        "with one more nobody is left, and the VM is not started.",
        ("state and rule are conditions, free memory is a preference", "a 'should' instead of a 'must' would give way"),
    ),
    Explanation(
        "S7.p2",
        "Promised four times over, CPU made everybody slower. Why was memory, promised one and a half times, worse?",
        "CPU time can be given to one after the other, memory cannot: who needs a page that is not there waits for the "
        "disk, and when not even that is left, a process is killed.",
        (
            "the VIM placed by promises; it does not know what guests touch",
            "16 busy VMs on 4 cores get a quarter each, and not a MHz is lost",
            "a page from disk costs milliseconds instead of a tenth of a microsecond",
        ),
    ),
)

CASES = (  # free MiB of esx1, esx2, esx3; who is in maintenance; where the other database runs; what is asked for
    ((6144, 10240, 16384), 3, 2, 4096),
    ((12288, 16384, 5120), 2, 1, 4096),
    ((14336, 3072, 12288), 1, 3, 2048),
    ((16384, 12288, 3072), 1, 2, 4096),
)


def where_to(seed):
    """'Where does db2 go?' with other numbers; the right host is the one that no filter drops, or none is left."""
    free, resting, other, need = CASES[seed % len(CASES)]
    left = [at for at in (1, 2, 3) if at not in (resting, other) and free[at - 1] >= need]
    right = f"to esx{left[0]}" if left else "nowhere: the request is refused"
    wrong = {at: f"to esx{at}" for at in (1, 2, 3) if at not in left}
    options = [(right, None), *((text, "S7.m7") for text in wrong.values())]
    if left:
        options.append(("nowhere: the request is refused", ""))
    keyed, correct = turned(-seed, options)
    rooms = ", ".join(f"esx{at} {room:,}" for at, room in enumerate(free, 1))
    return Question(
        "S7.c2",
        f"Free memory in MiB: {rooms}. esx{resting} is in maintenance, db1 runs on esx{other}. db1 and db2 must be on "
        f"different hosts. Where does db2 go, with {need:,} MiB?",
        keyed,
        correct,
        "Maintenance drops one host, the rule another, then the third needs enough memory. Who is emptiest is asked "
        "only of those that are left.",
        where_to,
    )


HOSTS = ((8, 16384, 32), (4, 8192, 16), (16, 65536, 64))  # cores, MiB, vCPUs promised


def busy_at_once(seed):
    """'All VMs are busy at once': what becomes of CPU that was promised four times over?"""
    cores, memory_mib, vcpus = HOSTS[seed % len(HOSTS)]
    options = [
        (f"each gets {100 * cores // vcpus} % of a core, and nobody is ended", None),
        ("the VMs that came last get nothing: the cores are given away", ""),
        ("the VIM should have refused them: there are not so many cores", "S7.m6"),
        ("the host kills some of them, as it does when memory is short", "S7.m6"),
    ]
    keyed, correct = turned(-seed, options)
    return Question(
        "S7.c4",
        f"A host has {cores} cores and {memory_mib:,} MiB. {vcpus} VMs of one vCPU are on it, their memory is not "
        "overcommitted. One night all of them compute at full speed. What happens?",
        keyed,
        correct,
        f"A ratio of {vcpus // cores} for CPU is a bet that not all compute at once. When it is lost, cores are shared "
        "in time: slower, as much as everybody else. Memory cannot be shared in time.",
        busy_at_once,
    )


QUESTIONS = (where_to(0), busy_at_once(0))
