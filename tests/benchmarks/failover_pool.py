"""What a request through a balancer costs beside a bare call in the same world, in one run.

    python tests/benchmarks/failover_pool.py [requests]

bare call        `world.call` every 10 ms, and a function that hears the answer
clients          Clients at 100 requests/s to one node
pool of 2        the same through a balancer to two backends: two calls, a queue with a worker, checks every 5 s
pool of 20       to twenty backends, round robin; 'least work' looks at all of them for each request
with a store     two backends that ask a shared store for every request: three calls

The goals: 'pool of 2' at most 3 × clients (two calls, a queue, and the balancer's notes), 'pool of 20' at most 1.5 ×
'pool of 2': what a request costs hardly depends on how many backends there are.
"""

import sys
import time

from labkit.failover import Clients, Pool, State
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
    """Clients, and no balancer."""
    w = World(seed=1)
    w.node("web", serve=lambda message: {"status": 200})
    play(w, "web", requests)


def pool(backends=2, policy="round robin", state=None):
    """A function that plays so many requests through a pool."""

    def through(requests):
        w = World(seed=1)
        app = State(w, state) if state else None
        play(w, Pool(w, backends, policy, service_s=0.005, app=app).address, requests, sessions=100 if state else 0)

    return through


def play(w, address, requests, **more):
    """Send them, and see that all were answered."""
    people = Clients(w, address, rate=RATE, arrivals="constant", until_s=requests / RATE, **more)
    w.run(until=requests / RATE + 5)
    assert abs(len(people.requests) - requests) <= 1 and all(each.ok for each in people.requests)


def cost_us(what, requests):
    """Microseconds per request, the best of three."""
    best = float("inf")
    for _ in range(3):
        before = time.perf_counter()
        what(requests)
        best = min(best, time.perf_counter() - before)
    return 1e6 * best / requests


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    plays = {
        "bare call": bare,
        "clients": clients,
        "pool of 2": pool(),
        "pool of 20": pool(20),
        "least work of 20": pool(20, "least work"),
        "with a store": pool(state="shared"),
    }
    floor = cost_us(bare, count)
    for name, each in plays.items():
        us = cost_us(each, count)
        print(f"{name:17} {us:6.1f} µs per request   {us / floor:.2f} × bare call")
