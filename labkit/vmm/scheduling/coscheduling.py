"""May the vCPUs of one VM run at different times? Three answers, all real, on the same workload.

independent   each vCPU for itself: Linux with KVM, Xen. The guest must live with a sibling that stands still (a
              spinlock whose holder is not running is the price).
strict        all vCPUs of a VM that want to run start together or not at all: ESX 2. Honest to the guest, and hard to
              place: on four CPUs that become free one by one, four at once are never free, and a small VM fills every
              gap ('fragmentation'). Once passed over, the VM stands co-stopped until it starts as a whole. Only for a
              reservation that is behind free CPUs wait until there are enough, and idle meanwhile.
relaxed       ESX 3 and later: each vCPU is placed for itself, but the *leading* one is co-stopped when it is more than
              `skew_ms` of progress ahead of its slowest sibling, until that one has made up enough.

Progress is time on a CPU, or time in which the guest wants nothing: an idle vCPU does not hold the others back (VMware,
'The CPU Scheduler in VMware vSphere 5.1', Relaxed Co-Scheduling). The threshold of 3 ms is a documented default of old
releases, and the real value is the VMkernel's own: look for skew in the advanced CPU settings of your version.
"""

POLICIES = ("independent", "strict", "relaxed")


def gangs(policy, waiting):
    """The vCPUs that wait, as tuples that must start together."""
    if policy != "strict":
        return [(vcpu,) for vcpu in waiting]
    together = {}
    for vcpu in waiting:
        together.setdefault(vcpu.group.vm.name, []).append(vcpu)
    return [tuple(gang) for gang in together.values()]


def incomplete(group):
    """Strict: is a vCPU on a CPU while a sibling waits? Then all must leave."""
    states = {vcpu.state for vcpu in group.vcpus}
    return "run" in states and bool(states & {"ready", "costop"})


def keep_pace(group):
    """Count what the idle siblings missed as progress, so that a vCPU that slept is not a laggard when it wakes."""
    ahead = max(vcpu.progress_ms for vcpu in group.vcpus)
    for vcpu in group.vcpus:
        if vcpu.state == "wait":
            vcpu.progress_ms = ahead


def lead_ms(vcpu):
    """How far a vCPU is ahead of its slowest sibling, ms."""
    return vcpu.progress_ms - min(sibling.progress_ms for sibling in vcpu.group.vcpus)
