"""Safeguards that are seen only when they are missing: locks, elections, tasks of hosts that fall silent."""

import pytest

from labkit.vsphere import VCenter
from labkit.vsphere.faults import name_of
from labkit.vsphere.outages import runs
from labkit.world import LabError, World


def cluster(hosts=3, **options):
    vc = VCenter(World(seed=7), hosts=hosts, lean=True, **options)
    vc.create_vm("vm1", host="esx1", memory_mib=2048, running=True).wait()
    vc.world.run(until=60)
    return vc


def primaries(vc):
    return [host for host, fdm in vc.fdms.items() if fdm.role == "primary" and fdm.node.state == "running"]


def test_the_lock_of_a_host_that_lives_is_not_broken():
    vc = cluster()
    vc.host_client("esx2").register("vm1")
    with pytest.raises(LabError, match="locked by esx1") as refused:
        vc.host_client("esx2").power_on("vm1")
    assert (name_of(refused.value), refused.value.code) == ("FileLocked", 409)
    assert runs(vc, "vm1") == ["esx1"]


def test_a_restart_that_is_refused_leaves_nothing_behind():
    vc = cluster()
    with pytest.raises(LabError, match="locked by esx1"):
        vc.world.ask("admin", "esx2-fdm", "fdm", "restart", 60, vm="vm1")
    assert "vm1" not in vc.vmms["esx2"].domains and runs(vc, "vm1") == ["esx1"]


def test_who_mounts_most_datastores_becomes_primary():
    vc = cluster()
    before = primaries(vc)[0]
    first = next(host for host in vc.vmms if host != before)  # the lowest MoRef of the others
    vc.world.stop("vpxd")
    for fdm in vc.fdms.values():
        hosts = {host: {**row, "datastores": 2 if host == first else 1} for host, row in fdm.config["hosts"].items()}
        fdm.config = {**fdm.config, "hosts": hosts}
    vc.world.crash(before)
    vc.world.run(until=120)
    assert primaries(vc) == [first]


def test_two_primaries_become_one_when_the_partition_heals():
    vc = cluster()
    high = primaries(vc)[0]
    for other in vc.vmms:
        if other != high:
            vc.world.cut(vc.management(high), vc.management(other))
    vc.world.run(until=120)
    assert len(primaries(vc)) == 2 and high in primaries(vc)
    vc.world.heal()
    vc.world.run(until=140)
    assert primaries(vc) == [high]


def test_a_host_that_was_only_cut_off_keeps_its_vm_and_nobody_goes_on_trying():
    vc = VCenter(World(seed=7), hosts=2, lean=True, tolerates=0)
    for number in (1, 2):
        vc.create_vm(f"vm{number}", host=f"esx{number}", memory_mib=9000, memory_reservation_mib=9000,
                     running=True).wait()  # fmt: skip
    vc.world.run(until=60)
    secondary = next(host for host, fdm in vc.fdms.items() if fdm.role == "secondary")
    vm, primary = f"vm{secondary[-1]}", vc.fdms[primaries(vc)[0]]
    vc.isolate(secondary, storage=True)
    vc.world.run(until=90)
    assert list(primary.restarting) == [vm]  # taken for dead, and no room for it elsewhere
    vc.rejoin(secondary)
    vc.world.run(until=120)
    assert not primary.restarting and runs(vc, vm) == [secondary]


def test_a_task_of_a_host_that_falls_silent_fails_and_nobody_insists():
    vc = VCenter(World(seed=7), hosts=2, lean=True, ha=False)
    vc.create_vm("erp", host="esx1").wait()
    vc.world.stop("esx1-vpxa")
    task = vc.power_on("erp")
    with pytest.raises(LabError, match="esx1 did not do it"):
        task.wait(300)
    assert vc.vim.vms["erp"].desired == "off"
    vc.world.start("esx1-vpxa")
    vc.world.run(until=vc.world.now + 60)
    assert runs(vc, "erp") == []
