"""The balancer of a VIM: a timer that samples what reports say, and every five minutes a pass over each cluster.

    vim = datacenter(w, hosts=3, shared=("san1",), balancer=Balancer())        # or vim.use(balancer=Balancer(…))
    vim.balancer.advice                  {cluster: what the last pass said}
    vim.balancer.explain("web")          host by host: why it does not move there now

It knows what the VIM knows: figures from the last reports. It moves nothing itself: it asks the VIM to migrate, as
anybody may, and the VIM may refuse (policies, placement, a VM that is busy). When the VIM is down nobody balances,
and no VM notices.

The surprise: its own samples die with the VIM's process, so after a restart it waits until a load has held again.

What the real one does differently: DRS runs inside vpxd for each cluster by itself; it also places VMs when they are
switched on (here: labkit.vim.placement) and can be told for each VM to leave it alone (here: `pinned`).
"""

from collections import Counter, defaultdict

from labkit.vim.balancing.greedy import recommend
from labkit.vim.balancing.loads import HostLoad, VmLoad, known_names
from labkit.vim.balancing.regulator import Regulator
from labkit.world.errors import LabError, number, unknown, words

AUTOMATION = ("full", "manual")


class Balancer:
    """Give it to one VIM.

    period_s, sample_s   a pass every so often (documented default of classic DRS: 300 s); a sample of the loads
    automation           'full': moves are made; 'manual': they are only recommended
    pinned               names of VMs that are never moved
    options              of the Regulator: threshold, target, stop, hold, rest_s, most, link_mib_s, at_once, stays_s
    """

    def __init__(self, period_s=300, sample_s=60, automation="full", pinned=(), **options):
        if automation not in AUTOMATION:
            raise LabError(f"automation is one of {', '.join(AUTOMATION)}, not {automation!r}", 400, True)
        self.period_s, self.tick_s = number(period_s, "period_s", least=1), number(sample_s, "sample_s", least=1)
        self.automation, self.pinned, self.options = automation, frozenset(known_names(pinned, "pinned")), options
        self.vim, self.advice, self.moves = None, {}, []
        self.regulators = defaultdict(lambda: Regulator(**options))
        Regulator(**options)  # refuses what cannot be meant at once

    def __replay__(self, world):
        return Balancer(self.period_s, self.tick_s, self.automation, self.pinned, **self.options)

    def __repr__(self):
        passes = "; ".join(f"{name or 'all hosts'}: {advice!r}" for name, advice in self.advice.items())
        return f"<balancer, {self.automation}: {len(self.moves)} moves ordered; {passes or 'no pass yet'}>"

    # -- hooks of the VIM ------------------------------------------------------------------------------------------
    def bind(self, vim):
        self.vim = vim

    def started(self):
        """The VIM's process has started: what was learnt of the loads is gone."""
        self.regulators.clear()
        self.advice, self.passed_s = {}, self.vim.world.now

    def tick(self):
        """Sample; and decide if it is time to."""
        for name, hosts in self.clusters().items():
            demands = {vm.name: vm.demand_mhz for host in hosts for vm in host.vms.values() if vm.seen == "running"}
            part = [host.demand_mhz / host.hardware.capacity_mhz for host in hosts]
            self.regulators[name].sample(part, demands)
        if self.vim.world.now - self.passed_s >= self.period_s:
            self.balance()

    # -- a pass ----------------------------------------------------------------------------------------------------
    def clusters(self):
        """{cluster: its hosts that are connected}, hosts without one together."""
        found = defaultdict(list)
        for host in self.vim.hosts.values():
            if host.state == "connected":
                found[host.cluster].append(host)
        return found

    def balance(self):
        """A pass over all clusters now: {cluster: Advice} of those whose load has held. Moves are ordered (or only
        recommended, if automation is 'manual')."""
        self.passed_s = self.vim.world.now
        self.advice = {}
        under_way = self.under_way()
        busy = stores(under_way)
        for name, hosts in self.clusters().items():
            regulator = self.regulators[name]
            start, above = regulator.above(len(hosts))
            if above < regulator.hold and start != float("inf"):
                continue
            advice = self.advice[name] = regulator.decide(
                *self.seen(hosts, under_way), self.vim.world.now, self.left(hosts), busy
            )
            for move in advice if self.automation == "full" else ():
                busy[self.vim.vms[move.vm].spec.datastore] += self._order(move, regulator)
        return self.advice

    def _order(self, move, regulator):
        """Ask the VIM to migrate; True if it has taken the order."""
        regulator.moved(move.vm, self.vim.world.now)  # a refusal, too, is not asked for again at once
        try:
            self.vim.migrate(move.vm, move.target)
        except LabError as error:
            self.vim.emit("migration is refused", move.vm, why=str(error))
            return False
        self.moves.append((self.vim.world.now, move))
        self.vim.emit("balancer migrates", move.vm, source=move.source, target=move.target, why=move.why,
                      priority=move.priority)  # fmt: skip
        return True

    def explain(self, name):
        """Rows (host, why not) for a VM, by the loads of this moment. LabError (404) if there is no such VM."""
        if words(name, "a VM's name") not in self.vim.vms:
            error = unknown("VM", name, self.vim.vms)
            raise LabError(error.message, 404, True, error.next_step)
        vm = self.vim.vms[name]
        if vm.host is None or vm.seen != "running":
            raise LabError(f"{name} is {vm.seen}: only what runs is balanced", 409, True, f"vim.start({name!r})")
        hosts = [host for host in self.vim.hosts.values() if host.cluster == vm.host.cluster]
        regulator = self.regulators[vm.host.cluster]
        resting = regulator.resting(self.vim.world.now) | self.left(hosts)
        options = {"threshold": regulator.threshold, "target": regulator.target, **regulator.options, "most": 0}
        under_way = self.under_way()
        advice = recommend(*self.seen(hosts, under_way), resting=resting, busy=stores(under_way), **options)
        advice.why = f"nothing speaks against it; a load must hold for {regulator.hold} samples until a pass moves it"
        return advice.explain(name)

    # -- what the inventory says, as the search wants it -------------------------------------------------------------
    def left(self, hosts):
        """Names of VMs that are not moved now: pinned, or something is being done with them."""
        return self.pinned | {vm.name for host in hosts for vm in host.vms.values() if vm.task or vm.target or vm.also}

    def under_way(self):
        """The VMs that are being migrated."""
        return [vm for vm in self.vim.vms.values() if vm.target is not None]

    def seen(self, hosts, under_way):
        """(hosts, VMs) of a cluster as HostLoads and VmLoads. What a host has for VMs is what placement has left there,
        and what the VMs take that may be moved."""
        busy = Counter(name for vm in under_way for name in (vm.host.name, vm.target.name))
        rules, names = self.vim.placement.rules, frozenset(host.name for host in hosts)
        told, vms = [], []
        for host in hosts:
            here = [vm for vm in sorted(host.vms.values(), key=lambda vm: vm.index) if vm.seen == "running"]
            told.append(host_load(host, self.vim.placement.free(host), here, busy[host.name]))
            vms += [vm_load(vm, host, rules, names) for vm in here]
        return told, vms


def stores(under_way):
    """{datastore: migrations under way}."""
    return Counter(vm.spec.datastore for vm in under_way)


def host_load(host, free, here, migrations):
    """A HostRecord as a HostLoad. free: what placement has left; here: the VMs that run there."""
    hardware = host.hardware
    memory_mib = free["memory_mib"] + sum(vm.spec.memory_mib for vm in here)
    vcpus = free["vcpus"] + sum(vm.spec.vcpus for vm in here)
    return HostLoad(host.name, hardware.capacity_mhz, max(memory_mib, 1), host.state, host.maintenance,
                    hardware.cpu_model, hardware.networks, host.datastores, migrations, vcpus)  # fmt: skip


def vm_load(vm, host, rules, names):
    """A VmRecord as a VmLoad, with the rules of placement that must be kept. `names`: of all hosts."""
    spec, apart, together, only = vm.spec, (), (), None
    for rule in rules.of(vm) if rules else ():
        if rule.must and rule.kind == "apart":
            apart += (rule.name,)
        elif rule.must and rule.kind == "together":
            together += (rule.name,)
        elif rule.must:
            allowed = frozenset(rule.hosts) if rule.kind == "on" else names - set(rule.hosts)
            only = allowed if only is None else only & allowed
    return VmLoad(vm.name, host.name, vm.demand_mhz, spec.memory_mib, spec.dirty_mib_s, False, spec.datastore,
                  spec.cpu_model, spec.networks, apart, together, only, spec.vcpus)  # fmt: skip
