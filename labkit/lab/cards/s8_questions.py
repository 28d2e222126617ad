"""Card S8: the questions for the class in variants of the same build, and the free text with its rubric."""

from labkit.lab.card import Example, FreeText, KeyPoint, Question, turned

WAITS = (
    (
        "Why does the Proxmox master wait for node3's lock before it restarts node3's VMs?",
        "holding the lock proves that node3 was reset or cannot act any more",
        "the lock holds the VM's memory, which is moved with it",
        "Node3 renews its lock as long as it may act. Nobody else gets it before 120 s without renewal have passed, "
        "and after 60 s the watchdog has reset node3.",
    ),
    (
        "Why does the VIM wait for the 'off' of esx2's BMC before it restarts esx2's VMs?",
        "the BMC's 'off' proves that esx2 does not run any more; silence does not",
        "the BMC sends the memory of esx2's VMs over",
        "The BMC has its own power and network card. What it has switched off cannot write any more.",
    ),
    (
        "Why does a datastore that was locked by a host refuse a second host, although the first one is silent?",
        "the silent host may be writing: first it must be certain that it cannot",
        "the memory of the VM is kept behind the lock",
        "A lock survives the silence of its owner on purpose; breaking it is allowed after a fence only.",
    ),
)


def waits(seed):
    """What is waited for, and what does it prove?"""
    text, right, memory, why = WAITS[seed % len(WAITS)]
    options = [
        (right, None),
        (memory, "S8.m1"),
        ("the VM's disk must be copied to the new host first", "S8.m1"),
        ("out of mere caution: it costs time and protects nothing", "S8.m3"),
    ]
    keyed, correct = turned(seed // len(WAITS) + 2, options)
    return Question("S8.c1", text, keyed, correct, why, waits)


ROOM = ((3, 64, 16, 9), (4, 32, 8, 14), (3, 48, 12, 10), (5, 64, 16, 18))  # no two of the answers are equal


def room(seed):
    """How many run after the loss of one host?"""
    hosts, size, vm, many = ROOM[seed % len(ROOM)]
    fit = (hosts - 1) * (size // vm)
    options = [
        (f"{min(fit, many)}", None),
        (f"{many}: HA restarts all of them", "S8.m4"),
        (f"{many}: they are moved in time, with their memory", "S8.m1"),
        (f"{many - many // hosts}: those of the lost host wait for it", ""),
    ]
    keyed, correct = turned(seed, options)
    text = (
        f"{hosts} hosts of {size} GiB carry {many} VMs of {vm} GiB (the hypervisor needs nothing). One host is lost "
        "and fenced. How many VMs run in the end?"
    )
    why = f"{hosts - 1} hosts with {size // vm} places of {vm} GiB each: {fit} places for {many} VMs."
    return Question("S8.c2", text, keyed, correct, why, room)


DAYS = (
    ("An update of the shop writes wrong prices into the database. What brings the right ones back?",
     "the backup of last night", "the replica in the other room: it has every write"),
    ("The shop's host dies at noon; customers may wait two minutes, their baskets may be empty. What is enough?",
     "a failover system: restart from the shared disk", "only a fault-tolerant twin: anything else loses the orders"),
    ("Room A burns down with its datastore. The last minutes of orders must not be lost. What is needed?",
     "a replica of the disk in room B", "a failover system: it starts the VM in room B"),
)  # fmt: skip


def days(seed):
    """Which of the four is it?"""
    text, right, wrong = DAYS[seed % len(DAYS)]
    options = [(right, None), (wrong, "S8.m6"), ("any of HA, replication and backup: they protect the same", "S8.m6"),
               ("live migration of the VM to another host", "S8.m1")]  # fmt: skip
    keyed, correct = turned(seed + 1, options)
    why = "HA restarts, fault tolerance goes on, replication copies every write (wrong ones, too), a backup is older."
    return Question("S8.c3", text, keyed, correct, why, days)


QUESTIONS = (waits(0), room(0), days(0))

FREE_TEXT = FreeText(
    "S8.f1",
    "A host stops answering. Which steps must happen, in which order, before its VMs run elsewhere – and why? What is "
    "lost?",
    rubric=(
        KeyPoint("R1", 2, "Detection by missed heartbeats and a timeout; it may be wrong.", ("S8.m2",)),
        KeyPoint("R2", 3, "Fencing before the restart, and its reason: two writers on one disk.", ("S8.m2", "S8.m3")),
        KeyPoint("R3", 2, "Prerequisites: shared or replicated disk, capacity, network.", ("S8.m4",)),
        KeyPoint(
            "R4",
            2,
            "It is a restart: memory and connections are lost; downtime = detect + fence + place + boot.",
            ("S8.m1",),
        ),
        KeyPoint("R5", 1, "Contrast to planned evacuation by live migration.", ("S8.m1",)),
    ),
    good=Example(
        "No heartbeat for a while means I do not know whether the host is dead or only cut off. So first fence it: "
        "power off or watchdog; otherwise two copies of a VM write to the same disk. Then choose hosts that see the "
        "disk and have room, in order of priority, and boot. Everything in memory is gone, users reconnect; downtime "
        "is detection plus fencing plus boot, about two minutes in Proxmox. For maintenance I would live-migrate "
        "instead, nearly without downtime.",
        {"R1": 2, "R2": 3, "R3": 2, "R4": 2, "R5": 1},
    ),
    flawed=Example(
        "The cluster notices it in milliseconds and moves the VMs with their memory to another host, users notice "
        "nothing. The host is fenced so that hackers cannot use it. It needs shared storage.",
        {"R1": 0, "R2": 1, "R3": 1, "R4": 0, "R5": 0},
        ("S8.m1", "S8.m3"),
    ),
)
