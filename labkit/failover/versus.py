"""The same accident twice: active–passive and active–active, what both cost their clients.

    served per second
    AP ▇▇▇▇▇▇▁▁▁▇▇▇▇▇▇▇▇▇▇     nobody for a while, then everybody
    AA ▇▇▇▇▇▇▅▅▅▇▇▇▇▇▇▇▇▇▇     its share for a while, then everybody – if the others have room for it

`load` is how busy each machine is that serves: an active–active group of n carries n times the traffic of a pair. That
is what it is bought for, and what it lacks when one is gone: the others need load × n / (n − 1).

What the real one does differently: operators know the peak and keep below (n − 1)/n, and overloaded services shed load
(503 at once) instead of letting everybody wait; here a queue grows until its clients lose patience.
"""

from dataclasses import dataclass

from labkit.failover.clients import Clients
from labkit.failover.metrics import Metrics
from labkit.failover.pair import Pair
from labkit.failover.pool import Pool
from labkit.failover.sessions import DEPOSIT, State
from labkit.vmm.host import whole
from labkit.world import World
from labkit.world.errors import LabError, number

STATES = ("none", "shared", "one writer")
NEWS_S = 0.5  # how long news of a write travel between two machines that both write


@dataclass(frozen=True)
class Accident:
    """One machine of a service crashes at crash_s.

    load          0…1, of each machine that serves;  n: machines of the active–active group
    detect_s      until the silence is noticed, by three beats or three health checks (check_s: other checks)
    failover_s    from there until the standby serves
    state         'none', 'shared' (one store behind all), 'one writer' (two that write overwrite each other)
    capacity      requests per second of one machine; each takes 1/capacity; arrivals: 'poisson' or 'constant'
    until_s, late_s, patience_s   end of the experiment, and what clients find late or do not wait for
    Raises LabError for values that cannot be meant.
    """

    load: float = 0.7
    n: int = 2
    detect_s: float = 3.0
    failover_s: float = 6.0
    state: str = "none"
    check_s: float | None = None
    capacity: float = 10.0
    crash_s: float = 60.0
    until_s: float = 360.0
    late_s: float = 2.0
    patience_s: float = 120.0
    arrivals: str = "poisson"
    seed: int = 1

    def __post_init__(self):
        number(self.load, "load", least=0.01, most=2.0), whole(number(self.n, "n", least=2, most=20), "n")
        number(self.detect_s, "detect_s", least=0.1), number(self.failover_s, "failover_s")
        number(self.capacity, "capacity", least=0.01, most=1000), number(self.until_s, "until_s", most=86_400)
        for name in ("crash_s", "late_s", "patience_s"):
            number(getattr(self, name), name)
        if self.check_s is not None:
            number(self.check_s, "check_s", least=0.1)
        if self.state not in STATES:
            raise LabError(f"there is no state {self.state!r}", code=400, next_step=f"one of {', '.join(STATES)}")
        if self.until_s <= self.crash_s:
            raise LabError("the experiment must end after the crash", code=400)


class Outcome:
    """What the clients of one architecture saw: `metrics` from the crash on, `curve` of the whole time, and writes that
    were acknowledged and overwritten (`overwritten`)."""

    def __init__(self, name, people, crash_s, overwritten=0):
        self.name, self.overwritten = name, overwritten
        self.metrics, self.whole = Metrics(people, since_s=crash_s), Metrics(people)

    def __repr__(self):
        return f"<{self.name}: {self.unhappy:.0%} of the requests after the crash lost or late>"

    @property
    def unhappy(self):
        """Share of the requests after the crash that were lost, late, still waiting, or overwritten: 0…1."""
        seen = self.metrics
        bad = seen.lost + seen.late + seen.waiting + self.overwritten
        return min(bad / max(seen.asked, 1), 1.0)


def passive(accident):
    """The Outcome of a pair: one serves, the other is its standby."""
    w = World(accident.seed, journal=False)
    service_s = 1 / accident.capacity
    pair = Pair(w, interval_s=accident.detect_s / 3, promote_s=accident.failover_s, redirect_s=0.0, service="constant",
                service_s=service_s)  # fmt: skip
    people = _people(w, pair.address, accident.load * accident.capacity, accident)
    w.at(accident.crash_s, w.crash, "node1")
    w.run(until=accident.until_s)
    return Outcome("active–passive", people, accident.crash_s)


def active(accident):
    """The Outcome of n machines behind a balancer."""
    w, n = World(accident.seed, journal=False), accident.n
    kinds = {"none": None, "shared": "shared", "one writer": "replicated"}
    app = State(w, kinds[accident.state]) if kinds[accident.state] else None
    check_s = (accident.check_s or accident.detect_s) / 3
    pool = Pool(w, n, service="constant", service_s=1 / accident.capacity, app=app, check_s=check_s, failures=3,
                check_timeout_s=min(1.0, check_s), timeout_s=accident.patience_s)  # fmt: skip
    if accident.state == "one writer":
        for one in pool.backends:
            for other in pool.backends:
                if one < other:
                    w.link(one, other, delay_s=NEWS_S)
    people = _people(w, pool.address, accident.load * accident.capacity * n, accident)
    w.at(accident.crash_s, w.crash, list(pool.backends)[-1])
    w.run(until=accident.until_s)
    return Outcome("active–active", people, accident.crash_s, _overwritten(app, people, accident))


def _people(w, to, rate, accident):
    writes = 1.0 if accident.state == "one writer" else 0.0
    return Clients(w, to, rate, arrivals=accident.arrivals, late_s=accident.late_s, patience_s=accident.patience_s,
                   write_share=writes)  # fmt: skip


def _overwritten(app, people, accident):
    """Deposits that were acknowledged after the crash and are not in the balance (the share of the whole time)."""
    if accident.state != "one writer":
        return 0
    acknowledged = [each for each in people.requests if each.ok and each.write]
    kept = max(app.value("account", node) or 0 for node in app.copies) / DEPOSIT
    gone = max(len(acknowledged) - kept, 0) / max(len(acknowledged), 1)
    return round(gone * sum(each.at_s >= accident.crash_s for each in acknowledged))
