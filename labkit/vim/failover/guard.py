"""The guard at the power button: keeps the sums that an admission rule needs, so that 40,000 power-ons stay quick.

Each cluster is counted for itself, for a lost host's VMs are restarted in their own. A VM that may go to any cluster is
let in if one of them can take it.
"""

from labkit.vim.failover.admission import Disabled
from labkit.vim.inventory import CONNECTED
from labkit.world.errors import LabError

POWER_ON = ("create", "start")


class Part:
    """What is counted of one cluster: its hosts that could run VMs, how many of each spec are to run, and what the rule
    has reckoned for them."""

    def __init__(self):
        self.hosts, self.running, self.known = [], {}, {}

    def add(self, spec):
        """One more VM is to run."""
        self.running[spec] = self.running.get(spec, 0) + 1


class Guard:
    """Applies `rule` (labkit.vim.failover.admission) to each power-on."""

    def __init__(self, rule):
        self.rule, self.at_s, self.parts, self.checked = rule, None, {}, False

    def check(self, vim):
        """LabError (404, 409) if the rule could never be satisfied in any cluster of this VIM."""
        hosts = list(vim.hosts.values())
        if self.rule.kept_free:
            return self.rule.check(hosts)
        refusal = None
        for cluster in dict.fromkeys(host.cluster for host in hosts):
            try:
                return self.rule.check([host for host in hosts if host.cluster == cluster])
            except LabError as error:
                refusal = refusal or error
        if refusal is None:
            return self.rule.check(hosts)
        raise refusal

    def admit(self, vim, what, vm):
        """LabError (507) if the rule refuses to power this VM on. What was let through in this instant is counted."""
        if what not in POWER_ON or vm.desired == "off" and what == "create" or isinstance(self.rule, Disabled):
            return
        if what == "start" and vm.desired == "running":
            return  # it is counted already
        self._look(vim)
        refusal = None
        for part in self._may_be(vim, vm):
            try:
                self.rule.admit(part.hosts, part.running, vm.spec, part.known)
            except LabError as error:
                refusal = refusal or error
            else:
                return part.add(vm.spec)
        self.at_s = None  # an order of many is refused as a whole: count anew
        raise refusal

    def _may_be(self, vim, vm):
        """The parts where a VM is, or may come."""
        if vm.host is not None:
            return [self.parts[vm.host.cluster]]
        host, cluster = vim.wishes.get(vm, (None, None))
        if host is not None:
            return [self.parts[vim.hosts[host].cluster]]
        return list(self.parts.values()) if cluster is None else [self.parts[cluster]]

    def _look(self, vim):
        """Count once an instant: VMs that are to run by spec, and the hosts that could run them."""
        if not self.checked:  # a rule that was given before there were hosts
            self.check(vim)
            self.checked = True
        if self.at_s == vim.world.now:
            return
        self.at_s, self.parts = vim.world.now, {}
        for host in vim.hosts.values():
            part = self.parts.setdefault(host.cluster, Part())
            if host.state == CONNECTED and host.maintenance is None:
                part.hosts.append(host)
        for vm in vim.vms.values():
            if vm.desired == "running":
                self._may_be(vim, vm)[0].add(vm.spec)
