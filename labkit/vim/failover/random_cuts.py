"""Fifty cuts, with and without fencing: what is won without it, and what it costs.

    a cable is cut for a while ──▶ fencing off: the VM starts elsewhere at once, and its old copy runs on
                              ──▶ fencing on: the old host is switched off first

The VM is a shop's order book (ledger). A cut takes the management network of its host; the customers reach both copies,
for their network is another one.
"""

from dataclasses import dataclass, replace

from labkit.vim.assembly import datacenter
from labkit.vim.failover.history import Outage
from labkit.vim.failover.ledger import Damage, Ledger
from labkit.vim.failover.locks import Locks
from labkit.vim.failover.system import FailoverSystem
from labkit.vim.failover.watchdog import Watchdog
from labkit.vim.spec import Spec
from labkit.vmm.host import Host
from labkit.world import World
from labkit.world.trace import seconds

STARTS_S, ENDS_S = 60.0, 420.0


@dataclass(frozen=True)
class Cut:
    """One cut of `lasts_s` at `at_s`, and what came of it: damage, seconds until a new copy ran (None: never), seconds
    with two copies, whether both wrote. `world` can be looked at (None among many: fifty worlds fill the memory)."""

    at_s: float
    lasts_s: float
    damage: Damage
    outage_s: float | None
    twice_s: float
    two_wrote: bool
    world: World | None

    def __repr__(self):
        again = "no new copy" if self.outage_s is None else f"new copy after {seconds(round(self.outage_s, 1))} s"
        cut = f"cut at {self.at_s:.0f} s for {self.lasts_s:.0f} s"
        return f"{cut}: {again}, two copies for {self.twice_s:.0f} s; {self.damage}"


class Cuts(list):
    """Some Cuts, counted."""

    @property
    def damaged(self):
        """In how many the order book is broken, or orders are gone."""
        return sum(not cut.damage.fits or cut.damage.lost > 0 for cut in self)

    @property
    def two_wrote(self):
        """In how many two copies wrote to the disk."""
        return sum(cut.two_wrote for cut in self)

    @property
    def outage_s(self):
        """The middle one of the times until a new copy ran."""
        times = sorted(cut.outage_s for cut in self if cut.outage_s is not None)
        return times[len(times) // 2] if times else None

    def __repr__(self):
        lost = sum(cut.damage.lost for cut in self)
        middle = "–" if self.outage_s is None else f"{seconds(round(self.outage_s, 1))} s"
        return (
            f"{len(self)} cuts: {self.two_wrote} times two copies wrote, {self.damaged} order books damaged, "
            f"{lost} confirmed orders gone; a new copy ran after {middle} (median)"
        )


def one_cut(seed, fencing="bmc", detect_s=30, **options):
    """One random cut (Cut). fencing and options: as for FailoverSystem; 'lock' gives each host a watchdog."""
    w = World(seed=seed)
    locks = Locks(w) if fencing == "lock" else None
    system = FailoverSystem(detect_s, fencing, locks=locks, **options)
    vim = datacenter(w, hosts=3, host=Host(), lean=False, failover=system)
    vmms = [w.components[name] for name in vim.hosts]
    dogs = [Watchdog(w, vmm, locks).name for vmm in vmms] if locks else []
    ledger = Ledger(w, "shop", vmms)
    vim.create("shop", spec=Spec(datastore="san1", boot_s=5), host="esx1")
    luck = w.random("cuts")
    at_s, lasts_s = STARTS_S + 60 * luck.random(), 10 + 190 * luck.random()
    w.at(at_s, w.cut, ["vim", *([locks.name] if locks else [])], ["esx1-agent", *dogs[:1]])
    w.at(at_s + lasts_s, w.heal)
    w.run(until=ENDS_S)
    seen = Outage(w.trace, "shop", at_s)
    return Cut(at_s, lasts_s, ledger.damage(), seen.outage_s, seen.twice_s, ledger.two_wrote, w)


def cuts(many=50, fencing="bmc", seed=1, **options):
    """So many random cuts (Cuts); the same seed, the same cuts, with fencing or without."""
    told = (one_cut(f"{seed}/{number}", fencing, **options) for number in range(many))
    return Cuts(replace(cut, world=None) for cut in told)
