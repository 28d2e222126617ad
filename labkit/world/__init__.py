"""labkit.world: a small world with its own time, luck, network, faults and memory of what happened.

    from labkit.world import World

    w = World(seed=7)
    w.node("laptop")
    w.node("keystone", serve=lambda message: {"status": 200})      # a named process; returns the reply's payload
    w.link("laptop", "keystone", delay_s=0.01, jitter_s=0.005, loss=0.1)
    w.at(30, w.crash, "keystone")                                  # or: w.at(30, lambda w: w.crash("keystone"))
    w.ask("laptop", "keystone", "rest", "GET /v3", timeout_s=5)    # runs the world until the reply is there
    w.run(until=60)
    w.trace                                                        # .table() .where(kind="rest") .sequence()

Nothing moves by itself: time passes in run(), ask() and advance_to(). Inside the world, work that waits is a generator:

    def boot(self, message):                                       # e.g. a node's `serve`
        yield self.world.timeout(2.0)
        try:
            image = yield self.world.call("nova", "glance", "rest", "GET /v2/images/1", timeout_s=30)
        except Unanswered as silence:
            silence.definite                                       # True: certainly not done. False: who knows?
        return {"status": 202}

What an event was caused by is noted by itself: a delivery by its sending, what a handler does by the delivery, what a
generator does after an answer by that answer, after a timer by what started the generator.

**Components.** What lives in a world and is operated from outside marks its constructor and its public methods:

    class Counter:
        @action
        def __init__(self, world, name="counter"):                 # the world comes first; name registers it
            self.world, self.name, self.count = world, name, 0
            self.node = world.node(name, serve=self.serve, on_crash=self.forget)

        def serve(self, message):                                  # called by the world: not marked
            self.count += 1
            return self.count

        def forget(self):                                          # a crash loses what was in memory
            self.count = 0

        @action
        def reset(self):                                           # called by people: marked
            self.count = 0

A component knows only what messages told it; it never looks at another component, at `w.trace`, or at a node's state.

**Fork, rewind, replay.** What was done from outside is noted (journal.py), and these make a *new* world with the same
seed by doing it again; the old one stays as it is. Find your things by name: `w.fork().components["counter"]`.

    w.fork()        the same past, byte for byte, and its own future         w.rewind(30)    the same world at second 30
    w.replay(8)     the same deeds with the luck of seed 8

Therefore: randomness comes from `world.random(name)`, time from `world.now` and `world.utcnow()`; functions handed to
the world take the world (or a message, `message.world`) as an argument instead of holding on to one; a mutable thing
handed to a component is a component itself or has `__replay__(world)`, which makes its twin. A fork that turned out
differently is refused.
"""

from labkit.world.errors import LabError, Unanswered
from labkit.world.journal import action
from labkit.world.message import SILENT, Message, Reply
from labkit.world.node import Node
from labkit.world.trace import Event, Trace
from labkit.world.world import World

__all__ = ["LabError", "Unanswered", "action", "SILENT", "Message", "Reply", "Node", "Event", "Trace", "World"]
