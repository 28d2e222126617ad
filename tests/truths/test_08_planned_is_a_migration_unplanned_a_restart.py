"""Content trap 8, the VMM's half: planned evacuation is live migration, and memory comes along; unplanned is a restart
from the disk, and only after the dead host's lease was broken."""

import pytest

from labkit.vmm import Host, Vmm
from labkit.vmm.disks import Datastore
from labkit.world import LabError, World


def count(message, memory):
    memory["asked"] = memory.get("asked", 0) + 1
    return memory["asked"]


@pytest.fixture()
def hosts():
    w = World(seed=3)
    san = Datastore(w, "san", capacity_gib=100)
    one, two = (Vmm(w, name, Host(), datastore=san) for name in ("vmm1", "vmm2"))
    one.define("web", memory_mib=1024, dirty_mib_s=100, serve=count)
    one.start("web")
    w.run(until=30)
    w.ask("admin", "web", "rest", "GET /")
    return w, one, two, san


def test_planned_the_same_vm_keeps_its_memory(hosts):
    w, one, two, _ = hosts
    one.migrate_to("web", "vmm2")
    assert w.ask("admin", "web", "rest", "GET /") == 2


def test_unplanned_it_is_restarted_with_empty_memory_and_not_before_its_host_is_fenced(hosts):
    w, one, two, san = hosts
    w.crash("vmm1")
    two.define("web", memory_mib=1024, serve=count)
    with pytest.raises(LabError, match="in use by vmm1 – stop the VM there; is vmm1 dead and fenced"):
        two.start("web")
    san.disks["web"].break_lease("vmm2")
    two.start("web")
    w.run(until=w.now + 30)
    assert w.ask("admin", "web", "rest", "GET /") == 1, "booted from its disk: it remembers nothing"


def test_a_dead_host_in_the_middle_of_a_move_leaves_no_copy_that_could_run(hosts):
    w, one, two, san = hosts
    w.call("admin", "vmm1-libvirtd", "libvirt", "domainMigratePerform3", name="web", target="vmm2", bandwidth_mib_s=64)
    w.run(until=w.now + 10)
    w.crash("vmm1")
    w.run(until=w.now + 100)
    assert two.list() == [] and san.disks["web"].lease.owner == "vmm1"
