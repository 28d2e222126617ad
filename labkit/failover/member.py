"""One machine of a pair: what it believes it is, what it answers, and what it tells the other one.

    role       what this machine believes: 'active', 'standby', 'promoting', 'failed' – not what is true
    epoch      the number of the takeover it knows of; a machine that was away believes in an old one

The machine that comes back from a crash reads in its configuration that it is the active one, and nobody contradicts.
"""

from labkit.failover.backend import Backend
from labkit.failover.copies import Copies
from labkit.failover.heartbeat import Watch
from labkit.failover.takeover import controlled, hear, take_over, watching


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
        self.fences = self.fenced = False
        self.copies = Copies(self)

    def __repr__(self):
        return f"<{self.name}: believes it is {self.role}>"

    @property
    def ready(self):
        """May it take over? Not while data are missing that were acknowledged."""
        return self.copies.current

    @property
    def watched(self):
        """The machine whose beats it waits for."""
        return self.peer

    def my_turn(self):
        """The other one is off, or so it hopes: take over, and do not wait for its copies."""
        self.copies.alone = self.copies.sure = True
        return take_over(self.world, self)

    def serve(self, message):
        """What reaches this machine."""
        if message.kind == "http":
            return self.backend.serve(message) if self.role == "active" else {"status": 503, "by": self.name}
        if message.kind == "heartbeat":
            return hear(self, message)
        if message.kind == "replication":
            return self.copies.heard(message)
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
        self.fences = self.fenced = False
        if self.configured == "active":
            self.become("active", "so its configuration says")
            self.node.process(self.beating)
        else:
            self.become("standby", "so its configuration says")
            self.watch = Watch(self.pair.interval_s, self.pair.misses, self.pair.skew_s, self.world.now)
            self.node.process(controlled if self.pair.controller else watching, self)
            self.node.process(self.copies.catching_up)

    def on_start(self):
        """Power is back."""
        if self.pair.standby.kind == "cold" and self.configured == "standby":
            self.node.process(self._boot)
        else:
            self.copies.was_away()
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

    def _ordered(self, message):
        """Orders from people: hand over, take over, be the standby."""
        if message.what == "hand over" and self.role == "active":
            self.configured = "standby"
            self.copies.send_all()
            self.begin()
            self.world.cast(self.name, self.peer, "order", "take over")
        elif message.what == "take over" and self.role == "standby":
            self.node.process(take_over, self)
        elif message.what == "be the standby" and self.role != "standby":
            self.configured = "standby"
            self.copies.was_away()
            self.begin()
