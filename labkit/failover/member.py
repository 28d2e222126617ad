"""One machine of a pair: what it believes it is, what it answers, and what it tells the other one.

    role       what this machine believes: 'active', 'standby', 'promoting', 'failed' – not what is true
    epoch      the number of the takeover it knows of; a machine that was away believes in an old one

The machine that comes back from a crash reads in its configuration that it is the active one, and nobody contradicts.
"""

from labkit.failover.backend import Backend
from labkit.failover.heartbeat import Watch
from labkit.failover.replication import heard
from labkit.failover.takeover import controlled, fence, hear, take_over, watching


class Member:
    """A machine of `pair` called `name`; `configured` is the role that its configuration file says."""

    def __init__(self, pair, name, peer, configured):
        self.pair, self.world, self.name, self.peer, self.configured = pair, pair.world, name, peer, configured
        self.backend = Backend(pair.world, name, pair.service, pair.service_s, pair.workers, app=self._answer)
        self.node = self.backend.node
        self.node.serve, self.node.on_start = self.serve, self.on_start
        self.node.on_crash, self.node.on_stop = self.on_crash, self.on_stop
        self.disk, self.role, self.epoch = pair.disk_of(name), "off", 0
        self.broken = False  # a fault in the configuration that shows only when this machine is to serve
        self.watch, self.heard_boot = None, 0
        self.alone = self.fences = self.fenced = self._asks = False

    def __repr__(self):
        return f"<{self.name}: believes it is {self.role}>"

    @property
    def watched(self):
        """The machine whose beats it waits for."""
        return self.peer

    def my_turn(self):
        """The other one is off, or so it hopes: take over, and do not wait for its copies."""
        self.alone = True
        return take_over(self.world, self)

    def serve(self, message):
        """What reaches this machine."""
        if message.kind == "http":
            return self.backend.serve(message) if self.role == "active" else {"status": 503, "by": self.name}
        if message.kind == "heartbeat":
            return hear(self, message)
        if message.kind == "replication":
            return heard(self, message)
        return self._ordered(message) if message.kind == "order" else None

    def _answer(self, backend, message):
        if message.what.startswith("GET"):
            return {"status": 200, "by": self.name}
        return self.pair.replication.write(self, message)

    # -- roles -----------------------------------------------------------------------------------------------------
    def become(self, role, why):
        """Believe something else from now on."""
        self.role = role
        if role == "active":
            self.disk.mount(self.name)
            self.configured = "active"  # written down: a restart begins with it
            self.node.process(self._announcing)
        elif self.pair.replication.kind == "shared":
            self.disk.unmount(self.name)
        self.world.emit(self.name, None, "failover", role, why=why, epoch=self.epoch)

    def begin(self):
        """The machine runs: do what the configuration says."""
        self.alone = self.fences = self.fenced = self._asks = False
        if self.configured == "active":
            self.become("active", "so its configuration says")
            self.node.process(self.beating)
        else:
            self.become("standby", "so its configuration says")
            self.watch = Watch(self.pair.interval_s, self.pair.misses, self.pair.skew_s, self.world.now)
            self.node.process(controlled if self.pair.controller else watching, self)

    def on_start(self):
        """Power is back."""
        if self.pair.standby.kind == "cold" and self.configured == "standby":
            self.node.process(self._boot)
        else:
            self.begin()

    def _boot(self):
        """A cold standby is started for one reason."""
        self.role = "promoting"
        yield from take_over(self.world, self)

    def on_crash(self):
        """Memory, queue and timers are gone; the disk and the configuration stay."""
        self.backend.forget()
        self.disk.unmount(self.name)
        self.role = "off"

    def on_stop(self):
        """The service ends in order."""
        self.backend.hang_up()
        self.on_crash()

    # -- what it tells ---------------------------------------------------------------------------------------------
    def beating(self):
        """A beat per interval, from the first step towards being active."""
        while self.role in ("promoting", "active"):
            for listener in self.pair.listeners(self):
                self.world.cast(self.name, listener, "heartbeat", "alive", epoch=self.epoch, boot=self.node.life)
            yield self.world.timeout(self.pair.interval_s)

    def _announcing(self):
        while self.role == "active":
            self.pair.address.announce(self.name)
            if self.pair.redirect != "address":
                return  # a record needs no repeating
            yield self.world.timeout(self.pair.announce_s)

    # -- what it hears ---------------------------------------------------------------------------------------------
    def copied(self):
        """The peer has a write: it lives."""
        self._asks = False

    def misses_peer(self):
        """A write could not be copied. Wait for the peer, twice as long as it would need to suspect (5 s at least, so
        that the two do not shoot at each other); then make sure that it is off and go on alone."""
        if not self._asks:
            self._asks = True
            self.node.process(self._go_alone)

    def _go_alone(self):
        wait_s = max(2 * self.pair.misses * self.pair.interval_s, 5.0)
        for _ in range(10):  # one copy that arrives meanwhile is enough
            if self._asks:
                yield self.world.timeout(wait_s / 10)
        while self._asks and self.pair.fencing and not (yield from fence(self, self.peer)):
            yield self.world.timeout(self.pair.retry_s)
        if self._asks:
            self.alone, self._asks = True, False
            self.world.emit(self.name, self.peer, "failover", "goes on alone", fenced=self.pair.fencing)

    def _ordered(self, message):
        """Orders from people: hand over, take over, be the standby, the peer is back."""
        if message.what == "hand over" and self.role == "active":
            self.configured = "standby"
            self.begin()
            self.world.cast(self.name, self.peer, "order", "take over")
        elif message.what == "take over" and self.role == "standby":
            self.alone = False
            self.node.process(take_over, self)
        elif message.what == "be the standby":
            self.configured = "standby"
            self.begin()
        elif message.what == "the peer is back" and self.role == "active":
            self.alone = False
            if self.pair.replication.kind in ("sync", "async"):
                self.world.cast(self.name, self.peer, "replication", "all", ids=list(self.disk.ids))
