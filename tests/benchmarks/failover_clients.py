"""What a client's request costs beside a bare call in the same world, in one run.

    python tests/benchmarks/failover_clients.py [requests]

bare call      `world.call` every 10 ms, and a function that hears the answer
clients        Clients at 100 requests/s: arrival drawn, request noted with its times, answer judged
pair           the same to a Pair: a virtual address, a queue with a worker, heartbeats

The goal is a ratio of at most 1.5 for clients: 100 requests/s over five minutes in about a second.
"""

import sys
import time

from labkit.failover import Clients, Pair
from labkit.world import World

RATE = 100.0


def bare(requests):
    """Calls by the world's own means."""
    w = World(seed=1)
    w.node("clients")
    w.node("web", serve=lambda message: {"status": 200})

    def ask(world):
        for _ in range(requests):
            world.call("clients", "web", "http", "GET /", 2.0, id="x").callbacks.append(lambda answer: None)
            yield world.timeout(1 / RATE)

    w.process(ask)
    w.run()


def clients(requests):
    """The same by Clients."""
    w = World(seed=1)
    w.node("web", serve=lambda message: {"status": 200})
    people = Clients(w, "web", rate=RATE, arrivals="constant")
    w.run(until=requests / RATE)
    assert abs(len(people.requests) - requests) <= 1


def pair(requests):
    """To a pair."""
    w = World(seed=1)
    Clients(w, Pair(w, service_s=0.005).address, rate=RATE, arrivals="constant")
    w.run(until=requests / RATE)


def cost_us(play, requests):
    """Microseconds per request, the best of three."""
    best = float("inf")
    for _ in range(3):
        before = time.perf_counter()
        play(requests)
        best = min(best, time.perf_counter() - before)
    return 1e6 * best / requests


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    floor = cost_us(bare, count)
    for play in (bare, clients, pair):
        each = cost_us(play, count)
        print(f"{play.__name__:8} {each:6.1f} µs per request   {each / floor:.2f} × bare call")
