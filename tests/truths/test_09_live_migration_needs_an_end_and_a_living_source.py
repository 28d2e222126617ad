"""Content trap 9: live migration can fail to converge; a host that is dead cannot be a migration source."""

import pytest

from labkit.vmm import Host, Vmm
from labkit.vmm.disks import Datastore
from labkit.vmm.migration import Load, precopy
from labkit.world import Unanswered, World


def count(message, memory):
    memory["asked"] = memory.get("asked", 0) + 1
    return memory["asked"]


@pytest.fixture()
def hosts():
    w = World(seed=3)
    san = Datastore(w, "san", capacity_gib=100)
    one, two = (Vmm(w, name, Host(), datastore=san) for name in ("vmm1", "vmm2"))
    one.define("web", memory_mib=1024, dirty_mib_s=2000, serve=count)
    one.start("web")
    w.run(until=30)
    w.ask("admin", "web", "rest", "GET /")
    return w, one, two, san


def test_a_guest_that_writes_as_fast_as_the_link_carries_never_converges():
    assert precopy(Load(8192, 1024), 1024, "qemu").ended == "never"
    assert precopy(Load(8192, 1023), 1024, "qemu").ended == "stopped", "a bit slower, and it ends after a long time"


def test_without_a_limit_it_goes_on_until_somebody_cancels_it(hosts):
    w, one, two, _ = hosts
    w.call(
        "admin", "vmm1-libvirtd", "libvirt", "domainMigratePerform3", 10**6, name="web", target="vmm2", policy="qemu"
    )
    w.run(until=w.now + 1000)
    assert one.info("web")["state"] == "running" and len(w.trace.where(what=lambda what: "web: round" in what)) > 900
    one.abort_job("web")
    w.run(until=w.now + 1)
    assert one.info("web")["state"] == "running" and two.list() == []


def test_a_host_that_is_dead_is_no_source(hosts):
    w, one, two, _ = hosts
    w.crash("vmm1")
    with pytest.raises(Unanswered):
        one.migrate_to("web", "vmm2", timeout_s=60)
    assert two.list() == []
