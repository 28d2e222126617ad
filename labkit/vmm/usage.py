"""What a VMM counts: CPU time per VM, on this host, since the VM's process began. No customers, no other hosts.

After a migration the count starts anew on the other host, and the old one is gone with the process (virDomainGetInfo's
cpuTime is read from the process). Whoever wants to send bills must collect, add and know whose VM it is: that is
metering, and it is not the VMM's.
"""

from labkit.vmm.scheduling.entitlement import claims, entitlement


def settle(vmm):
    """Add up the CPU time since the last settlement. Called before anything changes who gets how much."""
    span_s, vmm.settled_at = vmm.world.now - vmm.settled_at, vmm.world.now
    if span_s > 0:
        for domain, mhz in entitlements(vmm).items():
            domain.cpu_time_s += span_s * mhz / vmm.host.mhz


def entitlements(vmm):
    """Domain → MHz it gets now: what it wants, and under contention what it is entitled to."""
    busy = {domain.name: domain for domain in vmm.domains.values() if domain.computing and domain.live.demand_mhz}
    if not busy:
        return {}
    wanted = claims(vmm.host, [domain.live for domain in busy.values()])
    return {busy[name]: mhz for name, mhz in entitlement(vmm.host.capacity_mhz, wanted).items()}
