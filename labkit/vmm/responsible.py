"""Whose work is it: the VMM's, the VIM's, or both? Found out by trying: ten events at hosts without any VIM.

done, and nobody above was there              → VMM
refused, unknown, or nobody does anything     → VIM
the half that was told where and to whom works → both: one decides, the other does
"""

from labkit.vmm.cpu import Cpu, assemble
from labkit.vmm.disks import Datastore
from labkit.vmm.host import Host
from labkit.vmm.memory import HostMemory
from labkit.vmm.vmm import Vmm
from labkit.world import LabError, World
from labkit.world.errors import unknown


def two_hosts():
    """Two hosts with a shared datastore, VMs 'web' (on vmm1) and 'db' (on vmm2), and nobody above them."""
    world = World(seed=2)
    san = Datastore(world, "san", 200)
    vmms = [Vmm(world, name, Host(pcpus=1, mhz=1000, memory_mib=4096), datastore=san) for name in ("vmm1", "vmm2")]
    for vmm, name in zip(vmms, ("web", "db"), strict=True):
        vmm.define(name, demand_mhz=500, boot_s=1)
        vmm.start(name)
    return world, *vmms


def privileged():
    cpu = Cpu(mode="user")
    cpu.load(assemble("cli\nhlt"))
    exit = cpu.run()
    return "VMM", f"the CPU stops the guest at {exit.instruction!r} and asks the VMM: {exit.reason} {exit.vector}"


def somewhere():
    world, vmm1, _ = two_hosts()
    vmm1.define("new", memory_mib=512)
    refused = said(world.ask, "admin", "vmm1-libvirtd", "libvirt", "domainCreateSomewhere", name="new")
    return "both", f"somewhere: {refused}; here: {vmm1.start('new')['state']}"


def page_swapped():
    world = World(seed=2)
    memory = HostMemory(world, "vmm1", memory_mib=4096, setup="kvm")
    for name in ("web", "db"):
        memory.power_on(name, 3072)
        memory.demand(name, 3072, 3072)
    world.run(until=600)
    first = world.trace.where(kind="memory", what=lambda what: what.startswith("swap"))[0]
    return "VMM", f"two VMs of 3072 MiB on a host of 4096 MiB, and the host does it by itself: {first.what}"


def maintenance():
    world, vmm1, _ = two_hosts()
    refused = said(vmm1.migrate_to, "web")
    return "both", f"without a target: {refused}; with one: now on {vmm1.migrate_to('web', 'vmm2')['host']}"


def template():
    world, vmm1, _ = two_hosts()
    return "VIM", said(world.ask, "admin", "vmm1-libvirtd", "libvirt", "templateDeploy", template="debian", copies=5)


def apart():
    world, vmm1, _ = two_hosts()
    for name in ("db-a", "db-b"):
        vmm1.define(name, memory_mib=512)
        vmm1.start(name)
    return "VIM", f"vmm1 starts both beside each other and says nothing: {len(vmm1.list())} VMs are on it"


def time_slice():
    world, vmm1, _ = two_hosts()
    world.stop("vmm1-libvirtd")
    world.run(until=world.now + 100)
    world.start("vmm1-libvirtd")
    return "VMM", f"libvirtd was stopped for 100 s, and web has computed for {vmm1.info('web')['cpu_time_s']:.0f} s"


def host_lost():
    world, _, vmm2 = two_hosts()
    world.crash("vmm1")
    world.run(until=3600)
    return "VIM", f"an hour after vmm1 died vmm2 runs {', '.join(vm['name'] for vm in vmm2.list())}, and nothing else"


def snapshot():
    world, vmm1, _ = two_hosts()
    return "VMM", f"vmm1 was told, and did it alone: {vmm1.snapshot('web', 's1')['snapshots']}"


def quota():
    world, vmm1, _ = two_hosts()
    for number in range(3):
        vmm1.define(f"team-a-{number}", memory_mib=512)
        vmm1.start(f"team-a-{number}")
    return "VIM", "team A has three more VMs; vmm1 knows no teams, only VMs"


EVENTS = {
    "a guest executes a privileged instruction": privileged,
    "start a VM somewhere": somewhere,
    "a page is swapped": page_swapped,
    "host 1 goes to maintenance": maintenance,
    "a template is cloned": template,
    "two database VMs are kept apart": apart,
    "a vCPU gets its time slice": time_slice,
    "a host is lost": host_lost,
    "a disk snapshot of one VM": snapshot,
    "the quota of a team": quota,
}


def responsible(event):
    """(who, what was seen) for one of EVENTS: 'VMM', 'VIM' or 'both'. LabError for an event that is none."""
    if event not in EVENTS:
        raise unknown("event", event, EVENTS)
    return EVENTS[event]()


class Responsible(list):
    """All events as rows (event, who, what was seen); shown as a table."""

    def __init__(self):
        super().__init__((event, *responsible(event)) for event in EVENTS)

    def count(self, who):
        """How many of them are `who`'s."""
        return sum(row[1] == who for row in self)

    def __repr__(self):
        return "\n".join(f"{who:5} {event}: {seen}" for event, who, seen in self)


def said(call, *args, **kwargs):
    """The sentence of a refusal."""
    try:
        call(*args, **kwargs)
    except LabError as error:
        return error.message
    raise AssertionError(f"{call} was not refused")
