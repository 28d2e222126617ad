"""A VM has crashed on a host that lives. Restart it, or leave it for somebody who looks?

    panic, OOM killer ──▶ 'crashed' ── leave ──▶ it stays down: somebody has to look
                                     └ restart ─▶ again, at most 3 times an hour: it may crash at each start

The surprise: a failover system that watches hosts does not notice that a guest has crashed; its host is in good health.

What the real one does differently: vSphere's VM Monitoring listens for heartbeats of VMware Tools and, if they stop for
30 s and no disk or network traffic was seen for 120 s, resets the VM, at most 3 times within an hour (documented
defaults at high sensitivity; VM Monitoring as such is disabled). A guest that hangs and does not crash is not noticed.
"""

from labkit.world import LabError

CRASHED = ("leave", "restart")
MOST, WINDOW_S = 3, 3600.0


class Crashes:
    """What becomes of crashed VMs: `what` is 'leave' or 'restart'. at_s: VM → when it was restarted for that."""

    def __init__(self, what):
        if what not in CRASHED:
            raise LabError(f"crashed is one of {', '.join(CRASHED)}, not {what!r}", 400, True)
        self.what, self.at_s = what, {}

    def heard(self, vim, vm):
        """A VM that is to run has crashed."""
        if self.what == "leave":
            return
        now = vim.world.now
        lately = [at_s for at_s in self.at_s.get(vm.name, ()) if now - at_s < WINDOW_S]
        if len(lately) >= MOST:
            vim.emit(f"alarm: {vm.name} has crashed again: it is left alone, somebody has to look", vm.name)
            return
        self.at_s[vm.name] = [*lately, now]
        try:
            vim.start(vm.name)
        except LabError as error:
            vim.emit(f"{vm.name} stays down: {error.message}", vm.name)
