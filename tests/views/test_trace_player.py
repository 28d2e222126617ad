"""The trace player tells what became of each message, in one step and in words."""

import pytest

from labkit.views import TracePlayer
from labkit.views.trace_player import diagram, sentence, steps_of
from labkit.world import Unanswered, World


@pytest.fixture()
def world():
    """A laptop asks a server: whole, cut, crashed, stopped."""
    w = World(seed=7)
    w.node("laptop")
    w.node("server", serve=lambda message: "hello")
    w.ask("laptop", "server", "rest", "GET /", timeout_s=5)
    for break_it in (
        lambda: w.cut("laptop", "server"),
        lambda: (w.heal(), w.crash("server")),
        lambda: (w.start("server"), w.stop("server")),
    ):
        break_it()
        with pytest.raises(Unanswered):
            w.ask("laptop", "server", "rest", "GET /", timeout_s=5)
    return w


def test_the_story_in_words(world):
    assert [sentence(step).partition(" · ")[2] for step in steps_of(world.trace)] == [
        "laptop → server · rest: GET /",
        "server → laptop · rest: reply",
        "the link laptop – server is cut",
        "laptop → server · rest: GET / (lost: cut)",
        "laptop gives up waiting",
        "all links are mended",
        "server crashes",
        "laptop → server · rest: GET / (lost: down)",
        "laptop gives up waiting",
        "server starts",
        "server is stopped",
        "laptop → server · rest: GET /",
        "server → laptop · net: refused",
    ]


def test_the_current_step_is_lit_and_described(world):
    picture = diagram(steps_of(world.trace), 3)
    assert picture.count("var(--lk-lit)") == 1
    assert "Now: t = 0.002 s · laptop → server · rest: GET / (lost: cut)." in picture


def test_walking_stops_at_both_ends(world):
    player = TracePlayer(world.trace)
    player.heard("ArrowLeft")
    assert player.at == 0
    player.heard("End")
    player.heard("ArrowRight")
    assert player.at == len(player.steps) - 1 and "Step 13 of 13" in player.html()
    player.heard("Home")
    assert player.text().startswith("▶   1 t = 0 s")


def test_an_empty_trace_says_so():
    assert "Nothing has happened yet" in TracePlayer(World(1).trace).html()


def test_names_are_escaped():
    w = World(1)
    w.node("<b>"), w.node("&")
    w.cast("<b>", "&", "rest", "<script>")
    html = TracePlayer(w.trace).html()
    assert "<script>" not in html and "&lt;b&gt;" in html
