"""One host: its management process and its VMs fail separately, promises are counted, and nothing happens by halves."""

import pytest

from labkit.vmm import CpuAllocation, Host, MemoryAllocation, Vmm
from labkit.vmm.disks import Datastore
from labkit.world import LabError, Unanswered, World


def count(message, memory):
    memory["n"] = memory.get("n", 0) + 1
    return memory["n"]


def visit(w, name="web"):
    return w.ask("admin", name, "rest", "GET /", timeout_s=5)


def one(setup="kvm", **host):
    w = World(seed=7)
    vmm = Vmm(w, "vmm1", Host(**host), setup=setup)
    vmm.define("web", memory_mib=1000, disk_gib=2, serve=count, boot_s=10)
    return w, vmm


def running(setup="kvm", **host):
    w, vmm = one(setup, **host)
    vmm.start("web")
    w.run(until=w.now + 20)
    return w, vmm


def refused(call, *args, **kwargs):
    with pytest.raises(LabError) as error:
        call(*args, **kwargs)
    return error.value


# -- two processes that fail separately ---------------------------------------------------------------------------
def test_a_stopped_management_process_refuses_commands_and_finds_its_vms_again():
    w, vmm = running()
    assert visit(w) == 1
    w.stop("vmm1-libvirtd")
    with pytest.raises(Unanswered, match="vmm1-libvirtd refused the connection") as silence:
        vmm.kill("web")
    assert silence.value.definite and visit(w) == 2
    process = vmm.domains["web"].id
    w.start("vmm1-libvirtd")
    assert vmm.info("web")["id"] == process and visit(w) == 3
    assert w.trace.where(what="reconnected to 1 domain")


def test_a_crash_of_the_host_leaves_definitions_and_nothing_else():
    w, vmm = running()
    vmm.define("db", serve=count, boot_s=0)
    vmm.autostart("db")
    w.crash("vmm1")
    with pytest.raises(Unanswered, match="no answer from vmm1-libvirtd within 30 s") as silence:
        vmm.info("web")
    assert not silence.value.definite
    with pytest.raises(Unanswered):
        visit(w)
    w.start("vmm1")
    assert [(row["name"], row["state"], row["reason"]) for row in vmm.list()] == [
        ("web", "shutoff", "unknown"),
        ("db", "running", "booted"),
    ]
    vmm.start("web")
    w.run(until=w.now + 11)
    assert visit(w) == 1  # the counter was in its memory


def test_a_process_does_not_start_on_a_dead_machine():
    w, vmm = running()
    w.crash("vmm1")
    assert "vmm1 is off" in str(refused(w.start, "vmm1-libvirtd"))
    assert w.nodes["vmm1-libvirtd"].state == "crashed"
    assert "its host starts it" in str(refused(w.start, "web")) and w.nodes["web"].state == "crashed"


def test_a_stopped_management_process_does_not_answer_for_a_dead_machine():
    w, vmm = running()
    w.stop("vmm1-libvirtd")
    w.crash("vmm1")
    with pytest.raises(Unanswered, match="no answer"):
        vmm.list()


def test_a_guest_that_ends_while_nobody_manages_it_waits_for_its_end():
    w, vmm = running()
    w.stop("vmm1-libvirtd")
    vmm.in_guest("web", "poweroff")
    w.run(until=w.now + 3600)
    assert vmm.domains["web"].state == "shutdown"
    w.start("vmm1-libvirtd")
    assert vmm.info("web")["reason"] == "shutdown"


# -- pause and suspend ---------------------------------------------------------------------------------------------
def test_pause_keeps_memory_and_the_hosts_ram_suspend_keeps_memory_and_frees_it():
    w, vmm = running(memory_mib=16000)
    vmm.load("web", used_mib=1000)
    w.run(until=w.now + 10)
    assert visit(w) == 1
    vmm.pause("web")
    assert vmm.node_info()["memory_used_mib"] == 1000
    with pytest.raises(Unanswered):
        visit(w)
    vmm.resume("web")
    w.run(until=w.now + 1)
    assert visit(w) == 3  # the visitor who gave up was answered all the same
    began, said = w.now, vmm.suspend("web")
    assert (said["state"], said["reason"]) == ("shutoff", "saved")
    assert w.now - began == pytest.approx(1000 / 500, abs=0.1)
    assert vmm.node_info()["memory_used_mib"] == 0 and "web.save" in vmm.datastore.files
    w.crash("vmm1")
    w.start("vmm1")  # a saved image is a file
    assert vmm.start("web")["reason"] == "restored" and visit(w) == 4
    assert "web.save" not in vmm.datastore.files


def test_a_save_that_its_management_process_does_not_survive_is_called_off():
    w, vmm = running()
    w.at(w.now + 1, w.stop, "vmm1-libvirtd")
    with pytest.raises(Unanswered, match="closed the connection"):
        vmm.suspend("web")
    assert vmm.domains["web"].reason == "save"
    w.start("vmm1-libvirtd")
    assert vmm.info("web")["reason"] == "save canceled" and "web.save" not in vmm.datastore.files
    assert visit(w) == 1


def test_during_a_save_only_killing_goes_through():
    w, vmm = running()
    w.process(in_the_middle)
    assert "the domain was killed" in str(refused(vmm.suspend, "web"))
    errors = [event.detail["error"] for event in w.trace.where(kind="libvirt", what="error")]
    assert "a save holds its state change lock" in errors[0]
    assert vmm.info("web")["reason"] == "destroyed"


def in_the_middle(w):
    yield w.timeout(1)
    for what in ("domainResume", "domainDestroy"):
        try:
            yield w.call("admin", "vmm1-libvirtd", "libvirt", what, name="web")
        except LabError as error:
            assert error.code == 409


def test_a_saved_vm_is_not_undefined_by_accident():
    w, vmm = running()
    vmm.suspend("web")
    assert "managed save image" in str(refused(vmm.undefine, "web"))
    vmm.undefine("web", managed_save=True)
    assert len(vmm.list()) == 0 and "web.save" not in vmm.datastore.files


# -- definitions ---------------------------------------------------------------------------------------------------
def test_a_new_definition_counts_from_the_next_start():
    w, vmm = running()
    uuid = vmm.info("web")["uuid"]
    vmm.define("web", memory_mib=500)
    assert vmm.info("web")["max_memory_mib"] == 1000
    vmm.kill("web")
    vmm.start("web")
    assert (vmm.info("web")["max_memory_mib"], vmm.info("web")["uuid"]) == (500, uuid)
    error = refused(vmm.define, "web", uuid="00000000-0000-4000-8000-000000000000")
    assert error.code == 409 and f"already exists with uuid {uuid}" in str(error)
    assert refused(vmm.define, "other", uuid=uuid).code == 409


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"vcpus": 0}, "vcpus must be at least 1"),
        ({"vcpus": 1.5}, "vcpus must be a whole number"),
        ({"memory_mib": "2 GB"}, "memory_mib must be a number"),
        ({"colour": "red"}, "a definition has no 'colour'"),
        ({"cpu_model": "i486"}, "there is no CPU model 'i486'"),
        ({"on_crash": "shrug"}, "on_crash is one of"),
        ({"memory": MemoryAllocation(reservation_mib=9999)}, "9999 MiB are reserved for a VM that has only 1024 MiB"),
        ({"cpu": "fast"}, "cpu must be a CpuAllocation"),
        ({"networks": "lan"}, "networks must be a list"),
        ({"serve": "hello"}, "serve must be a function"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_leaves_nothing(values, said):
    w, vmm = one()
    files = vmm.datastore.files
    error = refused(vmm.define, "bad", **values)
    assert error.code == 400 and said in str(error)
    assert [row["name"] for row in vmm.list()] == ["web"] and vmm.datastore.files == files


def test_a_name_on_the_network_belongs_to_one_machine():
    w, vmm = one()
    w.node("laptop")
    assert "there is a machine 'laptop'" in str(refused(vmm.define, "laptop"))


# -- promises ------------------------------------------------------------------------------------------------------
def test_what_a_host_cannot_give_is_named_and_nothing_has_changed():
    w, vmm = one(memory_mib=8000, cpu_model="x86-64-v2", networks=("lan",))
    vmm.define("big", memory_mib=9000)
    vmm.define("new", cpu_model="x86-64-v4")
    vmm.define("dmz", networks=("lan", "dmz"))
    said = {name: refused(vmm.start, name) for name in ("big", "new", "dmz")}
    assert said["big"].code == 507 and "9000 MiB" in str(said["big"]) and "8000 MiB" in str(said["big"])
    assert "lacks features" in str(said["new"]) and "no network 'dmz'" in str(said["dmz"])
    assert all(row["state"] == "shutoff" for row in vmm.list())


def test_esxi_counts_reservations_kvm_starts_what_it_can():
    promised = MemoryAllocation(reservation_mib=3000)
    for setup, works in (("kvm", True), ("esxi", False)):
        vmm = Vmm(World(seed=1), "vmm1", Host(memory_mib=6000, pcpus=2, mhz=1000), setup=setup)
        for name in ("a", "b"):
            vmm.define(name, memory_mib=4000, memory=promised)
        vmm.start("a")
        if works:
            assert vmm.start("b")["state"] == "running"
        else:
            error = refused(vmm.start, "b")
            assert error.code == 409 and "unreserved" in str(error)
            assert vmm.datastore.disks["b"].lease.owner is None
        vmm.define("c", vcpus=2, memory_mib=4, cpu=CpuAllocation(reservation_mhz=2000))
        vmm.define("d", vcpus=2, memory_mib=4, cpu=CpuAllocation(reservation_mhz=2000))
        vmm.start("c")
        assert works or refused(vmm.start, "d").code == 409


def test_esxi_makes_a_swap_file_at_power_on_and_needs_room_for_it():
    vmm = Vmm(World(seed=1), "esx1", Host(memory_mib=32000, disk_gib=8), setup="esxi")
    vmm.define("a", memory_mib=6000, disk_gib=2)
    vmm.define("b", memory_mib=6000, disk_gib=2)
    vmm.define("c", memory_mib=6000, disk_gib=2, memory=MemoryAllocation(reservation_mib=6000))
    vmm.start("a")
    assert vmm.datastore.files["a-esx1.vswp"] == 6000
    error = refused(vmm.start, "b")
    assert error.code == 507 and "swap file of b" in str(error)
    assert vmm.start("c")["state"] == "running" and "c-esx1.vswp" not in vmm.datastore.files
    vmm.kill("a")
    assert "a-esx1.vswp" not in vmm.datastore.files and vmm.start("b")["state"] == "running"


def test_a_disk_has_one_writer_also_after_its_host_died():
    w = World(seed=1)
    san = Datastore(w, "san", 100)
    vmms = [Vmm(w, name, datastore=san) for name in ("vmm1", "vmm2")]
    for vmm in vmms:
        vmm.define("web", disk_gib=5)
    vmms[0].start("web")
    assert "in use by vmm1" in str(refused(vmms[1].start, "web"))
    w.crash("vmm1")  # dead, or only silent? The disk does not know
    assert "in use by vmm1" in str(refused(vmms[1].start, "web"))
    w.start("vmm1")
    assert vmms[1].start("web")["state"] == "running"


def test_two_hosts_on_one_datastore_have_a_swap_file_each_while_a_vm_moves():
    w = World(seed=1)
    san = Datastore(w, "san", 100)
    esx1, esx2 = (Vmm(w, name, datastore=san, setup="esxi") for name in ("esx1", "esx2"))
    esx1.define("web", memory_mib=512)
    esx1.start("web")
    esx1.migrate_to("web", "esx2")
    assert [file for file in san.files if file.endswith(".vswp")] == ["web-esx2.vswp"]
    w.crash("esx1")
    w.start("esx1")
    assert "web-esx2.vswp" in san.files and esx2.info("web")["state"] == "running"


# -- snapshots -----------------------------------------------------------------------------------------------------
def test_a_snapshot_with_memory_goes_on_one_without_starts_from_the_disk():
    w, vmm = running()
    assert visit(w) == 1
    vmm.snapshot("web", "warm", memory=True)
    vmm.snapshot("web", "cold")
    assert [visit(w), visit(w)] == [2, 3]
    said = vmm.revert("web", "warm")
    assert (said["state"], said["reason"]) == ("running", "from snapshot") and visit(w) == 2
    said = vmm.revert("web", "cold")
    assert (said["state"], said["reason"]) == ("shutoff", "from snapshot")
    assert "2 snapshots" in str(refused(vmm.undefine, "web"))


def test_a_snapshot_of_a_missing_disk_and_of_a_missing_memory():
    w, vmm = one()
    vmm.define("diskless", disk_gib=0)
    assert "has no disk" in str(refused(vmm.snapshot, "diskless", "s1"))
    assert "no memory to save" in str(refused(vmm.snapshot, "web", "s1", memory=True))
    assert refused(vmm.revert, "web", "s1").code == 404
    assert vmm.info("web")["snapshots"] == []


# -- counters ------------------------------------------------------------------------------------------------------
def test_cpu_time_is_counted_per_vm_and_ends_with_its_process():
    w = World(seed=1)
    vmm = Vmm(w, "vmm1", Host(pcpus=2, mhz=1000))
    for name, demand in (("a", 1500), ("b", 1500), ("idle", 0)):
        vmm.define(name, vcpus=2, demand_mhz=demand)
        vmm.start(name)
    began = w.now
    w.run(until=began + 100)
    used = {name: vmm.info(name)["cpu_time_s"] for name in ("a", "b", "idle")}
    assert used["a"] == pytest.approx(used["b"], abs=0.1) and used["a"] == pytest.approx(100, abs=0.5)
    assert used["idle"] == 0
    vmm.pause("b")
    w.run(until=w.now + 100)
    assert vmm.info("a")["cpu_time_s"] == pytest.approx(250, abs=1)  # alone it gets all it wants: 1.5 cores
    assert vmm.info("b")["cpu_time_s"] == pytest.approx(used["b"], abs=0.1)
    vmm.kill("a")
    vmm.start("a")
    assert vmm.info("a")["cpu_time_s"] < 0.1


def test_the_counters_are_of_one_host_and_know_no_customer():
    """Belief Q1.m3: after a migration the count begins anew, and what was counted is in nobody's books."""
    w = World(seed=1)
    san = Datastore(w, "san", 100)
    vmm1, vmm2 = (Vmm(w, name, Host(mhz=1000), datastore=san) for name in ("vmm1", "vmm2"))
    vmm1.define("web", memory_mib=512, demand_mhz=1000)
    vmm1.start("web")
    w.run(until=600)
    assert vmm1.info("web")["cpu_time_s"] == pytest.approx(600, abs=1)
    vmm1.migrate_to("web", "vmm2")
    w.run(until=w.now + 60)
    assert vmm2.info("web")["cpu_time_s"] == pytest.approx(60, abs=2)
    assert refused(vmm1.info, "web").code == 404


# -- machine code --------------------------------------------------------------------------------------------------
def test_a_guest_program_runs_at_power_on_and_its_exits_are_events():
    w = World(seed=1)
    vmm = Vmm(w, "vmm1")
    vmm.define("tiny", program="mov dx, 0x3f8\nmov al, 'H'\nout dx, al\nmov al, 'i'\nout dx, al\ncli\nhlt")
    vmm.start("tiny")
    assert vmm.console("tiny") == "Hi" and vmm.info("tiny")["state"] == "running"
    assert len(w.trace.where(kind="vmexit", src="tiny", dst="vmm1")) == 3
    assert w.fork().components["vmm1"].console("tiny") == "Hi"
    vmm.kill("tiny")
    assert refused(vmm.console, "tiny").code == 409


def test_code_that_the_processor_cannot_run_stops_the_vcpu():
    vmm = Vmm(World(seed=1), "vmm1")
    vmm.define("lost", program="jmp 0xf000:0xff00")
    vmm.start("lost")
    assert vmm.info("lost")["state"] == "paused"
    error = refused(vmm.define, "typo", program="mvo ax, 1")
    assert error.code == 400 and "mvo" in str(error)


# -- worlds --------------------------------------------------------------------------------------------------------
def test_fork_rewind_and_replay():
    w, vmm = running()
    began = w.now
    vmm.snapshot("web", "s1", memory=True)
    vmm.suspend("web")
    vmm.start("web")
    twin = w.fork()
    assert twin.trace.digest() == w.trace.digest()
    there = twin.components["vmm1"]
    there.kill("web")
    assert (there.info("web")["state"], vmm.info("web")["state"]) == ("shutoff", "running")
    assert w.rewind(began - 1).components["vmm1"].info("web")["snapshots"] == []
    assert w.replay(8).components["vmm1"].info("web")["uuid"] != vmm.info("web")["uuid"]


def test_the_same_call_by_a_message_is_the_same():
    w, vmm = one()
    w.node("vim")
    said = w.ask("vim", "vmm1-libvirtd", "libvirt", "domainCreate", name="web")
    assert said == {"name": "web", "state": "running", "reason": "booted"}
    error = refused(w.ask, "vim", "vmm1-libvirtd", "libvirt", "domainCreate", name="web")
    assert error.code == 409
    assert refused(w.ask, "vim", "vmm1-libvirtd", "libvirt", "domainCreate", host="x").code == 400
    assert refused(w.ask, "vim", "vmm1-libvirtd", "libvirt", "domainTeleport", name="web").code == 501


def test_each_setup_speaks_of_its_own_parts():
    for setup, manager, part in (
        ("kvm", "libvirtd", "QEMU"),
        ("esxi", "hostd", "VMX"),
        ("hosted", "vboxsvc", "VirtualBoxVM"),
    ):
        w, vmm = running(setup)
        (event,) = w.trace.where(part=part)
        assert event.src == f"vmm1-{manager}" and event.what == f"{part} web: started with 1 vCPU thread, 1000 MiB"
    assert "there is no set-up 'hyperv'" in str(refused(Vmm, World(), "x", Host(), "hyperv"))
