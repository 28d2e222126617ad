"""The pool agrees with queueing theory, and theory with itself."""

import pytest

from labkit.failover.clients import Clients
from labkit.failover.pool import Pool
from labkit.failover.queueing import confidence, erlang_c, mg1, mm1, mmc, safe_utilisation
from labkit.failover.service import SQUARED_SPREAD
from labkit.world import LabError, World


def responses(nodes, rate, seconds, warm_up_s=20, **given):
    """Response times of the requests after the warm-up, in the order of arrival, and the pool."""
    w = World(seed=given.pop("seed", 1), journal=False, delay_s=0)
    pool = Pool(w, nodes, service_s=0.02, timeout_s=3600, check_s=1000, **given)
    crowd = Clients(w, pool.address, rate=rate, patience_s=3600, until_s=warm_up_s + seconds)
    w.run(until=warm_up_s + seconds + 60)
    assert all(each.ok for each in crowd.requests)
    return [each.latency_s for each in crowd.requests if each.at_s > warm_up_s], pool


@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
def test_one_node_is_an_mm1_queue(load):
    times, pool = responses(1, load * 50, 160 / load)
    mean, width = confidence(times)
    assert abs(mean - mm1(load * 50, 0.02).response_s) < width
    assert pool.utilisation(20, 20 + 160 / load)["web1"] == pytest.approx(load, rel=0.06)


@pytest.mark.parametrize("servers", [2, 4])
def test_workers_with_one_queue_are_mmc(servers):
    theory = mmc(0.75 * 50 * servers, 0.02, servers)
    times, _ = responses(1, theory.rate, 8000 / theory.rate, workers=servers)
    mean, width = confidence(times)
    assert abs(mean - theory.response_s) < width
    times.sort()
    assert times[int(0.95 * len(times))] == pytest.approx(theory.response_percentile_s(95), rel=0.2)


@pytest.mark.parametrize("kind", sorted(SQUARED_SPREAD))
def test_the_wait_grows_with_the_spread_of_the_service_times(kind):
    times, _ = responses(1, 35, 230, service=kind)
    mean, width = confidence(times)
    assert abs(mean - mg1(35, 0.02, SQUARED_SPREAD[kind]).response_s) < width


def test_a_random_balancer_in_front_of_three_nodes_makes_three_mm1_queues():
    """And least connections is better than that: nearly one common queue."""
    times, _ = responses(3, 105, 80, policy="random")
    mean, width = confidence(times)
    assert abs(mean - mm1(35, 0.02).response_s) < width
    better, _ = confidence(responses(3, 105, 80, policy="least connections")[0])
    assert mmc(105, 0.02, 3).response_s < better < mean


def test_littles_law_holds_whatever_the_service_times_are():
    w = World(seed=3, journal=False, delay_s=0)
    pool = Pool(w, 2, service="long tail", service_s=0.02, timeout_s=3600, check_s=1000)
    crowd = Clients(w, pool.address, rate=70, patience_s=3600, until_s=60)
    inside = []
    for tick in range(6000):
        w.run(until=(tick + 1) / 100)
        inside.append(pool.waiting + sum(len(backend.busy) for backend in pool.backends.values()))
    w.run(until=200)
    rate, mean_s = len(crowd.requests) / 60, sum(each.latency_s for each in crowd.requests) / len(crowd.requests)
    assert sum(inside) / len(inside) == pytest.approx(rate * mean_s, rel=0.03)


def test_formulas_known_from_books():
    assert mm1(0.6, 1).response_s == pytest.approx(2.5) and mm1(0.9, 1).response_s == pytest.approx(10)
    assert mmc(0.9, 1, 1) == mm1(0.9, 1)
    assert erlang_c(8, 10) == pytest.approx(0.40918, abs=1e-4)  # a table of Erlang C
    assert mg1(0.9, 1, 0).wait_s == pytest.approx(mm1(0.9, 1).wait_s / 2)  # constant service: half the wait
    assert mm1(0.5, 1).wait_percentile_s(40) == 0 and mm1(0.5, 1).wait_percentile_s(95) == pytest.approx(
        4.605, abs=1e-3
    )
    assert [round(100 * safe_utilisation(n)) for n in (2, 3, 4, 5)] == [50, 67, 75, 80]


@pytest.mark.parametrize("ask", [lambda: mm1(1, 1), lambda: mmc(2, 1, 2), lambda: mmc(1, 1, 1.5), lambda: mm1(-1, 1)])
def test_there_is_no_steady_state_at_full_load(ask):
    with pytest.raises(LabError):
        ask()


def test_too_few_samples_say_nothing():
    with pytest.raises(LabError, match="too few"):
        confidence([1.0] * 100)
