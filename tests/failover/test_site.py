"""Sites: what one failure does, what the years bring, and sums that the simulation must agree with."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.failover.availability import at_least, from_repair, in_series, minutes_a_year
from labkit.failover.blast_radius import Topology
from labkit.failover.site import BOOT_S, RESTART_S, Service, Site
from labkit.failover.site_life import Life
from labkit.world import LabError, World

HOUR_S = 3600


def after(part, **site):
    """The longest outage (s) of each service when one part breaks."""
    life = Life(World(seed=4), Site(**site))
    life.breaks(part)
    return {name: round(seconds) for name, seconds in life.longest_s.items()}


def test_the_sums_of_the_lecture():
    assert from_repair(2, 8) == pytest.approx(0.9982, abs=5e-5)
    assert from_repair(2, 3 / 60) == pytest.approx(0.999989, abs=5e-7)
    assert minutes_a_year(from_repair(2, 3 / 60)) == pytest.approx(6, abs=0.1)
    assert at_least(2, [0.99] * 3) == pytest.approx(0.9997, abs=5e-6)
    assert in_series(at_least(2, [0.99] * 3), 0.999) == pytest.approx(0.9987, abs=5e-6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 1), max_size=5), st.integers(0, 5))
def test_so_many_of_the_parts_by_counting_every_case(parts, needed):
    if needed > len(parts):
        with pytest.raises(LabError):
            at_least(needed, parts)
        return
    cases = product((0, 1), repeat=len(parts))
    total = 0.0
    for case in cases:
        if sum(case) >= needed:
            weight = 1.0
            for up, part in zip(case, parts, strict=True):
                weight *= part if up else 1 - part
            total += weight
    assert at_least(needed, parts) == pytest.approx(total)


def test_a_lost_node_costs_a_restart_when_there_is_room_a_majority_and_a_reachable_disk():
    three = {"nodes": 3, "racks": 3, "switches": 2}
    assert after("node1", **three) == {"service": RESTART_S}
    assert after("node1", **three, storage="replicated") == {"service": RESTART_S}
    assert after("node2", **three) == {"service": 0}
    assert after("node1", **three, services=[Service("shop", ha=False)]) == {"shop": 8 * HOUR_S + BOOT_S}
    assert after("node1", **three, storage="local") == {"service": 8 * HOUR_S + BOOT_S}


def test_two_nodes_have_no_majority_without_a_witness():
    assert after("node1", nodes=2, racks=2, switches=2) == {"service": 8 * HOUR_S + BOOT_S}
    assert after("node1", nodes=2, racks=2, switches=2, witness=True) == {"service": RESTART_S}


def test_full_nodes_have_no_room_for_the_vms_of_a_lost_one():
    services = [Service(name, 29) for name in ("a", "b", "c", "d", "e", "f")]
    lost = after("node1", nodes=3, racks=3, switches=2, services=services)
    assert [name for name, seconds in lost.items() if seconds > HOUR_S] == ["a", "b"]


def test_what_all_share_brings_all_down():
    assert after("switch1", nodes=3, racks=3) == {"service": 4 * HOUR_S + BOOT_S}
    assert after("switch1", nodes=3, racks=3, switches=2) == {"service": 0}
    assert after("rack1", nodes=3, switches=2) == {"service": 6 * HOUR_S + BOOT_S}
    assert after("storage", nodes=3, racks=3, switches=2) == {"service": round(4.387 * HOUR_S + BOOT_S)}


def test_without_ha_a_vm_runs_on_while_nobody_reaches_it_and_is_there_at_once():
    assert after("switch1", nodes=3, racks=3, services=[Service("shop", ha=False)]) == {"shop": 4 * HOUR_S}


def test_replicas_apart_leave_no_outage_and_replicas_together_do():
    pair = {"nodes": 3, "racks": 3, "switches": 2}
    assert after("node1", **pair, services=[Service("shop", replicas=2, apart=True)]) == {"shop": 0}
    assert after("node1", **pair, services=[Service("shop", replicas=2)]) == {"shop": RESTART_S}


def test_what_a_failure_costs_in_data():
    life = Life(World(seed=4), Site(nodes=3, racks=3, switches=2, storage="replicated", replicate_s=300))
    life.breaks("node1")
    assert life.lost_s == {"service": 300}
    life = Life(World(seed=4), Site(nodes=3, racks=3, switches=2, storage="shared"))
    life.breaks("node1")
    assert life.lost_s == {"service": 0}


def test_a_thousand_years_of_one_host_agree_with_the_sum():
    site = Site(nodes=1, storage="local", switches=2, racks=1, services=[Service("shop")])
    life = Life(World(seed=9, journal=False), site)
    life.years(1000)
    node, rack = from_repair(2, 8 + BOOT_S / HOUR_S), from_repair(0.25, 6 + BOOT_S / HOUR_S)
    assert 1 - life.availability() == pytest.approx(1 - in_series(node, rack), rel=0.08)


def test_the_ranking_of_four_sites_and_what_is_to_blame():
    services = [Service("shop")]
    sites = {
        "one host": Site(nodes=1, storage="local", services=services),
        "one switch": Site(nodes=3, racks=3, storage="mirrored", services=services),
        "two switches": Site(nodes=3, racks=3, switches=2, storage="mirrored", services=services),
        "one storage": Site(nodes=3, racks=3, switches=2, storage="shared", services=services),
    }
    lives = {name: Life(World(seed=2, journal=False), site) for name, site in sites.items()}
    for life in lives.values():
        life.years(300)
    ranked = sorted(lives, key=lambda name: lives[name].availability())
    assert ranked == ["one host", "one storage", "one switch", "two switches"]
    assert lives["one storage"].blame["shop"].most_common(1)[0][0] == "storage"
    assert lives["one storage"].availability() == pytest.approx(0.999, abs=3e-4)


def test_same_seed_same_years():
    digests = []
    for _ in range(2):
        world = World(seed=5)
        Life(world, Site()).years(20)
        digests.append(world.trace.digest())
    assert digests[0] == digests[1]
    forked = world.fork()
    assert forked.components["site"].down_s == world.components["site"].down_s


def test_what_cannot_be_built_is_refused():
    with pytest.raises(LabError, match="no node has room for replica 2 of shop"):
        Site(nodes=1, services=[Service("shop", replicas=2, apart=True)])
    with pytest.raises(LabError, match="no storage 'raid'"):
        Site(storage="raid")
    with pytest.raises(LabError, match="switches must be between 1 and 2"):
        Site(switches=3)
    with pytest.raises(LabError, match="two services have the same name"):
        Site(services=[Service("a"), Service("a")])
    life = Life(World(), Site())
    with pytest.raises(LabError, match="no part 'node9'"):
        life.breaks("node9")
    with pytest.raises(LabError, match="no time has passed"):
        life.availability()


def test_the_blast_radius_of_a_power_strip():
    rooms = Topology(
        {"n1": ("rack1", ["sw1", "sw2"]), "n2": ("rack2", ["sw1", "sw2"]), "n3": ("rack2", ["sw2"])},
        {"sw1": "rack1", "sw2": "rack1"},
    )
    placement = {"shop": ["n1", "n2"], "mail": ["n2", "n2"], "wiki": ["n3"]}
    assert rooms.dead("rack1") == {"n1", "n2", "n3"}
    assert rooms.dead("sw2") == {"n3"}
    assert rooms.worst_case(placement) == {"node": 1, "switch": 1, "rack": 3}
    with pytest.raises(LabError, match="is no switch"):
        Topology({"n1": ("rack1", ["sw9"])}, {})


def test_years_after_years_are_like_the_first():
    w = World(seed=3)
    life = Life(w, Site(nodes=1))
    life.years(300)
    first, broken = life.down_s["service"], len(w.trace.where(kind="fault", what="node1 breaks"))
    for _ in range(3):
        life.years(300)
    later = (len(w.trace.where(kind="fault", what="node1 breaks")) - broken) / 3
    assert broken == pytest.approx(600, rel=0.15) and later == pytest.approx(600, rel=0.15)
    assert life.down_s["service"] == pytest.approx(4 * first, rel=0.3)


def test_an_outage_that_one_looks_at_in_the_middle_is_one_outage():
    w = World(seed=1)
    life = Life(w, Site(nodes=1, services=[Service("shop", ha=False)]))
    w.at(1800, life._close)  # as at the end of some years
    life.breaks("node1", hours=1)
    assert life.outages["shop"] == 1
    assert life.down_s["shop"] == life.longest_s["shop"] == 3600 + 60
