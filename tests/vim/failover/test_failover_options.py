"""Options of the failover system: when it tries again, what it does with crashed guests, and clusters."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.failover import Dedicated, FailoverSystem, Percentage, Slots
from labkit.vim.failover.retries import VSPHERE_S
from labkit.vmm import Host
from labkit.world import LabError, World

LARGE = Spec(memory_mib=12288, datastore="san1")
SMALL = Spec(memory_mib=1024, datastore="san1")


def center(hosts=3, host=None, **options):
    w = World(seed=8)
    clusters, lean = options.pop("clusters", 1), options.pop("lean", True)
    system = FailoverSystem(**{"detect_s": 30} | options)
    return w, datacenter(w, hosts=hosts, host=host, clusters=clusters, lean=lean, failover=system)


def crowded(**options):
    """Two hosts with one large VM each, and one of them dies: there is no room."""
    w, vim = center(2, Host(memory_mib=16384), **options)
    for name in ("web", "db"):
        vim.create(name, spec=LARGE)
    w.run(until=60)
    assert vim.vms["db"].host.name == "esx2"
    w.crash("esx2")
    return w, vim


def tries(vim):
    """Moments at which the VIM looked for a place for 'db', in seconds since the first."""
    asked, choose = [], vim.placement.choose

    def listen(request):
        if request.vm == "db":
            asked.append(vim.world.now)
        return choose(request)

    vim.placement.choose = listen
    return asked


def test_a_vm_without_a_place_is_tried_in_every_round_until_there_is_one():
    w, vim = crowded()
    asked = tries(vim)
    w.run(until=400)
    assert len(asked) > 40 and asked[-1] - asked[-2] == pytest.approx(5)
    vim.stop("web").wait()
    vim.terminate("web").wait()
    w.run(until=w.now + 10)
    assert vim.vms["db"].seen == "running"


def test_vsphere_tries_five_times_and_then_it_stays_down():
    w, vim = crowded(tries_s=VSPHERE_S)
    asked = tries(vim)
    w.run(until=7200)
    assert [round(at_s - asked[0]) for at_s in asked] == [0, 120, 360, 840, 1800]
    case = vim.failover.cases["esx2"]
    assert case.down == {"db": "no host had room, 5 times"} and case.restarts["db"].state == "error"
    vim.terminate("web").wait()
    w.run(until=w.now + 600)
    assert vim.vms["db"].host is None, "nobody tries any more"
    vim.start("db").wait()
    assert vim.vms["db"].seen == "running"


def test_room_that_comes_between_two_tries_is_used_at_the_next():
    w, vim = crowded(tries_s=VSPHERE_S)
    asked = tries(vim)
    w.run(until=100)
    w.run(until=asked[0] + 130)
    vim.terminate("web").wait()
    w.run(until=w.now + 60)
    assert vim.vms["db"].host is None
    w.run(until=asked[0] + 365)
    assert vim.vms["db"].seen == "running" and vim.failover.cases["esx2"].down == {}


def test_a_guest_that_crashes_is_left_alone_unless_it_is_monitored():
    w, vim = center(lean=False)
    vim.create("web", spec=SMALL, host="esx1").wait()
    w.component("esx1").in_guest("web", "panic")
    w.run(until=w.now + 600)
    vm = vim.vms["web"]
    assert (vm.seen, vm.desired) == ("crashed", "running"), "nobody has switched it off"
    assert not vim.failover.cases
    with pytest.raises(LabError, match="has crashed: it cannot resume"):
        vim.resume("web")
    vim.start("web").wait()
    assert vm.seen == "running"


def test_a_monitored_guest_is_restarted_three_times_an_hour():
    w, vim = center(lean=False, crashed="restart")
    vim.create("web", spec=SMALL, host="esx1").wait()
    for _ in range(3):
        w.component("esx1").in_guest("web", "panic")
        w.run(until=w.now + 60)
        assert vim.vms["web"].seen == "running"
    w.component("esx1").in_guest("web", "panic")
    w.run(until=w.now + 600)
    assert vim.vms["web"].seen == "crashed" and any(event.what.startswith("alarm: web") for event in vim.events)
    vim.start("web").wait()
    w.run(until=w.now + 3600)
    w.component("esx1").in_guest("web", "panic")
    w.run(until=w.now + 60)
    assert vim.vms["web"].seen == "running", "another hour"


def test_a_crashed_guest_is_no_obstacle_to_maintenance_and_can_be_stopped():
    w, vim = center(lean=False)
    vim.create("web", spec=SMALL, host="esx1").wait()
    vim.create("db", spec=SMALL, host="esx1").wait()
    w.component("esx1").in_guest("web", "panic")
    w.run(until=w.now + 1)
    vim.maintenance("esx1").wait()
    assert vim.vms["db"].host.name != "esx1"
    vim.stop("web").wait()
    assert vim.vms["web"].seen == "off"


def test_a_vm_is_restarted_and_evacuated_in_its_own_cluster():
    w, vim = center(4, Host(memory_mib=16384), clusters=2)
    vim.create("web", spec=LARGE, host="esx1")
    vim.create("db", spec=LARGE, host="esx2")
    w.run(until=60)
    job = vim.maintenance("esx2")
    w.run(until=90)
    assert job.error is not None and vim.vms["db"].host.name == "esx2", "cluster2 is empty, and is not asked"
    vim.leave_maintenance("esx2")
    w.crash("esx1")
    w.run(until=300)
    assert vim.vms["web"].host is None
    vim.migrate("db", "esx3").wait()
    w.run(until=w.now + 60)
    assert vim.vms["web"].host.name == "esx2", "an administrator may move a VM to another cluster"


@pytest.mark.parametrize("rule", [Slots(count="configured"), Percentage(count="configured")])
def test_each_cluster_is_counted_for_itself(rule):
    w, vim = center(4, Host(memory_mib=16384), clusters=2, admission=rule)
    for name in ("a", "b"):
        vim.create(name, spec=Spec(memory_mib=7000, datastore="san1"), cluster="cluster1")
        w.run(until=w.now + 10)
    with pytest.raises(LabError, match="InsufficientFailover"):
        vim.create("c", spec=Spec(memory_mib=7000, datastore="san1"), host="esx1")
    assert not vim.wishes
    vim.create("c", spec=Spec(memory_mib=7000, datastore="san1"), cluster="cluster2").wait()
    assert vim.vms["c"].host.cluster == "cluster2"


def test_hosts_that_are_silent_or_in_maintenance_are_no_reserve():
    w, vim = center(3, Host(memory_mib=16384), admission=Slots(count="configured"))
    spec = Spec(memory_mib=7000, datastore="san1")
    vim.create("a", spec=spec).wait()
    vim.create("b", spec=spec).wait()
    vim.maintenance("esx3").wait()
    with pytest.raises(LabError, match="InsufficientFailover"):
        vim.create("c", spec=spec)
    vim.leave_maintenance("esx3")
    w.cut("vim", ["esx3-agent", "esx3-bmc"])
    w.run(until=w.now + 60)
    with pytest.raises(LabError, match="InsufficientFailover"):
        vim.create("c", spec=spec)
    w.heal()
    w.run(until=w.now + 120)
    vim.create("c", spec=spec).wait()


def test_an_order_of_many_that_was_refused_is_counted_by_nobody():
    w, vim = center(2, Host(memory_mib=16384), admission=Slots(count="configured"))
    spec = Spec(memory_mib=7000, datastore="san1")
    with pytest.raises(LabError, match="InsufficientFailover"):
        vim.create_many([{"name": f"vm{i}", "spec": spec} for i in range(3)])
    vim.create_many([{"name": f"vm{i}", "spec": spec} for i in range(2)])
    w.run(until=60)
    vim.start("vm0")  # it is to run already: it takes nothing more


def test_a_second_copy_made_by_a_guess_is_found_and_dropped():
    w, vim = center(fencing="off")
    vim.create("web", spec=SMALL, host="esx1").wait()
    w.cut("vim", ["esx1-agent", "esx1-bmc"])
    w.run(until=w.now + 100)
    assert w.component("esx1").domains["web"].state == "running" and vim.vms["web"].host.name != "esx1"
    w.heal()
    w.run(until=w.now + 60)
    assert "web" not in w.component("esx1").domains and vim.vms["web"].seen == "running"


@pytest.mark.parametrize(
    "bad",
    [
        {"disabled": "batch"}, {"disabled": 3}, {"disabled": [1]}, {"heartbeats": "san1"}, {"admission": 25},
        {"fencing": "lock", "locks": "locks"}, {"per_host": 1.5}, {"tries_s": 60}, {"tries_s": (120, 60)},
        {"tries_s": (0, 0)}, {"tries_s": (0, None)}, {"crashed": "reset"}, {"detect_s": float("nan")},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(bad):
    with pytest.raises(LabError):
        FailoverSystem(**bad)


@pytest.mark.parametrize(
    "rule",
    [
        "25 %", None, Slots(failures=1.5), Slots(most_mhz="all"), Slots(most_mib=float("nan")),
        Percentage(failures=None), Percentage(failures=-1), Dedicated(7),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_meant_is_refused_and_the_old_one_stays(rule):
    w, vim = center(admission=Percentage())
    with pytest.raises(LabError):
        vim.failover.set_admission(rule)
    assert vim.failover.guard.rule == Percentage()
    with pytest.raises(LabError):
        vim.failover.gap("one")


def test_a_rule_that_was_given_before_there_were_hosts_is_checked_at_the_first_power_on():
    w, vim = center(admission=Dedicated("esx9"))
    with pytest.raises(LabError, match="no host 'esx9'"):
        vim.create("web", spec=SMALL)
    assert not vim.vms


def test_a_host_that_is_heard_again_while_others_are_asked_about_it_is_not_fenced():
    w, vim = center()
    vim.create("web", spec=SMALL, host="esx1").wait()
    w.cut("vim", ["esx1-agent", "esx1-bmc"])
    while not vim.failover.cases:
        w.run(until=w.now + 0.5)
    w.heal()
    w.cast("vim", "esx1-agent", "vim", "describe")
    w.run(until=w.now + 120)
    assert vim.failover.cases["esx1"].outcome == "back" and w.nodes["esx1"].state == "running"
    assert not w.trace.where(kind="ipmi", what="power off") and vim.vms["web"].host.name == "esx1"


def test_what_several_hosts_have_lost_in_one_instant_is_restarted_by_priority_together():
    w, vim = center(4)
    for name, priority, host in (("a", "low", "esx1"), ("b", "high", "esx2"), ("c", "disabled", "esx2")):
        vim.create(name, spec=SMALL, priority=priority, host=host)
    w.run(until=60)
    w.crash("esx1")
    w.crash("esx2")
    w.run(until=200)
    assert [e.dst for e in vim.events if e.what.startswith("restarting on")] == ["b", "a"]
    assert vim.failover.cases["esx2"].down == {"c": "its restart is disabled"} and vim.vms["c"].seen == "off"
