"""Admission control of vCenter: may this VM be created, powered on, placed there?

    order ──▶ vCenter's maxima ──▶ choose a host ──▶ its maxima, its cluster's maxima and HA's rule ──▶ the next cluster
               507 at once                             refused everywhere: the task fails with the last reason

HA's rule is one of labkit.vim.failover.admission, applied to one cluster at a time: Percentage (documented default:
failures to tolerate / hosts), Slots, Dedicated, Disabled. The surprise: each of them counts what is reserved, not what
is used, and HA itself never asks: after a failure its agents start what they can, admitted or not.

Document-only ('vSphere Availability'). What the real one does differently: it counts the measured overhead of each VM,
and it warns before it refuses.
"""

from types import SimpleNamespace

from labkit.vim.failover.admission import REFUSED, Dedicated, Disabled, Percentage
from labkit.vim.inventory import CONNECTED
from labkit.vmm.host import whole
from labkit.vsphere.faults import fault
from labkit.world.errors import LabError

POWER_ON = ("start", "resume")
SHORT = "InsufficientFailoverResourcesFault"


class Admission:
    """Counts for one Vim; `limits`: Maxima; `rules`: cluster → HA's rule (none: HA is off there).

    What was admitted in this instant is counted, so that an order of many meets the same wall as one of one.
    """

    def __init__(self, limits, rules):
        self.limits, self.rules, self.vim, self.at_s = limits, rules, None, None

    def look(self):
        """Begin to count anew, once an instant."""
        if self.at_s != self.vim.world.now:
            self.at_s, self.registered, self.on, self.clusters, self.closed = self.vim.world.now, None, None, {}, {}

    # -- vCenter as a whole --------------------------------------------------------------------------------------------
    def admit(self, verb, vm):
        """Return if an order ('create', 'start' …) is within vCenter's maxima and, of a VM that has a host, within what
        HA's rule lets its cluster promise. LabError (507); an order of many is refused as a whole."""
        self.look()
        try:
            self._admit(verb, vm)
        except LabError:
            self.at_s = None  # the others of this order will not be either: count anew
            raise

    def _admit(self, verb, vm):
        if verb == "create":
            self.registered = set(self.vim.vms) if self.registered is None else self.registered
            self.limits.allow("registered_vms", len(self.registered) + (vm.name not in self.registered))
            self.registered.add(vm.name)
        if verb in POWER_ON or verb == "create" and vm.desired == "running":
            if self.on is None:
                self.on = {each.name for each in self.vim.vms.values() if each.desired == "running"}
            self.limits.allow("powered_on_vms", len(self.on) + (vm.name not in self.on))
            self.on.add(vm.name)
            if vm.host is not None:
                self.promise(vm, vm.host)

    def promise(self, vm, host):
        """Count what the cluster of `host` promises this VM. LabError (507) if HA's rule does not let it."""
        cluster = self.cluster(host.cluster)
        try:
            if host.name in cluster.rule.kept_free:
                why = f"{REFUSED}: {host.name} is a failover host, kept free for VMs of a host that is lost"
                raise LabError(why, 507, True, "another host")
            cluster.rule.admit(cluster.hosts, cluster.running, vm.spec, cluster.known)
        except LabError as error:
            words = error.message.removeprefix(f"{REFUSED}: ")
            raise fault(SHORT, f"{vm.name} in {host.cluster}: {words}", error.next_step) from None
        cluster.running[vm.spec] = cluster.running.get(vm.spec, 0) + 1

    # -- a place -------------------------------------------------------------------------------------------------------
    def place(self, vm, host):
        """Return None if this VM may go to this host, and count it there; else (the names of hosts for which that is
        refused, the LabError (507))."""
        moves = vm.host is not None and vm.host.cluster == host.cluster
        try:
            self.limits.allow("vms_per_host", len(host.vms) + 1, host.name)
        except LabError as error:
            return (host.name,), error
        if moves:
            return None
        cluster = self.cluster(host.cluster)
        try:
            self.limits.allow("vms_per_cluster", cluster.vms + 1, host.cluster)
            if vm.desired == "running":
                self.promise(vm, host)
        except LabError as error:
            return cluster.names, error
        cluster.vms += 1
        return None

    def cluster(self, name):
        """What is counted of a cluster in this instant."""
        self.look()
        if name not in self.clusters:
            hosts = [host for host in self.vim.hosts.values() if host.cluster == name]
            self.clusters[name] = Counted(hosts, self.rules.get(name, Disabled()))
        return self.clusters[name]


class Counted:
    """A cluster in this instant: `hosts` that could run VMs, `running`: spec → how many, `vms`: how many there are."""

    def __init__(self, hosts, rule):
        self.rule, self.known, self.running = rule, {}, {}
        self.names = [host.name for host in hosts]
        self.hosts = [host for host in hosts if host.state == CONNECTED and host.maintenance is None]
        self.vms = sum(len(host.vms) for host in hosts)
        for host in hosts:
            for vm in host.vms.values():
                if vm.desired == "running":
                    self.running[vm.spec] = self.running.get(vm.spec, 0) + 1


def rules_of(clusters, tolerates, admission):
    """cluster → HA's rule. `clusters`: name → number of hosts, numbered through from esx1; `tolerates`: failures, None:
    one where there is another host; `admission`: a rule of labkit.vim.failover, instead. LabError (400, 409) for a rule
    that could never be satisfied."""
    if admission is not None and tolerates is not None:
        raise fault("InvalidArgument", "tolerates and admission are two ways to say it", "leave one of them out")
    if admission is not None and not hasattr(admission, "kept_free"):
        known = "Percentage(1), Slots(1), Dedicated('esx3') or Disabled() of labkit.vim.failover"
        raise fault("InvalidArgument", f"{admission!r} is no rule of admission control", known)
    rules, first = {}, 0
    for cluster, count in clusters.items():
        hosts = [SimpleNamespace(name=f"esx{first + number + 1}") for number in range(count)]
        first += count
        rules[cluster] = rule = admission or by_failures(tolerates, count)
        if isinstance(rule, Dedicated):
            rule = rules[cluster] = Dedicated(*[host.name for host in hosts if host.name in rule.kept_free])
        if not isinstance(rule, Dedicated) or rule.kept_free:
            rule.check(hosts)
    if isinstance(admission, Dedicated):
        admission.check([SimpleNamespace(name=f"esx{number + 1}") for number in range(first)])
    return rules


def by_failures(tolerates, hosts):
    """The documented default for so many failures: a percentage; Disabled for none."""
    if tolerates is None:
        tolerates = 1 if hosts > 1 else 0
    return Percentage(failures=whole(tolerates, "tolerates", least=1)) if tolerates else Disabled()
