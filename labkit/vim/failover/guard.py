"""The guard at the power button: keeps the sums that an admission rule needs, so that 40,000 power-ons stay quick."""

from labkit.vim.inventory import CONNECTED

POWER_ON = ("create", "start")


class Guard:
    """Applies `rule` (labkit.vim.failover.admission) to each power-on."""

    def __init__(self, rule):
        self.rule, self.at_s, self.hosts, self.running = rule, None, [], {}

    def admit(self, vim, act):
        """LabError (507) if the rule refuses this act. Acts that were let through in this instant are counted."""
        spec = getattr(act, "spec", None) or (act.vm.spec if hasattr(act.vm, "spec") else None)
        if act.what not in POWER_ON or spec is None or not getattr(act, "on", True):
            return
        self._look(vim)
        self.rule.admit(self.hosts, self.running, spec)
        self.running[spec] = self.running.get(spec, 0) + 1

    def _look(self, vim):
        """Count once an instant: VMs that are to run by spec, and the hosts that could run them."""
        if self.at_s == vim.world.now:
            return
        self.at_s, self.running = vim.world.now, {}
        self.hosts = [host for host in vim.hosts.values() if host.state == CONNECTED and host.maintenance is None]
        for vm in vim.vms.values():
            if vm.desired == "running":
                self.running[vm.spec] = self.running.get(vm.spec, 0) + 1
