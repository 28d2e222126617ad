"""Content trap 5: active–passive is never zero downtime; detection lies between M−1 and M intervals after the crash."""

import pytest

from labkit.failover import Clients, Metrics, Pair
from labkit.world import World


@pytest.mark.parametrize("misses", [2, 3, 5])
@pytest.mark.parametrize("phase_s", [0.02, 0.25, 0.5, 0.75, 0.98])
def test_a_crash_is_noticed_between_m_minus_one_and_m_intervals_later(misses, phase_s):
    w = World(seed=5)
    Pair(w, misses=misses)
    w.at(10 + phase_s, w.crash, "node1")
    w.run(until=30)
    (suspected,) = w.trace.where(what="suspected")
    after_s = suspected.t - (10 + phase_s)
    assert misses - 1 <= after_s <= misses + 0.02
    assert after_s == pytest.approx(misses - phase_s, abs=0.02)  # since the last beat, not since the crash


@pytest.mark.parametrize("standby", ["cold", "warm", "hot"])
@pytest.mark.parametrize("replication", ["shared", "none"])
def test_whatever_you_pay_the_outage_is_not_zero(standby, replication):
    w = World(seed=5)
    pair = Pair(w, standby=standby, replication=replication, misses=1, interval_s=0.1, redirect_s=0.0, promote_s=1.0)
    people = Clients(w, pair.address, rate=50)
    w.at(10.05, w.crash, "node1")
    w.run(until=140)
    assert Metrics(people).downtime_s > 1.0 and Metrics(people).lost > 0 and pair.actives == ["node2"]


def test_even_a_planned_hand_over_costs_seconds():
    w = World(seed=5)
    pair = Pair(w)
    people = Clients(w, pair.address, rate=50)
    w.run(until=10)
    pair.switch_over()
    w.run(until=30)
    assert 5.9 < Metrics(people).downtime_s < 6.2  # no detection: promote and redirect
