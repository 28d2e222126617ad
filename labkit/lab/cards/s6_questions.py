"""Card S6, the questions for the class in variants of the same build, and the free text with its rubric and two graded
examples."""

from labkit.lab.card import Example, FreeText, KeyPoint, Question, turned

CASES = (
    (
        "In vCenter a host is 'not responding'. Which is certain?",
        "vCenter cannot reach the host's agent",
        (
            ("its VMs are down", "S6.m5"),
            ("HA will restart its VMs", "S6.m5"),
            ("vpxd has failed", ""),
        ),
        "A stopped vpxa, a cut cable and a burnt machine look the same from vCenter. HA asks other witnesses.",
    ),
    (
        "vCenter has greyed a host and its ten VMs ('not responding', 'disconnected'). What do you know of the "
        "ten VMs?",
        "what they did when the host was last heard, and nothing newer",
        (
            ("they are off", "S6.m5"),
            ("they are being restarted on other hosts", "S6.m5"),
            ("they are paused until vCenter hears the host again", "S6.m1"),
        ),
        "The inventory is a model. Silence tells nothing about what is behind it: ask the VMs' users, or the "
        "host itself.",
    ),
    (
        "You stop vpxa on a healthy host. What do the users of its VMs notice?",
        "nothing",
        (
            ("their VMs end", "S6.m3"),
            ("their VMs are restarted elsewhere by HA", "S6.m5"),
            ("their VMs go on, but without network", "S6.m3"),
        ),
        "vpxa is vCenter's messenger on the host. The VMkernel runs the VMs, and HA's agents still hear the "
        "host's heartbeat.",
    ),
)


def which_is_certain(seed):
    """The question for one seed: another situation, the options in another order."""
    text, right, wrong, why = CASES[seed % len(CASES)]
    keyed, correct = turned(2 - seed // len(CASES), [(right, None), *wrong])
    return Question("S6.c1", text, keyed, correct, why, which_is_certain)


WHICH_IS_CERTAIN = which_is_certain(0)

WORK = (
    (
        "One host is far busier than the others; all of them live. Who does something about it?",
        "DRS: vpxd has running VMs moved by vMotion, without a restart",
        (
            ("HA: its agents restart some of the VMs elsewhere", "S6.m6"),
            ("the host's hostd: it asks another host to take a VM", ""),
            ("nobody, unless the host fails", "S6.m6"),
        ),
        "Moving what runs is DRS's work, by the two living hosts and vCenter. HA does nothing as long as nobody dies.",
    ),
    (
        "A host burns down; vCenter is down, too. Who does something about its VMs?",
        "HA: the agents on the other hosts boot them from their disks",
        (
            ("DRS: it moves them to another host with their memory", "S6.m6"),
            ("nobody: without vCenter there is no HA", "S6.m2"),
            ("the hostd of the burnt host, as soon as it is repaired", ""),
        ),
        "HA's agents were configured by vCenter and do not need it any more. It is a restart: what was in "
        "memory is gone.",
    ),
)


def who_restarts(seed):
    """The second question for one seed."""
    text, right, wrong, why = WORK[seed % len(WORK)]
    keyed, correct = turned(1 + seed // len(WORK), [(right, None), *wrong])
    return Question("S6.c2", text, keyed, correct, why, who_restarts)


WHO_RESTARTS = who_restarts(0)

FREE_TEXT = FreeText(
    "S6.f1",
    "Trace 'power on VM' from the browser to the CPU, and say what an administrator can do when each link is cut.",
    rubric=(
        KeyPoint("R1", 3, "vpxd → vpxa → hostd → VMkernel in this order, with their roles.", ("S6.m3",)),
        KeyPoint("R2", 1, "VMs keep running when the management path is cut.", ("S6.m1",)),
        KeyPoint(
            "R3",
            2,
            "Without vpxd: the host client, that is hostd; no vMotion, no DRS; HA still works.",
            ("S6.m2", "S6.m4", "S6.m6"),
        ),
        KeyPoint("R4", 1, "Without hostd: neither way; only console or ssh, restart the agent."),
        KeyPoint("R5", 1, "Afterwards vCenter's inventory is stale and must catch up.", ("S6.m5",)),
    ),
    good=Example(
        "Browser → vCenter (vpxd) → vpxa on the host → hostd → VMkernel, which runs the VM. Cutting any of the "
        "first three "
        "does not hurt running VMs. If vCenter is dead I connect to the host itself, that is hostd; I lose "
        "vMotion and DRS, "
        "but HA still restarts VMs because its agents live on the hosts. If hostd is dead, both ways end; restart the "
        "agents. After vCenter returns it must catch up.",
        {"R1": 3, "R2": 1, "R3": 2, "R4": 1, "R5": 1},
    ),
    flawed=Example(
        "vpxd runs on every host and tells hostd to start the VM. Without vCenter one can log in to the host "
        "directly, but "
        "HA fails too and the VMs are lost after a while.",
        {"R1": 1, "R2": 0, "R3": 1, "R4": 0, "R5": 0},
        ("S6.m2", "S6.m1"),
    ),
)
