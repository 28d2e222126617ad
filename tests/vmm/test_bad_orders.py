"""Orders that cannot be meant, that come twice, whose answer is lost, or that meet a host in trouble: each is a clear
error or does its work once, and nothing is left behind."""

import pytest

from labkit.vmm import Host, Vmm
from labkit.vmm.disks import Datastore
from labkit.world import LabError, Unanswered, World

HUGE, NAN = 1e30, float("nan")


def host(setup="esxi", **values):
    """A host with a running VM of 2000 MiB."""
    w = World(seed=5)
    vmm = Vmm(w, "vmm1", Host(memory_mib=8192, disk_gib=60), setup=setup)
    vmm.define("web", **{"memory_mib": 2000, "boot_s": 0, "serve": lambda message: "hello", **values})
    vmm.start("web")
    return w, vmm


def refused(call, *args, **kwargs):
    with pytest.raises(LabError) as error:
        call(*args, **kwargs)
    assert not isinstance(error.value, Unanswered)
    return error.value


def held(vmm):
    """All that a host holds for its VMs."""
    states = {name: (each.state, each.reason, each.id, each.job) for name, each in vmm.domains.items()}
    leases = {name: disk.lease.owner for name, disk in vmm.datastore.disks.items()}
    return states, vmm.datastore.files, leases, sorted(vmm.memory.vms), len(vmm.world.nodes)


def clean(vmm):
    """What a host without active VMs holds: disks that nobody uses, definitions, no memory."""
    states, files, leases, memory, _ = held(vmm)
    assert memory == [] and set(leases.values()) <= {None}
    assert all(file.endswith(".img") for file in files), files


# -- what cannot be meant ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["a/b", "a\nb", "", None, 7, ["web"], {"name": "web"}, True])
def test_a_name_that_is_none(name):
    w, vmm = host()
    before = held(vmm)
    assert refused(vmm.define, name).code in (400, None)
    for order in ("start", "pause", "kill", "undefine", "info", "console", "migrate_to"):
        assert refused(getattr(vmm, order), name).code in (400, 404)
    assert held(vmm) == before


@pytest.mark.parametrize("value", [-1, NAN, float("inf"), "2", None, True, [1]])
@pytest.mark.parametrize("what", ["vcpus", "memory_mib", "disk_gib", "demand_mhz", "used_mib", "boot_s", "dirty_mib_s"])
def test_a_size_that_is_none(what, value):
    w, vmm = host()
    before = held(vmm)
    for name in ("new", "web"):  # a definition that is there stays
        assert refused(vmm.define, name, **{what: value}).code in (400, None)  # None: nan cannot even be sent
    assert held(vmm) == before and vmm.info("web")["max_memory_mib"] == 2000


def test_huge_is_allowed_as_a_wish_and_refused_as_a_vm():
    w, vmm = host()
    vmm.define("huge", memory_mib=HUGE, vcpus=10**9, disk_gib=0)
    before = held(vmm)
    assert refused(vmm.start, "huge").code in (409, 507)
    assert held(vmm) == before


@pytest.mark.parametrize(
    ("order", "given"),
    [
        ("undefine", {"managed_save": "no"}),
        ("undefine", {"remove_all_storage": 1}),
        ("autostart", {"autostart": "no"}),
        ("snapshot", {"snapshot": "s1", "memory": "yes"}),
        ("snapshot", {"snapshot": ["s1"]}),
        ("revert", {"snapshot": ["s1"]}),
        ("delete_snapshot", {"snapshot": None}),
    ],
)
def test_an_argument_of_the_wrong_kind(order, given):
    w, vmm = host()
    before = held(vmm)
    assert refused(getattr(vmm, order), "web", **given).code in (400, 404)
    assert held(vmm) == before


@pytest.mark.parametrize("uuid", ["zzz", 5, ["x"]])
def test_a_uuid_that_is_none(uuid):
    w, vmm = host()
    assert refused(vmm.define, "new", uuid=uuid).code == 400 and "new" not in vmm.domains


def test_calls_that_are_not_for_this_door():
    w, vmm = host()
    before = held(vmm)
    for node, kind, what in (
        ("vmm1-hostd", "rest", "domainDestroy"),
        ("vmm1-hostd", "libvirt", "domainTeleport"),
        ("vmm1", "libvirt", "domainDestroy"),
        ("vmm1", "migration", "pages"),
    ):
        assert refused(w.ask, "admin", node, kind, what, name="web").code == 501
    for what, given in (("domainMigratePrepare3", {"name": "web"}), ("domainMigrateFinish3", {"id": ["x"]})):
        assert refused(w.ask, "admin", "vmm1-hostd", "libvirt", what, **given).code == 400
    assert held(vmm) == before


@pytest.mark.parametrize(
    "values", [{"datastore": "san"}, {"host": 4}, {"setup": "hyperv"}, {"name": ""}, {"name": "a"}]
)
def test_a_vmm_that_cannot_be_is_not_built_by_halves(values):
    w = World(seed=1)
    w.node("a-libvirtd")
    with pytest.raises(LabError):
        Vmm(w, **{"name": "b", **values})
    assert not w.components and list(w.nodes) == ["a-libvirtd"]


def test_a_cell_that_makes_a_vmm_is_run_twice():
    w, vmm = host()
    before = held(vmm), len(w.components)
    said = str(refused(Vmm, w, "vmm1", Host()))
    assert said.startswith("there is already a VMM 'vmm1' in this world – ") and "make a new World" in said
    assert (held(vmm), len(w.components)) == before and w.components["vmm1"] is vmm


@pytest.mark.parametrize(("field", "default"), [("memory_mib", "1024"), ("boot_s", "20.0")])
def test_a_number_that_cannot_travel_is_named_with_its_field(field, default):
    w, vmm = host()
    said = str(refused(vmm.define, "new", **{field: NAN}))
    assert said == f"{field} must be finite, not nan – give a number, or leave it out for the default, {default}"
    assert "new" not in vmm.domains


def test_a_snapshot_of_a_disk_that_is_not_there():
    w, vmm = host()
    vmm.define("thin", disk_gib=0)
    before = held(vmm)
    assert "there is no domain on vmm1 called 'wbe'" in str(refused(vmm.snapshot, "wbe", "s1"))
    assert str(refused(vmm.snapshot, "thin", "s1")).startswith("'thin' has no disk")
    assert "did you mean 'web'" in str(refused(vmm.datastore.disk, "wbe"))
    assert held(vmm) == before


# -- a host in trouble -----------------------------------------------------------------------------------------------
def interrupted(w, vmm, order, accident, after_s=1):
    """An order that takes time, and what happens to it."""
    w.at(w.now + after_s, accident)
    with pytest.raises(LabError):
        getattr(vmm, order)("web")


@pytest.mark.parametrize("order", ["suspend", "start"])
def test_a_save_or_restore_that_is_killed_leaves_nothing_behind(order):
    w, vmm = host()
    if order == "start":
        vmm.suspend("web")
    interrupted(w, vmm, order, lambda world: world.cast("admin", "vmm1-hostd", "libvirt", "domainDestroy", name="web"))
    assert vmm.info("web")["reason"] == "destroyed"
    assert vmm.info("web")["managed_save"] is (order == "start")  # the image that was there is still there
    vmm.start("web")
    vmm.suspend("web")
    vmm.start("web")
    vmm.kill("web")
    clean(vmm)


@pytest.mark.parametrize("order", ["suspend", "start"])
def test_a_save_or_restore_whose_machine_dies_leaves_nothing_behind(order):
    w, vmm = host()
    if order == "start":
        vmm.suspend("web")
    interrupted(w, vmm, order, lambda world: world.crash("vmm1"))
    w.start("vmm1")
    assert vmm.info("web")["managed_save"] is (order == "start")
    vmm.start("web")
    vmm.suspend("web")
    vmm.start("web")
    vmm.kill("web")
    clean(vmm)


def test_a_guest_that_dies_of_memory_while_it_is_saved():
    w, vmm = host("kvm")
    w.at(w.now + 1, lambda world: world.components["vmm1"].memory.kill(world.components["vmm1"].memory.vm("web")))
    assert "ended" in str(refused(vmm.suspend, "web"))
    assert (vmm.info("web")["reason"], vmm.info("web")["managed_save"]) == ("crashed", False)
    clean(vmm)


def test_a_restore_that_finds_no_room_keeps_its_image():
    w, vmm = host("kvm")
    vmm.suspend("web")
    san = vmm.datastore.disks["web"]
    san.acquire("somebody else")
    assert "in use" in str(refused(vmm.start, "web"))
    san.release("somebody else")
    assert vmm.start("web")["reason"] == "restored"


def test_a_saved_guest_comes_back_as_it_was_defined_then():
    w, vmm = host("kvm")
    vmm.suspend("web")
    vmm.define("web", memory_mib=500)
    vmm.start("web")
    assert vmm.info("web")["max_memory_mib"] == 2000  # its image is that large
    vmm.kill("web")
    vmm.start("web")
    assert vmm.info("web")["max_memory_mib"] == 500


def test_nobody_manages_and_nothing_happens():
    w, vmm = host()
    before = held(vmm)
    w.stop("vmm1-hostd")
    for order in ("start", "pause", "resume", "suspend", "shutdown", "reboot", "kill", "undefine", "wakeup", "info"):
        with pytest.raises(Unanswered) as silence:
            getattr(vmm, order)("web")
        assert silence.value.definite
    assert held(vmm) == before and w.ask("admin", "web", "rest", "GET /") == "hello"


# -- twice, and unanswered -------------------------------------------------------------------------------------------
def test_each_message_arrives_twice_and_each_order_is_done_once():
    w, vmm = host("kvm", powers_off_s=2)
    w.link("admin", "vmm1-libvirtd", duplicate=1.0)
    assert vmm.pause("web")["state"] == "paused"
    assert vmm.resume("web")["state"] == "running"
    assert vmm.suspend("web")["reason"] == "saved"
    assert vmm.start("web")["reason"] == "restored"
    assert vmm.snapshot("web", "s1")["snapshots"] == ["s1"]
    assert vmm.delete_snapshot("web", "s1")["snapshots"] == []
    vmm.reboot("web")
    w.run(until=w.now + 10)
    assert len(w.trace.where(kind="libvirt", what="web: running (booted)")) == 2  # the start, and one reboot
    vmm.kill("web")
    assert vmm.define("web", memory_mib=700)["uuid"] == vmm.info("web")["uuid"]
    clean(vmm)


def test_the_last_of_two_buttons_counts():
    w, vmm = host("kvm", powers_off_s=3)
    vmm.reboot("web")
    vmm.shutdown("web")
    w.run(until=w.now + 10)
    assert vmm.info("web")["reason"] == "shutdown"
    clean(vmm)


def test_an_answer_is_lost_and_asking_again_tells_that_it_was_done():
    w, vmm = host("kvm")
    vmm.kill("web")
    w.cut("vmm1-libvirtd", "admin", both_ways=False)
    with pytest.raises(Unanswered) as silence:
        vmm.start("web")
    assert silence.value.definite is False
    w.heal("vmm1-libvirtd", "admin")
    assert "already running" in str(refused(vmm.start, "web"))
    assert vmm.info("web")["id"] == 2  # started once


# -- what libvirt does (src/qemu/qemu_driver.c) ------------------------------------------------------------------------
def test_a_definition_is_a_file_transient_domains_have_none():
    w, vmm = host("kvm")
    vmm.snapshot("web", "s1")
    vmm.undefine("web")  # active: its snapshots are no obstacle
    assert "is transient" in str(refused(vmm.undefine, "web"))
    assert "is transient" in str(refused(vmm.suspend, "web"))
    assert "is transient" in str(refused(vmm.autostart, "web"))
    vmm.define("web", memory_mib=700)
    assert vmm.info("web")["persistent"] and vmm.info("web")["max_memory_mib"] == 2000
    vmm.kill("web")
    assert "1 snapshots" in str(refused(vmm.undefine, "web"))
    vmm.delete_snapshot("web", "s1")
    vmm.undefine("web", remove_all_storage=True)
    assert vmm.datastore.files == {} and vmm.list() == []


def test_a_vm_with_snapshots_may_move_when_they_are_deleted():
    w = World(seed=1)
    san = Datastore(w, "san", 100)
    one, two = (Vmm(w, name, datastore=san) for name in ("one", "two"))
    one.define("web", memory_mib=512)
    one.start("web")
    one.snapshot("web", "s1")
    assert "snapshots" in str(refused(one.migrate_to, "web", "two"))
    one.delete_snapshot("web", "s1")
    assert one.migrate_to("web", "two")["host"] == "two"
