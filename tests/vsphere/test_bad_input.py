"""What cannot be meant is refused by a fault's name with what to do next, and changes nothing. No traceback of ours."""

import pytest

from labkit.vsphere import HostClient, VCenter, maxima, outage_table, works
from labkit.vsphere.faults import name_of
from labkit.world import LabError, World

ODD = [None, [], ["erp"], {}, 3, -1, float("nan"), "", "nope", ("a", "b"), True, b"x"]


@pytest.fixture(scope="module")
def vc():
    vc = VCenter(World(seed=7), hosts=2, lean=True)
    vc.create_vm("erp", host="esx1").wait()
    return vc


def state(vc):
    """What a refusal must not change."""
    vms = [(vm.name, vm.host.name, vm.desired, vm.seen, vm.n) for vm in vc.vim.vms.values()]
    hosts = [(host.name, host.maintenance, list(host.vms)) for host in vc.vim.hosts.values()]
    return vms, hosts, dict(vc.references.things), len(vc.vpxd.tasks), [hostd.lockdown for hostd in vc.hostds.values()]


METHODS = ["power_on", "power_off", "shutdown_guest", "suspend", "migrate", "destroy", "enter_maintenance"]
METHODS += ["exit_maintenance", "lockdown", "isolate", "rejoin"]


@pytest.mark.parametrize("method", METHODS)
def test_odd_names(vc, method):
    before = state(vc)
    for odd in ODD:
        with pytest.raises(LabError):
            getattr(vc, method)(odd)
    assert state(vc) == before


def test_odd_orders(vc):
    before = state(vc)
    for order in ({"foo": 1}, {"running": "yes"}, {"networks": "lan"}, {"networks": 3}, {"template": ["t"]},
                  {"template": 3}, {"template": "t", "memory_mib": 5}, {"host": ["esx1"]}, {"cluster": {}},
                  {"serve": 3}, {"memory_mib": None}, {"memory_mib": float("nan")}, {"priority": []}):  # fmt: skip
        with pytest.raises(LabError):
            vc.create_vm("new", **order)
    for odd in ("root", 3, None, [3]):
        with pytest.raises(LabError, match="exceptions"):
            vc.lockdown("esx1", exceptions=odd)
    assert state(vc) == before


@pytest.mark.parametrize(
    ("method", "detail", "words"),
    [("PowerOnVM_Task", {}, "PowerOnVM_Task takes vm; vm is missing"),
     ("PowerOnVM_Task", {"vm": "erp", "host": "esx1"}, "PowerOnVM_Task takes vm, not host"),
     ("WaitForTask", {}, "takes task; task is missing"), ("RetrieveTaskInfo", {"task": []}, "a task must be a text"),
     ("EnterLockdownMode", {"host": "esx1", "mode": "normal", "exceptions": "root"}, "exceptions must be a list"),
     ("CreateVM_Task", {"memory_mib": 5}, "name is missing")],
)  # fmt: skip
def test_calls_that_do_not_fit_are_the_clients_fault(vc, method, detail, words):
    with pytest.raises(LabError, match=words) as refused:
        vc.ask(method, **detail)
    assert (name_of(refused.value), refused.value.code) == ("InvalidArgument", 400) and refused.value.next_step


def test_the_host_client_refuses_as_well(vc):
    client = HostClient(vc.world, "esx1")
    for method in ("power_on", "power_off", "shutdown_guest", "register", "unregister", "create"):
        for odd in ([], ["erp"], {}, None, 3, ""):
            with pytest.raises(LabError):
                getattr(client, method)(odd)
    for detail in ({}, {"user": "root"}, {"user": [], "password": "x"}, {"user": "root", "password": []}):
        with pytest.raises(LabError):
            vc.world.ask("admin", "esx1-hostd", "soap", "Login", 5, **detail)
        with pytest.raises(LabError):
            vc.world.ask("admin", "vpxd", "soap", "Login", 5, **detail)
    assert client.vms() == {"erp": "poweredOff"}


@pytest.mark.parametrize(
    "options",
    [{"clusters": ["a"]}, {"clusters": {1: 2}}, {"clusters": {"": 2}}, {"clusters": {"a": 0}}, {"hosts": 0},
     {"hosts": 2.5}, {"hosts": True}, {"shared": "san1"}, {"shared": None}, {"shared": [3]}, {"drs": 3}, {"drs": "x"},
     {"name": None}, {"tolerates": -1}, {"tolerates": "1"}, {"tolerates": 1.5}, {"tolerates": float("nan")},
     {"response": []}, {"version": 8.0}, {"version": []}],
)  # fmt: skip
def test_a_vcenter_that_cannot_be_meant_is_not_half_built(options):
    w = World(seed=7)
    with pytest.raises(LabError):
        VCenter(w, lean=True, **options)
    assert not w.nodes and not w.components


def test_questions_about_outages_and_versions():
    for odd in ([], {}, 3, "nope", ["DRS"]):
        with pytest.raises(LabError):
            works(odd)
        with pytest.raises(LabError):
            works("DRS", odd)
        with pytest.raises(LabError):
            works("DRS", "vpxd", odd)
        with pytest.raises(LabError):
            maxima(odd)
    for odd in (None, 3, "vpxd", {}, ["keystone"]):
        with pytest.raises(LabError):
            outage_table(odd)


def test_a_reference_of_a_task_is_never_given_to_another_one():
    """Also not by the next life of vpxd: whoever waits for an old task must not be told of a new one."""
    vc = VCenter(World(seed=7), hosts=2, lean=True, ha=False)
    references = []
    for life in range(3):
        for number in range(4):
            references.append(vc.create_vm(f"vm{life}-{number}").wait().reference)
        vc.world.stop("vpxd")
        vc.world.start("vpxd")
        vc.world.run(until=vc.world.now + 20)
    assert len(set(references)) == len(references)


def test_drs_true_is_vspheres_own():
    vc = VCenter(World(seed=7), hosts=3, lean=True, drs=True)
    assert type(vc.vim.balancer).__name__ == "Balancer"
