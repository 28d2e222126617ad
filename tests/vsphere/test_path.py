"""The way of an order: client → vpxd → vpxa → hostd → VMkernel, and past vCenter. And what vCenter shows meanwhile."""

import pytest

from labkit.vsphere import HostClient, VCenter
from labkit.vsphere.faults import name_of
from labkit.world import LabError, Unanswered, World


@pytest.fixture
def vc():
    vc = VCenter(World(seed=7), hosts=3)
    vc.create_vm("erp", host="esx1", memory_mib=2048, boot_s=5, serve=lambda message: "hello").wait()
    return vc


def test_an_order_goes_from_station_to_station(vc):
    before = len(vc.world.trace)
    vc.power_on("erp").wait()
    way = [event for event in vc.world.trace[before:] if event.kind in ("soap", "vpxa", "libvirt")]
    assert [(e.src, e.dst, e.kind, e.what) for e in way if "reply" not in e.what][:6] == [
        ("admin", "vpxd", "soap", "PowerOnVM_Task"),
        ("vpxd", "esx1-vpxa", "vpxa", "orders"),
        ("esx1-vpxa", "esx1-hostd", "libvirt", "connectBulk"),
        ("admin", "vpxd", "soap", "WaitForTask"),
        ("esx1-hostd", "esx1", "libvirt", "erp: defined"),
        ("esx1-hostd", "esx1", "libvirt", "VMX erp: started with 1 vCPU thread, 2048 MiB"),
    ]


def test_past_vcenter_there_are_two_stations(vc):
    before = len(vc.world.trace)
    HostClient(vc.world, "esx1").power_on("erp")
    way = [event for event in vc.world.trace[before:] if event.kind in ("soap", "libvirt")]
    assert [(e.src, e.dst, e.what) for e in way if e.what not in ("reply", "Login")][:2] == [
        ("admin", "esx1-hostd", "PowerOnVM_Task"),
        ("esx1-hostd", "esx1", "VMX erp: started with 1 vCPU thread, 2048 MiB"),
    ]


def test_a_new_vm_is_registered_at_its_host(vc):
    assert HostClient(vc.world, "esx1").vms() == {"erp": "poweredOff"}


def test_a_task_is_not_the_deed(vc):
    task = vc.power_on("erp")
    assert task.ask()["state"] in ("queued", "running")
    assert task.wait().info["state"] == "success"
    assert task.info["descriptionId"] == "VirtualMachine.powerOn"
    assert task.info["entity"] == vc.references.give("vm", "erp")


def test_vcenter_learns_afterwards_what_was_done_past_it(vc):
    vc.world.stop("vpxd")
    vc.host_client("esx1").power_on("erp")
    with pytest.raises(Unanswered):
        vc.power_off("erp")
    vc.world.start("vpxd")
    assert vc.vim.vms["erp"].desired == "off"  # what its database says
    vc.world.run(until=vc.world.now + 30)
    assert (vc.vim.vms["erp"].seen, vc.vim.vms["erp"].desired) == ("running", "running")
    vc.power_off("erp").wait()
    assert vc.host_client("esx1").vms() == {"erp": "poweredOff"}


def test_the_same_icon_for_opposite_facts():
    shown = {}
    for accident in ("esx1-vpxa stopped", "esx1 crashed"):
        vc = VCenter(World(seed=7), hosts=2, ha=False)
        vc.create_vm("erp", host="esx1", running=True, boot_s=5, serve=lambda message: "hello").wait()
        vc.world.run(until=30)
        (vc.world.stop if "stopped" in accident else vc.world.crash)(accident.split()[0])
        vc.world.run(until=120)
        try:
            serves = vc.world.ask("admin", "erp", "rest", "GET /", 1) == "hello"
        except Unanswered:
            serves = False
        shown[accident] = (vc.vim.hosts["esx1"].state, vc.vim.vms["erp"].seen, serves)
    assert shown == {"esx1-vpxa stopped": ("unknown", "unknown", True), "esx1 crashed": ("unknown", "unknown", False)}


def test_not_responding_after_sixty_seconds_without_vpxa(vc):
    vc.world.run(until=100)
    vc.world.stop("esx1-vpxa")
    vc.world.run(until=150)
    assert vc.vim.hosts["esx1"].state == "connected"
    vc.world.run(until=180)
    assert vc.vim.hosts["esx1"].state == "unknown"
    with pytest.raises(LabError) as refusal:
        vc.power_on("erp")
    assert name_of(refusal.value) == "HostNotConnected"


def test_a_refusal_is_a_fault_with_a_name_and_changes_nothing(vc):
    vc.power_on("erp").wait()
    said = {}
    for call in (
        lambda: vc.power_on("erp"),
        lambda: vc.power_on("vm-999"),
        lambda: vc.create_vm("erp"),
        lambda: vc.destroy("erp"),
        lambda: vc.migrate("erp", "esx9"),
        lambda: vc.create_vm("huge", memory_mib=1 << 20, running=True).wait(),
        lambda: vc.create_vm("odd", memory_mib=-5),
        lambda: vc.ask("MakeCoffee_Task"),
    ):
        with pytest.raises(LabError) as refusal:
            call()
        said[name_of(refusal.value)] = refusal.value.code
    assert said == {
        "InvalidPowerState": 409,
        "ManagedObjectNotFound": 404,
        "DuplicateName": 409,
        "NoCompatibleHost": 507,
        "InvalidArgument": 400,
        "NotSupported": 501,
    }
    assert sorted(vc.vim.vms) == ["erp"] and vc.vim.vms["erp"].seen == "running"


def test_a_session_ends_with_its_process(vc):
    with pytest.raises(LabError) as refusal:
        vc.world.ask("admin", "vpxd", "soap", "PowerOnVM_Task", session="made up", vm="erp")
    assert (name_of(refusal.value), refusal.value.code) == ("NotAuthenticated", 401)
    key = vc.key
    vc.world.stop("vpxd")
    vc.world.start("vpxd")
    vc.world.run(until=vc.world.now + 20)
    with pytest.raises(LabError):
        vc.world.ask("admin", "vpxd", "soap", "PowerOnVM_Task", session=key, vm="erp")
    vc.power_on("erp").wait()  # the client logs in again


def test_no_password_stands_in_the_trace(vc):
    HostClient(vc.world, "esx1").vms()
    assert "VMware1!" not in vc.world.trace.dumps()


def test_played_again_it_is_the_same_world(vc):
    vc.power_on("erp").wait()
    vc.world.crash("esx1")
    vc.world.run(until=200)
    again = vc.world.fork()
    again.run(until=260)
    vc.world.run(until=260)
    assert again.trace.digest() == vc.world.trace.digest()


@pytest.mark.parametrize("lean", [False, True])
def test_a_host_client_suspends_and_power_on_goes_on(lean):
    vc = VCenter(World(seed=6), hosts=1, lean=lean)
    vc.create_vm("erp", running=True).wait()
    vc.world.stop("vpxd")
    host = vc.host_client("esx1")
    host.suspend("erp")
    assert host.vms() == {"erp": "suspended"}
    host.power_on("erp")
    assert host.vms() == {"erp": "poweredOn"} and vc.vmms["esx1"].domains["erp"].state in ("running", "blocked")
