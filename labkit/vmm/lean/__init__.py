"""labkit.vmm.lean: hosts by the thousand. The same calls and the same answers as a Vmm, without the inside of guests.

    from labkit.vmm.lean import LeanVmm, Store
    san = Store(w, "san1", capacity_gib=100_000)
    hosts = [LeanVmm(w, f"esx{n}", Host(pcpus=32, memory_mib=131072, disk_gib=2000), stores=[san]) for n in range(2500)]

A VIM sees of a host what its management process says, and cannot tell the two apart: states, refusals, sizes, locks
and migrations are those of a Vmm (a test drives both with the same random orders and compares every answer). What is
left out is what only the guest or the VMM sees: pages of memory, CPU time slice by slice, a guest that answers on the
network, contents of disks, snapshots, a save to disk. Forty thousand VMs fit into a notebook that way.
"""

from labkit.lazy import names

HOMES = {"LeanVmm": "lean_vmm", "LeanDomain": "lean_domain", "Store": "store"}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
