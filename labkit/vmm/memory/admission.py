"""Power-on: may this VM start? Its reservation and its overhead must fit, and its swap file too.

Shares ask for nothing here and configured sizes may add up to many times the host: that is overcommitment. What is
*reserved* is promised, and a promise that cannot be kept is refused at power-on, not when it hurts.

Source: 'vSphere Resource Management', chapters 'Memory Overcommitment' and 'Overhead Memory on Virtual Machines' (its
table; documented default). The swap file of a VM is made at power-on with the size configured − reservation
('Swap Space and Memory Overcommitment'): a limit makes it no smaller, for what lies above the limit lies in there.

What the real one does differently: a resource pool may lend unreserved memory (expandable reservation). On KVM nothing
is reserved at all: QEMU maps the guest's memory without asking how much there is, and only `memory.min` of its cgroup
would promise some.
"""

from labkit.world.errors import LabError

HYPERVISOR_MIB = 512  # for the hypervisor itself (ours; a real VMkernel or host Linux takes 0.5 to 4 GiB)


class Promise:
    """What admission asks of a VM, read from its memory; with another allocation, if one is wished for."""

    def __init__(self, vm, allocation=None):
        self.name, self.memory_mib, self.vcpus = vm.name, vm.memory_mib, vm.vcpus
        self.memory = allocation or vm.allocation


def overhead_mib(memory_mib, vcpus=1):
    """Host memory a running VM costs beyond its own: frame buffer, page tables, device state. A line through the
    documented table (1 vCPU: 20.3 MiB at 256 MiB, 139.6 at 16384; 4 MiB per further vCPU)."""
    return 14.4 + 4.0 * vcpus + 0.0074 * memory_mib


def swap_file_mib(memory_mib, allocation):
    """Size of the VM's swap file: what could have to go there in the worst case. A limit does not count, for the guest
    uses its configured memory all the same."""
    return memory_mib - allocation.reservation_mib


def promised_mib(definition):
    """What power-on promises: reservation and overhead."""
    return definition.memory.reservation_mib + overhead_mib(definition.memory_mib, definition.vcpus)


def admit(memory_mib, running, new, datastore_free_mib=None):
    """Refuse `new` (409 or 507) if its promises do not fit beside those of `running`. Definitions have `name`,
    `memory_mib`, `vcpus` and `memory` (a MemoryAllocation). `datastore_free_mib`: None if there is no swap file."""
    new.memory.fits(new.memory_mib)
    free = memory_mib - HYPERVISOR_MIB - sum(promised_mib(each) for each in running)
    if promised_mib(new) > free:
        raise LabError(
            f"{new.name} needs {promised_mib(new):.0f} MiB (reservation {new.memory.reservation_mib:g} and overhead), "
            f"and {max(free, 0):.0f} MiB of {memory_mib:g} are unreserved",
            code=409,
            definite=True,
            next_step="reserve less, or power another VM off",
        )
    file_mib = swap_file_mib(new.memory_mib, new.memory)
    if datastore_free_mib is not None and file_mib > datastore_free_mib:
        raise LabError(
            f"the swap file of {new.name} needs {file_mib:g} MiB, and the datastore has {datastore_free_mib:g}",
            code=507,
            definite=True,
            next_step="free disk space, or reserve more memory: the file is as large as what is not reserved",
        )
