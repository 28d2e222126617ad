"""What an accident cost, from what the clients saw.

    served per second
    50 ▇▇▇▇▇▇        ▇▇▇▇▇▇▇▇
                 ▁▁▁▁▁▁▁▁
             ▲ first lost  ▲ first served again      downtime (RTO): from the one to the other

    RTO   how long nobody was served
    RPO   how far back acknowledged writes are missing afterwards. A write that was never acknowledged is no loss of
          data: its client knows that it must ask again

Percentiles are of the answers that came. The ones who waited in vain are not among them, so a service that answers
half of its requests may have a splendid p99: always read it beside `lost`.
"""

from collections import Counter
from typing import NamedTuple

from labkit.world.errors import LabError, number


class Outage(NamedTuple):
    """From the arrival of the first lost request to that of the next one that was served, virtual seconds."""

    start_s: float
    end_s: float

    @property
    def duration_s(self):
        return self.end_s - self.start_s


class Second(NamedTuple):
    """One step of the curve: rates per second. `asked` and `lost` count at the arrival, `served` at the answer, of
    which `late` came too late."""

    t_s: float
    asked: float
    served: float
    late: float
    lost: float


class Metrics:
    """The metrics of some Clients (or a list of them) for the requests that arrived in [since_s, until_s).

    Requests that still wait are in `waiting` and in nothing else. Raises LabError if the span is empty.
    """

    def __init__(self, clients, since_s=0.0, until_s=None):
        groups = clients if isinstance(clients, (list, tuple)) else [clients]
        if not groups or not all(hasattr(group, "requests") for group in groups):
            raise LabError(f"metrics are of Clients, or a list of them, not of {clients!r}", code=400)
        self.now_s = groups[0].world.now
        self.since_s = number(since_s, "since_s")
        self.until_s = self.now_s if until_s is None else number(until_s, "until_s")
        if self.until_s <= self.since_s:
            why = f"from {since_s:g} s to {self.until_s:g} s there is nothing to count"
            raise LabError(why, code=400, next_step="run the world first, or choose a later end")
        chosen = [each for group in groups for each in group.requests if self.since_s <= each.at_s < self.until_s]
        self.requests = sorted(chosen, key=lambda each: each.at_s) if len(groups) > 1 else chosen
        self.ended = [each for each in self.requests if each.ended_s is not None]

    # -- how many ------------------------------------------------------------------------------------------------
    @property
    def asked(self):
        """Requests that arrived."""
        return count(self.requests)

    @property
    def served(self):
        """Answered without an error, late ones among them."""
        return count(each for each in self.ended if each.ok)

    @property
    def late(self):
        """Served, but after more than the clients' late_s."""
        return count(each for each in self.ended if is_late(each))

    @property
    def lost(self):
        """Never answered, or answered with an error, after all tries."""
        return count(each for each in self.ended if not each.ok)

    @property
    def waiting(self):
        """Not ended yet."""
        return self.asked - count(self.ended)

    @property
    def retried(self):
        """Requests that were sent more than once."""
        return count(each for each in self.requests if each.tries > 1)

    # -- how long ------------------------------------------------------------------------------------------------
    def percentile_s(self, percent):
        """The latency within which `percent` % of the answers came, seconds (nearest rank); None without answers."""
        latencies = sorted(each.latency_s for each in self.ended if each.ok)
        if not latencies:
            return None
        rank = -(-len(latencies) * number(percent, "percent", most=100) // 100)  # rounded up
        return latencies[max(int(rank) - 1, 0)]

    p50_s = property(lambda self: self.percentile_s(50))
    p95_s = property(lambda self: self.percentile_s(95))
    p99_s = property(lambda self: self.percentile_s(99))

    @property
    def outages(self):
        """Every span in which nobody was served, as a list of Outage; one that still lasts ends at `until_s`."""
        found, start_s = [], None
        for each in self.ended:
            if not each.ok and start_s is None:
                start_s = each.at_s
            elif each.ok and start_s is not None:
                found.append(Outage(start_s, each.at_s))
                start_s = None
        return found if start_s is None else [*found, Outage(start_s, self.until_s)]

    @property
    def downtime_s(self):
        """The recovery time that the clients saw (RTO): the longest outage, 0.0 if there was none."""
        return max((each.duration_s for each in self.outages), default=0.0)

    @property
    def impaired_s(self):
        """From the arrival of the first lost request to that of the last one: how long it went wrong for somebody. It
        is longer than the downtime when some of the clients are served again before the others."""
        at_s = [each.at_s for each in self.ended if not each.ok]
        return at_s[-1] - at_s[0] if at_s else 0.0

    # -- what became of the data -----------------------------------------------------------------------------------
    def missing(self, kept):
        """Acknowledged writes whose id is not among `kept` (the ids that the service has afterwards), in order."""
        kept = set(ids(kept, "kept"))
        return [each for each in self.ended if each.ok and each.write and each.id not in kept]

    def rpo_s(self, kept):
        """How far back acknowledged writes are missing, seconds: from the answer to the oldest missing one to the
        answer to the newest; 0.0 if none is missing."""
        answered = [each.ended_s for each in self.missing(kept)]
        return max(answered) - min(answered) if answered else 0.0

    @staticmethod
    def duplicated(effects):
        """How many effects were done more than once, given the ids of all effects (doubles included)."""
        return sum(times - 1 for times in Counter(ids(effects, "effects")).values())

    # -- the curve -------------------------------------------------------------------------------------------------
    def curve(self, step_s=1.0):
        """A Second for each step from since_s to until_s: what was asked, served, late and lost per second."""
        if number(step_s, "step_s") <= 0:
            raise LabError("a step must be longer than 0 s", code=400)
        steps = max(int((self.until_s - self.since_s) / step_s + 0.999999), 1)
        table = [[0] * steps for _ in Second._fields[1:]]
        for each in self.requests:
            self._count(each, table, step_s, steps)
        rows = zip(*table, strict=True)
        return [Second(self.since_s + at * step_s, *(n / step_s for n in row)) for at, row in enumerate(rows)]

    def _count(self, each, table, step_s, steps):
        weight, (asked, served, late, lost) = each.clients.batch, table
        at = min(int((each.at_s - self.since_s) / step_s), steps - 1)
        asked[at] += weight
        if each.ended_s is None:
            return
        if not each.ok:
            lost[at] += weight
            return
        then = int((each.ended_s - self.since_s) / step_s)
        if then < steps:
            served[then] += weight
            late[then] += weight * is_late(each)

    def __str__(self):
        rows = [("asked", self.asked), ("served", self.served), ("of which late", self.late), ("lost", self.lost)]
        rows += [("still waiting", self.waiting)] if self.waiting else []
        rows += [("downtime (RTO)", f"{self.downtime_s:.1f} s"), ("wrong for some", f"{self.impaired_s:.1f} s")]
        if self.p50_s is not None:
            rows += [(name, f"{1000 * value:.0f} ms")
                     for name, value in (("p50", self.p50_s), ("p95", self.p95_s), ("p99", self.p99_s))]  # fmt: skip
        return "\n".join(f"{name:<15} {value:>8}" for name, value in rows)

    __repr__ = __str__


def ids(values, what):
    """The ids of requests as a list, else LabError (400)."""
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise LabError(f"{what} must be a list of the ids of requests, not {values!r}", code=400)
    return list(values)


def count(requests):
    """How many requests these are: a batch counts for all that travel in it."""
    return sum(each.clients.batch for each in requests)


def is_late(request):
    """Served, but later than its client wished."""
    return request.ok and request.latency_s > request.clients.late_s


def utilisation(busy_s, elapsed_s, workers=1):
    """Share of the time in which `workers` were busy: 0…1. Raises LabError if no time has passed."""
    if number(elapsed_s, "elapsed_s") <= 0:
        raise LabError("no time has passed, so nobody was busy or idle", code=400)
    return number(busy_s, "busy_s") / (elapsed_s * number(workers, "workers", least=1))
