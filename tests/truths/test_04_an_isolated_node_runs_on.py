"""Content trap 4: an isolated node keeps running its VMs until its watchdog fires; the outage seen outside is longer
than the time in which no copy runs. The times are those of the regression test of Proxmox's simulator
(pve-ha-manager, src/test/test-basic1/log.expect): they follow from rounds of 20 s and three documented constants."""

import pytest

from labkit.vim.failover import Outage, SelfFencing, copies
from labkit.vmm import Host, Vmm
from labkit.vmm.disks import Datastore
from labkit.world import World


def cluster(seed=4):
    w = World(seed=seed)
    san = Datastore(w, "san1", 500)
    nodes = [Vmm(w, f"node{i}", Host(), datastore=san) for i in (1, 2, 3)]
    ha = SelfFencing(w, nodes)
    for vm, host in (("vm101", "node1"), ("vm103", "node3")):
        for node in nodes:
            node.define(vm, memory_mib=1024)
        ha.manage(vm, host)
    return w, ha


@pytest.fixture(scope="module")
def lost():
    w, ha = cluster()
    w.at(120, ha.cut, "node3")
    w.run(until=400)
    return w


def test_the_time_line_of_the_reference_log(lost):
    wanted = ("node3 lost its lock", "node3: fence", "watchdog reset", "node3: master", "vm103: running (booted)")
    told = [(round(e.t), e.what) for e in lost.trace if e.t > 60 and e.what in wanted and e.kind != "call"]
    assert told == [
        (125, "node3 lost its lock"),
        (160, "node3: fence"),
        (166, "watchdog reset"),
        (240, "node3: master"),
        (243, "vm103: running (booted)"),
    ]


def test_123_s_of_outage_are_46_s_isolated_and_77_s_nowhere(lost):
    seen = Outage(lost.trace, "vm103", 120)
    assert (round(seen.outage_s), round(seen.isolated_s), round(seen.nowhere_s), seen.twice_s) == (123, 46, 77, 0)
    assert (seen.old.host, seen.new.host) == ("node3", "node2")


def test_a_short_cut_fences_nobody():
    w, ha = cluster()
    w.at(120, ha.cut, "node3")
    w.at(150, w.heal)
    w.run(until=400)
    assert not w.trace.where(what="watchdog reset") and not w.trace.where(what="node3: fence")
    assert ha.services["vm103"] == "node3"


def test_a_host_that_crashes_is_waited_for_just_as_long():
    w, ha = cluster()
    w.at(120, w.crash, "node3")
    w.run(until=400)
    seen = Outage(w.trace, "vm103", 120)
    assert round(seen.outage_s) == 123 and seen.isolated_s == 0


def test_a_node_that_comes_back_starts_nothing_before_it_has_its_lock_again():
    w, ha = cluster()
    w.at(120, w.crash, "node3")
    w.at(280, w.start, "node3")
    w.at(360, ha.cut, "node2")
    w.run(until=700)
    runs = copies(w.trace, "vm103")
    assert [copy.host for copy in runs][:2] == ["node3", "node2"] and len(runs) == 3
    for before, after in zip(runs, runs[1:], strict=False):
        assert before.end_s <= after.start_s


def test_a_node_that_is_back_before_its_lock_has_expired_starts_its_own_vms_in_place():
    w, ha = cluster()
    w.at(120, w.crash, "node3")
    w.at(200, w.start, "node3")
    w.run(until=400)
    assert [copy.host for copy in copies(w.trace, "vm103")] == ["node3", "node3"] and ha.hosts["node3"] == "online"


def test_two_runs_of_one_seed_are_equal():
    def digest():
        w, ha = cluster()
        w.at(120, ha.cut, "node3")
        w.run(until=250)
        return w.trace.digest()

    assert digest() == digest()
