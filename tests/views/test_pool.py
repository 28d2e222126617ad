"""The live pool: what the balancer believes stands beside what is true, and the buttons do what they say."""

import pytest

from labkit.views import LivePool
from labkit.world import LabError


def test_truth_and_belief_differ_after_a_kill_until_the_checks_have_failed():
    view = LivePool(backends=3, rate=60)
    view.go(10)
    view.point("web2"), view.happen("crash"), view.go(5)
    row = view.rows()[1]
    assert row[:3] == ("web2", "dead", "in rotation") and view.metrics.lost > 0
    assert "dead" in view.html() and "In the last minute" in view.html()
    view.go(15)
    assert view.rows()[1][2] == "out of rotation"
    view.happen("heal"), view.go(15)
    assert view.rows()[1][1:3] == ("runs", "in rotation")


def test_a_slow_backend_stays_in_rotation_and_its_queue_grows_until_the_policy_changes():
    view = LivePool(backends=3, rate=90)
    view.point("web3"), view.happen("slow"), view.go(30)
    name, truth, believed, busy, waiting, _ = view.rows()[2]
    assert (truth, believed) == ("runs, 4 times slower", "in rotation") and busy > 0.98 and waiting > 300
    view.use("least work"), view.go(60)
    assert view.rows()[2][4] < waiting - 300


def test_the_balancer_dies_and_nothing_is_served():
    view = LivePool(rate=50)
    view.go(5)
    view.point("balancer"), view.happen("crash"), view.go(65)
    assert view.metrics.served == 0 and "balancer, dead" in view.html() and "nobody decides" in view.html()


def test_carts_in_the_nodes_vanish_with_a_node():
    view = LivePool(backends=2, rate=60, state="local")
    view.go(30)
    before = len(view.state.carts)
    view.happen("crash")
    assert len(view.state.carts) < 0.7 * before and "carts there" in view.text()


def test_another_load_and_a_new_beginning():
    view = LivePool(rate=20)
    assert "let time pass" in view.text()
    view.go(10), view.ask(100), view.go(10)
    assert 900 < view.metrics.asked < 1500
    view.ask(0), view.go(5)
    view.again()
    assert view.world.now == 0 and "no second has passed" in view.html()


def test_it_draws_the_same_each_time_and_refuses_what_cannot_be_meant():
    one, other = LivePool(), LivePool()
    one.heard("ArrowRight"), other.heard("ArrowRight")
    assert one.html() == other.html() and one.text() == other.text()
    for bad in ({"state": "cloud"}, {"policy": "best"}, {"backends": 0}):
        with pytest.raises(LabError):
            LivePool(**bad)
