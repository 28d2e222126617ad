"""What cannot be meant is refused at once, with what is wrong and what to do next."""

from datetime import datetime

import pytest

from labkit.world import LabError, World


@pytest.fixture
def w():
    world = World(7)
    world.node("keystone")
    world.node("laptop")
    world.run(until=10)
    return world


MISTAKES = {
    "seed is no number": (lambda w: World(seed=None), "whole number or a text"),
    "start without zone": (lambda w: World(start="2026-03-02T08:00:00"), "no time zone"),
    "start is no time": (lambda w: World(start="yesterday"), "ISO 8601"),
    "negative delay": (lambda w: w.link("laptop", "keystone", delay_s=-1), "delay_s must be at least 0"),
    "loss in per cent": (lambda w: w.link("laptop", "keystone", loss=5), "loss must be between 0 and 1"),
    "loss is no number": (lambda w: w.link("laptop", "keystone", loss="a lot"), "must be a number"),
    "NaN": (lambda w: w.slow("laptop", "keystone", float("nan")), "must be finite"),
    "unknown node": (lambda w: w.crash("keyston"), "did you mean 'keystone'"),
    "unknown node, nothing close": (lambda w: w.stop("xyz"), "known: keystone, laptop"),
    "unknown receiver": (lambda w: w.cast("laptop", "nova", "rest", "GET"), "there is no node 'nova'"),
    "unknown caller": (lambda w: w.ask("lap", "keystone", "rest", "GET"), "did you mean 'laptop'"),
    "a list as a name": (lambda w: w.cast(["laptop"], "keystone", "rest", "GET"), "no node"),
    "same name twice": (lambda w: w.node("keystone"), "already a node"),
    "empty name": (lambda w: w.node(""), "must be a text"),
    "cut to itself": (lambda w: w.cut("laptop", "laptop"), "two different nodes"),
    "run into the past": (lambda w: w.run(until=3), "3 s has passed.*rewind"),
    "at in the past": (lambda w: w.at(3, w.crash, "keystone"), "3 s has passed"),
    "at without action": (lambda w: w.at(30, w.crash("keystone")), "cannot be called"),
    "rewind into the future": (lambda w: w.rewind(30), "in the future"),
    "process of no generator": (lambda w: w.process(lambda world: 5), "not a generator"),
    "an object in a message": (lambda w: w.cast("laptop", "keystone", "rest", "x", t=datetime(2026, 1, 1)), "not JSON"),
    "an object in an event": (lambda w: w.emit("laptop", None, "note", "x", deep={"a": [{1}]}), "deep.a.*not JSON"),
    "words missing": (lambda w: w.emit("laptop", None, "note", None), "what must be a text"),
    "cause that is not there": (lambda w: w.emit("laptop", None, "note", "x", cause=99), "no earlier event"),
    "timeout below zero": (lambda w: w.call("laptop", "keystone", "rest", "GET", timeout_s=-1), "timeout_s must be"),
    "unknown component": (lambda w: w.component("nova"), "no component 'nova'"),
    "wait for ever": (lambda w: w.run(until=w.event()), "nothing is left to happen"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_explained(w, mistake):
    make, words = MISTAKES[mistake]
    before = len(w.trace)
    with pytest.raises(LabError, match=words):
        make(w)
    if mistake != "at without action":   # there the crash came first, as Python has it
        assert len(w.trace) == before, "nothing was half done"


def test_faults_that_have_nothing_to_do_do_nothing(w):
    w.start("keystone")
    assert len(w.trace) == 0
    w.crash("keystone")
    w.stop("keystone")
    w.crash("keystone")
    assert w.trace.short() == ["10 keystone fault: crash"] and w.nodes["keystone"].state == "crashed"


def test_a_mistake_inside_a_handler_ends_the_run_and_is_not_hidden(w):
    w.node("buggy", serve=lambda message: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        w.ask("laptop", "buggy", "rest", "GET")
    w.run(until=20)
    assert w.emit("laptop", None, "note", "goes on").cause is None
