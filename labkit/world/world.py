"""The world: virtual time, luck, a network of named nodes, faults, and a trace of everything that happened."""

import random
from datetime import timedelta
from hashlib import sha256

from labkit.world import message as mail
from labkit.world.clock import NEVER, Clock, calendar, collect_seldom
from labkit.world.errors import AFRESH, LabError, number, unknown, words
from labkit.world.journal import Journal, action, invoke
from labkit.world.network import Network, checked_link
from labkit.world.node import Node
from labkit.world.trace import NOTHING, Trace, as_event, plain
from labkit.world.work import start as start_work


class World:
    """A small world that is decided by its `seed` and by what you do to it.

    seed     number or text; every component's luck follows from it and from the component's name
    start    calendar time of second 0 (ISO 8601 with time zone)
    delay_s  how long a message takes over a link nobody set up, virtual seconds
    journal  False: note nothing, for a world that runs for days and is never forked
    Raises LabError for anything that cannot be meant.
    """

    def __init__(self, seed=0, start="2026-03-02T08:00:00Z", delay_s=0.001, journal=True):
        if isinstance(seed, bool) or not isinstance(seed, (int, str)):
            raise LabError(f"a seed is a whole number or a text, not {seed!r}")
        collect_seldom()
        self.seed, self.start_time = seed, calendar(start)
        self.env = Clock(initial_time=0.0)
        self.rows, self.cause, self.inside = [], None, False
        self.trace = Trace(self.rows)
        self.network = Network(self, delay_s)
        self.links = self.network.links
        self.components, self._streams = {}, {}
        self.journal = Journal(self, journal)

    def __repr__(self):
        return f"<World seed={self.seed!r}, {self.now:g} s, {len(self.network.nodes)} nodes, {len(self.rows)} events>"

    # -- time and luck -------------------------------------------------------------------------------------------
    @property
    def world(self):
        return self

    @property
    def now(self):
        """Virtual seconds since the start."""
        return self.env._now

    def utcnow(self):
        """The calendar time, an aware datetime."""
        return self.start_time + timedelta(seconds=self.now)

    def random(self, name):
        """The random.Random that belongs to `name` alone: a new component does not change another's luck."""
        if name not in self._streams:
            digest = sha256(f"{self.seed!r}/{name}".encode()).digest()
            self._streams[name] = random.Random(int.from_bytes(digest, "big"))
        return self._streams[name]

    # -- events --------------------------------------------------------------------------------------------------
    def record(self, src, dst, kind, what, cause, step, detail):
        """Append a row as it is (for this package); returns its n."""
        n = len(self.rows)
        self.rows.append((n, self.env._now, src, dst, kind, what, cause, step, detail))
        return n

    @action
    def emit(self, src, dst, kind, what, *, cause=None, step=None, **detail):
        """Note that something happened; returns the Event. Its cause is `cause` (an Event or its n), else what is being
        handled right now. `detail` must be JSON-able."""
        words(src, "src"), words(kind, "kind"), words(what, "what")
        cause = self.cause if cause is None else getattr(cause, "n", cause)
        if cause is not None and not (isinstance(cause, int) and 0 <= cause < len(self.rows)):
            raise LabError(f"cause {cause!r} is no earlier event", next_step="hand in an Event or its n")
        n = self.record(src, dst, kind, what, cause, step, plain(detail) if detail else NOTHING)
        return as_event(self.rows[n])

    # -- who there is ----------------------------------------------------------------------------------------------
    @action
    def node(self, name, serve=None, on_start=None, on_stop=None, on_crash=None):
        """Add a named process on the network; see Node for what the functions may do. No two have the same name."""
        if words(name, "a node's name") in self.network.nodes:
            raise LabError(f"there is already a node {name!r}", next_step=f"give it another name, or {AFRESH}")
        node = self.network.nodes[name] = Node(self, name, serve, on_start, on_stop, on_crash)
        return node

    @property
    def nodes(self):
        """All nodes by name."""
        return self.network.nodes

    def add(self, component):
        """Register a component under its `name`, so that `w.components[name]` finds it in every fork."""
        known = self.components.setdefault(component.name, component)
        if known is not component:
            why = f"there is already a component {component.name!r}"
            raise LabError(why, next_step=f"give it another name, or {AFRESH}")
        return component

    def component(self, name):
        """The component called `name`. Raises LabError with the closest name there is."""
        if name not in self.components:
            raise unknown("component", name, self.components)
        return self.components[name]

    # -- messages --------------------------------------------------------------------------------------------------
    def cast(self, src, dst, kind, what, *, step=None, shown=None, **detail):
        """Send a message and forget it. `shown`: what the trace shows instead of `detail` (secrets!). Returns nothing:
        the sender cannot know what becomes of it."""
        if not self.inside:   # as @action does, but without its cost inside
            return self.journal.act(self, World.cast, (src, dst, kind, what), {"step": step, "shown": shown, **detail})
        try:
            link = self.links[src, dst]
        except (KeyError, TypeError):
            link = self.network.link(src, dst)
        if link.source.state == "running":
            mail.send(self, link, kind, what, detail, None, step, shown)
        else:
            mail.unsent(self, link, kind, what)

    @action
    def call(self, src, dst, kind, what, timeout_s=60, *, step=None, shown=None, **detail):
        """Send a request; `reply = yield world.call(…)` is the payload, or Unanswered is raised after `timeout_s`."""
        link = self.network.link(src, dst)
        return mail.request(self, link, kind, what, detail, number(timeout_s, "timeout_s"), step, shown)

    @action
    def ask(self, src, dst, kind, what, timeout_s=60, *, step=None, shown=None, **detail):
        """`call` from outside: runs the world until the answer is there. Returns the payload, or raises Unanswered."""
        answer = self.call(src, dst, kind, what, timeout_s, step=step, shown=shown, **detail)
        return self._wait(answer)

    def _wait(self, event):
        before = self.cause
        try:
            happened = self.env.run_until(event)
        finally:
            self.cause = before
        if not happened:
            raise LabError("nothing is left to happen, and what you wait for has not", next_step="see w.trace.table()")
        if not event.ok:
            event.defused = True
            raise event.value
        return event.value

    # -- letting things happen ---------------------------------------------------------------------------------------
    @action
    def process(self, work, *args):
        """Run a generator function `work(world, *args)` (or a bound method, or a generator) beside everything else;
        returns a SimPy Process. Work that must end when its node crashes belongs to node.process()."""
        return start_work(self, work, args)

    @action
    def timeout(self, delay_s, value=None):
        """A SimPy event that happens after `delay_s` virtual seconds."""
        return self.env.timeout(number(delay_s, "delay_s"), value)

    @action
    def event(self):
        """A SimPy event that happens when somebody calls its succeed()."""
        return self.env.event()

    @action
    def at(self, t, action, *args):
        """At virtual second `t` call `action`: a bound method (`w.at(30, w.crash, "keystone")`), or any other function
        with the world as its first argument (`w.at(30, lambda w: w.crash("keystone"))`)."""
        if number(t, "t") < self.now:
            raise LabError(f"{t:g} s has passed, it is {self.now:g} s", next_step=f"a later time, or w.rewind({t:g})")
        if not callable(action):
            raise LabError(f"{action!r} cannot be called", next_step="e.g. w.at(30, w.crash, 'keystone')")
        due = self.env.timeout(t - self.now)
        due.callbacks.append(lambda _: invoke(self, action, args))

    @action
    def run(self, until=None):
        """Let everything happen that happens before `until` (virtual seconds, or a SimPy event, whose value is
        returned). Without `until`: until nothing is left to happen. Raises LabError for a time that has passed."""
        if until is None:
            return self._run_to(NEVER)
        if hasattr(until, "callbacks"):
            return self._wait(until)
        if number(until, "until") < self.now:
            raise LabError(f"{until:g} s has passed, it is {self.now:g} s",
                           next_step=f"run(until=w.now + …), or go back with w.rewind({until:g})")
        return self._run_to(float(until))

    @action
    def advance_to(self, t):
        """run(until=t), or nothing if it is later already."""
        self._run_to(max(float(number(t, "t")), self.now))

    def _run_to(self, t):
        before = self.cause
        try:
            self.env.run_to(t)
        finally:
            self.cause = before

    # -- the network and its faults ----------------------------------------------------------------------------------
    @action
    def link(self, a, b, delay_s=None, jitter_s=None, loss=None, duplicate=None):
        """Set up the way between `a` and `b`, both directions: delay_s plus up to jitter_s virtual seconds; loss and
        duplicate are the probabilities (0…1) that a message vanishes or arrives twice. What is not given stays."""
        values = checked_link(delay_s, jitter_s, loss, duplicate)
        for link in self.network.between(a, b):
            link.set(**values)

    @action
    def cut(self, a, b, both_ways=True):
        """Nothing gets through between `a` and `b` (names or lists of names); what is on the wire is lost too."""
        for link in self.network.between(a, b, both_ways):
            link.set(is_cut=True)
        self._fault(a, b, "cut", both_ways=both_ways)

    @action
    def heal(self, a=None, b=None):
        """Mend cut and slowed links: between `a` and `b`, all of `a`, or (without names) all."""
        a, b = (b, None) if a is None else (a, b)
        if a is None:
            links = list(self.network.links.values())
        else:
            others = [name for name in self.nodes if name not in self.network.names(a)]
            links = self.network.between(a, others if b is None else b)
        for link in links:
            link.set(is_cut=False, slow_s=0.0)
        self._fault(a, b, "heal")

    @action
    def slow(self, a, b, delay_s):
        """Messages between `a` and `b` take `delay_s` virtual seconds longer, until heal()."""
        number(delay_s, "delay_s")
        for link in self.network.between(a, b):
            link.set(slow_s=float(delay_s))
        self._fault(a, b, "slow", delay_s=delay_s)

    @action
    def crash(self, node):
        """The machine is gone, its memory and running work with it. Nobody is told. (Not running: nothing happens.)"""
        node = self.network.find(node)
        if node.state == "running":
            self._fault(node.name, None, "crash")
            node.crash()

    @action
    def stop(self, node):
        """The process ends in an orderly way; its machine refuses connections. (Not running: nothing happens.)"""
        node = self.network.find(node)
        if node.state == "running":
            node.stop(self._fault(node.name, None, "stop"))

    @action
    def start(self, node):
        """A stopped or crashed node runs again, with empty memory. (Running already: nothing happens.)"""
        node = self.network.find(node)
        if node.state != "running":
            self._fault(node.name, None, "start")
            node.start()

    def _fault(self, a, b, what, **detail):
        a, b = (None if x is None else " ".join(self.network.names(x)) for x in (a, b))
        return self.record(a or "world", b, "fault", what, self.cause, None, detail or NOTHING)

    # -- other worlds --------------------------------------------------------------------------------------------------
    def fork(self):
        """What if, from now: another world with the same past, byte for byte, that goes its own way from here."""
        return self._again(None)

    def rewind(self, t):
        """The same world at second `t`: what was done from outside up to and including `t` is done, what happens by
        itself at exactly `t` is still to come. This world stays as it is."""
        if number(t, "t") > self.now:
            raise LabError(f"{t:g} s is in the future, it is {self.now:g} s", next_step=f"w.run(until={t:g})")
        return self._again(float(t))

    def replay(self, seed=None):
        """Do the same again from the start, with the luck of another `seed` if one is given."""
        if seed is None or seed == self.seed:
            return self._again(None)
        other = self._empty(seed)
        self.journal.play(other, same_luck=False)
        return other

    def _again(self, until):
        other = self._empty(self.seed)
        self.journal.play(other, until)
        self.journal.check(other)
        return other

    def _empty(self, seed):
        if self.inside:
            raise LabError("a world cannot be copied while it runs", next_step="fork between two runs")
        return World(seed, self.start_time.isoformat(), self.network.delay_s)
