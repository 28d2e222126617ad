"""Snapshots of a domain: its disk's state under a name, with or without the guest's memory. The chain of files behind
it, its price and its dangers: labkit.vmm.disks.

                   without memory                        with memory
    take           the disk, as after a power cut        the disk and the guest in the middle of its work
    revert         the VM is shut off                    the VM runs on from there
"""

from copy import deepcopy

from labkit.vmm import power
from labkit.vmm.lifecycle import accepting
from labkit.world.errors import LabError


def take(vmm, name: str, snapshot: str, memory: bool = False, quiesce: bool = False):
    """domainSnapshotCreateXML. LabError (409) for a VM without a disk, memory of one that is off."""
    domain = accepting(vmm, "snapshot", name)
    disk = disk_of(domain)
    if memory and not domain.active:
        raise LabError(f"{name!r} is {domain.state}: it has no memory to save", 409, True, "leave memory out")
    disk.snapshot(snapshot, memory_mib=domain.live.memory_mib if memory else 0, quiesce=quiesce)
    guest = domain.guest
    domain.snapshots[snapshot] = deepcopy(guest.image()) if memory else None
    vmm.world.emit(vmm.manager.name, vmm.name, "libvirt", f"{name}: snapshot {snapshot}", domain=name, memory=memory)
    return {"name": name, "snapshots": list(domain.snapshots)}


def revert(vmm, name: str, snapshot: str):
    """domainRevertToSnapshot: what was written since is thrown away."""
    domain = accepting(vmm, "revert", name)
    disk = disk_of(domain)
    known(domain, snapshot)
    image = domain.snapshots[snapshot]
    if image and not domain.active:
        power.admit(vmm, domain.definition)  # refused before anything is thrown away
    disk.revert(snapshot)
    if domain.active:
        power.release(vmm, domain, "from snapshot")
    if image:
        power.reserve(vmm, domain)
        domain.guest.restore(deepcopy(image))
        power.go(vmm, domain, "from snapshot")
    elif domain.state == "shutoff":
        domain.reason = "from snapshot"
    return domain.answer()


def delete(vmm, name: str, snapshot: str):
    """domainSnapshotDelete: the name goes, what was written since stays: it is copied into the file below."""
    domain = accepting(vmm, "delete_snapshot", name)
    disk = disk_of(domain)
    known(domain, snapshot)
    report = disk.delete(snapshot)
    del domain.snapshots[snapshot]
    return {"name": name, "snapshots": list(domain.snapshots), "copied_mib": report.copied_mib}


def known(domain, snapshot):
    """Return if the domain has this snapshot, else raise LabError (404)."""
    if snapshot not in domain.snapshots:
        names = ", ".join(domain.snapshots) or "none yet"
        raise LabError(f"{domain.name!r} has no snapshot {snapshot!r}", 404, True, f"known: {names}")


def disk_of(domain):
    """The domain's disk, or LabError (409) if it has none."""
    if domain.disk is None:
        raise LabError(f"{domain.name!r} has no disk: there is nothing to freeze", 409, True, "define it with a disk")
    return domain.disk
