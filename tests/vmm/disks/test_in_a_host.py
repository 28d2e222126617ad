"""Disks under a VMM: what the host does when a datastore is full, a guest is killed, or a machine dies in between."""

import pytest

from labkit.vmm import Host, Vmm
from labkit.vmm.disks import Datastore, NoSpace
from labkit.world import LabError, World


@pytest.fixture()
def vmm():
    vmm = Vmm(World(seed=7), "vmm1", Host(disk_gib=1))
    vmm.define("web", memory_mib=512, disk_gib=4)
    vmm.start("web")
    vmm.world.run(until=30)
    return vmm


def state(vmm):
    said = vmm.info("web")
    return said["state"], said["reason"]


def test_a_full_datastore_pauses_the_guest_and_loses_nothing(vmm):
    disk = vmm.datastore.disks["web"]
    vmm.datastore.take("somebody's.iso", 500)
    disk.fill(0, 400, b"A", by="vmm1")
    with pytest.raises(NoSpace):
        disk.fill(400, 200, b"B", by="vmm1")
    assert state(vmm) == ("paused", "I/O error")
    with pytest.raises(LabError, match="no space left on datastore vmm1"):
        vmm.resume("web")
    assert state(vmm) == ("paused", "I/O error")
    vmm.datastore.give_back("somebody's.iso")
    vmm.resume("web")
    assert state(vmm) == ("running", "unpaused") and disk.read(500 * 1024 * 1024, 1) == b"B"


def test_a_guest_that_rested_while_its_disk_was_given_away_never_goes_on():
    w = World(seed=7)
    san = Datastore(w, "san")
    one, two = (Vmm(w, name, Host(), datastore=san) for name in ("vmm1", "vmm2"))
    for vmm in (one, two):
        vmm.define("web", memory_mib=512)
    for rest, wake in ((one.pause, one.resume), (lambda name: one.in_guest(name, "sleep"), one.wakeup)):
        one.start("web")
        rest("web")
        san.disks["web"].break_lease("vmm2")  # somebody took vmm1 for dead, and did not fence it
        two.start("web")
        with pytest.raises(LabError, match="vmm1 has lost the lease of the disk 'web'.*held by vmm2"):
            wake("web")
        two.kill("web")
        with pytest.raises(LabError, match="held by nobody – kill the VM on vmm1"):
            wake("web")
        one.kill("web")


def test_a_guest_that_is_killed_while_it_waits_starts_again(vmm):
    disk = vmm.datastore.disks["web"]
    with pytest.raises(NoSpace):
        disk.fill(0, 2000, b"A", by="vmm1")
    vmm.kill("web"), vmm.start("web")
    assert state(vmm)[0] == "running" and disk.read(0, 1) == b"\0"
    disk.write(0, b"x", by="vmm1")


def test_a_host_that_dies_in_a_consolidation_finishes_it_when_it_is_back(vmm):
    w, disk = vmm.world, vmm.datastore.disks["web"]
    disk.fill(0, 1, b"A", by="vmm1")
    vmm.snapshot("web", "s1")
    disk.fill(0, 1, b"B", by="vmm1")
    job = disk.begin_delete("s1")
    for _ in range(5):
        job.step()
    w.crash("vmm1")
    assert disk.read(0, 1) == b"B" and not job.step(), "its memory is gone with the host"
    w.start("vmm1")
    assert disk.chain == ["web.img"] and disk.read(0, 2**20) == b"B" * 2**20
