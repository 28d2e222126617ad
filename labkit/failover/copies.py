"""What one machine of a pair knows about the copies: has the other one everything, have I?

current   True: everything that was acknowledged is here. A machine that was away is behind, whatever its disk says,
          until the active one has sent it all; until then it must not take over (DRBD: 'Outdated')
alone     True: the other one is off for certain, so there is nobody to copy to
sure      True: nothing can have happened without me. A machine that was away cannot know that: it never goes on
          alone before it has met the other one (DRBD: `wfc-timeout 0`, wait for the connection for ever)
"""

from labkit.failover.takeover import fence


class Copies:
    """The copies as `member` knows them."""

    def __init__(self, member):
        self.member, self.replicated = member, member.pair.replication.kind in ("sync", "async")
        self.current = self.sure = True
        self.alone, self.asks, self.early = False, False, {}

    def was_away(self):
        """Power is back, or this machine becomes the standby by order: what happened meanwhile?"""
        self.alone = self.asks = self.sure = False
        self.current, self.early = not self.replicated, {}

    def catching_up(self):
        """The standby's loop: ask the active one for everything until it has come."""
        member = self.member
        while not self.current and member.role == "standby":
            member.world.cast(member.name, member.peer, "replication", "catch up")
            yield member.world.timeout(member.pair.interval_s)

    def heard(self, message):
        """A write, all writes, or the other one's wish to have them all."""
        member = self.member
        if message.what == "catch up":
            if member.role == "active":
                self.met()
                self.send_all()
            return None
        if message.what == "all":
            self._all(message)
            return None
        id = message.detail["id"]
        member.disk.write(id, message.src)
        if not self.current:
            self.early[id] = message.src
        return {"status": 200}

    def _all(self, message):
        if self.member.role in ("standby", "promoting"):
            self.member.disk.ids = {**dict.fromkeys(message.detail["ids"], message.src), **self.early}
            self.current = True

    def send_all(self):
        """Everything that is here, to the other one."""
        member = self.member
        if self.replicated:
            member.world.cast(member.name, member.peer, "replication", "all", ids=list(member.disk.ids))

    def met(self):
        """The other one lives, and has my writes."""
        self.alone = self.asks = False
        self.sure = True

    def misses_peer(self):
        """A write could not be copied. Wait for the peer, twice as long as it would need to suspect (5 s at least, so
        that the two do not shoot at each other); then make sure that it is off and go on alone."""
        if self.sure and not self.asks:
            self.asks = True
            self.member.node.process(self._go_alone)

    def _go_alone(self):
        member, pair = self.member, self.member.pair
        wait_s = max(2 * pair.misses * pair.interval_s, 5.0)
        for _ in range(10):  # one copy that arrives meanwhile is enough
            if self.asks:
                yield member.world.timeout(wait_s / 10)
        while self.asks and pair.fencing and not (yield from fence(member, member.peer)):
            yield member.world.timeout(pair.retry_s)
        if self.asks:
            self.alone, self.asks = True, False
            member.world.emit(member.name, member.peer, "failover", "goes on alone", fenced=pair.fencing)
