"""Content trap 6: active–active loses the requests in flight and its share until detection; headroom (N−1)/N; the
balancer can die."""

import pytest

from labkit.failover import Clients, Metrics, Pool
from labkit.failover.queueing import safe_utilisation
from labkit.world import World


@pytest.mark.parametrize("nodes", [2, 3, 4, 5])
@pytest.mark.parametrize("more", [-8, 8])
def test_headroom_is_n_minus_1_over_n(nodes, more):
    """Just below, the rest carries on; just above, the queue grows for as long as one looks."""
    w = World(seed=6, journal=False)
    pool = Pool(w, nodes, "least connections", service_s=0.05, timeout_s=900, check_s=1)
    rate = (100 * safe_utilisation(nodes) + more) / 100 * nodes * 20
    Clients(w, pool.address, rate=rate, patience_s=900, until_s=200)
    w.run(until=5)
    w.stop(f"web{nodes}")
    waiting = []
    for until_s in (40, 80, 160):
        w.run(until=until_s)
        waiting.append(pool.waiting)
    if more > 0:
        assert waiting[2] - waiting[0] > 0.6 * 120 * (rate - (nodes - 1) * 20)
    else:
        assert waiting[2] < 40


def test_its_share_until_detection_then_nothing_then_the_balancer():
    w = World(seed=6, journal=False)
    pool = Pool(w, 2, service_s=0.01, timeout_s=2)
    crowd = Clients(w, pool.address, rate=50, until_s=120)
    w.at(30, w.stop, "web2"), w.at(90, w.crash, pool.address)
    w.run(until=125)
    out_s = w.trace.where(kind="health")[0].t
    assert Metrics(crowd, 30, out_s).lost == pytest.approx(25 * (out_s - 30), rel=0.2)
    assert Metrics(crowd, out_s + 0.1, 89).lost == 0
    assert Metrics(crowd, 90, 120).served == 0
