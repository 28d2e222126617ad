"""Two balancers with one address: the one that dies costs seconds, not everything."""

import pytest

from labkit.failover.clients import Clients
from labkit.failover.doubled import Doubled
from labkit.failover.metrics import Metrics
from labkit.failover.pool import Pool
from labkit.world import World


def doubled(seed=3, until_s=60):
    w = World(seed)
    pool = Pool(w, 2, service_s=0.01)
    pair = Doubled(w, pool)
    return w, pool, pair, Clients(w, pair.address, rate=50, until_s=until_s)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dies", [["balancer"], ["balancer", "balancer-keepalived"]])
def test_a_balancer_dies_and_the_other_has_the_address_within_seconds(seed, dies):
    w, pool, pair, crowd = doubled(seed)
    w.run(until=20 + seed / 4)
    for node in dies:
        w.crash(node)
    w.run(until=65)
    seen = Metrics(crowd)
    assert 0.5 < seen.downtime_s < (3 if len(dies) == 1 else 6)
    assert Metrics(crowd, 30, 60).lost == 0
    assert repr(pair) == "<Doubled doubled: balancer2 has the address>" or len(dies) == 2


def test_the_first_one_comes_back_and_does_not_take_the_address_away_again():
    w, pool, pair, crowd = doubled()
    w.at(10, w.crash, "balancer"), w.at(30, w.start, "balancer")
    w.run(until=65)
    assert pair.address.owner == "balancer2" and Metrics(crowd, 20, 60).lost == 0
    told = [line.split(" ", 1)[1] for line in w.trace.where(kind="vrrp", what="takes the address").short()]
    assert told == ["balancer2-keepalived → balancer2 vrrp: takes the address"]


def test_a_cut_between_the_guards_makes_two_masters_and_healing_makes_one():
    """Harmless here, for a balancer keeps nothing; the pair with a disk is another story."""
    w, pool, pair, crowd = doubled()
    w.run(until=10)
    w.cut("balancer-keepalived", "balancer2-keepalived")
    w.run(until=20)
    assert [guard.master for guard in pair.guards] == [True, True]
    w.heal()
    w.run(until=65)
    assert sum(guard.master for guard in pair.guards) == 1
    assert Metrics(crowd).lost == 0
