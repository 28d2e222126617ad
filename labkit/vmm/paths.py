"""What happens on the way through the parts of a host, in each set-up: the same event takes another path.

A path is a list of (part, what it does there). 'guest' is the code inside the VM. Sources: see setups.py.
"""

from labkit.vmm.setups import find
from labkit.world.errors import unknown

EVENTS = {
    "add": "the guest adds two numbers",
    "serial": "the guest writes to the serial port",
    "fault": "the guest touches a page for the first time",
    "slice": "a vCPU gets its time slice",
    "start": "a VM is started",
    "migrate": "a VIM has a VM moved",
}
PATHS = {
    "kvm": {
        "add": [("guest", "add ax, bx"), ("CPU", "executes it; nobody else takes part")],
        "serial": [
            ("guest", "out 0x3f8, al"),
            ("CPU", "VM exit, reason: I/O instruction"),
            ("kvm.ko", "no device of the kernel has port 0x3f8: KVM_RUN returns to QEMU"),
            ("QEMU", "its model of a 16550 writes the letter to a file or a terminal, then KVM_RUN again"),
            ("kvm.ko", "VM entry"),
            ("guest", "goes on behind the out"),
        ],
        "fault": [
            ("guest", "mov [page], ax; its own page table has an entry"),
            ("CPU", "the nested table (EPT) has none: VM exit, reason: EPT violation"),
            ("kvm.ko", "asks for the page behind QEMU's mapping"),
            ("Linux", "finds a free page frame, as for any process"),
            ("kvm.ko", "writes the EPT entry, VM entry; QEMU was not asked"),
            ("guest", "the same mov again, and now it works"),
        ],
        "slice": [
            ("Linux", "its scheduler picks the next thread: it is a vCPU thread of a QEMU process"),
            ("kvm.ko", "the thread is inside KVM_RUN: VM entry"),
            ("CPU", "runs the guest"),
            ("guest", "computes, until the host's timer interrupt makes a VM exit"),
        ],
        "start": [
            ("virsh", "virsh start web"),
            ("libvirtd", "reads the definition, makes a command line with two hundred words"),
            ("QEMU", "a new process: maps the guest's memory, makes its device models"),
            ("kvm.ko", "KVM_CREATE_VM, then KVM_CREATE_VCPU for each vCPU"),
            ("Linux", "has some more threads to schedule"),
            ("guest", "the firmware's first instruction"),
        ],
        "migrate": [
            ("nova-compute", "was told by the VIM: web, to host 2"),
            ("libvirtd", "talks to the libvirtd of host 2, which prepares an empty QEMU"),
            ("QEMU", "sends the memory to the other QEMU, page by page"),
            ("kvm.ko", "notes which pages the guest writes meanwhile"),
            ("guest", "runs on, and notices a short stop at the end"),
        ],
    },
    "esxi": {
        "add": [("guest", "add ax, bx"), ("CPU", "executes it; nobody else takes part")],
        "serial": [
            ("guest", "out 0x3f8, al"),
            ("CPU", "VM exit, reason: I/O instruction"),
            ("VMM", "not one of the fast devices: hands it to the VM's process"),
            ("VMX", "its model of a 16550 writes the letter to a file"),
            ("VMM", "VM entry"),
            ("guest", "goes on behind the out"),
        ],
        "fault": [
            ("guest", "mov [page], ax; its own page table has an entry"),
            ("CPU", "the nested table (EPT) has none: VM exit, reason: EPT violation"),
            ("VMM", "asks for a machine page"),
            ("VMkernel", "gives one, or reclaims one from somebody first"),
            ("VMM", "writes the EPT entry, VM entry"),
            ("guest", "the same mov again, and now it works"),
        ],
        "slice": [
            ("VMkernel", "its CPU scheduler picks the next world by shares, reservation and limit: it is a vCPU"),
            ("VMM", "VM entry"),
            ("CPU", "runs the guest"),
            ("guest", "computes, until the timer interrupt makes a VM exit"),
        ],
        "start": [
            ("host client", "power on web"),
            ("hostd", "reads web.vmx, asks for admission"),
            ("VMkernel", "reserves CPU and memory, makes the swap file"),
            ("VMX", "a new process with its device models"),
            ("VMM", "one world for each vCPU"),
            ("guest", "the firmware's first instruction"),
        ],
        "migrate": [
            ("vpxa", "was told by vCenter (vpxd): web, to host 2"),
            ("hostd", "prepares, as the hostd of host 2 does"),
            ("VMkernel", "sends the memory to the VMkernel of host 2, page by page"),
            ("VMM", "notes which pages the guest writes meanwhile"),
            ("guest", "runs on, and notices a short stop at the end"),
        ],
    },
    "hosted": {
        "add": [("guest", "add ax, bx"), ("CPU", "executes it; nobody else takes part")],
        "serial": [
            ("guest", "out 0x3f8, al"),
            ("CPU", "VM exit, reason: I/O instruction"),
            ("vboxdrv", "switches back to the host system's world"),
            ("VirtualBoxVM", "an ordinary process: its model of a 16550 takes the letter"),
            ("host OS", "writes it to a file, as for any program"),
            ("VirtualBoxVM", "asks the driver to go on"),
            ("vboxdrv", "VM entry"),
            ("guest", "goes on behind the out"),
        ],
        "fault": [
            ("guest", "mov [page], ax; its own page table has an entry"),
            ("CPU", "the nested table (EPT) has none: VM exit, reason: EPT violation"),
            ("vboxdrv", "needs a page frame, and the machine is not its own"),
            ("host OS", "gives one, as to any program"),
            ("vboxdrv", "writes the EPT entry, VM entry"),
            ("guest", "the same mov again, and now it works"),
        ],
        "slice": [
            ("host OS", "its scheduler picks the next thread, among those of the browser and the music player"),
            ("VirtualBoxVM", "it is a thread of the VM's process: it calls the driver"),
            ("vboxdrv", "VM entry"),
            ("CPU", "runs the guest"),
            ("guest", "computes, until the host system wants the CPU back"),
        ],
        "start": [
            ("VBoxManage", "VBoxManage startvm web"),
            ("VBoxSVC", "reads web.vbox"),
            ("VirtualBoxVM", "a new process with its device models"),
            ("vboxdrv", "makes a VM with its vCPUs"),
            ("host OS", "has some more threads to schedule"),
            ("guest", "the firmware's first instruction"),
        ],
        "migrate": [
            ("VBoxManage", "no VIM stands above it; somebody types the command ('teleporting')"),
            ("VirtualBoxVM", "sends the memory to a VirtualBoxVM that waits on the other machine"),
            ("guest", "runs on, and notices a short stop at the end"),
        ],
    },
}


def path(setup, event):
    """The path of `event` in `setup`: a list of (part, what it does there). LabError for a name that is none."""
    find(setup)
    if event not in EVENTS:
        raise unknown("event", event, EVENTS)
    return PATHS[setup][event]
