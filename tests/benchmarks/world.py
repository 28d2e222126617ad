"""What a message between two nodes costs: the world (tracing on) beside bare SimPy and a bare heapq loop, in one run.

    python tests/benchmarks/world.py [messages]

Two nodes play ping-pong; each message takes one virtual millisecond and its receiver sends the next. The contestants:

world            `World.cast` between two nodes: looked up by name, link, faults, two trace events, a cause link
SimPy, cable     the way of SimPy's own documentation ('event latency'): a process per message waits the latency and
                 puts the message into the receiver's Store; the receiver is a process that gets from it
SimPy, process   less: a process per message waits the latency and calls the receiver; no store, no receiving process
SimPy, callback  the least that SimPy can do at all: one Timeout per message with the receiver as its callback; no
                 payload, no names, and nobody could read a program written so
heapq            a loop over a heap of (time, number, function): no SimPy

The goal is a ratio of at most 2 to the bare SimPy of an ordinary program: cable and process. The floor is printed as
well.
"""

import sys
import time
from heapq import heappop, heappush

import simpy

from labkit.world import World

LATENCY_S = 0.001


def world(messages):
    """The world with tracing on."""
    w, left = World(seed=1), [messages - 1]

    def serve(message):
        if left[0]:
            left[0] -= 1
            w.cast(message.dst, message.src, "ping", "ping")

    w.node("a", serve)
    w.node("b", serve)
    w.cast("a", "b", "ping", "ping")
    w.run()
    assert len(w.trace) == 2 * messages


def simpy_cable(messages):
    """Store and a process per message, as SimPy's documentation does it."""
    env = simpy.Environment()
    inbox = {"a": simpy.Store(env), "b": simpy.Store(env)}

    def latency(dst, value):
        yield env.timeout(LATENCY_S)
        inbox[dst].put(value)

    def node(me, peer):
        while True:
            value = yield inbox[me].get()
            left[0] -= 1
            if left[0]:
                env.process(latency(peer, value))

    left = [messages]
    env.process(node("a", "b"))
    env.process(node("b", "a"))
    env.process(latency("b", "ping"))
    env.run()
    assert left == [0]


def simpy_process(messages):
    """A process per message that calls the receiver."""
    env, left = simpy.Environment(), [messages]

    def carry(dst, src, value):
        yield env.timeout(LATENCY_S)
        receive(dst, src, value)

    def receive(me, peer, value):
        left[0] -= 1
        if left[0]:
            env.process(carry(peer, me, value))

    env.process(carry("b", "a", "ping"))
    env.run()
    assert left == [0]


def simpy_callback(messages):
    """One timeout per message."""
    env, left = simpy.Environment(), [messages]

    def receive(_):
        left[0] -= 1
        if left[0]:
            env.timeout(LATENCY_S).callbacks.append(receive)

    env.timeout(LATENCY_S).callbacks.append(receive)
    env.run()
    assert left == [0]


def heap(messages):
    """A heap of functions."""
    queue, left, number = [], messages, 0

    def receive(now):
        nonlocal left, number
        left -= 1
        if left:
            number += 1
            heappush(queue, (now + LATENCY_S, number, receive))

    heappush(queue, (LATENCY_S, number, receive))
    while queue:
        now, _, function = heappop(queue)
        function(now)
    assert left == 0


CONTESTANTS = {"world": world, "SimPy, cable": simpy_cable, "SimPy, process": simpy_process,
               "SimPy, callback": simpy_callback, "heapq": heap}


def measure(messages=100_000, rounds=5):
    """{contestant: seconds per message}, the best of some rounds; they take turns, so that all see the same machine."""
    best = dict.fromkeys(CONTESTANTS, float("inf"))
    for _ in range(rounds):
        for name, play in CONTESTANTS.items():
            begin = time.perf_counter()
            play(messages)
            best[name] = min(best[name], (time.perf_counter() - begin) / messages)
    return best


def report(best):
    """The table as text; 'world / x' is how many times as much as x the world costs."""
    lines = [f"{'':16}{'µs/message':>12}{'messages/s':>12}{'world / it':>12}"]
    for name, seconds in best.items():
        lines.append(f"{name:16}{seconds * 1e6:12.2f}{1 / seconds:12,.0f}{best['world'] / seconds:12.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)))
