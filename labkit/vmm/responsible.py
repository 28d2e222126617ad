"""Whose work is it: the VMM's, the VIM's, or both? Found out by trying: ten events at hosts without any VIM.

Each event is tried in one or two ways, and each trial says whether it was done with nobody above:

all of them done                               → VMM
none: refused, unknown, or nobody does anything → VIM
done as soon as somebody says where            → both: one decides, the other does
"""

from labkit.vmm.cpu import Cpu, assemble
from labkit.vmm.disks import Datastore
from labkit.vmm.host import Host
from labkit.vmm.vmm import Vmm
from labkit.world import LabError, World
from labkit.world.draw import escape
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
    words = f"the CPU stops the guest at {exit.instruction!r} and asks the VMM: {exit.reason} {exit.vector}"
    return [(exit.reason == "exception", words)]


def somewhere():
    world, vmm1, _ = two_hosts()
    vmm1.define("new", memory_mib=512)
    asked = tried("somewhere", world.ask, "admin", "vmm1-libvirtd", "libvirt", "domainCreateSomewhere", name="new")
    return [asked, tried("here", vmm1.start, "new", seen=lambda said: said["state"])]


def page_swapped():
    world, vmm1, _ = two_hosts()
    for name in ("shop", "cache"):
        vmm1.define(name, memory_mib=3072, used_mib=2500)
        vmm1.start(name)
    world.run(until=60)
    swapped = world.trace.where(kind="memory", src="vmm1", what=lambda what: what.startswith("swap "))
    seen = ", ".join(event.what for event in swapped[:2]) or "nothing"
    return [(bool(swapped), f"two VMs use 2500 MiB each on a host of 4096, and it acts by itself: {seen}")]


def maintenance():
    _, vmm1, _ = two_hosts()
    moved = tried("without a target", vmm1.migrate_to, "web")
    return [moved, tried("with one", vmm1.migrate_to, "web", "vmm2", seen=lambda said: f"now on {said['host']}")]


def template():
    world, *_ = two_hosts()
    return [tried("", world.ask, "admin", "vmm1-libvirtd", "libvirt", "templateDeploy", template="debian", copies=5)]


def apart():
    _, vmm1, _ = two_hosts()
    for name in ("db-a", "db-b"):
        vmm1.define(name, memory_mib=512)
        vmm1.start(name)
    together = {"db-a", "db-b"} <= {vm["name"] for vm in vmm1.list() if vm["state"] == "running"}
    return [(not together, f"vmm1 starts both beside each other and says nothing: {len(vmm1.list())} VMs are on it")]


def time_slice():
    world, vmm1, _ = two_hosts()
    world.stop("vmm1-libvirtd")
    world.run(until=world.now + 100)
    world.start("vmm1-libvirtd")
    used_s = vmm1.info("web")["cpu_time_s"]
    return [(used_s > 0, f"libvirtd was stopped for 100 s, and web has computed for {used_s:.0f} s")]


def host_lost():
    world, _, vmm2 = two_hosts()
    world.crash("vmm1")
    world.run(until=3600)
    names = [vm["name"] for vm in vmm2.list()]
    return [("web" in names, f"an hour after vmm1 died vmm2 runs {', '.join(names)}, and nothing else")]


def snapshot():
    _, vmm1, _ = two_hosts()
    return [tried("vmm1 did it alone", vmm1.snapshot, "web", "s1", seen=lambda said: said["snapshots"])]


def quota():
    _, vmm1, _ = two_hosts()
    for number in range(3):
        vmm1.define(f"team-a-{number}", memory_mib=512)
    started = [tried(name["name"], vmm1.start, name["name"]) for name in vmm1.list() if name["name"] != "web"]
    refused = sum(not did for did, _ in started)
    return [(refused > 0, f"vmm1 starts {len(started) - refused} of 3 VMs of team A: it knows no teams, only VMs")]


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
    trials = EVENTS[event]()
    done = sum(did for did, _ in trials)
    who = "VMM" if done == len(trials) else "both" if done else "VIM"
    return who, "; ".join(words for _, words in trials)


class Responsible(list):
    """All events as rows (event, who, what was seen); shown as a table."""

    def __init__(self):
        super().__init__((event, *responsible(event)) for event in EVENTS)

    def count(self, who):
        """How many of them are `who`'s."""
        return sum(row[1] == who for row in self)

    def __repr__(self):
        return "\n".join(f"{who:5} {event}: {seen}" for event, who, seen in self)

    def _repr_html_(self):
        left = 'style="text-align:left"'
        head = "".join(f'<th scope="col" {left}>{name}</th>' for name in ("event", "whose", "what was seen"))
        body = "".join(
            f'<tr><th scope="row" {left}>{escape(event)}</th><td {left}>{who}</td><td {left}>{escape(seen)}</td></tr>'
            for event, who, seen in self
        )
        caption = "Ten events at hosts that have nobody above them"
        return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def tried(what, call, *args, seen=str, **kwargs):
    """(was it done, in words): the answer as `seen` shows it, or the sentence of the refusal."""
    try:
        did, words = True, seen(call(*args, **kwargs))
    except LabError as error:
        did, words = False, error.message
    return did, f"{what}: {words}" if what else words
