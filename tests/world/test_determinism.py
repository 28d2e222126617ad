"""Same seed, same trace, byte for byte: in every process, with every hash seed, on every Python version."""

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.world import World
from tests.world.counter import Counter
from tests.world.story import gossip, story

# Written down once; every Python version has to reach it. It changes only when the meaning of the world changes.
DIGEST = "f3ef013a2457f07c13c3ac8f5068b064bedcf09f4e9ec14269b5cb66b5cd43c4"


def digest_with(hash_seed):
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root)}
    code = "from tests.world.story import story; print(story().trace.digest())"
    told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return told.stdout.strip()


def test_every_process_tells_the_same_story():
    assert {digest_with(seed) for seed in ("0", "1", "424242")} == {DIGEST}


def test_another_seed_tells_another_story():
    assert story(8).trace.digest() != DIGEST == story(7).trace.digest()


def test_a_new_component_does_not_change_the_luck_of_another():
    with_guest, without = World(3), World(3)
    with_guest.random("guest").random()
    assert [with_guest.random("nova").random() for _ in range(5)] == [without.random("nova").random() for _ in range(5)]


NAMES = st.sampled_from(["a", "b", "c"])
FAULTS = st.one_of(
    st.tuples(st.sampled_from(["crash", "stop", "start"]), NAMES),
    st.tuples(st.just("cut"), st.just("a"), NAMES.filter(lambda name: name != "a")),
    st.tuples(st.just("slow"), st.just("b"), st.just("c"), st.floats(0, 5)),
    st.tuples(st.just("heal")),
)
SCHEDULES = st.lists(st.tuples(st.floats(0, 50), FAULTS), max_size=8)


def troubled(seed, schedule):
    w = World(seed)
    for name in "abc":
        Counter(w, name)
    w.link("a", "b", jitter_s=1.0, loss=0.3, duplicate=0.5)
    for t, (fault, *args) in schedule:
        w.at(t, getattr(w, fault), *args)
    w.process(gossip, ["a", "b", "c"])
    w.run(until=55)
    return w


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 5), SCHEDULES, st.floats(0, 55))
def test_same_seed_same_trace_and_forks_agree_under_any_faults(seed, schedule, t):
    w = troubled(seed, schedule)
    assert w.trace.dumps() == troubled(seed, schedule).trace.dumps()
    fork, past = w.fork(), w.rewind(t)
    past.run(until=55)
    for other in (fork, past):
        other.run(until=70)
    w.run(until=70)
    assert w.trace.dumps() == fork.trace.dumps() == past.trace.dumps()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 1000), SCHEDULES)
def test_certainly_not_happened_is_never_a_lie(seed, schedule):
    w = World(seed)
    served = {"a": set(), "b": set(), "c": set()}
    for name in served:
        w.node(name, serve=lambda message, name=name: served[name].add(message.detail["number"]))
    for a, b in ("ab", "bc", "ac"):
        w.link(a, b, jitter_s=20.0, loss=0.2, duplicate=0.8)
    for t, (fault, *args) in schedule:
        w.at(t, getattr(w, fault), *args)
    answers = []
    for number in range(30):
        src, dst = w.random("test").sample(["a", "b", "c"], 2)
        w.run(until=w.now + 2)
        answers.append((dst, number, w.call(src, dst, "rpc.call", "do", timeout_s=15, number=number)))
    w.run()
    for dst, number, answer in answers:
        if not answer.ok and answer.value.definite:
            assert number not in served[dst]
        if answer.ok:
            assert number in served[dst]
