"""Three set-ups of the same parts: who does what on a host with KVM, with ESXi, and with a hosted (type 2) hypervisor.

Every hypervisor needs the same jobs done. What differs is who does them: the Linux kernel with a module and a process
per VM (KVM, QEMU, libvirt), a kernel of its own (ESXi), or an application with a driver on somebody's desktop system
(VirtualBox, VMware Workstation). The surprise: by its parts KVM looks hosted, and it is counted as type 1, because the
kernel that schedules the guests is the kernel that owns the machine.

Sources: Linux 'The Definitive KVM API Documentation', QEMU 'System Emulation', libvirt 'KVM/QEMU hypervisor driver';
VirtualBox manual, 'Technical Background'; Sugerman et al., 'Virtualizing I/O Devices on VMware Workstation's Hosted
Virtual Machine Monitor' (USENIX 2001). ESXi is closed: VMware's 'The Architecture of VMware ESXi' and long-standing
practice, not code.

What the real one does differently: a VM of VirtualBox holds on to VBoxSVC much more than QEMU to libvirtd; what becomes
of it when VBoxSVC dies depends on the version. Ours treats all three alike, so take that lesson from KVM and ESXi.
"""

from dataclasses import dataclass

from labkit.world.errors import unknown

JOBS = {
    "cpu": "CPU virtualization",
    "memory": "memory virtualization",
    "scheduler": "who gets the CPU next",
    "devices": "device models",
    "storage": "storage stack",
    "management": "management API of this host",
    "agent": "agent of a VIM",
}
FLOORS = ("client", "user", "kernel", "hardware")  # from top to bottom: outside, processes, kernel, hardware


@dataclass(frozen=True)
class Part:
    """One program or piece of one: on which floor it runs, and which JOBS are its own. `per_vm`: one for each VM."""

    name: str
    floor: str
    jobs: tuple = ()
    per_vm: bool = False


@dataclass(frozen=True)
class Setup:
    """Who does which job on one kind of host.

    manager   suffix of the management process's node (`vmm1-libvirtd`)
    client    what an administrator types commands into
    process   what exists once per running VM
    swap_file True: a VM's swap file is made at power-on, and needs room
    memory    whose rules hold when memory is short: 'esxi' (balloon, compression, swap by shares) or 'kvm' (Linux)
    reserves  True: reservations of CPU and memory are counted at power-on, and a VM that does not fit is refused
    """

    id: str
    title: str
    type: int
    manager: str
    client: str
    process: str
    parts: tuple
    memory: str = "kvm"
    swap_file: bool = False
    reserves: bool = False

    def who(self, job):
        """Names of the parts that do this job."""
        if job not in JOBS:
            raise unknown("job", job, JOBS)
        return [part.name for part in self.parts if job in part.jobs]


KVM = (
    Part("virsh", "client"),
    Part("nova-compute", "user", ("agent",)),
    Part("libvirtd", "user", ("management",)),
    Part("QEMU", "user", ("devices",), per_vm=True),
    Part("Linux", "kernel", ("scheduler", "memory", "storage")),
    Part("kvm.ko", "kernel", ("cpu", "memory")),
    Part("CPU", "hardware", ("cpu", "memory")),
)
ESXI = (
    Part("host client", "client"),
    Part("vpxa", "user", ("agent",)),
    Part("hostd", "user", ("management",)),
    Part("VMX", "user", ("devices",), per_vm=True),
    Part("VMkernel", "kernel", ("scheduler", "memory", "storage")),
    Part("VMM", "kernel", ("cpu", "memory", "devices"), per_vm=True),
    Part("CPU", "hardware", ("cpu", "memory")),
)
HOSTED = (
    Part("VBoxManage", "client"),
    Part("VBoxSVC", "user", ("management",)),
    Part("other programs", "user"),
    Part("VirtualBoxVM", "user", ("devices", "storage"), per_vm=True),
    Part("host OS", "kernel", ("scheduler", "memory", "storage")),
    Part("vboxdrv", "kernel", ("cpu", "memory")),
    Part("CPU", "hardware", ("cpu", "memory")),
)
SETUPS = {
    setup.id: setup
    for setup in (
        Setup("kvm", "KVM, QEMU and libvirt", 1, "libvirtd", "virsh", "QEMU", KVM),
        Setup("esxi", "VMware ESXi", 1, "hostd", "host client", "VMX", ESXI, "esxi", swap_file=True, reserves=True),
        Setup("hosted", "VirtualBox on a desktop system", 2, "vboxsvc", "VBoxManage", "VirtualBoxVM", HOSTED),
    )
}


def find(name):
    """The Setup called `name`, or LabError with the closest one."""
    if name not in SETUPS:
        raise unknown("set-up", name, SETUPS)
    return SETUPS[name]
