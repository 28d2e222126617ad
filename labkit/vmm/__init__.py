"""labkit.vmm: one host, what its hypervisor does, and how a VM is told to start, rest, move and end.

    from labkit.vmm import Host, Vmm
    from labkit.world import World

    w = World(seed=7)
    vmm = Vmm(w, "vmm1", Host(pcpus=4, mhz=2500, memory_mib=16384, disk_gib=200), setup="kvm")
    vmm.define("web", vcpus=2, memory_mib=2048, disk_gib=10, serve=lambda message: "hello")
    vmm.start("web")
    w.run(until=30)                                # it boots
    w.ask("admin", "web", "rest", "GET /")         # 'hello'
    w.stop("vmm1-libvirtd")                        # nobody manages it now; it answers all the same

The rooms: cpu (the guest machine), kvm (the same guest on the real thing), monitor (trap and emulate), scheduling (CPU
time), memory (overcommitment), disks (copy-on-write), migration (moving while running).
"""

from labkit.lazy import names

HOMES = {
    "Host": "host",
    "Vmm": "vmm",
    "Definition": "domain",
    "Domain": "domain",
    "CpuAllocation": "scheduling.allocation",
    "MemoryAllocation": "memory.allocation",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
