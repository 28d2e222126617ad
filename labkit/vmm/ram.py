"""What each VM means for its host's memory: the VMM's word to labkit.vmm.memory at each start, rest and end.

    power on    a process and its overhead; not one page of the guest's memory yet
    work        the guest's programs touch pages: each gets a frame of host memory, when it is touched first
    rest        a guest whose vCPUs stand still touches nothing more, and holds what it has
    power off   everything is free again

So a guest that is paused costs as much memory as before, and a definition of 2048 MiB costs nothing. When the frames
become few, the host acts by itself (balloon, swap … see labkit.vmm.memory); nobody asks the management process.

What the real one does differently: a guest that arrives by migration, or is read back from a file, brings its pages
along; ours touches them anew, at 512 MiB/s. And a slow guest's service answers late; ours only computes less.
"""

from labkit.vmm import power, usage

QUIET = (0.0, 0.0)


def power_on(vmm, domain):
    """The domain has a process."""
    live = domain.live
    vmm.memory.power_on(domain.name, live.memory_mib, live.memory, vcpus=live.vcpus)


def power_off(vmm, domain):
    """The process is gone."""
    if domain.name in vmm.memory.vms:  # whom the OOM killer took is gone already
        vmm.memory.power_off(domain.name)


def work(vmm, domain):
    """The guest's programs want what the definition in force says."""
    live = domain.live
    if live.used_mib or vmm.memory.vm(domain.name).wanted_mib != QUIET:
        vmm.memory.demand(domain.name, live.used_mib, live.active_mib)


def rest(vmm, domain):
    """The vCPUs stand still: no further page is touched."""
    vm = vmm.memory.vms.get(domain.name)
    if vm is not None and vm.wanted_mib != QUIET:
        vmm.memory.demand(domain.name, min(vm.used_mib, vm.memory_mib + vm.guest_swap_mib), 0)


def killed(vmm, name):
    """The OOM killer has ended the process: its monitor is closed without a word, which libvirt takes for a crash
    (src/qemu/qemu_driver.c, processMonitorEOFEvent). That of a VM which is coming in or going out, too."""
    power.release(vmm, vmm.domains[name], "crashed")


def figures(vmm, domain):
    """What the host knows of a domain's memory, MiB, and how fast its guest works (1: memory does not hold it up)."""
    vm = vmm.memory.vms.get(domain.name)
    seen = vm.host_view() if vm else {}
    return {
        "resident_mib": seen.get("in frames", 0),
        "balloon_mib": seen.get("balloon", 0),
        "compressed_mib": seen.get("compressed", 0),
        "swapped_mib": seen.get("swapped", 0),
        "memory_speed": round(usage.memory_speed(vmm, domain), 3),
    }
