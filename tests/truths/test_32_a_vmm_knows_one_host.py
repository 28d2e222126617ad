"""Content trap 32: a VMM knows one host. Its scheduler shares cycles; where a VM goes is decided by somebody else."""

import pytest

from labkit.vmm import Host, Vmm
from labkit.world import LabError, World


@pytest.fixture
def room():
    w = World(seed=32)
    vmms = [Vmm(w, name, Host(pcpus=1, mhz=1000)) for name in ("vmm1", "vmm2")]
    vmms[1].define("db")
    vmms[1].start("db")
    return w, *vmms


def test_a_vmm_does_not_know_the_vms_of_another(room):
    w, vmm1, vmm2 = room
    for ask in (lambda: vmm1.info("db"), lambda: vmm1.list(host="vmm2"), lambda: vmm1.node_info(host="vmm2")):
        asked = w.now
        with pytest.raises(LabError, match="a VIM"):
            ask()
        assert not w.trace.where(since=asked, dst=["vmm2", "vmm2-libvirtd"])  # it asked nobody, either
    assert vmm2.info("db")["state"] == "running"


def test_a_vmm_does_not_choose_where_a_vm_goes(room):
    w, vmm1, vmm2 = room
    with pytest.raises(LabError, match="cannot choose a target.*choosing is the work of a VIM"):
        vmm2.migrate_to("db")
    with pytest.raises(LabError, match="a migration to itself"):
        vmm2.migrate_to("db", "vmm2")
    with pytest.raises(LabError, match="there is no libvirtd on a host 'vmm9'"):
        vmm2.migrate_to("db", "vmm9")
    assert vmm2.info("db")["state"] == "running"


def test_cycles_are_shared_without_any_vim(room):
    """Belief Q2.m4: there is no VIM in this world at all, and an overloaded host shares its CPU all the same."""
    w, vmm1, _ = room
    for name in ("a", "b"):
        vmm1.define(name, demand_mhz=1000)
        vmm1.start(name)
    w.run(until=w.now + 1000)
    assert [vmm1.info(name)["cpu_time_s"] for name in ("a", "b")] == pytest.approx([500, 500], abs=1)
