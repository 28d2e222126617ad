"""The guard at the power button: keeps the sums that an admission rule needs, so that 40,000 power-ons stay quick."""

from labkit.vim.failover.admission import Disabled
from labkit.vim.inventory import CONNECTED
from labkit.world.errors import LabError

POWER_ON = ("create", "start")


class Guard:
    """Applies `rule` (labkit.vim.failover.admission) to each power-on."""

    def __init__(self, rule):
        self.rule, self.at_s, self.hosts, self.running, self.known = rule, None, [], {}, {}

    def admit(self, vim, what, vm):
        """LabError (507) if the rule refuses to power this VM on. What was let through in this instant is counted."""
        if what not in POWER_ON or vm.desired == "off" and what == "create" or isinstance(self.rule, Disabled):
            return
        self._look(vim)
        try:
            self.rule.admit(self.hosts, self.running, vm.spec, self.known)
        except LabError:
            self.at_s = None  # an order of many is refused as a whole: count anew
            raise
        self.running[vm.spec] = self.running.get(vm.spec, 0) + 1

    def _look(self, vim):
        """Count once an instant: VMs that are to run by spec, and the hosts that could run them."""
        if self.at_s == vim.world.now:
            return
        self.at_s, self.running, self.known = vim.world.now, {}, {}
        self.hosts = [host for host in vim.hosts.values() if host.state == CONNECTED and host.maintenance is None]
        for vm in vim.vms.values():
            if vm.desired == "running":
                self.running[vm.spec] = self.running.get(vm.spec, 0) + 1
