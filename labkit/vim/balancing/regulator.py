"""When to decide at all: a balancer that answers every twitch of the load makes it worse.

    imbalance ─┐    ┌──┐  ┌───────────────┐
      start ┄┄┄┼┄┄┄┄┼┄┄┼┄┄┼┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄│┄┄  above it in `hold` samples in a row: begin
               └────┘  └──┘               │
      stop  ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄└──  go on until here, not only to the upper line

Four habits against ping-pong: a load must hold, what is believed of a VM is the mean of those samples, start and stop
are two thresholds (hysteresis), and a VM that was moved rests for ten minutes. Each alone is weak; switch them off one
by one and see.

What the real one does differently: DRS reckons with the mean and the deviation of longer histories; a fixed rest is not
documented, its reckoning of costs serves the same end. Chosen here: 3 samples, 600 s, stop at half of start.
"""

from collections import deque
from dataclasses import replace

from labkit.vim.balancing import metric
from labkit.vim.balancing.greedy import aims, recommend
from labkit.vmm.host import whole
from labkit.world.errors import number


class Regulator:
    """Keeps samples of the loads and what was moved; says what to move, or why not now.

    threshold, target   as for recommend: where moving starts     stop     part of it at which moving ends (0 to 1)
    hold                samples in a row above the start          rest_s   a VM that was moved is left alone for so long
    options             anything else that recommend takes (most, link_mib_s, at_once, stays_s, policy)
    """

    def __init__(self, threshold=metric.THRESHOLD, target=None, stop=0.5, hold=3, rest_s=600, **options):
        self.threshold, self.target, self.options = threshold, target, options
        self.stop, self.hold = number(stop, "stop", most=1), whole(number(hold, "hold", most=1000), "hold")
        self.rest_s = number(rest_s, "rest_s")
        aims(threshold, target, None, 1)
        self.samples, self.moved_s = deque(maxlen=hold), {}

    def sample(self, loads, demands):
        """Note what the reports say now: the load of every host, {VM: MHz}."""
        self.samples.append((demands, metric.imbalance(loads)))

    def moved(self, name, now_s):
        """This VM was moved."""
        self.moved_s[name] = now_s

    def resting(self, now_s):
        """Names of the VMs that are left alone."""
        self.moved_s = {name: at_s for name, at_s in self.moved_s.items() if now_s - at_s < self.rest_s}
        return frozenset(self.moved_s)

    def decide(self, hosts, vms, now_s, under_way=(), busy=None):
        """The Advice of this moment; without moves while the load has not held, or nothing was sampled yet.
        under_way: names of VMs that are being moved; busy: {datastore: migrations under way}."""
        hosts = list(hosts)
        pairs = ((vm, self.believed(vm)) for vm in vms)
        believed = [vm if vm.demand_mhz == mhz else replace(vm, demand_mhz=mhz) for vm, mhz in pairs]
        start, above = self.above(len(hosts))
        held = above == self.hold
        stop = None if start == float("inf") else start * self.stop
        options = self.options if held or start == float("inf") else {**self.options, "most": 0}
        advice = recommend(hosts, believed, threshold=self.threshold, target=self.target, stop=stop,
                           resting=self.resting(now_s) | frozenset(under_way), busy=busy, **options)  # fmt: skip
        if not held and above:
            advice.why = f"above {start:.3f} in {above} of {self.hold} samples only: it must hold"
        return advice

    def above(self, hosts):
        """(start, samples above it) for so many hosts."""
        start = aims(self.threshold, self.target, None, max(hosts, 1)).start
        return start, sum(uneven > start for _, uneven in self.samples)

    def believed(self, vm):
        """The mean of the samples of this VM; what it demands now if there is none."""
        known = [demands[vm.name] for demands, _ in self.samples if vm.name in demands]
        return sum(known) / len(known) if known else vm.demand_mhz


def loads(hosts, vms):
    """The load of each host, in their order."""
    demand = {host.name: 0.0 for host in hosts}
    for vm in vms:
        demand[vm.host] += vm.demand_mhz
    return [demand[host.name] / host.capacity_mhz for host in hosts]
