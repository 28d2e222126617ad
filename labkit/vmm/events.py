"""What the management process tells by itself: a domain has changed (libvirt's domain events, hostd's updates).

    vmm1-libvirtd ── libvirt domainEvents ──▶ vmm1-agent        [[name, state, demand_mhz, used_mib], …]

One process of the same machine may listen: an agent of a VIM. Changes of one instant travel together. A management
process that is stopped tells nothing, and when it starts again it says so ('connectOpen'): whoever listens must then
ask for everything, for nobody knows what was missed.

What the real one does differently: any number of clients register for each kind of event
(virConnectDomainEventRegisterAny); load is not told but polled (virConnectGetAllDomainStats), or told every 20 s (real
time statistics of hostd, documented default).
"""


CRASHED = "shutoff (crashed)"  # libvirt's state, and the reason that comes with its event (…_STOPPED_CRASHED)


def note(vmm, name):
    """A domain has changed; whoever listens hears of it at the end of this instant."""
    if vmm.listener is None or vmm.manager.state != "running":
        return
    if not vmm.untold:
        cause = vmm.world.cause
        vmm.world.env.soon(lambda: tell(vmm, cause))
    vmm.untold[name] = True


def tell(vmm, cause):
    """Send what has changed in this instant."""
    names, vmm.untold = list(vmm.untold), {}
    if vmm.manager.state != "running" or not names:
        return
    before, vmm.world.cause = vmm.world.cause, cause
    rows = [vmm.event(name) for name in names]
    vmm.world.cast(vmm.manager.name, vmm.listener, "libvirt", "domainEvents", shown={"domains": len(rows)}, events=rows)
    vmm.world.cause = before


def ready(vmm):
    """The management process has started: whoever listens has missed what happened meanwhile."""
    vmm.untold = {}
    if vmm.listener is not None:
        vmm.world.cast(vmm.manager.name, vmm.listener, "libvirt", "connectOpen")
