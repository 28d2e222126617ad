"""The failover system: detect, fence, restart in order; what stays down and why; its own VIM may die meanwhile."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.failover import FailoverSystem, Locks, Outage, Watchdog, copies
from labkit.vmm import Host
from labkit.world import LabError, World

SAN = Spec(datastore="san1")


def center(hosts=3, host=None, failover=None, **options):
    w = World(seed=8)
    vim = datacenter(w, hosts=hosts, host=host, failover=failover or FailoverSystem(detect_s=30), **options)
    return w, vim


def where(vim):
    return {name: vm.host.name if vm.host else None for name, vm in vim.vms.items()}


def test_restarts_by_priority_from_the_disk():
    w, vim = center()
    for name, priority in (("a", "low"), ("b", "highest"), ("c", "medium"), ("d", "high"), ("e", "lowest")):
        vim.create(name, spec=SAN, priority=priority, host="esx1")
    w.run(until=60)
    w.crash("esx1")
    w.run(until=200)
    started = [e.dst for e in vim.events if e.what.startswith("restarting on")]
    assert started == ["b", "d", "c", "a", "e"]
    assert all(vm.seen == "running" and vm.host.name != "esx1" for vm in vim.vms.values())


def test_the_outage_is_detection_fence_and_start():
    w, vim = center()
    vim.create("web", spec=SAN, host="esx1")
    w.run(until=60)
    w.cut("vim", "esx1-agent")
    w.run(until=300)
    case, seen = vim.failover.cases["esx1"], Outage(w.trace, "web", 60)
    assert case.verdict == "presumed dead" and case.outcome == "fenced"
    assert 20 < case.silent_at_s - 60 <= 35, "up to a report's 10 s before the cut, up to a look's 5 s after"
    assert seen.twice_s == 0 and 30 < seen.outage_s < 45
    assert seen.isolated_s == pytest.approx(seen.outage_s, abs=0.1), "it ran unreachable until the BMC switched it off"


def test_local_disks_other_cpus_and_other_networks_stay_down_and_say_why():
    old, new = Host(cpu_model="x86-64-v2"), Host(cpu_model="x86-64-v4", networks=("lan", "dmz"))
    w, vim = center(hosts=[new, old, old])
    vim.create("local", spec=Spec(), host="esx1")
    vim.create("modern", spec=Spec(datastore="san1", cpu_model="x86-64-v4"), host="esx1")
    vim.create("fence", spec=Spec(datastore="san1", networks=("dmz",)), host="esx1")
    vim.create("plain", spec=SAN, host="esx1")
    w.run(until=60)
    w.crash("esx1")
    w.run(until=400)
    assert "lies on esx1 itself" in vim.failover.cases["esx1"].down["local"]
    assert {name: vm.seen for name, vm in vim.vms.items() if name != "local"} == {
        "modern": "off", "fence": "off", "plain": "running",
    }  # fmt: skip
    assert "cpu" in str(vim.vms["modern"].error).lower() and "network" in str(vim.vms["fence"].error).lower()


def test_nine_vms_of_16_gib_on_three_hosts_of_64_one_cannot_start():
    w, vim = center(host=Host(memory_mib=65536))
    for i in range(9):
        vim.create(f"vm{i}", spec=Spec(memory_mib=16384, datastore="san1"))
    w.run(until=60)
    assert vim.failover.gap(1) == ("esx1",)
    w.crash("esx1")
    w.run(until=600)
    states = [vm.seen for vm in vim.vms.values()]
    assert (states.count("running"), states.count("off")) == (8, 1)
    w.start("esx1")
    w.run(until=800)
    assert [vm.seen for vm in vim.vms.values()].count("running") == 9, "its own host is back, and has room"


def test_who_is_disabled_is_not_restarted():
    w, vim = center(failover=FailoverSystem(detect_s=30, disabled=("batch",)))
    vim.create("web", spec=SAN, host="esx1")
    vim.create("job", spec=SAN, host="esx1", groups=("batch",))
    w.run(until=60)
    w.crash("esx1")
    w.run(until=200)
    assert vim.vms["web"].seen == "running" and vim.vms["job"].seen == "off"
    assert vim.failover.cases["esx1"].down == {"job": "its restart is disabled"}


def test_without_a_failover_system_nothing_restarts_and_the_vim_shows_what_it_knew_last():
    w = World(seed=8)
    vim = datacenter(w, hosts=3)
    vim.create("web", spec=SAN, host="esx1")
    w.run(until=60)
    w.crash("esx1")
    w.run(until=3600)
    assert [copy.host for copy in copies(w.trace, "web")] == ["esx1"]
    assert vim.vms["web"].reported == "running" and "unknown since" in str(vim.inventory())


def test_a_vim_that_dies_in_the_middle_begins_again_and_starts_nothing_twice():
    w, vim = center()
    vim.create("web", spec=SAN, host="esx1")
    w.run(until=60)
    w.cut("vim", "esx1-agent")
    w.run(until=91)
    w.crash("vim")
    w.run(until=200)
    assert len(copies(w.trace, "web")) == 1, "nobody is there who could restart it"
    w.start("vim")
    w.run(until=400)
    first, *later = copies(w.trace, "web")
    assert vim.vms["web"].seen == "running" and len(later) == 1 and first.end_s <= later[0].start_s


def test_a_fork_and_the_same_seed_agree():
    w, vim = center()
    vim.create("web", spec=SAN, host="esx1")
    w.run(until=60)
    w.crash("esx1")
    w.run(until=80)
    twin = w.fork()
    w.run(until=200)
    twin.run(until=200)
    assert twin.trace == w.trace and twin.components["vim"].failover is not vim.failover


@pytest.mark.parametrize("bad", [{"fencing": "none"}, {"isolation": "kill"}, {"fencing": "lock"}, {"detect_s": -1}])
def test_options_that_cannot_be_meant_are_refused(bad):
    with pytest.raises(LabError):
        FailoverSystem(**bad)


def test_a_lock_that_nobody_had_proves_nothing():
    w = World(seed=8)
    locks = Locks(w)
    vim = datacenter(w, hosts=3, failover=FailoverSystem(detect_s=30, fencing="lock", locks=locks))
    vim.create("web", spec=SAN, host="esx1")
    w.at(60, w.cut, "vim", "esx1-agent")
    w.run(until=600)
    assert len(copies(w.trace, "web")) == 1 and "could not be fenced" in vim.failover.cases["esx1"].alarm


def test_a_host_that_was_fenced_by_its_lock_has_to_get_it_again():
    w = World(seed=8)
    locks = Locks(w)
    vim = datacenter(w, hosts=3, failover=FailoverSystem(detect_s=30, fencing="lock", locks=locks))
    for name in vim.hosts:
        Watchdog(w, w.components[name], locks, boots_s=60)
    vim.create("web", spec=SAN, host="esx1")
    w.at(60, w.cut, ["vim", "locks"], ["esx1-agent", "esx1-watchdog"])
    w.at(200, w.heal)
    w.run(until=260)
    assert vim.hosts["esx1"].state == "connected" and locks.held["esx1"][0] == "esx1-watchdog"
    vim.migrate("web", "esx1").wait()
    w.cut(["vim", "locks"], ["esx1-agent", "esx1-watchdog"])
    w.run(until=600)
    runs = copies(w.trace, "web")
    assert all(before.end_s <= after.start_s for before, after in zip(runs, runs[1:], strict=False))
    assert vim.vms["web"].seen == "running" and vim.vms["web"].host.name != "esx1"
