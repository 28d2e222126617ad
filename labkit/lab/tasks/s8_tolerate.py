"""S8.T2, admission: may the cluster go on like this, if any k of its hosts are lost?

    can_tolerate(hosts, vms, k) -> bool

hosts: {name: memory in GiB}. vms: {"name", "memory_gib", "host"} of each VM that runs. True if, whichever k hosts are
lost, all their VMs find a place on the others, where the VMs that run stay as they are.

The judge loses every set of k hosts and tries every placement (labkit.vim.failover.packing).

What the real one does differently: nobody tries all placements at power-on. vSphere counts slots or percentages, which
are quick and err: the slots on the careful side, the percentage sometimes on the careless side (fragmentation).
"""

from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.s8_tolerate_cases import FAMILIES, scenarios
from labkit.lab.tasks.s8_tolerate_mutants import MUTANTS, can_tolerate
from labkit.vim.failover.packing import first_gap, free_without

SHAPE = "the answer is True or False"
SAFE = "True only if the VMs of any k lost hosts find a place"
CAREFUL = "False only if some k lost hosts leave a VM without a place"
RULES = (SHAPE, SAFE, CAREFUL)


def judge(scenario, artefact):
    """Compare the answer with what happens when every set of k hosts is lost."""
    hosts, vms, k = (scenario.data[name] for name in ("hosts", "vms", "k"))
    said = artefact.call(hosts=dict(hosts), vms=[dict(vm) for vm in vms], k=k)
    if not isinstance(said, bool):
        return Failure("type", SHAPE, f"you returned {said!r}")
    lost = first_gap(hosts, vms, k)
    artefact.world.emit("task", None, "vim", "every set of hosts was lost once", no_place_after=list(lost or ()))
    if said and lost:
        return hopeful(hosts, vms, lost)
    if not said and not lost:
        did = f"you said False; whichever {k} of the {len(hosts)} hosts are lost, there is a way to place their VMs"
        return Failure("economy", CAREFUL, did)
    return None


def hopeful(hosts, vms, lost):
    """Yes, and then a VM has no place."""
    free = free_without(hosts, vms, lost)
    down = [vm["memory_gib"] for vm in vms if vm["host"] in lost]
    words = f"VMs of {' + '.join(map(str, down))} GiB look for a place, {' + '.join(map(str, free.values()))} are free"
    enough = sum(down) <= sum(free.values())
    cut = ": enough in all, but a VM is not cut in two" if enough else ""
    did = f"you said True; {' and '.join(lost)} lost: {words}{cut}"
    return Failure("safety", SAFE, did, "S8.m4" if enough else None)


TASK = tasks.register(
    Task(
        id="S8.T2",
        card="S8",
        title="Can the cluster lose k hosts?",
        kind="function",
        signature="can_tolerate(hosts, vms, k) -> bool",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=can_tolerate,
        mutants=MUTANTS,
        misconceptions={"S8.m4": "any host can take any VM"},
        rules=RULES,
        steps=400_000,
    )
)
