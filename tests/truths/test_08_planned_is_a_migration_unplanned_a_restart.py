"""Content trap 8, VMM and VIM: planned evacuation is live migration, and memory comes along; unplanned is a restart
from the disk, and only after the dead host's lease was broken."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.failover import FailoverSystem, copies
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


@pytest.fixture()
def center():
    w = World(seed=3)
    vim = datacenter(w, hosts=3, lean=False, failover=FailoverSystem(detect_s=30))
    w.components["esx1"].datastore.systems["web"] = count, None
    vim.create("web", spec=Spec(datastore="san1", boot_s=20), host="esx1")
    w.run(until=60)
    w.ask("admin", "web", "rest", "GET /")
    return w, vim


def test_a_maintenance_takes_the_memory_along(center):
    w, vim = center
    vim.maintenance("esx1").wait()
    assert vim.vms["web"].host.name != "esx1" and w.ask("admin", "web", "rest", "GET /") == 2


def test_a_lost_host_takes_the_memory_with_it_and_the_new_copy_has_to_boot(center):
    w, vim = center
    w.crash("esx1")
    w.run(until=200)
    assert vim.vms["web"].host.name != "esx1" and w.ask("admin", "web", "rest", "GET /") == 1
    booted_s = copies(w.trace, "web")[-1].start_s
    assert booted_s - 60 > 25, "detection and fence come first, the boot of 20 s after that"


def test_a_host_that_does_not_answer_is_no_source_of_a_migration(center):
    w, vim = center
    w.cut("vim", "esx1-agent")
    w.run(until=96)
    with pytest.raises(LabError, match="cannot hand web over|cannot be migrated now"):
        vim.migrate("web")
