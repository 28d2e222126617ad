"""A backend: a node with some workers and one queue before them.

    request ──▶ │ │ │ │ ──▶ worker 1 ──▶ reply          service time: drawn, divided by the speed
                 queue      worker 2

A machine that crashes loses what its workers were doing and what was queued: nobody is told, the callers wait. One
whose process is stopped closes its connections. A slow one is neither: it answers every health check in time, because
a check only asks whether somebody listens.

What the real one does differently: real servers bound their queue (a listen backlog, a thread pool) and refuse what
comes above it; here a queue is as long as it gets, so that overload is seen as waiting. Processor sharing is left out:
a worker finishes one request before it takes the next, as Apache's prefork or gunicorn's synchronous workers do.
"""

from collections import Counter, deque

from labkit.failover.service import times
from labkit.vmm.host import whole
from labkit.world.errors import LabError, number, words
from labkit.world.journal import action
from labkit.world.message import SILENT, close, reply

CHECK = "check"  # kind of a health check's message


class Backend:
    """A server called `name`.

    service, service_s   how long a request takes at speed 1: 'exponential' | 'constant' | 'uniform' | 'long tail', mean
    workers, speed       requests at once; 0.25 is a machine four times slower
    app                  app(backend, message) → payload, or a generator that ends with it; None: {"status": 200, "by":
                         its name}. It may have more methods (as sessions.State): join(backend), at first; hear(backend,
                         message), of other kinds than http; admit(backend, message) → an answer at once, or None;
                         forget(backend), when memory is lost; returned(backend), after a restart
    queue_limit          so many may wait, the next gets 503; None: no limit
    Raises LabError (400) for anything that cannot be meant.
    """

    @action
    def __init__(self, world, name, service="exponential", service_s=0.01, workers=1, speed=1.0, app=None,
                 queue_limit=None):  # fmt: skip
        self.workers, self.speed = whole(workers, "workers"), float(number(speed, "speed", least=1e-6))
        if app is not None and not callable(app):
            raise LabError(f"app must be something that can be called, not {app!r}", code=400)
        self.world, self.name, self.service_s, self.app = world, words(name, "a backend's name"), service_s, app
        self.queue_limit = None if queue_limit is None else whole(queue_limit, "queue_limit", least=0)
        self.draw = times(service, service_s, world.random(f"{name} service"))
        self.node = world.node(name, serve=self.serve, on_start=self.begin, on_crash=self.forget,
                               on_stop=self.hang_up)  # fmt: skip
        self.queue, self.busy, self.history = deque(), {}, [(world.now, 0)]
        self.admit = getattr(app, "admit", None)
        if app is not None and hasattr(app, "join"):
            app.join(self)
        self.done = Counter()  # effects of requests that change something, by request: what is in the books stays

    def __repr__(self):
        return f"<Backend {self.name}: {len(self.busy)} of {self.workers} workers busy, {len(self.queue)} waiting>"

    def serve(self, message):
        """Take a request into the queue, or to a free worker; the reply comes later."""
        if message.kind != "http":
            return {"status": 200} if message.kind == CHECK else self.app.hear(self, message)
        if self.admit is not None and (said := self.admit(self, message)) is not None:
            return said
        job = (message, self.world.cause)
        if len(self.busy) < self.workers:
            self._begin(job)
        elif self.queue_limit is not None and len(self.queue) >= self.queue_limit:
            return {"status": 503, "by": self.name}
        else:
            self.queue.append(job)
        return SILENT

    def _begin(self, job):
        life = self.node.life
        self.busy[job[0].n] = job
        self._note()
        due = self.world.env.timeout(self.draw() * job[0].detail.get("batch", 1) / self.speed)
        due.callbacks.append(lambda _: self._end(job) if self.node.life == life else None)

    def _end(self, job):
        message, cause = job
        world, before = self.world, self.world.cause
        world.cause = cause
        if not message.what.startswith("GET"):
            self.done[message.detail.get("id", message.n)] += 1
        result = {"status": 200, "by": self.name} if self.app is None else self.app(self, message)
        if hasattr(result, "throw"):
            self.node.process(self._wait(result, job))
        else:
            self._finish(job, result)
        world.cause = before

    def _wait(self, work, job):
        try:
            result = yield from work
        except LabError as error:
            result = {"status": error.code or 503, "by": self.name, "error": error.message}
        self._finish(job, result)

    def _finish(self, job, result):
        if result is not SILENT:  # else the app answers later, and the worker is free meanwhile
            reply(self.world, job[0], result)
        self.busy.pop(job[0].n)
        if self.queue:
            self._begin(self.queue.popleft())
        else:
            self._note()

    def _note(self):
        """Keep how many workers are busy, for the utilisation."""
        now, count = self.world.now, len(self.busy)
        if self.history[-1][0] == now:
            self.history[-1] = (now, count)
        elif self.history[-1][1] != count:
            self.history.append((now, count))

    def begin(self):
        """A new life, with an empty queue and an empty memory."""
        if hasattr(self.app, "returned"):
            self.app.returned(self)

    def forget(self):
        """The machine is gone: its queue and its work with it."""
        self.queue.clear(), self.busy.clear()
        self._note()
        if hasattr(self.app, "forget"):
            self.app.forget(self)

    def hang_up(self):
        """The process ends: its machine closes the connections of everybody who waits."""
        for message, cause in (*self.busy.values(), *self.queue):
            if message.answer is not None:
                close(self.world, message, cause)
        self.forget()

    @action
    def slow(self, times):
        """From the next request on it is `times` as slow as at speed 1 (1: healthy again). Its checks stay green."""
        self.speed = 1.0 / number(times, "times", least=1e-6)
        self.world.emit(self.name, None, "fault", "slow" if times > 1 else "full speed", times=times)

    # -- what a view may read ------------------------------------------------------------------------------------
    @property
    def waiting(self):
        """Requests in the queue now."""
        return len(self.queue)

    def busy_s(self, since_s, until_s):
        """Worker seconds of work between two moments."""
        ends = [*(t for t, _ in self.history[1:]), until_s]
        spans = zip(self.history, ends, strict=True)
        return sum(n * max(0.0, min(end, until_s) - max(t, since_s)) for (t, n), end in spans if n)

    def utilisation(self, since_s, until_s):
        """Share of the workers' time that was work, 0 to 1."""
        span_s = max(number(until_s, "until_s") - number(since_s, "since_s"), 1e-9)
        return self.busy_s(since_s, until_s) / (span_s * self.workers)
