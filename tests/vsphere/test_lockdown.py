"""Lockdown mode: a host that only vCenter may enter, and who may all the same."""

import pytest

from labkit.vsphere import HostClient, VCenter
from labkit.vsphere.faults import name_of
from labkit.world import LabError, Unanswered, World


@pytest.fixture
def vc():
    vc = VCenter(World(seed=7), hosts=2, ha=False)
    vc.create_vm("erp", host="esx1").wait()
    return vc


def refused(call):
    with pytest.raises(LabError) as refusal:
        call()
    return name_of(refusal.value), refusal.value.code


def test_root_is_refused_and_vcenter_is_not(vc):
    client = HostClient(vc.world, "esx1")
    client.vms()
    vc.lockdown("esx1")
    assert refused(client.vms) == ("NoPermission", 403)  # an open session is worth nothing any more
    assert refused(lambda: vc.vmms["esx1"].start("erp")) == ("NoPermission", 403)
    vc.power_on("erp").wait()
    assert vc.vim.vms["erp"].seen == "running"


def test_an_exception_user_is_let_in(vc):
    vc.lockdown("esx1", exceptions=["vmadmin"])
    assert HostClient(vc.world, "esx1", user="vmadmin").vms() == {"erp": "poweredOff"}
    assert refused(HostClient(vc.world, "esx1").vms) == ("NoPermission", 403)


def test_the_console_ends_normal_lockdown_and_not_strict(vc):
    client = HostClient(vc.world, "esx1")
    vc.lockdown("esx1", "normal")
    client.end_lockdown()
    assert client.vms() == {"erp": "poweredOff"}
    vc.lockdown("esx1", "strict")
    assert refused(client.end_lockdown) == ("NoPermission", 403)
    vc.lockdown("esx1", "disabled")
    assert client.vms() == {"erp": "poweredOff"}


def test_without_vcenter_strict_lockdown_leaves_no_way(vc):
    vc.lockdown("esx1", "strict")
    vc.world.stop("vpxd")
    with pytest.raises(Unanswered):
        vc.power_on("erp")
    assert refused(lambda: HostClient(vc.world, "esx1").power_on("erp")) == ("NoPermission", 403)


def test_bad_input_is_refused_by_name(vc):
    assert refused(lambda: vc.lockdown("esx1", "total")) == ("InvalidArgument", 400)
    assert refused(lambda: vc.lockdown("esx9")) == ("ManagedObjectNotFound", 404)
    assert refused(HostClient(vc.world, "esx1", password="guess").vms) == ("InvalidLogin", 401)
