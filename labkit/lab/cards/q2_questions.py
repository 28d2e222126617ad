"""Card Q2, the question for the class in variants of the same build, and the free text with its rubric and two graded
examples."""

from labkit.lab.card import Example, FreeText, KeyPoint, Question, turned

CASES = (
    (
        "A VM is moved from host 3 to host 7 while it runs. Who chose host 7, and who copied the memory?",
        "the VIM chose, the hypervisors of the two hosts copied",
        "Hosts 3 and 7 do not know of each other's room; the VIM, which knows both, does not touch a page.",
    ),
    (
        "On host 3 two VMs want the CPU at the same moment. Who decides which of them computes first?",
        "the hypervisor of host 3; the VIM is not asked",
        "That is decided every few milliseconds on the host itself. The VIM has only decided that both are there.",
    ),
    (
        "Host 3 has burnt. Who notices, and who starts its VMs again?",
        "the VIM notices and chooses other hosts; their hypervisors start the VMs",
        "Another hypervisor does not even know that there was a host 3. Whoever watches all hosts notices, and orders.",
    ),
)
WRONG = (
    ("the hypervisor of host 3 alone: it asks the others", "Q2.m3"),
    ("the VIM alone: the hypervisors only carry its traffic", "Q2.m2"),
    ("the VIM: it gives every VM its share of the CPU and its memory", "Q2.m4"),
)


def who_decides(seed):
    """The question for one seed: another event, the options in another order."""
    text, right, why = CASES[seed % len(CASES)]
    options = [(right, None), *WRONG]
    keyed, correct = turned(-(seed // len(CASES)), options)
    return Question("Q2.c1", text, keyed, correct, why, who_decides)


WHO_DECIDES = who_decides(0)

FREE_TEXT = FreeText(
    "Q2.f1",
    "What is the difference between a VMM and a VIM? Say for each what it is responsible for, what it knows, and what "
    "happens when it fails; divide the work of a live migration; name products.",
    rubric=(
        KeyPoint("R1", 2, "VMM: one host; it runs VMs, keeps them apart, multiplexes the hardware.", ("Q2.m3",)),
        KeyPoint(
            "R2",
            2,
            "VIM: many hosts; it manages VMMs: placement, lifecycle, templates, policies, monitoring.",
            ("Q2.m1",),
        ),
        KeyPoint(
            "R3",
            2,
            "Knowledge and decision: local mechanism against global policy, with migration or restart as example.",
            ("Q2.m2", "Q2.m4"),
        ),
        KeyPoint(
            "R4",
            2,
            "Failure: VMM down, its VMs are down; VIM down, the VMs run, but nobody places or restarts them.",
            ("Q2.m1", "Q2.m4"),
        ),
        KeyPoint("R5", 1, "The VIM uses the VMM through an interface or agent: vpxa and hostd, libvirt."),
        KeyPoint(
            "R6", 1, "Products in the right place: ESXi, KVM are VMMs; vCenter, OpenStack are VIM-class.", ("Q2.m5",)
        ),
    ),
    good=Example(
        "A VMM such as KVM or ESXi runs on one server: it gives every VM its virtual CPU, memory and devices and "
        "keeps them apart. It knows only its own machine. A VIM such as vCenter manages many of them: it keeps "
        "the inventory, decides on which host a VM starts, clones templates, balances, enforces rules and reacts "
        "to failures. It never executes guest code; it sends commands to agents (vpxa/hostd, or libvirt) on the "
        "hosts. In a migration the VIM chooses the target and the VMMs copy the memory. If the VMM fails its VMs "
        "are gone; if the VIM fails they keep running, but nobody places or restarts them.",
        {"R1": 2, "R2": 2, "R3": 2, "R4": 2, "R5": 1, "R6": 1},
    ),
    flawed=Example(
        "VMM means virtual machine monitor and creates VMs; VIM means virtual infrastructure manager and creates "
        "VMs on several hosts, so it is a bigger hypervisor. When vCenter fails the VMs stop because nobody "
        "schedules them. Example: ESXi and vCenter, they talk over vpxa.",
        {"R1": 1, "R2": 1, "R3": 0, "R4": 0, "R5": 1, "R6": 1},
        ("Q2.m1", "Q2.m4"),
    ),
)
