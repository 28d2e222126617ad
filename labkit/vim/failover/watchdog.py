"""A watchdog: a timer in hardware that resets the machine unless software on it says in time 'I may still act'.

    renewed the lock ──▶ refresh ──▶ 60 s ──▶ refresh ──▶ …        cut off: no renewal, no refresh ──▶ reset

It is fencing that needs no cable: the host fences itself. The surprise: until it fires, the VMs of an isolated host run
on, unreachable and full of plans; what they write in that time reaches their disks.

What the real one does differently: Proxmox VE's watchdog-mux keeps one device (softdog, or the board's iTCO or IPMI
watchdog) open for CRM and LRM; only nodes with HA guests hold a lock and can be reset. The device here is looked at
once a second.
"""

from labkit.world import LabError, action
from labkit.world.errors import number

ANSWER_S = 0.2  # the keeper is near: who does not answer at once is not there (chosen)
RESET_S = 60.0  # Proxmox VE: a node that is not refreshed for 60 s is reset (documented default)


class Watchdog:
    """The watchdog of `vmm`'s machine, and the process `<vmm>-watchdog` that renews the lock `<vmm>` at `locks`.

    every_s, offset_s   it renews at offset_s, offset_s + every_s, …
    boots_s             so long after a reset the machine is up again; None: it stays off
    """

    @action
    def __init__(self, world, vmm, locks, every_s=10.0, offset_s=0.0, reset_s=RESET_S, boots_s=None):
        self.world, self.vmm, self.locks, self.name = world, vmm, locks, f"{vmm.name}-watchdog"
        self.every_s, self.offset_s = number(every_s, "every_s", least=1), number(offset_s, "offset_s")
        self.reset_s, self.boots_s = number(reset_s, "reset_s", least=1), boots_s
        self.node = world.node(self.name, on_start=self._started)
        vmm.processes.append(self.node)
        self._started()

    def _started(self):
        self.active, self.refreshed_at_s = False, None  # an idle watchdog is closed: it resets nobody
        self.node.process(self._renew())

    def _renew(self):
        world = self.world
        yield world.timeout((self.offset_s - world.now) % self.every_s)
        while True:
            began_s = world.now
            granted = yield from self._ask()
            if granted:
                self._refresh(began_s)
            elif self.active:
                self.active = False
                world.emit(self.name, None, "lock", f"{self.vmm.name} lost its lock", host=self.vmm.name)
            yield world.timeout(began_s + self.every_s - world.now)

    def _ask(self):
        try:
            said = yield self.world.call(self.name, self.locks.name, "lock", "renew", ANSWER_S, lock=self.vmm.name)
        except LabError:
            return False
        return said["granted"]

    def _refresh(self, at_s):
        first = self.refreshed_at_s is None
        self.active, self.refreshed_at_s = True, at_s
        if first:
            self.node.process(self._device())

    def _device(self):
        """The hardware: it looks at its counter once a second."""
        world = self.world
        yield world.timeout(-world.now % 1.0)
        while world.now - self.refreshed_at_s <= self.reset_s:
            yield world.timeout(1.0)
        machine = self.vmm.node
        world.emit(self.name, machine.name, "fault", "watchdog reset", host=machine.name)
        if self.boots_s is not None:
            world.at(world.now + self.boots_s, world.start, machine.name)
        world.crash(machine)
