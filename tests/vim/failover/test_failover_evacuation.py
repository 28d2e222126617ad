"""Planned: a host is emptied alive; what cannot move stays and says why, and the others do not wait for it."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.failover import FailoverSystem, copies
from labkit.vmm import Host
from labkit.world import LabError, World

SAN = Spec(memory_mib=2048, datastore="san1", dirty_mib_s=50)


def center(hosts=3, vms=6, spec=SAN, host=None, **options):
    w = World(seed=9)
    vim = datacenter(w, hosts=hosts, host=host, failover=FailoverSystem(**options))
    for i in range(vms):
        vim.create(f"vm{i}", spec=spec, host="esx1")
    w.run(until=60)
    return w, vim


def still_s(trace, vm):
    """Seconds in which no copy ran, between the first and the last."""
    runs = copies(trace, vm)
    return sum(max(0.0, after.start_s - before.end_s) for before, after in zip(runs, runs[1:], strict=False))


def test_everything_moves_alive_each_stands_still_for_less_than_a_second():
    w, vim = center()
    vim.maintenance("esx1").wait()
    assert vim.hosts["esx1"].maintenance == "in" and not vim.hosts["esx1"].vms
    for name in vim.vms:
        assert len(copies(w.trace, name)) == 2 and 0 <= still_s(w.trace, name) < 1
    assert vim.create("new", spec=SAN).wait().vm.host.name != "esx1"
    vim.leave_maintenance("esx1")
    assert vim.create("back", spec=SAN, host="esx1").wait().vm.host.name == "esx1"


def test_no_more_at_once_than_the_limit():
    w, vim = center(vms=8, per_host=2)
    vim.maintenance("esx1").wait()
    going, most = 0, 0
    for event in w.trace.where(kind="migration", src="esx1"):
        going += event.what.endswith("begin") - ("confirm" in event.what)
        most = max(most, going)
    assert most == 2


def test_what_cannot_move_stays_and_says_why_and_the_rest_goes_on():
    w, vim = center(vms=3)
    vim.create("local", spec=Spec(), host="esx1").wait()
    job = vim.maintenance("esx1")
    with pytest.raises(LabError, match=r"1 VM stays on esx1: local \(its disk lies on esx1 itself\)"):
        job.wait()
    assert vim.hosts["esx1"].maintenance == "entering" and list(vim.hosts["esx1"].vms) == ["local"]
    assert vim.vms["local"].seen == "running"
    vim.stop("local").wait()
    w.run(until=w.now + 30)
    assert vim.hosts["esx1"].maintenance == "in", "somebody has decided about it"


def test_without_room_it_waits_for_some():
    big = Spec(memory_mib=12288, datastore="san1")
    w, vim = center(hosts=2, vms=1, spec=big)
    vim.create("wall", spec=big, host="esx2").wait()
    with pytest.raises(LabError, match="no valid host"):
        vim.maintenance("esx1").wait()
    vim.terminate("wall").wait()
    w.run(until=w.now + 120)
    assert vim.hosts["esx1"].maintenance == "in" and vim.vms["vm0"].host.name == "esx2"


def test_one_host_after_another():
    w, vim = center(hosts=4, vms=8)
    for name in list(vim.hosts):
        vim.maintenance(name).wait()
        assert not vim.hosts[name].vms
        vim.leave_maintenance(name)
    for name in vim.vms:
        assert vim.vms[name].seen == "running" and still_s(w.trace, name) < 4


def test_leaving_in_the_middle_ends_it():
    w, vim = center(vms=12, per_host=1)
    job = vim.maintenance("esx1")
    w.run(until=w.now + 5)
    vim.leave_maintenance("esx1")
    w.run(until=w.now + 60)
    assert job.state == "error" and "left maintenance" in job.error.message
    assert 0 < len(vim.hosts["esx1"].vms) < 12 and vim.hosts["esx1"].maintenance is None


def test_a_host_that_dies_meanwhile_is_restarted_from_its_disks():
    w, vim = center(vms=6, per_host=1, detect_s=30)
    vim.maintenance("esx1")
    w.run(until=w.now + 4)
    w.crash("esx1")
    w.run(until=w.now + 200)
    assert all(vm.seen == "running" and vm.host.name != "esx1" for vm in vim.vms.values())


def test_a_hundred_hosts_die_and_all_their_vms_are_back():
    w = World(seed=9, journal=False)
    vim = datacenter(w, hosts=250, host=Host(memory_mib=65536), failover=FailoverSystem(detect_s=30))
    vim.create_many([{"name": f"vm{i}", "spec": SAN, "priority": ("high", "low")[i % 2]} for i in range(1000)])
    w.run(until=30)
    lost = [f"esx{number}" for number in range(1, 101)]
    for name in lost:
        w.crash(name)
    w.run(until=120)
    assert all(vm.seen == "running" and vm.host.name not in lost for vm in vim.vms.values())
    told = [vim.vms[e.dst].priority for e in vim.events if e.what.startswith("restarting on")]
    assert told == sorted(told) and len(told) == 400
