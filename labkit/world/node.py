"""A named process on its own machine: it serves messages, runs generators, and can crash, stop and start.

    running ──crash──▶ crashed   the machine is gone: memory, running work and sockets with it; nobody is told
       ▲  └───stop───▶ stopped   the process ended in an orderly way, the machine lives and refuses connections
       └─────start─────┘         a new life with empty memory
"""

from labkit.world import message as mail
from labkit.world.errors import LabError
from labkit.world.journal import action


class Node:
    """serve(message)   returns the reply's payload, or is a generator function that may wait (`yield world.call(…)`)
                        and returns it; SILENT: never answers; a LabError that it raises travels to the caller
    on_start()          after start(): make memory anew, start loops with node.process(…)
    on_stop()           before an orderly end: may still send
    on_crash()          forget what was in memory (a dead process can tell nobody: what it sends goes nowhere)
    """

    def __init__(self, world, name, serve=None, on_start=None, on_stop=None, on_crash=None):
        self.world, self.name, self.serve = world, name, serve
        self.on_start, self.on_stop, self.on_crash = on_start, on_stop, on_crash
        self.state, self.life = "running", 1
        self._open = {}      # requests that a generator is working on, by their order
        self._dropped = []   # generators of earlier lives: kept, so that Python never runs their `finally`

    def __repr__(self):
        return f"<Node {self.name}: {self.state}>"

    def handle(self, message, n):
        """Give a message to `serve` and send back what it returns (n: the event of its delivery)."""
        life = self.life
        try:
            result = self.serve(message)
        except LabError as error:
            if message.answer is None:
                raise
            result = error
        if result is None and message.answer is None:
            return
        if hasattr(result, "throw"):
            self._open[n] = message
            self.process(self._work(result, message, n))
        elif message.answer is not None and result is not mail.SILENT and life == self.life:
            mail.reply(self.world, message, result)

    def _work(self, generator, message, n):
        try:
            result = yield from generator
        except LabError as error:
            if message.answer is None:
                raise
            result = error
        self._open.pop(n, None)
        if message.answer is not None and result is not mail.SILENT:
            mail.reply(self.world, message, result)

    @action
    def process(self, work, *args):
        """Run a generator (or a generator function with its arguments) for this life. Returns a SimPy Process."""
        from labkit.world.work import start
        return start(self.world, work, args, node=self)

    def bury(self, generator):
        """Keep a generator of an earlier life without ever resuming it."""
        self._dropped.append(generator)

    # -- faults (called by the world) ----------------------------------------------------------------------------
    def crash(self):
        """The machine is gone."""
        self.state, self.life = "crashed", self.life + 1
        self._open.clear()
        if self.on_crash is not None:
            self.on_crash()

    def stop(self, n):
        """The process ends; its machine closes the connections whose requests it was still working on."""
        if self.on_stop is not None:
            self.on_stop()
        self.state, self.life = "stopped", self.life + 1
        open_requests, self._open = list(self._open.values()), {}
        for message in open_requests:
            if message.answer is not None:
                mail.close(self.world, message, n)

    def start(self):
        """A new life."""
        self.state = "running"
        if self.on_start is not None:
            self.on_start()
