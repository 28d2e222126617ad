"""Three set-ups of the same parts: who does what on a host with KVM, with ESXi, and with a hosted (type 2) hypervisor.

Every hypervisor needs the same six jobs done. What differs is who does them: the Linux kernel with a module and a
process per VM (KVM/QEMU/libvirt), a kernel of its own (ESXi), or an application with a driver on somebody's desktop
system (VirtualBox, VMware Workstation).

Sources: KVM: Linux documentation 'The Definitive KVM API Documentation', QEMU 'System Emulation', libvirt 'drvqemu'.
ESXi is closed: 'The Architecture of VMware ESXi' (white paper) and long-standing practice, not code. Hosted: Sugerman
et al., 'Virtualizing I/O Devices on VMware Workstation's Hosted Virtual Machine Monitor' (USENIX 2001).
"""

from dataclasses import dataclass

from labkit.world.errors import unknown


@dataclass(frozen=True)
class Setup:
    """Who does which job on one kind of host.

    manager   suffix of the management process's node (`vmm1-libvirtd`)
    client    what an administrator types commands into
    process   what exists once per running VM
    kernel    what gives vCPUs time and memory
    swap_file True: a VM's swap file is made at power-on, and needs room
    reserves  True: reservations of CPU and memory are counted at power-on, and a VM that does not fit is refused
    """

    id: str
    title: str
    type: int
    manager: str
    client: str
    process: str
    kernel: str
    swap_file: bool
    reserves: bool


SETUPS = {
    setup.id: setup
    for setup in (
        Setup("kvm", "KVM, QEMU and libvirt", 1, "libvirtd", "virsh", "QEMU", "kvm.ko", False, False),
        Setup("esxi", "VMware ESXi", 1, "hostd", "host client", "VMX", "VMkernel", True, True),
        Setup(
            "hosted",
            "VirtualBox on a desktop system",
            2,
            "vboxsvc",
            "VBoxManage",
            "VirtualBoxVM",
            "vboxdrv",
            False,
            False,
        ),
    )
}


def find(name):
    """The Setup called `name`, or LabError with the closest one."""
    if name not in SETUPS:
        raise unknown("set-up", name, SETUPS)
    return SETUPS[name]
