"""vpxa, vCenter's agent on a host: what vpxd wants done, it has hostd do; what hostd tells it, it tells vpxd.

    vpxd ── vpxa orders, CreateVM_Task … ──▶ esx1-vpxa ── libvirt, soap ──▶ esx1-hostd
         ◀── vpxa report, every 10 s ──────

It runs no VM and decides nothing. Stop it: the VMs run, hostd answers the host client, and after 60 s vCenter shows the
host as 'notResponding', as it would if the whole machine had burnt, or hostd had ended. It is the agent of labkit.vim
under vSphere's name; here is what it relays besides. What the real one does differently: it keeps a copy of hostd's
inventory that vpxd fetches by versions.

Document-only: vSphere is closed source.
"""

from labkit.vsphere.faults import fault
from labkit.world import action

RELAYED = ("CreateVM_Task", "UnregisterVM", "EnterLockdownMode")


class Vpxa:
    """The front of the agent on the host of `vmm`: methods of vpxd that it hands on to hostd as they are."""

    @action
    def __init__(self, world, vmm):
        self.world, self.name, self.hostd = world, f"{vmm.name}-vpxa-relay", vmm.manager.name
        self.agent = world.component(f"{vmm.name}-vpxa")
        self.node = self.agent.node
        self._serve, self.node.serve = self.node.serve, self.serve

    def serve(self, message):
        """A message of vpxd or hostd."""
        if message.what == "connectClose":
            self.agent.silent = True  # its reports say so from now on
        if message.kind != "vpxa" or message.what not in RELAYED:
            return self._serve(message)
        if message.answer is None:
            raise fault("NotSupported", f"{message.what} is a call: somebody waits for what becomes of it")
        return self.relay(message)

    def relay(self, message):
        """Hand it on, and the answer back (a generator)."""
        return (yield self.world.call(self.node.name, self.hostd, "soap", message.what, 20, **message.detail))
