"""The VMs of one Vmm share one host: they wait for its CPU, and feel when its memory is short."""

import pytest

from labkit.vmm import CpuAllocation, Host, MemoryAllocation, Vmm
from labkit.vmm.disks import Datastore
from labkit.world import LabError, World


def host_with(*names, setup="kvm", memory_mib=8192, **values):
    """A host of one CPU of 1000 MHz on which VMs of these names run."""
    w = World(seed=11)
    vmm = Vmm(w, "vmm1", Host(pcpus=1, mhz=1000, memory_mib=memory_mib, disk_gib=200), setup=setup)
    for name in names:
        vmm.define(name, **{"memory_mib": 4096, "boot_s": 0, **values})
        vmm.start(name)
    return w, vmm


def later(w, seconds):
    w.run(until=w.now + seconds)


# -- CPU -----------------------------------------------------------------------------------------------------------
def test_cpu_time_grows_with_what_a_vm_gets_and_ready_with_what_it_waits():
    w, vmm = host_with("a", "b", demand_mhz=900)
    later(w, 100)
    seen = vmm.info("a")
    assert (seen["demand_mhz"], seen["entitled_mhz"]) == (900, 500)
    assert seen["cpu_time_s"] == pytest.approx(50, abs=0.1) and seen["ready_s"] == pytest.approx(40, abs=0.1)
    vmm.pause("b")
    later(w, 100)
    seen = vmm.info("a")
    assert seen["entitled_mhz"] == 900 and seen["cpu_time_s"] == pytest.approx(140, abs=0.2)
    assert seen["ready_s"] == pytest.approx(40, abs=0.1)
    assert (vmm.info("b")["demand_mhz"], vmm.info("b")["entitled_mhz"]) == (0, 0)


def test_promises_of_cpu_are_kept_on_esxi_and_unknown_to_kvm():
    promise = CpuAllocation(reservation_mhz=800)
    for setup, gets in (("esxi", 800), ("kvm", 500)):
        w, vmm = host_with("a", setup=setup, demand_mhz=1000, cpu=promise)
        vmm.define("b", demand_mhz=1000)
        vmm.start("b")
        assert vmm.info("a")["entitled_mhz"] == gets


def test_more_promised_than_there_is_stops_nobody_on_kvm():
    w, vmm = host_with("a", "b", demand_mhz=1000, cpu=CpuAllocation(reservation_mhz=900))
    later(w, 10)
    assert vmm.info("a")["entitled_mhz"] == vmm.info("b")["entitled_mhz"] == 500


# -- memory --------------------------------------------------------------------------------------------------------
def test_a_vm_holds_what_it_has_touched_not_what_it_was_promised():
    w, vmm = host_with("a", "b", "c")
    seen = vmm.node_info()
    assert (seen["memory_promised_mib"], seen["memory_used_mib"]) == (3 * 4096, 0)  # 12 GiB promised by a host of 8
    vmm.load("a", used_mib=2000)
    later(w, 10)
    assert vmm.node_info()["memory_used_mib"] == vmm.info("a")["resident_mib"] == 2000
    vmm.load("a", used_mib=500)
    later(w, 10)
    assert vmm.info("a")["resident_mib"] == 2000  # its guest has freed it, and nobody told the host
    vmm.kill("a")
    assert vmm.node_info()["memory_used_mib"] == 0


def test_a_paused_guest_keeps_its_memory_and_touches_no_more():
    w, vmm = host_with("a")
    vmm.load("a", used_mib=3000)
    later(w, 2.5)
    vmm.pause("a")
    held = vmm.info("a")["resident_mib"]
    later(w, 60)
    assert vmm.info("a")["resident_mib"] == held == pytest.approx(1024, abs=1)
    vmm.resume("a")
    later(w, 10)
    assert vmm.info("a")["resident_mib"] == 3000


def test_kvm_swaps_and_in_the_end_a_vm_dies_of_what_all_have_used():
    w, vmm = host_with("a", "b", "c", demand_mhz=300)
    for name in ("a", "b", "c"):
        vmm.load(name, used_mib=4096, active_mib=1000)
    later(w, 60)
    (killed,) = w.trace.where(kind="memory", what=lambda what: what.startswith("OOM"))
    states = {row["name"]: (row["state"], row["reason"]) for row in vmm.list()}
    assert states.pop(killed.detail["vm"]) == ("shutoff", "crashed")
    assert set(states.values()) == {("running", "booted")}
    assert vmm.start(killed.detail["vm"])["state"] == "running"  # its disk is free


def test_esxi_takes_it_from_whom_shares_and_reservation_leave_it_and_kills_nobody():
    w, vmm = host_with("a", setup="esxi", memory=MemoryAllocation(reservation_mib=4096))
    for name in ("b", "c"):
        vmm.define(name, memory_mib=4096)
        vmm.start(name)
    for name in ("a", "b", "c"):
        vmm.load(name, used_mib=3900, active_mib=500)
    later(w, 120)
    seen = {name: vmm.info(name) for name in ("a", "b", "c")}
    assert seen["a"]["swapped_mib"] == seen["a"]["balloon_mib"] == 0 and seen["a"]["resident_mib"] > 3000
    assert all(seen[name]["balloon_mib"] + seen[name]["swapped_mib"] > 500 for name in ("b", "c"))
    assert {row["state"] for row in vmm.list()} == {"running"} and vmm.node_info()["memory_state"] != "high"


def test_a_guest_that_waits_for_its_pages_does_not_compute_meanwhile():
    w, vmm = host_with("a", "b", demand_mhz=400)
    for name in ("a", "b"):
        vmm.load(name, used_mib=4096, active_mib=4096)
    later(w, 300)
    seen = vmm.info("a")
    assert seen["memory_speed"] < 0.5 and seen["demand_mhz"] == pytest.approx(400 * seen["memory_speed"], rel=0.01)
    assert seen["cpu_time_s"] < 0.6 * 0.4 * 300 and seen["ready_s"] < 1  # the CPU is free: it waits for the disk


def test_a_dead_machine_has_nothing_in_memory_and_a_migrated_vm_is_felt_by_its_new_host():
    w, vmm = host_with("a")
    vmm.load("a", used_mib=3000)
    later(w, 10)
    w.crash("vmm1")
    w.start("vmm1")
    assert vmm.node_info()["memory_used_mib"] == 0
    w = World(seed=12)
    san = Datastore(w, "san", 100)
    one, two = (Vmm(w, name, Host(memory_mib=8192), datastore=san) for name in ("one", "two"))
    one.define("web", memory_mib=1024, used_mib=800)
    one.start("web")
    later(w, 10)
    one.migrate_to("web", "two")
    later(w, 10)
    assert (one.node_info()["memory_used_mib"], two.info("web")["resident_mib"]) == (0, 800)


def test_an_idle_host_does_nothing_and_a_busy_one_is_the_same_in_every_fork():
    w, vmm = host_with("a", "b")
    w.run()  # comes to its end: nothing ticks
    for name in ("a", "b"):
        vmm.load(name, used_mib=4000, active_mib=2000)
    later(w, 20)
    began = w.now
    later(w, 20)
    for other in (w.fork(), w.rewind(began)):
        assert other.trace.digest() == w.trace.digest() or other.now == began
    assert w.fork().components["vmm1"].info("a") == vmm.info("a")
    w.run()  # and it comes to rest


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ({"used_mib": 99999}, "used_mib must be between 0 and 8192"),
        ({"active_mib": 10}, "active_mib must be between 0 and 0"),
        ({"demand_mhz": float("nan")}, "demand_mhz must be finite"),
        ({"colour": 1}, "a guest's work has no 'colour'"),
        ({"used_mib": "all"}, "used_mib must be a number"),
        ({"demand_mhz": None}, "demand_mhz must be a number"),
    ],
)
def test_work_that_cannot_be_meant_changes_nothing(work, said):
    w, vmm = host_with("a")
    before = vmm.info("a")
    with pytest.raises(LabError, match=said) as error:
        vmm.load("a", **work)
    assert error.value.code == 400 and {**vmm.info("a"), "cpu_time_s": 0} == before
    vmm.kill("a")
    with pytest.raises(LabError, match="does nothing"):
        vmm.load("a", demand_mhz=1)
