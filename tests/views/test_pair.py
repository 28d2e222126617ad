"""The view of a pair: what it draws is what the machines believe; its buttons and keys are accidents in the world."""

import pytest

from labkit.failover import Clients, Pair
from labkit.views import PairView
from labkit.views.pair import shares
from labkit.world import World


def room(**config):
    w = World(seed=7)
    pair = Pair(w, **config)
    Clients(w, pair.address, rate=20, write_share=0.2)
    return PairView(pair)


def test_the_cable_is_cut_and_without_fencing_two_believe_that_they_are_active():
    view = room(fencing=False)
    view.later(10)
    view.heard("c")
    assert "heartbeat: cut" in view.html()
    view.later(20)
    html = view.html()
    assert html.count("believes: I am active") == 2 and "two actives" in html
    assert "The heartbeat's cable is cut." in view.text()


def test_with_fencing_one_has_no_power():
    view = room()
    view.later(10)
    view.heard("c")
    view.later(20)
    html = view.html()
    assert html.count("believes: I am active") == 1 and "has no power" in html and "one active" in html
    view.heard("c")
    view.heard("p")
    assert "two actives" in view.html()  # the old one believes its configuration
    view.later(2)
    assert "one active" in view.html()


def test_a_broken_power_switch_leaves_nobody():
    view = room()
    view.heard("f")
    view.later(5)
    view.heard("x")
    view.later(20)
    assert (
        "nobody serves" in view.html() and "nobody is served" in view.html() and "power switch: broken" in view.html()
    )
    view.heard("f")
    view.later(15)
    assert "one active" in view.html()


def test_it_shows_what_clients_lost_and_where_they_go():
    view = room(redirect="dns")
    view.later(30)
    assert "100% of the clients go to node1" in view.text()
    view.heard("x")
    view.later(40)
    share = shares(view.pair)
    assert 0 < share["node2"] < 1 and share["node1"] + share["node2"] == 1  # some resolvers still have the old answer
    assert "longest outage" in view.html()


@pytest.mark.parametrize("standby", ["cold", "warm"])
def test_it_draws_every_kind_of_standby_before_anything_has_happened(standby):
    view = PairView(Pair(World(seed=1), standby=standby))
    assert view.html() == view.html() and view.text()
    view.heard("ArrowRight")
    assert view.pair.world.now == 1


def test_every_button_is_an_accident_and_has_a_name():
    view = room()
    buttons = [widget for row in view.controls() for widget in row]
    assert [each.description for each in buttons][:2] == ["Cut or mend the cable", "Crash the active"]
    view.later(5)
    for each in buttons:
        assert each.tooltip
        each.click()
    assert view.cut and view.pair.device.broken and view.pair.world.now == 16


def test_without_fencing_the_picture_does_not_promise_a_power_switch():
    assert "nobody asks the power switch" in PairView(Pair(World(seed=1), fencing=False)).html()
    assert "power switch: works" in PairView(Pair(World(seed=1))).html()
