"""Card VMM, part lifecycle: pause and suspend, and what the management process is needed for. Collected by vmm.py."""

from labkit.lab.card import Explanation, Look, Observation, Prediction, Question

MISCONCEPTIONS = {
    "VMM.m21": (
        "When the management process stops, the VMs stop. – They are processes of their own; only commands are refused."
    ),
    "VMM.m22": (
        "Pause and suspend are the same. – A paused VM keeps its memory in the host's RAM; a suspended one has it in a "
        "file, and its RAM is free."
    ),
    "VMM.m23": "The VMM knows the other hosts. – It knows its own; where there is room elsewhere, a VIM knows.",
}

PREDICTIONS = (
    # web (2048 MiB) counts its visitors in memory; it is paused and resumed, later suspended and started.
    # a: both free the RAM, both go on counting · b: pause frees nothing, suspend does; both go on counting
    # c: pause goes on counting, after suspend it begins at 1 · d: both begin at 1
    Prediction("VMM.p1", correct="b", beliefs={"a": "VMM.m22", "c": "VMM.m22", "d": "VMM.m22"}),
    # libvirtd stops. a: web stops · b: web serves, commands are refused · c: web serves, commands still work
    # d: web freezes until libvirtd is back
    Prediction("VMM.p2", correct="b", beliefs={"a": "VMM.m21", "d": "VMM.m21"}),
)


def used(infos, at):
    """Host memory in use, from the list of node_info() answers."""
    return infos[at]["memory_used_mib"]


OBSERVATIONS = (
    Observation(
        "VMM.p1",
        {  # subject: [node_info() while paused, node_info() while suspended, the visitor's number afterwards]
            "paused_mib": Look(
                lambda seen: used(seen, 0), lambda seen: f"While it was paused {used(seen, 0)} MiB were in use."
            ),
            "suspended_mib": Look(
                lambda seen: used(seen, 1), lambda seen: f"While it was suspended {used(seen, 1)} MiB were in use."
            ),
            "visitor": Look(lambda seen: seen[2], lambda seen: f"After the start the visitor was number {seen[2]}."),
        },
    ),
    Observation(
        "VMM.p2",
        {  # subject: the world
            "refused": Look(
                lambda world: len(world.trace.where(kind="net", what="refused")),
                lambda world: (
                    "Lines 'net refused' in the trace: "
                    + (", ".join(str(event.n) for event in world.trace.where(kind="net", what="refused")) or "none")
                    + "."
                ),
            ),
            "reconnected": Look(
                lambda world: reconnected(world),
                lambda world: (
                    f"'reconnected to {reconnected(world)} domain{'s' * (reconnected(world) != 1)}', "
                    "says libvirtd when it starts."
                ),
            ),
        },
    ),
)


def reconnected(world):
    """To how many VMs libvirtd reconnected at its last start."""
    said = [event.detail["domains"] for event in world.trace.where(kind="libvirt") if "domains" in event.detail]
    return len(said[-1]) if said else 0


EXPLANATIONS = (
    Explanation(
        "VMM.p1",
        "Where is the guest's memory while it is paused, and where while it is suspended?",
        "Paused: in the host's RAM, in the memory of its process. Suspended: in a file on the host's disk; the process "
        "has ended.",
        (
            "both keep the memory, so the counter goes on",
            "only suspend frees the host's RAM, survives a power cut, and takes time: memory / disk speed",
        ),
    ),
    Explanation(
        "VMM.p2",
        "Why do VMs not notice that libvirtd has stopped, and how does it find them again?",
        "Each VM is a process of its own, with threads that the kernel schedules; libvirtd only gives orders and "
        "reconnects to the processes that are there.",
        (
            "data plane and control plane fail separately",
            "'refused' is certain: nothing was done. 'No answer' would not be",
        ),
    ),
)

STOPPED = (("libvirtd", "a host with KVM"), ("hostd", "an ESXi host"), ("pvedaemon", "a Proxmox VE node"))


def management_stops(seed):
    """'The management process stops' for one of three kinds of host."""
    process, host = STOPPED[seed % len(STOPPED)]
    return Question(
        "VMM.c2",
        f"On {host} with ten running VMs {process} is stopped for a minute and started again. What do visitors notice?",
        {
            "a": ("the VMs stop, and are booted again after a minute", "VMM.m21"),
            "b": ("the VMs freeze for a minute", "VMM.m21"),
            "c": ("nothing; an administrator's commands are refused for a minute", None),
            "d": ("the VMs move to another host", "VMM.m23"),
        },
        "c",
        f"{process} gives orders and answers questions. The VMs are processes (or worlds) of their own, and the kernel "
        "gives them time. To move them, somebody would have to know another host.",
        variant=management_stops,
    )


GOALS = (
    (
        "The host's RAM is needed for an hour; the VM shall then go on where it was.",
        "suspend",
        "Only suspend frees the RAM and keeps the guest's memory: in a file.",
    ),
    (
        "For ten seconds the VM must not write to its disk; then it shall go on at once.",
        "pause",
        "Pause stops the vCPUs at once and lets them go on at once; suspend would write all its memory to the disk "
        "and read it back.",
    ),
    (
        "The host is switched off over the weekend; on Monday the VM shall go on where it was.",
        "suspend",
        "What lies in RAM is lost with the power; suspend's image is a file.",
    ),
)


def pause_or_suspend(seed):
    """'Which command?' for one of three goals."""
    goal, right, why = GOALS[seed % len(GOALS)]
    options = {
        "a": ("pause", None if right == "pause" else "VMM.m22"),
        "b": ("suspend (managed save)", None if right == "suspend" else "VMM.m22"),
        "c": ("either: both stop the VM and keep its memory", "VMM.m22"),
        "d": ("kill, then start", None),
    }
    return Question("VMM.c1", f"{goal} Which command?", options, "ab"[right == "suspend"], why, pause_or_suspend)


QUESTIONS = (pause_or_suspend(0), management_stops(0))
