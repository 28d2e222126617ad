"""The topology shows the world's truth, and its buttons are the world's own faults."""

import pytest

from labkit.views import Topology
from labkit.views.topology import picture, state_of
from labkit.world import World


@pytest.fixture()
def world():
    w = World(seed=7)
    w.node("laptop")
    w.node("server", serve=lambda message: "hello")
    return w


def test_cut_in_one_direction_is_not_cut(world):
    world.cut("laptop", "server", both_ways=False)
    assert state_of(world)["links"] == [
        {"a": "laptop", "b": "server", "words": "cut from laptop to server", "is_cut": True, "ordinary": False}
    ]


def test_state_and_word_for_every_node(world):
    world.crash("server")
    drawn = picture(state_of(world))
    assert "laptop is running. server is crashed. Link laptop – server: 1 ms." in drawn
    assert ">crashed</text>" in drawn


def test_next_event_lets_one_thing_happen(world):
    view = Topology(world)
    world.call("laptop", "server", "rest", "GET /", 5)
    lengths = [len(world.trace)]
    for _ in range(4):
        view.step()
        lengths.append(len(world.trace))
    assert lengths[1] > lengths[0] and world.now < 5
    view.step()
    assert len(world.trace) == lengths[-1], "nothing is left to happen: no event, and no endless loop"


def test_a_click_on_the_cable_cuts_and_heals(world):
    view = Topology(world)
    view.clicked("laptop|server")
    assert world.network.link("laptop", "server").is_cut
    view.clicked("laptop|server")
    assert not world.network.link("server", "laptop").is_cut


def test_looking_changes_nothing(world):
    world.ask("laptop", "server", "rest", "GET /")
    before = world.trace.digest(), world.now
    view = Topology(world)
    assert "GET /" in view.html() and "rest: GET /" in view.text()
    assert (world.trace.digest(), world.now) == before
