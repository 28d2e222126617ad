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

Orders       define, start, pause, resume, suspend, reboot, shutdown, kill, undefine, wakeup, autostart, snapshot,
             revert, delete_snapshot, migrate_to, abort_job   (refused: LabError with the state and the next step)
Questions    list(), info(name), node_info(), console(name)      about this host only
In a guest   load(name, demand_mhz=…, used_mib=…, dirty_mib_s=…), in_guest(name, "poweroff" | "sleep" | "panic")
Faults       w.stop("vmm1-libvirtd"), w.crash("vmm1"), w.crash("web") (the guest panics), w.cut(…), and w.start(…)

The VMs of a host share it: info() says what each wants, gets and waits for (demand_mhz, entitled_mhz, ready_s) and
where its memory is (resident, ballooned, compressed, swapped); `vmm.memory` is the host's memory, `vmm.datastore` its
disks. Anybody in the world may send the same calls: kind 'libvirt' to the node `vmm1-libvirtd` (management.CALLS).

The rooms, each with a manual of its own: cpu (the guest machine), kvm (the same guest on the real thing), monitor (trap
and emulate), scheduling (CPU time), memory (overcommitment), disks (copy-on-write), migration (moving while running).
`responsible` tries who does what, VMM or VIM; `setups` and `paths` tell who does it on KVM, ESXi and VirtualBox.
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
