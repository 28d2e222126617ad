"""Content trap 2: the world knows 'unreachable' and 'dead'; components know only 'not heard since'."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.failover import FailoverSystem, Heartbeats, cuts, one_cut
from labkit.vim.failover.evidence import verdict
from labkit.world import World


def shop(failover=None, **options):
    w = World(seed=2)
    vim = datacenter(w, hosts=3, failover=failover, **options)
    vim.create("web", spec=Spec(datastore="san1"), host="esx1")
    w.run(until=60)
    return w, vim


@pytest.mark.parametrize("accident", ["crash", "cut"])
def test_to_the_vim_a_dead_host_and_a_cut_cable_look_the_same(accident):
    w, vim = shop()
    w.crash("esx1") if accident == "crash" else w.cut("vim", "esx1-agent")
    w.run(until=200)
    host = vim.hosts["esx1"]
    assert (host.state, vim.vms["web"].seen, vim.vms["web"].reported) == ("unknown", "unknown", "running")
    assert w.components["esx1"].domains["web"].state == ("shutoff" if accident == "crash" else "running")


def test_silence_alone_is_never_called_death():
    for power in ("on", None):
        for ping in (True, False):
            for datastore in (True, False, None):
                assert verdict(power, ping, datastore) != "dead"
    assert verdict("off", False, None) == "dead"
    assert verdict("on", False, True) == "isolated" and verdict("on", True, None) == "live"


def test_an_agent_that_has_ended_is_no_reason_to_kill_its_host():
    w, vim = shop(FailoverSystem(detect_s=30))
    w.stop("esx1-agent")
    w.run(until=300)
    assert vim.failover.cases["esx1"].verdict == "live"
    assert "its VMs are left alone" in vim.failover.cases["esx1"].alarm
    assert w.components["esx1"].domains["web"].state == "running" and not w.trace.where(what="power off")


def test_a_datastore_heartbeat_tells_isolated_from_dead():
    w = World(seed=2)
    vim = datacenter(w, hosts=3)
    beats = Heartbeats(w, "san1", [w.components[name] for name in vim.hosts])
    vim.use(failover=FailoverSystem(detect_s=30, heartbeats=beats))
    vim.create("web", spec=Spec(datastore="san1"), host="esx1")
    w.run(until=60)
    w.cut("vim", "esx1-agent")
    w.run(until=200)
    assert vim.failover.cases["esx1"].verdict == "isolated"
    assert w.components["esx1"].domains["web"].state == "running"
    w.heal()
    w.run(until=230)
    assert vim.failover.cases["esx1"].outcome == "back" and vim.hosts["esx1"].state == "connected"


def test_who_takes_silence_for_death_gets_two_writers_and_a_broken_disk():
    cut = one_cut("1/0", fencing="off")
    assert cut.twice_s > 30 and cut.two_wrote
    assert cut.damage.lost > 0 and not cut.damage.fits


@pytest.mark.parametrize(("fencing", "damaged"), [("off", True), ("bmc", False), ("lock", False)])
def test_in_every_cut_in_which_both_copies_wrote_the_disk_is_damaged(fencing, damaged):
    some = cuts(12, fencing=fencing)
    assert some.damaged == some.two_wrote
    assert bool(some.damaged) == damaged
