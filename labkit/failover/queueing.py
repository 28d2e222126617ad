"""Queueing theory: what a simulation must agree with, and what a capacity plan can be made of.

    M/M/1   arrivals Poisson, service exponential, one server:    response = S / (1 − ρ)
    M/M/c   the same with c servers and one common queue:         Erlang C says how many must wait
    M/G/1   any service times:                                    the wait grows with their spread

ρ is the utilisation. 60 % → 90 % sounds like half as much again; the response goes from 2.5 S to 10 S. At 100 % there
is no mean any more: the queue grows for ever, and what a simulation shows is only how long you looked.

Sources: Kleinrock, *Queueing Systems* I (1975), 3.2, 3.5; Pollaczek–Khinchine formula, ibid. 5.6; Little, 'A proof for
the queuing formula L = λW' (1961); batch means: Law & Kelton, *Simulation Modeling and Analysis*, 9.5.3.

What the real one does differently: arrivals come in bursts and by the time of day, services are not independent, and
people who wait too long press reload, which is a further arrival.
"""

from math import exp, log, sqrt
from typing import NamedTuple

from labkit.vmm.host import whole
from labkit.world.errors import LabError, number

T_95 = {9: 2.262, 19: 2.093, 29: 2.045, 39: 2.023}  # Student's t, two-sided 95 %, by degrees of freedom


class Queue(NamedTuple):
    """A queue in steady state: `rate` requests/s, `service_s` seconds each, `servers`; `must_wait` is the probability
    to find all servers busy, `wait_s` the mean wait in the queue."""

    rate: float
    service_s: float
    servers: int
    must_wait: float
    wait_s: float

    @property
    def utilisation(self):
        """ρ, the share of the servers' time that is work."""
        return self.rate * self.service_s / self.servers

    @property
    def response_s(self):
        """Mean of waiting and service together."""
        return self.wait_s + self.service_s

    @property
    def in_system(self):
        """Mean number of requests there, waiting or served (Little's law: rate × response)."""
        return self.rate * self.response_s

    def wait_percentile_s(self, percent):
        """The wait that so many percent do not exceed (M/M/c: the wait of those who wait is exponential)."""
        beyond = 1 - number(percent, "percent", most=99.9999) / 100
        if beyond >= self.must_wait:
            return 0.0
        return self.wait_s / self.must_wait * log(self.must_wait / beyond)

    def response_percentile_s(self, percent):
        """The response time that so many percent do not exceed (M/M/1 exactly; M/M/c by halving the interval)."""
        beyond = 1 - number(percent, "percent", most=99.9999) / 100
        if self.servers == 1:
            return -self.response_s * log(beyond)
        low, high = 0.0, 100 * self.response_s
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self._slower_than(middle) > beyond else (low, middle)
        return high

    def _slower_than(self, t):
        """P(response > t) of M/M/c: service alone, or a wait and then service."""
        mu, drain = 1 / self.service_s, self.servers / self.service_s - self.rate
        if abs(drain - mu) < 1e-9 * mu:
            both = (1 + mu * t) * exp(-mu * t)
        else:
            both = (drain * exp(-mu * t) - mu * exp(-drain * t)) / (drain - mu)
        return (1 - self.must_wait) * exp(-mu * t) + self.must_wait * both


def mm1(rate, service_s):
    """One server. Raises LabError (400) at 100 % and above, where no steady state exists."""
    return mmc(rate, service_s, 1)


def mmc(rate, service_s, servers):
    """`servers` servers with a common queue (M/M/c)."""
    work = _stable(rate, service_s, servers)
    waits = erlang_c(work, servers)
    return Queue(rate, service_s, servers, waits, waits * service_s / (servers - work))


def mg1(rate, service_s, squared_spread):
    """One server with other service times: `squared_spread` is their variance over the square of their mean
    (exponential 1, constant 0; labkit.failover.service has the others)."""
    work = _stable(rate, service_s, 1)
    wait_s = work * service_s * (1 + number(squared_spread, "squared_spread")) / (2 * (1 - work))
    return Queue(rate, service_s, 1, work, wait_s)


def erlang_c(work, servers):
    """The probability that an arrival must wait, for `work` = rate × service time (in erlangs) < servers."""
    servers = whole(number(servers, "servers", most=100_000), "servers")
    if number(work, "work") >= servers:
        raise LabError(f"{work:g} erlangs are too much for {servers} servers", code=400, next_step="more servers")
    blocked = 1.0
    for n in range(1, servers + 1):  # Erlang B by recursion: no factorials that overflow
        blocked = work * blocked / (n + work * blocked)
    return servers * blocked / (servers - work * (1 - blocked))


def _stable(rate, service_s, servers):
    number(rate, "rate"), number(service_s, "service_s", least=1e-9)
    whole(servers, "servers")
    work = rate * service_s
    if work >= servers:
        why = f"{work / servers:.0%} utilisation: the queue grows without end, there is no mean"
        raise LabError(why, code=400, next_step=f"more than {work:g} servers are needed")
    return work


def safe_utilisation(nodes, failures=1):
    """(N − k)/N: the utilisation up to which the nodes that are left can carry everything."""
    if number(nodes, "nodes", least=1) <= number(failures, "failures"):
        return 0.0
    return (nodes - failures) / nodes


def confidence(samples, batches=20):
    """(mean, half width of the 95 % interval) of samples that depend on one another, by batch means: neighbours in a
    queue wait for each other, so n samples say much less than n independent ones would. LabError if there are few."""
    if not isinstance(samples, (list, tuple)):
        raise LabError(f"samples must be a list of numbers, not {samples!r}", code=400)
    if number(batches, "batches") - 1 not in T_95:
        raise LabError("choose 10, 20, 30 or 40 batches", code=400)
    size = len(samples) // batches
    if size < 10:
        raise LabError(
            f"{len(samples)} samples are too few for {batches} batches", code=400, next_step="run for longer"
        )
    means = [sum(samples[i * size : (i + 1) * size]) / size for i in range(batches)]
    mean = sum(means) / batches
    variance = sum((each - mean) ** 2 for each in means) / (batches - 1)
    return mean, T_95[batches - 1] * sqrt(variance / batches)
