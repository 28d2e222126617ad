"""Whatever happens to a pair with fencing and synchronous copies: what was acknowledged is there in the end, and when
all is repaired one machine serves."""

from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.failover import Clients, Metrics, Pair
from labkit.world import World

DEEDS = {
    "cut": lambda w: w.cut("node1", "node2"),
    "heal": lambda w: w.heal("node1", "node2"),
    "crash node1": lambda w: w.crash("node1"),
    "crash node2": lambda w: w.crash("node2"),
    "power node1": lambda w: w.start("node1"),
    "power node2": lambda w: w.start("node2"),
    "switch fails": lambda w: w.component("pair-pdu").fail(),
    "switch works": lambda w: w.component("pair-pdu").repair(),
    "lossy": lambda w: w.link("node1", "node2", loss=0.3, jitter_s=0.2),
}
faults = st.lists(st.tuples(st.floats(5, 80), st.sampled_from(sorted(DEEDS))), max_size=8)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(faults, st.sampled_from(["address", "dns"]), st.integers(0, 3))
def test_acknowledged_writes_survive_any_schedule_of_faults(schedule, redirect, seed):
    w = World(seed=seed, journal=False)
    pair = Pair(w, replication="sync", redirect=redirect, ttl_s=5.0, misses=2)
    people = Clients(w, pair.address, rate=4, write_share=1.0, until_s=150)
    for at_s, deed in schedule:
        w.at(at_s, DEEDS[deed])
    w.run(until=90)
    for deed in ("switch works", "heal", "power node1", "power node2"):
        DEEDS[deed](w)
    w.link("node1", "node2", loss=0.0, jitter_s=0.0)
    w.run(until=160)
    assert len(pair.actives) == 1, schedule
    kept = pair.member(pair.actives[0]).disk.kept
    assert Metrics(people).missing(kept) == []
