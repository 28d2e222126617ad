"""The memory of one host: three kinds of addresses, and what a hypervisor does when it has promised too much.

guest-virtual ──guest's tables──▶ guest-physical ──the VMM's tables──▶ host-physical
   (Guest, Mmu: Native, Nested, Shadow)                 (a frame only when first touched)

HostMemory(world, …)      the VMs of one host, its state under pressure, what is reclaimed from whom
MemoryAllocation(…)       shares, reservation, limit
VmMemory                  one VM: what its pages are to the guest × where the host keeps them
PageSharing               page by page: hash, compare, share, copy on write; salting and what it prevents
"""

from labkit.lazy import names

HOMES = {
    "HostMemory": "host_memory",
    "MemoryAllocation": "allocation",
    "VmMemory": "vm_memory",
    "PageSharing": "sharing",
    "Native": "mmu",
    "Nested": "mmu",
    "Shadow": "shadow",
    "Guest": "guest",
    "one_walk": "guest",
    "steady": "guest",
    "forking": "guest",
    "LARGE_PAGE": "physical",
    "spy": "sharing",
    "min_free_mib": "states",
    "rho": "tax",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
