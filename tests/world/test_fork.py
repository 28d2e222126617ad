"""What if: fork, rewind and replay make new worlds by doing again what was done from outside."""

import contextlib

import pytest

from labkit.world import LabError, Unanswered, World
from tests.world.counter import Counter


def lived():
    """A world with some past: requests, a crash, a restart, a reset."""
    w = World(7)
    w.node("laptop")
    Counter(w)
    w.link("laptop", "counter", delay_s=0.5, jitter_s=0.5, loss=0.2)
    for _ in range(4):
        with contextlib.suppress(Unanswered):
            w.ask("laptop", "counter", "rpc.call", "count", timeout_s=3)
    w.at(25, lambda w: w.crash("counter"))
    w.at(40, w.start, "counter")
    w.run(until=60)
    w.components["counter"].reset()
    w.run(until=65)
    return w


def test_a_fork_has_the_same_past_and_its_own_future():
    w = lived()
    what_if = w.fork()
    assert what_if.trace.dumps() == w.trace.dumps() and what_if.now == w.now
    what_if.crash("counter")
    what_if.run(until=100)
    w.run(until=100)
    assert w.trace.where(kind="heartbeat", since=65).short() == [
        "70 counter heartbeat: I count 0", "80 counter heartbeat: I count 0", "90 counter heartbeat: I count 0"]
    assert what_if.trace.where(kind="heartbeat", since=65).short() == []


def test_the_fork_of_a_fork_is_a_fork():
    w = lived()
    third = w.fork().fork().fork()
    third.run(until=200)
    w.run(until=200)
    assert third.trace.digest() == w.trace.digest()


def test_luck_goes_on_where_it_was():
    w = lived()
    twin = w.fork()
    for world in (w, twin):
        for n in range(20):
            world.cast("laptop", "counter", "rpc.cast", f"count {n}")
        world.run(until=90)
    assert w.trace.digest() == twin.trace.digest()
    assert 0 < len(w.trace.where(kind="net", what="lost", since=65)) < 20


def test_rewind_goes_back_before_the_crash_and_leaves_the_old_world_alone():
    w = lived()
    events = len(w.trace)
    past = w.rewind(20)
    assert past.now == 20 and past.components["counter"].count == 4 and len(w.trace) == events
    assert past.trace.dumps() == "".join(line for line in w.trace.where(until=20).dumps().splitlines(True))
    past.heal()
    past.run(until=24)
    assert past.components["counter"].count == 4, "no crash yet"
    past.run(until=26)
    assert past.components["counter"].count == 0, "what was planned before still comes"


def test_a_rewound_world_can_be_forked_and_rewound_again():
    past = lived().rewind(30)
    assert past.fork().trace.dumps() == past.trace.dumps()
    assert past.rewind(12).now == 12
    past.run(until=50)
    assert past.fork().now == 50


def test_rewind_into_the_middle_of_a_question():
    w = World(1)
    w.node("laptop")
    w.node("keystone", serve=lambda message: "hello")
    w.link("laptop", "keystone", delay_s=5)
    w.ask("laptop", "keystone", "rest", "GET /v3")
    past = w.rewind(7)
    assert past.trace.short() == w.trace.short()[:3]
    past.cut("laptop", "keystone")
    past.run(until=20)
    assert past.trace.short()[-1] == "10 keystone → laptop net: lost"


def test_replay_with_another_seed_is_the_same_story_with_other_luck():
    w = lived()
    assert w.replay().trace.digest() == w.trace.digest()
    other = w.replay(seed=8)
    assert other.trace.digest() != w.trace.digest()
    assert other.trace.where(kind="fault").short() == w.trace.where(kind="fault").short()


def test_a_function_that_holds_on_to_its_world_is_refused_with_the_cure():
    w = World()
    w.node("keystone")
    w.at(5, lambda _: w.crash("keystone"))
    with pytest.raises(LabError, match="holds on to 'w'.*take the world as its argument"):
        w.fork()


def test_a_thing_of_this_world_only_is_refused():
    w = World()
    w.node("keystone", serve=[].append)
    with pytest.raises(LabError, match="list object|builtin"):
        w.fork()
    w = World()
    w.process(wait(w))
    with pytest.raises(LabError, match="generator"):
        w.fork()
    w = World()
    w.process(wait)
    w.run()
    assert w.fork().now == 3


def wait(world):
    yield world.timeout(3)


def test_earlier_results_may_be_named_again():
    w = World()
    process = w.process(wait)
    first = w.emit("you", None, "note", "started")
    w.run(until=process)
    w.emit("you", None, "note", "ended", cause=first)
    assert w.fork().trace[-1].cause == first.n and w.fork().now == 3


def test_a_mutable_thing_may_say_how_its_twin_is_made():
    class Shelf(list):
        def __replay__(self, world):
            return Shelf()

    w, shelf = World(), Shelf()
    w.at(1, put, shelf)
    w.at(2, put, shelf)
    w.run()
    w.fork()
    assert shelf == [1.0, 2.0]


def put(world, shelf):
    shelf.append(world.now)
    world.emit("shelf", None, "state", f"{len(shelf)} on the shelf")


def test_something_outside_that_takes_part_is_noticed():
    w, outside = World(), []
    w.at(1, lambda w: outside.append(1) or w.emit("x", None, "note", str(len(outside))))
    w.run()
    with pytest.raises(LabError, match="went another way at event 0"):
        w.fork()


def test_a_world_without_a_journal_says_so():
    w = World(journal=False)
    w.node("keystone")
    w.run(until=5)
    with pytest.raises(LabError, match="keeps no journal"):
        w.rewind(2)


def test_a_mistake_made_from_outside_is_made_again_and_changes_nothing():
    w = World()
    w.node("keystone")
    with pytest.raises(LabError):
        w.node("keystone")
    assert list(w.fork().nodes) == ["keystone"]
