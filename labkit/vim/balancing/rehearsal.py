"""A rehearsal: the same noisy load against different settings of the balancer, before they are let loose on customers.

    each sample (20 s)   the demand of every VM wanders; requests come, wait and are answered; reports are noted
    each pass (300 s)    the regulator decides; its moves cost time, bandwidth and CPU on both hosts

It decides by the very code of the real balancer (regulator, greedy), and copies by the model of pre-copy: several
migrations of one source share its link. What hosts and VMs would feel is counted request by request (queue.Line).

The surprise: with a threshold of 1 % the balancer works hard, every pass finds something to improve, and the requests
are no faster than without any balancer, or slower.

What the real one does differently: loads have days and weeks in them, not only noise; and nobody rehearses enough.
"""

from array import array
from collections import defaultdict
from dataclasses import replace
from math import exp, sqrt
from typing import NamedTuple

from labkit.vim.balancing import metric
from labkit.vim.balancing.cost import COPY_MHZ, LINK_MIB_S
from labkit.vim.balancing.greedy import checked
from labkit.vim.balancing.queue import Line, percentile
from labkit.vim.balancing.regulator import Regulator, loads
from labkit.vmm.migration import Load, together
from labkit.world import action
from labkit.world.errors import number

BACK_S = 600


class Done(NamedTuple):
    """A migration in the rehearsal. `back`: the VM went where it had come from less than 10 minutes ago."""

    vm: str
    source: str
    target: str
    start_s: float
    end_s: float
    back: bool


class Rehearsal:
    """Hosts (HostLoad) and VMs (VmLoad, demand_mhz is their mean) under a load that wanders.

    noise       how far demands wander: standard deviation of their logarithm (0: not at all)
    lasts_s     how long a deviation lasts (it fades like e to the −t / lasts_s)
    tape        {vm: [MHz, one per sample …]}: instead of noise; its last value stays
    period_s    seconds between passes; None: no balancer      sample_s   seconds between samples
    options     of the Regulator: threshold, target, stop, hold, rest_s, most, link_mib_s, at_once, stays_s, policy
    """

    @action
    def __init__(self, world, hosts, vms, noise=0.0, lasts_s=60, tape=None, period_s=300, sample_s=20,
                 name="rehearsal", **options):  # fmt: skip
        checked(hosts, vms)
        self.world, self.name, self.noise, self.tape = world, name, number(noise, "noise"), dict(tape or {})
        self.lasts_s = number(lasts_s, "lasts_s", least=1)
        self.hosts, self.means = list(hosts), {vm.name: vm.demand_mhz for vm in vms}
        self.vms = {vm.name: vm for vm in vms}
        self.period_s = None if period_s is None else number(period_s, "period_s", least=1)
        self.sample_s = number(sample_s, "sample_s", least=1)
        self.regulator = Regulator(**options)
        self.link_mib_s = options.get("link_mib_s", LINK_MIB_S)
        self.deviation = dict.fromkeys(self.vms, 0.0)
        self.lines = {host.name: Line(world.random(f"{name}-{host.name}")) for host in hosts}
        self.under_way, self.done, self.advice, self.answered, self.count = [], [], None, array("d"), 0
        self.began_s = self.passed_s = world.now
        self.node = world.node(name)
        self.node.process(self._work())

    def __repr__(self):
        moved = f"{len(self.done)} migrations ({self.moves_per_hour:.0f} per hour), {self.returned} back within 10 min"
        return f"<{self.name}: {moved}; p95 {self.p95_s:.2f} s; imbalance {self.imbalance:.3f}>"

    # -- figures ---------------------------------------------------------------------------------------------------
    @property
    def loads(self):
        """{host: part of its capacity that its VMs demand now}."""
        told = loads(self.hosts, self.vms.values())
        return {host.name: load for host, load in zip(self.hosts, told, strict=True)}

    @property
    def imbalance(self):
        return metric.imbalance(self.loads.values())

    @property
    def moves_per_hour(self):
        hours = (self.world.now - self.began_s) / 3600
        return len(self.done) / hours if hours else 0.0

    @property
    def returned(self):
        """Migrations that brought a VM back to where it had come from, within 10 minutes."""
        return sum(move.back for move in self.done)

    @property
    def p95_s(self):
        """95 % of all requests were answered within so many seconds."""
        return percentile(self.answered, 0.95)

    # -- what is done from outside ---------------------------------------------------------------------------------
    @action
    def demand(self, name, mhz):
        """Another mean demand for a VM, from now on."""
        self.means[name] = number(mhz, "mhz")
        self.vms[name] = replace(self.vms[name], demand_mhz=float(mhz))

    # -- what happens by itself ------------------------------------------------------------------------------------
    def _work(self):
        while True:
            yield self.world.timeout(self.sample_s)
            self._arrived()
            self._requests()
            self._wander()
            self.regulator.sample(self.loads.values(), {name: vm.demand_mhz for name, vm in self.vms.items()})
            if self.period_s is not None and self.world.now - self.passed_s >= self.period_s:
                self.passed_s = self.world.now
                self._pass()

    def _wander(self):
        """Each VM's demand takes a step: a random walk that is drawn back to its mean."""
        luck, stays = self.world.random(f"{self.name}-load"), exp(-self.sample_s / self.lasts_s)
        for name, vm in self.vms.items():
            tape = self.tape.get(name)
            if tape:
                mhz = tape[min(self.count, len(tape) - 1)]
            else:
                step = luck.gauss(0, 1) * sqrt(1 - stays**2) * self.noise
                self.deviation[name] = stays * self.deviation[name] + step
                mhz = self.means[name] * exp(self.deviation[name] - self.noise**2 / 2)
            self.vms[name] = replace(vm, demand_mhz=float(mhz))
        self.count += 1

    def _requests(self):
        """The requests of this sample; hosts that copy have less for them."""
        busy_mhz = defaultdict(float)
        for move in self.under_way:
            part = min(move.end_s - move.start_s, self.sample_s) / self.sample_s
            for host in (move.source, move.target):
                busy_mhz[host] = max(busy_mhz[host], COPY_MHZ * self.link_mib_s * part)
        told = self.loads
        for host in self.hosts:
            speed = max(1 - busy_mhz[host.name] / host.capacity_mhz, 0.1)
            self.answered.extend(self.lines[host.name].serve(self.sample_s, told[host.name], speed))

    def _arrived(self):
        """Who has been copied runs at the target."""
        for move in [move for move in self.under_way if move.end_s <= self.world.now]:
            self.under_way.remove(move)
            self.vms[move.vm] = replace(self.vms[move.vm], host=move.target)

    def _pass(self):
        busy = [name for move in self.under_way for name in (move.source, move.target)]
        hosts = [replace(host, migrations=busy.count(host.name)) for host in self.hosts]
        under_way = [move.vm for move in self.under_way]
        self.advice = self.regulator.decide(hosts, list(self.vms.values()), self.world.now, under_way)
        by_source = defaultdict(list)
        for move in self.advice:
            by_source[move.source].append(move)
        for moves in by_source.values():
            copied = [Load(self.vms[move.vm].memory_mib, self.vms[move.vm].dirty_mib_s) for move in moves]
            for move, outcome in zip(moves, together(copied, self.link_mib_s, "textbook"), strict=True):
                self._begin(move, outcome)

    def _begin(self, move, outcome):
        now_s = self.world.now
        last = [done for done in self.done if done.vm == move.vm]
        back = bool(last) and last[-1].source == move.target and now_s - last[-1].start_s < BACK_S
        done = Done(move.vm, move.source, move.target, now_s, now_s + outcome.total_s, back)
        self.under_way.append(done)
        self.done.append(done)
        self.regulator.moved(move.vm, now_s)
        self.world.emit(self.name, move.vm, "balancing", f"migrate {move.source} → {move.target}",
                        seconds=round(outcome.total_s, 2), why=move.why)  # fmt: skip
