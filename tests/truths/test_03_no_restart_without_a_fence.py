"""Content trap 3: no restart before a *successful* fence; a fence can fail, and then the VM stays down."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.failover import FailoverSystem, copies
from labkit.world import LabError, World


def shop(**options):
    w = World(seed=3)
    vim = datacenter(w, hosts=3, failover=FailoverSystem(detect_s=30, **options))
    vim.create("web", spec=Spec(datastore="san1"), host="esx1")
    w.run(until=60)
    return w, vim


def test_a_broken_bmc_leaves_the_vm_down_and_an_alarm_says_why():
    w, vim = shop()
    w.components["esx1-bmc"].break_down()
    w.cut("vim", "esx1-agent")
    w.run(until=1000)
    case = vim.failover.cases["esx1"]
    assert case.open and "could not be fenced" in case.alarm and not case.restarts
    assert [copy.host for copy in copies(w.trace, "web")] == ["esx1"], "and it runs there, to this day"
    assert len(w.trace.where(what="fence failed")) > 3, "it is tried again and again"


def test_a_bmc_that_works_again_is_enough():
    w, vim = shop()
    w.components["esx1-bmc"].break_down()
    w.cut("vim", "esx1-agent")
    w.run(until=300)
    w.components["esx1-bmc"].break_down(False)
    w.run(until=500)
    first, second = copies(w.trace, "web")
    assert first.host == "esx1" and second.host != "esx1" and first.end_s < second.start_s


def test_a_bmc_on_the_same_power_strip_dies_with_its_host_and_somebody_has_to_go_there():
    w, vim = shop()
    w.crash("esx1")
    w.crash("esx1-bmc")
    w.run(until=600)
    assert not vim.failover.cases["esx1"].restarts
    vim.failover.confirm_off("esx1")
    w.run(until=640)
    assert vim.vms["web"].seen == "running" and vim.vms["web"].host.name != "esx1"
    with pytest.raises(LabError, match="no host that is missed"):
        vim.failover.confirm_off("esx1")


def test_the_fence_comes_before_the_restart_in_every_trace():
    w, vim = shop()
    w.cut("vim", "esx1-agent")
    w.run(until=300)
    told = [e.what for e in w.trace if e.kind in ("ipmi", "vim", "fault") or e.what.startswith("web:")]
    order = ["fault: cut", "power off", "host is fenced", "web: running (booted)"]
    places = [told.index(what.removeprefix("fault: ")) for what in order[:3]]
    assert places == sorted(places) and told.index("web: running (booted)", places[-1]) > places[-1]


def test_the_vim_refuses_a_restart_by_hand_too():
    w, vim = shop()
    w.cut("vim", "esx1-agent")
    w.run(until=85)
    with pytest.raises(LabError, match="not fenced: web may be running there"):
        vim.restart("web")
