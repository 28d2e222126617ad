"""Fencing: a machine nobody can ask is made to be silent, so that 'unreachable' becomes 'off' for certain.

    standby ── power off node1 ──▶ pdu ──▶ (node1 loses its power)
            ◀────────── done ─────

Only the answer 'done' counts. No answer, or an error, means that the other one may still be writing: whoever takes over
then has two writers on one disk. The device has a network and power of its own; it can break, too.

What the real one does differently: a power switch or BMC (IPMI, Redfish) takes a second or more, and Pacemaker makes
sure by asking for the state afterwards (`fence_ipmilan`, `stonith-timeout` 60 s); here fence_s is 0 unless you set it.
Other ways: fence the disk (SCSI-3 persistent reservations), or a watchdog that each node must feed (SBD, Proxmox VE).
"""

from labkit.world import LabError, action
from labkit.world.errors import number


class FenceDevice:
    """A switchable power strip for the machines `outlets`. fence_s: how long switching takes; `broken`: it answers 500
    and switches nothing (a fence can fail)."""

    @action
    def __init__(self, world, name="pdu", outlets=(), fence_s=0.0):
        if not isinstance(outlets, (list, tuple)):
            raise LabError(f"outlets must be a list of machines' names, not {outlets!r}", code=400)
        self.world, self.name, self.outlets = world, name, tuple(outlets)
        self.fence_s, self.broken = number(fence_s, "fence_s"), False
        self.node = world.node(name, serve=self.serve)

    @action
    def fail(self):
        """From now on it answers with an error. Nobody notices before it is needed."""
        self.broken = True

    @action
    def repair(self):
        """It works again."""
        self.broken = False

    def serve(self, message):
        """'power off' and 'power on', with the outlet's `node` in the detail."""
        outlet = (message.detail or {}).get("node")
        if outlet not in self.outlets:
            return LabError(f"{self.name} has no outlet {outlet!r}", code=404, definite=True)
        return self.switch(message.what, outlet)

    def switch(self, what, outlet):
        """Switch it after fence_s; an answer only when it is done."""
        if self.fence_s:
            yield self.world.timeout(self.fence_s)
        if self.broken:
            raise LabError(f"{self.name} does not switch", code=500, definite=True, next_step="repair it")
        if what == "power off":
            self.world.crash(outlet)
        elif what == "power on":
            self.world.start(outlet)
        return {"node": outlet, "power": what.removeprefix("power ")}
