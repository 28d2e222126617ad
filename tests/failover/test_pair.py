"""A pair of machines: what an accident costs, from what the clients saw, and who believes what."""

import pytest

from labkit.failover import Clients, Metrics, Pair
from labkit.world import LabError, World


def play(crash_s=60.3, until_s=240, seed=7, rate=50, accident=None, **config):
    w = World(seed=seed)
    pair = Pair(w, **config)
    people = Clients(w, pair.address, rate=rate, arrivals="constant", write_share=0.2)
    w.at(crash_s, accident or (lambda w: w.crash("node1")))
    w.run(until=until_s)
    return w, pair, Metrics(people)


def story(w):
    return [f"{event.t:.1f} {event.src}: {event.what}" for event in w.trace.where(kind=("failover", "fault"))]


@pytest.mark.parametrize("crash_s", [60.02, 60.3, 60.5, 60.98])
def test_the_outage_is_eight_to_nine_seconds_and_never_zero(crash_s):
    _, _, seen = play(crash_s=crash_s, until_s=90)
    assert 8.0 <= seen.downtime_s <= 9.05
    assert 400 <= seen.lost <= 452
    assert seen.downtime_s == pytest.approx(9.0 - (crash_s - 60), abs=0.05)  # the later after a beat, the shorter


def test_the_steps_of_a_takeover_are_in_the_trace():
    w, _, _ = play(until_s=90)
    assert story(w) == [
        "0.0 node1: active",
        "0.0 node2: standby",
        "60.3 node1: crash",
        "63.0 node2: suspected",
        "63.0 node2: fenced",
        "63.0 node2: promote",
        "68.0 node2: redirect",
        "69.0 node2: active",
    ]


@pytest.mark.parametrize(("standby", "most_s"), [("cold", 94), ("warm", 24), ("hot", 9)])
def test_the_readier_the_standby_the_shorter_the_outage(standby, most_s):
    _, pair, seen = play(crash_s=60.02, until_s=180, standby=standby)
    assert seen.downtime_s == pytest.approx(most_s, abs=0.1)
    assert pair.actives == ["node2"]


def test_with_dns_the_unlucky_wait_for_a_whole_ttl_more():
    waits = [play(crash_s=60.02, until_s=150, redirect="dns", resolvers=10, seed=seed)[2] for seed in (1, 2)]
    for seen in waits:
        assert 7.9 <= seen.downtime_s < 20  # the lucky ones
        assert 60 < seen.impaired_s < 68.1  # 8 s + up to 60 s
    assert waits[0].impaired_s != waits[1].impaired_s


def test_asynchronous_replication_loses_its_lag_synchronous_nothing_but_each_write_waits():
    lag = play(replication="async", lag_s=30)
    assert lag[2].rpo_s(lag[1].kept()) == pytest.approx(30, abs=0.3)
    missing = lag[2].missing(lag[1].kept())
    assert all(30.2 <= each.ended_s <= 60.4 for each in missing) and 260 < len(missing) < 350
    together = play(replication="sync")
    assert together[2].missing(together[1].kept()) == []
    w, pair, people = World(seed=1), None, None
    waits = {}
    for kind in ("async", "sync"):
        w = World(seed=1)
        pair = Pair(w, replication=kind, service="constant")
        w.link("node1", "node2", delay_s=0.02)
        people = Clients(w, pair.address, rate=10, write_share=1.0)
        w.run(until=20)
        waits[kind] = Metrics(people).p50_s
    assert waits["sync"] - waits["async"] == pytest.approx(0.04, abs=0.001)  # there and back


def test_without_copies_the_service_begins_empty():
    _, pair, seen = play(replication="none")
    kept = set(pair.kept())
    before = [each for each in seen.requests if each.write and each.ok and each.at_s < 60]
    assert before and not any(each.id in kept for each in before)


def test_only_the_heartbeat_is_cut_with_fencing_a_healthy_machine_is_switched_off_without_there_are_two():
    def cut(w):
        w.cut("node1", "node2")

    _, fenced, seen = play(accident=cut)
    assert fenced.actives == ["node2"]
    assert seen.downtime_s == pytest.approx(6, abs=0.1)  # it served while it was suspected, until it was switched off
    assert seen.missing(fenced.kept()) == []
    _, both, seen = play(accident=cut, fencing=False)
    assert both.actives == ["node1", "node2"]
    assert seen.lost == 0  # the clients notice nothing: the address goes to and fro
    after = {each.by for each in seen.requests if each.at_s > 80}
    assert after == {"node1", "node2"}
    damaged = seen.missing(both.kept())
    assert len(damaged) > 1000  # what both wrote to one disk cannot be read


def test_two_histories_begin_when_both_write_to_disks_of_their_own():
    _, pair, seen = play(accident=lambda w: w.cut("node1", "node2"), fencing=False, replication="sync")
    assert pair.actives == ["node1", "node2"]
    one, two = (set(member.disk.kept) for member in pair.members.values())
    assert one - two and two - one
    assert seen.missing(pair.kept())  # acknowledged, and not there


def test_a_fence_that_fails_leaves_the_service_down_until_it_works():
    w, pair, seen = play(accident=lambda w: (w.component("pair-pdu").fail(), w.crash("node1")), until_s=120)
    assert pair.actives == [] and seen.downtime_s > 55
    w.component("pair-pdu").repair()
    w.run(until=140)
    assert pair.actives == ["node2"]


def test_the_old_active_comes_back_and_believes_that_it_is_still_active():
    w, pair, _ = play(until_s=100)
    w.start("node1")
    assert pair.actives == ["node1", "node2"]  # its configuration says so
    w.run(until=102)
    assert pair.actives == ["node2"]
    assert "100.0 node2: two actives" in story(w) and "100.0 node2: fenced" in story(w)
    w, pair, _ = play(until_s=100, fencing=False)
    w.start("node1")
    w.run(until=200)
    assert pair.actives == ["node1", "node2"]


def test_fail_back_is_planned_and_costs_promote_and_redirect_only():
    w, pair, _ = play(until_s=100, replication="sync")
    pair.rejoin("node1")
    w.run(until=150)
    assert (pair.members["node1"].role, pair.actives) == ("standby", ["node2"])
    pair.switch_over()
    w.run(until=200)
    people = w.component("clients")
    seen = Metrics(people, since_s=110)
    assert pair.actives == ["node1"] and seen.downtime_s == pytest.approx(6, abs=0.1)
    assert Metrics(people).missing(pair.kept()) == []


def test_after_a_fail_back_the_other_one_takes_over_again():
    w, pair, _ = play(until_s=100)
    pair.rejoin("node1")
    w.run(until=120.5)
    w.crash("node2")
    w.run(until=150)
    assert pair.actives == ["node1"]


def test_a_dead_standby_stops_the_writes_of_a_synchronous_pair_until_it_is_fenced():
    _, pair, seen = play(replication="sync", accident=lambda w: w.crash("node2"), until_s=100)
    lost = [each for each in seen.requests if not each.ok and each.ended_s]
    assert lost and all(each.write for each in lost)  # reads go on
    assert seen.impaired_s < 8 and pair.actives == ["node1"]
    assert seen.missing(pair.kept()) == []


@pytest.mark.parametrize("drill_s", [None, 30 * 86400.0])
def test_a_fault_in_the_standby_is_found_by_a_drill_or_by_the_accident(drill_s):
    w, day = World(seed=3, journal=False), 86400.0
    pair = Pair(w, interval_s=1800.0, misses=3, drill_s=drill_s)  # beats as rare as that: five months in a second
    pair.announce_s = 1e9
    w.at(20 * day, pair.break_standby)
    w.at(150 * day, w.crash, "node1")
    w.run(until=151 * day)
    said = [event.what for event in w.trace.where(kind="failover")]
    if drill_s is None:
        assert pair.actives == [] and said[-1] == "failed"
    else:
        assert pair.actives == ["node2"] and said.count("drill failed") == 1 and "repaired" in said


@pytest.mark.parametrize(
    "wrong",
    [{"standby": "lukewarm"}, {"misses": 0}, {"misses": 2.5}, {"interval_s": 0}, {"replication": "often"},
     {"redirect": "post"}, {"standby": "cold", "replication": "sync"}, {"promote_s": -1},
     {"ttl_s": 0, "redirect": "dns"}, {"names": ("node1", "node1")},
     {"names": "node1"}, {"fencing": "no"}, {"service": "quick"}, {"fence_s": -1}],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(wrong):
    w = World(seed=1)
    with pytest.raises(LabError):
        Pair(w, **wrong)
    assert not w.nodes


def test_nothing_to_hand_over_is_said():
    w, pair, _ = play(until_s=100)
    with pytest.raises(LabError, match="node1 is off"):
        pair.switch_over()
    with pytest.raises(LabError, match="node3"):
        pair.rejoin("node3")


def test_a_fork_of_a_pair_in_the_middle_of_a_takeover_goes_the_same_way():
    w, _, _ = play(until_s=65, replication="sync")
    twin = w.fork()
    for world in (w, twin):
        world.run(until=100)
    assert w.trace.digest() == twin.trace.digest()
