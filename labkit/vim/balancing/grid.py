"""All moves at once: VMs × hosts as arrays, and what each move would do to the imbalance, in closed form.

    n · I² = Q − S² / n      Q = sum of squares of the loads, S = their sum
    a VM of demand d from host i to host j:   a = d / capacity of i,   b = d / capacity of j
    Q changes by  −2 Nᵢ a + a² + 2 Nⱼ b + b²,   S by  b − a

So a move is judged by four numbers, not by adding up all hosts again, and a whole cluster of moves by one expression on
arrays. After a move two loads have changed and nothing else.

Up to 96 hosts (the largest cluster that vSphere 7 and 8 allow) all moves are looked at. In a larger group only those
from the 64 fullest hosts to the 64 emptiest, chosen anew after each move: nobody gains much in the middle, for between
equal hosts a move brings Q down by (Nᵢ − Nⱼ)² / 2 at most.
"""

from collections import defaultdict

import numpy as np

from labkit.vim.balancing.cost import copying, cost_mhz_s

WHOLE, EXTREMES = 96, 64


class Grid:
    """Hosts and VMs (HostLoad, VmLoad) as arrays. `rows` and `columns`: indices of the VMs and hosts looked at now;
    limits: checks.Limits; busy: {datastore: migrations under way}.

    load, free_mib, free_vcpus, migrations   per host, as they will be after the moves chosen so far
    at, demand, memory, cost     per VM: index of its host, MHz, MiB, MHz · s (infinite: pre-copy does not converge)
    """

    def __init__(self, hosts, vms, limits, resting=frozenset(), busy=None):
        self.hosts, self.vms, self.limits = hosts, vms, limits
        self.host_at = {host.name: place for place, host in enumerate(hosts)}
        self.vm_at = {vm.name: place for place, vm in enumerate(vms)}
        self.capacity = np.array([host.capacity_mhz for host in hosts], float)
        self.open = np.array([host.open for host in hosts], bool)
        self.migrations = np.array([host.migrations for host in hosts], int)
        self.at = np.array([self.host_at[vm.host] for vm in vms], int)
        self.demand = np.array([vm.demand_mhz for vm in vms], float)
        self.memory = np.array([vm.memory_mib for vm in vms], float)
        size = len(hosts)
        self.load = np.bincount(self.at, self.demand, size) / self.capacity
        self.free_mib = np.array([host.memory_mib for host in hosts], float)
        self.free_mib -= np.bincount(self.at, self.memory, size)
        self.vcpus = np.array([vm.vcpus for vm in vms], float)
        self.free_vcpus = np.array([np.inf if host.vcpus is None else host.vcpus for host in hosts], float)
        self.free_vcpus -= np.bincount(self.at, self.vcpus, size)
        self._cost(limits.link_mib_s, limits.policy)
        self.movable = np.isfinite(self.cost) & self._may_leave(resting)
        self.smallest_mib = self.memory[self.movable].min(initial=np.inf)
        self._kinds()
        self._stores(busy or {})
        self._groups()
        self.look()

    def _cost(self, link_mib_s, policy):
        outcomes = (copying(vm.memory_mib, vm.dirty_mib_s, link_mib_s, policy) for vm in self.vms)
        self.cost = np.array([
            cost_mhz_s(vm.demand_mhz, outcome) if outcome.converged else np.inf
            for vm, outcome in zip(self.vms, outcomes, strict=True)
        ], float)  # fmt: skip

    def _may_leave(self, resting):
        free = (not vm.hot and vm.datastore is not None and vm.name not in resting for vm in self.vms)
        return np.fromiter(free, bool, len(self.vms)) & self._source_answers()

    def _source_answers(self):
        return np.array([host.state == "connected" for host in self.hosts], bool)[self.at]

    def _kinds(self):
        """Which kind of VM can run on which host at all: one row per kind, not per VM."""
        kinds, self.kind = {}, np.empty(len(self.vms), int)
        for place, vm in enumerate(self.vms):
            self.kind[place] = kinds.setdefault(vm.kind, (len(kinds), vm))[0]
        rows = [[not vm.runs_on(host) for host in self.hosts] for _, vm in kinds.values()]
        self.runs = np.array(rows, bool).reshape(len(kinds), len(self.hosts))

    def _stores(self, busy):
        """Migrations under way per datastore; `store`: index of each VM's datastore."""
        names = list(dict.fromkeys(vm.datastore for vm in self.vms))
        self.store = np.array([names.index(vm.datastore) for vm in self.vms], int)
        self.per_store = np.array([busy.get(name, 0) for name in names], int)

    def _groups(self):
        """Members of each rule: {('apart', name): [VMs]}."""
        self.groups, self.ruled = defaultdict(list), []
        for place, vm in enumerate(self.vms):
            for name in vm.apart:
                self.groups["apart", name].append(place)
            for name in vm.together:
                self.groups["together", name].append(place)
            if vm.apart or vm.together:
                self.ruled.append(place)

    # -- what is looked at ---------------------------------------------------------------------------------------
    def look(self):
        """Choose the rows and columns that are worth a look now."""
        ready = self.migrations < self.limits.at_once
        into, out = self.open & ready & (self.free_mib >= self.smallest_mib), ready
        if len(self.hosts) > WHOLE:
            order, possible = np.argsort(self.load, kind="stable"), into
            into, out = np.zeros_like(into), np.zeros_like(out)
            into[order[possible[order]][:EXTREMES]] = True
            out[order[ready[order]][-EXTREMES:]] = True
        self.columns = np.flatnonzero(into)
        self.rows = np.flatnonzero(out[self.at] & self.movable)

    def imbalance(self):
        """Standard deviation of the loads as they will be."""
        return float(np.std(self.load)) if len(self.hosts) else 0.0

    def variance(self):
        """rows × columns: the square of the imbalance that each move would leave. The four numbers of the module's
        docstring, sorted by what is per row (VM), per column (host), or both."""
        size, here = len(self.hosts), self.at[self.rows]
        d, a = self.demand[self.rows], self.demand[self.rows] / self.capacity[here]
        rest = self.load.sum() - a
        per_row = (self.load**2).sum() + a * (a - 2 * self.load[here]) - rest**2 / size
        b = d[:, None] / self.capacity[self.columns]
        after = b * (1 - 1 / size)
        after += 2 * self.load[self.columns]
        after -= (2 / size * rest)[:, None]
        after *= b
        after += per_row[:, None]
        after /= size
        return after

    def after(self):
        """rows × columns: the imbalance that each move would leave."""
        return np.sqrt(np.maximum(self.variance(), 0))

    def relief(self):
        """rows × columns: MHz that the fuller host of each pair is relieved of (cost.relief_mhz on arrays)."""
        here, d = self.at[self.rows], self.demand[self.rows][:, None]
        mine, there = self.load[here][:, None], self.load[self.columns]
        own = self.capacity[here][:, None]
        return (np.maximum(mine, there) - np.maximum(mine - d / own, there + d / self.capacity[self.columns])) * own

    def apart(self):
        """rows × columns: whether rules between VMs allow it."""
        good = np.ones((len(self.rows), len(self.columns)), bool)
        if self.ruled:
            row_of = {vm: row for row, vm in enumerate(self.rows.tolist())}
            for vm in self.ruled:
                if vm in row_of:
                    good[row_of[vm]] = self.by_rules(vm)[self.columns]
        return good

    def by_rules(self, vm):
        """Per host: may this VM be there, as far as the other VMs of its groups go?"""
        good = np.ones(len(self.hosts), bool)
        for name in self.vms[vm].apart:
            good[[self.at[other] for other in self.groups["apart", name] if other != vm]] = False
        for name in self.vms[vm].together:
            for other in self.groups["together", name]:
                good &= (np.arange(len(good)) == self.at[other]) | (other == vm)
        return good

    def move(self, vm, host):
        """Reckon with this move from now on."""
        for place, sign in ((self.at[vm], -1), (host, 1)):
            self.load[place] += sign * self.demand[vm] / self.capacity[place]
            self.free_mib[place] -= sign * self.memory[vm]
            self.free_vcpus[place] -= sign * self.vcpus[vm]
            self.migrations[place] += 1
        self.per_store[self.store[vm]] += 1
        self.at[vm], self.movable[vm] = host, False
        self.look()
