"""Two balancers and one address: active–passive in front of active–active.

    clients ──▶ virtual address ──▶ balancer     ◀── advertisements every second ──▶  balancer2
                (whoever said last                     each guarded by a keepalived, which checks its own balancer
                 'it is at me')

The guard of a dead balancer resigns (priority 0), and the other one takes the address at its next beat: one to three
seconds instead of for ever. Silence counts as well, after three beats. While the cable between the guards is cut both
have the address: what is harmless for balancers, which keep nothing, would not be for two databases.

Sources: VRRP, RFC 9568 (advertisement interval 1 s, master down interval 3 × interval + skew, priority 0 resigns);
keepalived.conf(5), `track_script`, `nopreempt`.

What the real one does differently: the skew is a fraction of a second by priority, and the state of the balancers
(tables, sticky sessions) is synchronised by a protocol of its own (HAProxy peers); here the second one starts from
nothing.
"""

from labkit.failover.backend import CHECK
from labkit.failover.balancer import Balancer
from labkit.failover.redirect import Address
from labkit.world.errors import LabError, Unanswered, number, words
from labkit.world.journal import action


class Doubled:
    """A second balancer beside the one of `pool`, and the address that clients use (`doubled.address`).

    advert_s  seconds between two advertisements
    """

    @action
    def __init__(self, world, pool, name="doubled", advert_s=1.0):
        number(advert_s, "advert_s", least=0.01), words(name, "the name")
        if not hasattr(pool, "balancer"):
            raise LabError(f"a pool is wanted, not {pool!r}", code=400, next_step="Doubled(w, Pool(w, 2))")
        one = pool.balancer
        self.world, self.name = world, name
        same = one.names, one.policy, one.weights, one.health, one.timeout_s, one.retries, one.repeat_writes, one.sticky
        two = Balancer(world, f"{one.name}2", *same)
        self.balancers = [one, two]
        self.address = Address(world, one.name, name=f"{name} address")
        names = [balancer.name for balancer in self.balancers]
        self.guards = [Guard(world, mine, other, self.address, advert_s, priority)
                       for mine, other, priority in ((names[0], names[1], 150), (names[1], names[0], 100))]  # fmt: skip

    def __repr__(self):
        masters = " and ".join(guard.balancer for guard in self.guards if guard.master) or "nobody"
        return f"<Doubled {self.name}: {masters} has the address>"


class Guard:
    """The keepalived of one balancer: node `<balancer>-keepalived`."""

    @action
    def __init__(self, world, balancer, other, address, advert_s, priority):
        self.world, self.balancer, self.address = world, balancer, address
        self.name, self.peer = f"{balancer}-keepalived", f"{other}-keepalived"
        self.advert_s, self.priority, self.master, self.heard_s = (
            advert_s,
            priority,
            address.owner == balancer,
            world.now,
        )
        self.node = world.node(self.name, serve=self.hear, on_start=self.begin)
        self.node.process(self._beat())

    def begin(self):
        """A new life: it is nobody's master before it has listened."""
        self.master, self.heard_s = False, self.world.now
        self.node.process(self._beat())

    def hear(self, message):
        """The other one's advertisement: it is there, it resigns, or it is more important."""
        priority = message.detail["priority"]
        self.heard_s = float("-inf") if priority == 0 else self.world.now
        if self.master and priority > self.priority:
            self.master = False

    def _beat(self):
        while True:
            began_s = self.world.now
            well = yield from self._well()
            silent = self.world.now - self.heard_s > 3 * self.advert_s + (256 - self.priority) / 256 * self.advert_s
            if not self.master and well and silent:
                self.master = True
                self.world.emit(self.name, self.balancer, "vrrp", "takes the address")
                self.address.announce(self.balancer)
            if self.master:
                self.world.cast(self.name, self.peer, "vrrp", "advertisement", priority=self.priority if well else 0)
                self.master = well
            yield self.world.timeout(max(began_s + self.advert_s - self.world.now, 0.001))

    def _well(self):
        """Does its own balancer answer?"""
        try:
            yield self.world.call(self.name, self.balancer, CHECK, "GET /health", self.advert_s / 2)
        except Unanswered:
            return False
        return True
