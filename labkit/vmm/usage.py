"""What a VMM counts: CPU time per VM, on this host, since the VM's process began. No customers, no other hosts.

    wants      demand_mhz, as far as its vCPUs can use it; less while it waits for pages that were swapped out
    gets       its entitlement among all that want something now: shares, reservation, limit
    cpu_time   grows with what it gets          ready   grows with what it wants and does not get

After a migration the count starts anew on the other host, and the old one is gone with the process (virDomainGetInfo's
cpuTime is read from the process). Whoever wants to send bills must collect, add and know whose VM it is: that is
metering, and it is not the VMM's.

What the real one does differently: it measures, slice by slice (labkit.vmm.scheduling.Scheduler does); here both follow
from the entitlement, and work that could not be done is forgotten, so `ready` is the least that it can have been. KVM
has weights and limits, and no reservations: there they are not kept.
"""

from dataclasses import replace

from labkit.vmm.scheduling.entitlement import claims, entitlement


def settle(vmm):
    """Add up CPU and ready time since the last settlement. Called before anything changes who gets how much."""
    span_s, vmm.settled_at = vmm.world.now - vmm.settled_at, vmm.world.now
    if span_s > 0:
        for domain, (wants_mhz, gets_mhz) in entitlements(vmm).items():
            domain.cpu_time_s += span_s * gets_mhz / vmm.host.mhz
            domain.ready_s += span_s * (wants_mhz - gets_mhz) / vmm.host.mhz


def entitlements(vmm):
    """Domain → (MHz it wants, MHz it gets) now; domains that want nothing are left out."""
    busy = {domain.name: domain for domain in vmm.domains.values() if domain.computing and domain.live.demand_mhz}
    if not busy:
        return {}
    wanted = {claim.name: claim for claim in claims(vmm.host, [domain.live for domain in busy.values()])}
    for name, claim in wanted.items():
        kept = claim.reservation if vmm.setup.reserves else 0
        demand = claim.demand * memory_speed(vmm, busy[name])
        wanted[name] = replace(claim, demand=demand, reservation=kept)
    gets = entitlement(vmm.host.capacity_mhz, wanted.values())
    return {busy[name]: (claim.demand, gets[name]) for name, claim in wanted.items()}


def memory_speed(vmm, domain):
    """The part of its time that the guest can work: the rest it waits for memory (0 … 1)."""
    return vmm.memory.speed(domain.name) if domain.name in vmm.memory.vms else 1.0
