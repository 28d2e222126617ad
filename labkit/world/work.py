"""Generators as processes that know why they run, and that end when their node does."""

from simpy import Process

from labkit.world.errors import LabError
from labkit.world.journal import invoke


def start(world, work, args, node=None):
    """Make `work` (a generator, or a generator function with `args`) a SimPy process, else raise LabError."""
    generator = invoke(world, work, args) if callable(work) else work
    if not hasattr(generator, "throw"):
        raise LabError(f"{work!r} is not a generator",
                       next_step="write a function that uses `yield`, e.g. `yield world.timeout(5)`")
    return Process(world.env, _caused(world, generator, node, node and node.life, world.cause))


def _caused(world, generator, node, life, origin):
    """Step `generator`; what it does after an answer is caused by that answer, else by what started it. When the node's
    life has ended, it is never stepped again: a crashed process does not even clean up."""
    cause, step, value = origin, generator.send, None
    while True:
        if node is not None and (node.life != life or node.state != "running"):
            node.bury(generator)
            yield world.env.event()   # never happens
        before, world.cause = world.cause, cause
        try:
            awaited = step(value)
        except StopIteration as end:
            return end.value
        finally:
            world.cause = before
        try:
            value, step = (yield awaited), generator.send
        except Exception as error:
            value, step = error, generator.throw
        cause = _cause_of(awaited, value, origin)


def _cause_of(awaited, value, origin):
    for event in (awaited, *getattr(value, "events", ())):
        found = getattr(event, "cause", None)
        if isinstance(found, int):
            return found
    return origin
