"""Active–passive: one machine serves, one stands by, and beats of the heart decide who is who.

                    clients
                       │ address or DNS name
            ┌──────────┴─ ─ ─ ─ ─ ─┐
          node1 ──── heartbeat ──▶ node2           w.cut(*pair.cable): only the heartbeat (and the copies) are cut
            │                        │
            └──── pdu ◀── fence ─────┘             pair.device.fail(): a fence can fail

Detection (M−1 to M intervals after a crash) + fence + promote + redirect: with 1 s, 3, 5 s and 1 s the clients wait for
8 to 9 s. It is never 0.

What the real one does differently: Pacemaker with Corosync needs a quorum, so two machines alone are a special case
(`two_node: 1` in votequorum(5)) in which fencing decides; keepalived (VRRP) moves the address without any fencing and
trusts its network; both monitor the service itself as well, not only the machine.
"""

from labkit.failover.fencing import FenceDevice
from labkit.failover.heartbeat import checked
from labkit.failover.member import Member
from labkit.failover.monitor import Monitor
from labkit.failover.redirect import Address, DnsName
from labkit.failover.replication import Disk, Replication
from labkit.failover.service import times
from labkit.failover.standby import Standby
from labkit.vmm.host import whole
from labkit.world import action
from labkit.world.errors import LabError, number, unknown, words

REDIRECTS = ("address", "dns")


def two_new(names, world):
    """The names of two machines that are not there yet, else LabError."""
    names = list(names) if isinstance(names, (list, tuple)) else [names]
    two = len(names) == 2 and names[0] != names[1] and all(isinstance(name, str) and name for name in names)
    if not two or set(names) & set(world.nodes):
        raise LabError(f"a pair needs the names of two new machines, not {names!r}", code=409)
    return names


class Pair:
    """Two machines `names`, the first one active at the beginning.

    standby      'cold' | 'warm' | 'hot' (boot_s, catch_up_s, promote_s: see labkit.failover.standby)
    interval_s, misses   a beat per interval_s; after `misses` missing ones the standby suspects (skew_s later)
    fencing      False: promote without making sure
    replication  'shared' | 'sync' | 'async' (lag_s) | 'none'; a cold standby cannot receive copies: 'shared' or 'none'
    redirect     'address' (virtual address, redirect_s until it has moved) | 'dns' (ttl_s, resolvers)
    service, service_s, workers   how long a request takes on either machine, how many at once
    drill_s      every so many seconds the standby is tried out (None: never)
    controller   None, or a function `make() -> tick(now, last_heartbeat, fenced) -> actions` that decides instead
    Raises LabError for anything that cannot be meant.
    """

    @action
    def __init__(self, world, names=("node1", "node2"), *, name="pair", standby="hot", interval_s=1.0, misses=3,
                 fencing=True, replication="shared", lag_s=30.0, redirect="address", redirect_s=1.0, ttl_s=60.0,
                 resolvers=10, boot_s=90.0, catch_up_s=15.0, promote_s=5.0, fence_s=0.0, service="exponential",
                 service_s=0.01, workers=1, drill_s=None, skew_s=0.01, controller=None):  # fmt: skip
        checked(interval_s, misses), words(name, "a pair's name"), number(fence_s, "fence_s")
        if controller is not None and not callable(controller):
            raise LabError(f"controller must be a function that makes a tick, not {controller!r}", code=400)
        self.standby = Standby(standby, boot_s, catch_up_s, promote_s)
        self.replication = Replication(replication, lag_s)
        if standby == "cold" and replication in ("sync", "async"):
            why = "a cold standby is switched off, it cannot receive copies"
            raise LabError(why, code=400, next_step="replication='shared' or 'none', or standby='warm'")
        if redirect not in REDIRECTS:
            raise unknown("redirect", redirect, REDIRECTS)
        self.world, self.name, self.interval_s, self.misses, self.fencing = world, name, interval_s, misses, fencing
        self.skew_s, self.redirect, self.controller = number(skew_s, "skew_s"), redirect, controller
        self.redirect_s = number(redirect_s, "redirect_s") if redirect == "address" else 0.0
        self.service, self.service_s, self.workers = service, service_s, workers
        self.retry_s, self.patience_s, self.announce_s = 5.0, 5.0 + fence_s, 5.0
        one, two = two_new(names, world)
        if not isinstance(fencing, bool):
            raise LabError(f"fencing is True or False, not {fencing!r}", code=400)
        times(service, service_s, world.random(f"{name} check")), whole(workers, "workers")
        if drill_s is not None:
            number(drill_s, "drill_s", least=1.0)
        self._shared = Disk() if replication == "shared" else None
        self.address = Address(world, one, f"{name}-address") if redirect == "address" else DnsName(
            world, one, f"{name}.example", ttl_s, resolvers, f"{name}-dns")  # fmt: skip
        self.device = FenceDevice(world, f"{name}-pdu", names, fence_s)
        self.members = {one: Member(self, one, two, "active"), two: Member(self, two, one, "standby")}
        self._begin(one, two)
        if drill_s is not None:
            world.process(self._drills(drill_s))

    def _begin(self, one, two):
        self.monitor = None
        if self.standby.kind == "cold":
            self.world.crash(two)  # it has no power
            self.monitor = Monitor(self, f"{self.name}-monitor", one, two)
        self.members[one].begin()
        if self.standby.kind != "cold":
            self.members[two].begin()

    def __repr__(self):
        return f"<Pair {self.name}: {', '.join(f'{m.name} believes it is {m.role}' for m in self.members.values())}>"

    def disk_of(self, name):
        """The disk a member writes to: its own, or the shared one."""
        return self._shared or Disk()

    def listeners(self, member):
        """Who hears a member's beats."""
        return [member.peer if self.monitor is None else self.monitor.name]

    @property
    def cable(self):
        """The two ends of the heartbeat's cable: `w.cut(*pair.cable)`."""
        one, two = self.members
        return one, two if self.monitor is None else self.monitor.name

    # -- people --------------------------------------------------------------------------------------------------
    @action
    def switch_over(self):
        """Planned: the active one stops in order and hands over. No detection, no fence; the outage is promote and
        redirect. Raises LabError unless exactly one believes it is active and the other one stands by."""
        roles = {member.role: member for member in self.members.values()}
        if set(roles) != {"active", "standby"}:
            why = ", ".join(f"{each.name} is {each.role}" for each in self.members.values())
            raise LabError(f"nothing to hand over: {why}", code=409, next_step="rejoin() the other one first")
        self._order(roles["active"].name, "hand over")

    @action
    def rejoin(self, name):
        """The machine that was away comes back as the standby: its configuration is changed first, then it gets power
        (if it has none) and the data of the active one, whatever it had itself."""
        member = self.member(name)
        member.configured = "standby"
        if member.node.state == "running":
            self._order(name, "be the standby")
        else:
            self.world.start(name)

    def _order(self, to, what):
        if "admin" not in self.world.nodes:
            self.world.node("admin")
        self.world.cast("admin", to, "order", what)

    @action
    def break_standby(self):
        """A fault that nobody sees: a change is made on the active machine only, so the standby's configuration does
        not fit any more."""
        for member in self.members.values():
            if member.configured == "standby":
                member.broken = True
                self.world.emit(member.name, None, "fault", "configuration outdated")

    @action
    def drill(self):
        """Try whether the standby could serve: start the service there, away from the clients, and look. A fault that
        is found is repaired an hour later."""
        self.world.process(self._drill)

    def _drill(self):
        world = self.world
        for member in self.members.values():
            if member.configured != "standby":
                continue
            world.emit("admin", member.name, "failover", "drill")
            yield world.timeout(self.standby.ready_s)
            world.emit("admin", member.name, "failover", "drill failed" if member.broken else "drill passed")
            if member.broken:
                yield world.timeout(3600.0)
                member.broken = False
                world.emit("admin", member.name, "failover", "repaired")

    def _drills(self, every_s):
        while True:
            yield self.world.timeout(every_s)
            yield from self._drill()

    # -- for those who look on from outside --------------------------------------------------------------------------
    def member(self, name):
        """The machine called `name`. LabError for a name that is none."""
        if not isinstance(name, str) or name not in self.members:
            raise unknown("machine of this pair", name, self.members)
        return self.members[name]

    @property
    def actives(self):
        """The names of all that believe they are active: two is one too many."""
        return [member.name for member in self.members.values() if member.role == "active"]

    def kept(self):
        """The ids of the writes that the service has now: on the shared disk, or where the address leads to."""
        return self.members[self.address.owner].disk.kept
