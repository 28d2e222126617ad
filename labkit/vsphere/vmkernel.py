"""The VMkernel of an ESXi host, as far as other machines hear of it: it answers pings and keeps the datastores' locks.

    esx2-fdm ── icmp echo ──▶ esx1             the machine answers, whatever became of its agents
    esx1 ── scsi heartbeat ──▶ san1            every 3 s, as long as the machine lives and reaches its disks

Everything else that runs on the host (hostd, vpxa, fdm) is a process above it and can die alone. When the kernel learns
that the lock of a VM which it runs belongs to another host by now, it ends its own copy: the memory of that copy is
older than the disk. What the real one does differently: it asks through hostd, or HA's agent answers the question for
it.

Document-only: vSphere is closed source.
"""

from labkit.vmm import power
from labkit.vmm.lean import power as lean_power
from labkit.vsphere.faults import fault
from labkit.vsphere.vmfs import HEARTBEAT_S
from labkit.world import Unanswered, action


class VmKernel:
    """What the machine of `vmm` does beside running VMs; `datastores`: names of the shared ones it mounts."""

    @action
    def __init__(self, world, vmm, datastores):
        self.world, self.vmm, self.node, self.datastores = world, vmm, vmm.node, list(datastores)
        self.name = f"{vmm.name}-vmkernel"
        self._serve, self._power_on = vmm.node.serve, vmm.node.on_start
        vmm.node.serve, vmm.node.on_start = self.serve, self.powered_on
        self.begin()

    def serve(self, message):
        """A packet for the machine itself."""
        if message.kind == "icmp":
            return "echo reply"
        if self._serve is None:
            raise fault("NotSupported", f"{self.vmm.name} takes no {message.kind!r}", f"ask {self.vmm.manager.name}")
        return self._serve(message)

    def powered_on(self):
        """The machine is up again."""
        self._power_on()
        self.begin()

    def begin(self):
        """Start the heartbeats of this life."""
        for datastore in self.datastores:
            self.node.process(self.keep(datastore))

    def running(self):
        """VMs that have a process here and are not on their way to or from another host."""
        return [name for name, domain in self.vmm.domains.items() if domain.active and not domain.job]

    def keep(self, datastore):
        """Renew the heartbeat on one datastore for ever; end what is no longer ours (a generator)."""
        while True:
            try:
                said = yield self.world.call(
                    self.node.name,
                    datastore,
                    "scsi",
                    "heartbeat",
                    HEARTBEAT_S,
                    host=self.node.name,
                    running=self.running(),
                )
                for vm in said["lost"]:
                    self.end(vm, datastore)
            except Unanswered:
                pass  # no path to the disk: the VMs wait for it, nobody else is told
            yield self.world.timeout(HEARTBEAT_S)

    def end(self, vm, datastore):
        """Another host has the lock of `vm`: our copy must not go on. The kernel needs no hostd for that."""
        domain = self.vmm.domains.get(vm)
        if domain is not None and domain.active:
            self.world.emit(self.node.name, datastore, "scsi", f"{vm}: lock lost, our copy is ended", vm=vm)
            (lean_power if hasattr(self.vmm, "stores") else power).release(self.vmm, domain, "destroyed")
