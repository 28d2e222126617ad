"""Content trap 7: parallel availability holds only for independent failures; what all share stands in series."""

import pytest

from labkit.failover import Clients, Metrics, Pool
from labkit.failover.availability import at_least, in_series
from labkit.world import World


def share_served(shared, seed):
    """Three nodes that are each down for a tenth of the time, on their own or all with the switch they hang on."""
    w = World(seed, journal=False)
    pool = Pool(w, 3, "least connections", service_s=0.01, timeout_s=0.5, check_s=1, check_timeout_s=0.3, failures=1,
                successes=1)  # fmt: skip
    crowd = Clients(w, pool.address, rate=5, until_s=3000, patience_s=1)
    luck = w.random("faults")
    for names in [list(pool.backends)] if shared else [[name] for name in pool.backends]:
        at_s = luck.uniform(10, 200)
        while at_s < 3000:
            w.at(at_s, w.cut, names, pool.address), w.at(at_s + 20, w.heal, names, pool.address)
            at_s += 20 + luck.expovariate(1 / 180)
    w.run(until=3005)
    seen = Metrics(crowd)
    return seen.served / seen.asked


@pytest.mark.parametrize("seed", [1, 2])
def test_three_nodes_that_fail_together_are_no_better_than_one(seed):
    alone, together = share_served(False, seed), share_served(True, seed)
    assert together == pytest.approx(0.9, abs=0.06)  # one node's own share
    assert alone > 0.97 > together + 0.02


def test_nines_multiply_only_for_independent_parts():
    three = at_least(1, [0.9] * 3)
    assert three == pytest.approx(0.999)
    assert in_series(three, 0.9) == pytest.approx(0.8991)  # behind one switch of 90 %
    assert in_series(at_least(1, [0.9] * 10), 0.9) <= 0.9 + 1e-12  # and ten nodes do not help
