"""Two hosts with one shared datastore and the VM 'web' on the first; the test may read the truth, the hosts may not."""

from labkit.vmm import Host, Vmm
from labkit.vmm.disks import Datastore
from labkit.world import World

SOURCE, TARGET = ["vmm1", "vmm1-libvirtd"], ["vmm2", "vmm2-libvirtd"]


def count(message, memory):
    """A service that remembers in RAM how often it was asked: a restart is seen, a migration is not."""
    memory["asked"] = memory.get("asked", 0) + 1
    return memory["asked"]


def pair(seed=7, delay_s=0.001, memory_mib=2048, dirty_mib_s=200, **values):
    """(world, vmm1, vmm2, datastore): web runs on vmm1 and has been asked once."""
    w = World(seed=seed, delay_s=delay_s)
    san = Datastore(w, "san", capacity_gib=500)
    one, two = (Vmm(w, name, Host(memory_mib=16384), datastore=san) for name in ("vmm1", "vmm2"))
    one.define("web", memory_mib=memory_mib, dirty_mib_s=dirty_mib_s, serve=count, **values)
    one.start("web")
    w.run(until=w.now + 30)
    assert w.ask("admin", "web", "rest", "GET /") == 1
    return w, one, two, san


def running(*vmms):
    """Names of the hosts on which web runs."""
    return [vmm.name for vmm in vmms if "web" in vmm.domains and vmm.domains["web"].computing]


def never_two(w, *vmms):
    """From now on: at every event the test looks at both hosts; two running copies stop the test."""
    record = w.record

    def looked(*row):
        assert len(running(*vmms)) < 2, f"two copies run at {w.now:g} s: {w.trace.short()[-5:]}"
        return record(*row)

    w.record = looked


def begin(w, target="vmm2", source="vmm1", **options):
    """Ask for a migration and do not wait."""
    return w.call(
        "admin", f"{source}-libvirtd", "libvirt", "domainMigratePerform3", 3600, name="web", target=target, **options
    )
