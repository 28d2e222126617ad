"""Admission: what a host refuses at power-on, because it could not keep the promise later.

Only reservations are counted, never shares, limits or use: a host whose reservations fit may be hopelessly
overcommitted, and then everybody is slower; a host that idles may refuse a VM, because its MHz are promised. Promised
is not used: an idle VM's reservation runs the others, and is given back within a time slice when its owner wants it.

Source: VMware, 'vSphere Resource Management', Admission Control. What the real one does differently: ESXi reserves
some CPU for itself (the `system` group; host client, Resource allocation: 'available' is less than the total) and
counts along the tree of resource pools. KVM makes no such promise: it has weights and limits, starts every VM, and
QEMU only warns when a guest has more vCPUs than the host has CPUs.
"""

from labkit.world.errors import LabError, number


def reserved_mhz(definitions):
    """The sum of what these VMs have reserved, MHz."""
    return sum(vm.cpu.reservation_mhz for vm in definitions)


def unreserved_mhz(host, running, overhead_mhz=0):
    """What can still be promised on this host, MHz: its capacity without what the hypervisor itself needs
    (`overhead_mhz`) and without what its running VMs have reserved, whether they use it or not."""
    return host.pcpus * host.mhz - number(overhead_mhz, "overhead_mhz") - reserved_mhz(running)


def admit(host, running, new, overhead_mhz=0):
    """Return what can still be promised once `new` runs, MHz; LabError (409) that says what is missing otherwise.

    host: has pcpus (logical CPUs) and mhz of one; running, new: have name, vcpus and cpu (CpuAllocation).
    """
    if new.vcpus > host.pcpus:
        raise LabError(
            f"{new.name} has {new.vcpus} vCPUs, the host has {host.pcpus} logical CPUs",
            code=409,
            definite=True,
            next_step=f"give it at most {host.pcpus}: no two of its vCPUs could ever run on one CPU at the same time",
        )
    wanted, free = new.cpu.fits(new.vcpus, host.mhz).reservation_mhz, unreserved_mhz(host, running, overhead_mhz)
    if wanted > free:
        raise LabError(
            f"{new.name} reserves {wanted:g} MHz, and only {max(free, 0):g} MHz are not promised yet: "
            f"{wanted - max(free, 0):g} MHz are missing",
            code=409,
            definite=True,
            next_step="reserve less for it, or power off a VM with a reservation (that the host idles is no help)",
        )
    return free - wanted
