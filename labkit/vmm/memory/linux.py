"""Linux under pressure, with VMs that are ordinary processes (QEMU): KSM, swap, and in the end the OOM killer.

    free memory   ─── high ─── low ─── min ─── 0
                       ▲        │       │
                       └ kswapd ┘       └ whoever wants memory must reclaim it first; nothing left: OOM killer

Nobody has shares here and nothing is reserved: the kernel looks at pages, not at VMs. It knows better than ESXi which
pages were used lately (accessed bits), but it too cannot tell a page the guest needs from a page the guest threw away.
The virtio balloon is moved by whoever manages the VM (`virsh setmem`), not by the kernel. KSM (kernel same-page
merging) merges across VMs and is off until somebody writes 1 to /sys/kernel/mm/ksm/run. When the swap space is full,
one process dies, and that process is a whole VM.

Source: Linux Documentation/admin-guide/mm (ksm, concepts), mm/page_alloc.c (watermarks), mm/oom_kill.c (oom_badness).

What the real one does differently: pages of files are dropped before anything is swapped; `memory.min` and `memory.low`
of a cgroup protect a VM and `memory.max` limits it; `oom_score_adj` changes the choice; zswap compresses.
"""

from math import sqrt

from labkit.vmm.memory import costs
from labkit.vmm.memory.reclaim import LRU, reclaim, share_room
from labkit.world.errors import LabError


def watermarks_mib(memory_mib):
    """(min, low, high) in MiB: min_free_kbytes = 4 × √(memory in KiB), at most 256 MiB; low and high lie 0.1 % of the
    memory apart (watermark_scale_factor 10), but at least a quarter of min. Documented default."""
    least = min(4 * sqrt(memory_mib * 1024) / 1024, 256.0)
    gap = max(least / 4, memory_mib * 0.001)
    return least, least + gap, least + 2 * gap


def step(host, dt_s):
    """One step of the kernel's memory management. Returns {(action, vm): MiB}; may end in the death of a VM."""
    least, low, high = watermarks_mib(host.memory_mib)
    done = _merge(host, dt_s) if host.ksm else {}
    host.enter(2 if host.free_mib < least else 1 if host.free_mib < low else 0)
    if host.rung:
        _swap(host, high, dt_s, done)
    if host.rung == 2 and host.swap_free_mib < 1.0 and host.asked_mib > 1.0:
        host.kill(max(host.vms.values(), key=badness))
    return done


def no_promise(name):
    """The LabError for shares, a reservation or a limit of a VM's memory: nobody would keep them here."""
    return LabError(
        f"the kernel has no shares, reservation or limit for the memory of {name}",
        next_step="set-up 'esxi' has them; on a real Linux host look at its cgroup (memory.max, memory.min)",
    )


def badness(vm):
    """What the OOM killer compares: memory and swap of the process (oom_badness, without oom_score_adj)."""
    return vm.frames_mib + vm.column("swapped")


def _merge(host, dt_s):
    """KSM: equal pages become one, in any two processes that allowed it: no salt, VMs of all owners together."""
    done, left = {}, costs.SHARE_MIB_S * dt_s
    for vm in host.vms.values():
        mib = min(share_room(vm, salting=0), left)
        if mib > 1e-6:
            done["share", vm.name], left = reclaim(vm, "share", mib, salting=0), left - mib
    return done


def _swap(host, high_mib, dt_s, done):
    """kswapd, or whoever wants memory: pages that were not used lately go first, of whichever VM they are, in
    proportion to what each holds."""
    need = min(high_mib + host.asked_mib - host.free_mib, costs.SWAP_OUT_MIB_S * dt_s, host.swap_free_mib)
    for rows in (LRU[:2], LRU[2:]):
        there = {vm.name: sum(vm.pages.get((row, "backed"), 0.0) for row in rows) for vm in host.vms.values()}
        part = min(1.0, need / total) if need > 0 and (total := sum(there.values())) > 0 else 0.0
        for vm in host.vms.values():
            mib = vm.take("backed", "swapped", there[vm.name] * part, rows=rows)
            need -= mib
            if mib > 1e-6:
                done["swap", vm.name] = done.get(("swap", vm.name), 0.0) + mib
