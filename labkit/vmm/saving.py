"""Managed save: a guest's memory as a file on the host's disk, and back.

    running ── halt, write memory, end the process ──▶ shutoff (saved) ── start: read memory ──▶ running (restored)

Takes time: memory / SAVE_MIB_S. Pause is the other thing: it takes no time and frees no memory.
"""

from labkit.vmm import power
from labkit.world.errors import LabError

SAVE_MIB_S = 500  # MiB/s to and from the host's disk: chosen, an SSD behind a page cache


def save(vmm, domain):
    """Write the guest's memory to the disk (a generator: it takes time), then end its process."""
    vmm.datastore.take(power.save_file(domain.name), domain.live.memory_mib)
    was_paused = domain.state == "paused"
    domain.job = "save"
    power.tell(vmm, domain, "stop, write memory to a file")
    if not was_paused:
        power.halt(vmm, domain, "save")
    return _save(vmm, domain, was_paused)


def _save(vmm, domain, was_paused):
    life = domain.life
    yield vmm.world.timeout(domain.live.memory_mib / SAVE_MIB_S)
    if domain.life != life or domain.job != "save":
        raise LabError(f"the save of {domain.name!r} ended: the domain was killed", 409, True)
    domain.saved = (domain.guest.image(), was_paused, domain.live)
    power.release(vmm, domain, "saved")
    return domain.answer()


def cancel(vmm, domain):
    """A save that nobody will finish: the guest goes on."""
    domain.job = None
    power.drop(vmm, power.save_file(domain.name))
    power.go(vmm, domain, "save canceled")


def restore(vmm, domain):
    """Read the memory back (a generator: it takes time); the guest goes on where it was, and as it was defined then:
    that is part of the image. LabError, with the image as it was, if the host has no room."""
    power.reserve(vmm, domain, definition=domain.saved[2])
    domain.job = "restore"
    power.halt(vmm, domain, "starting up")
    return _restore(vmm, domain)


def _restore(vmm, domain):
    life = domain.life
    yield vmm.world.timeout(domain.live.memory_mib / SAVE_MIB_S)
    if domain.life != life or domain.job != "restore":
        raise LabError(f"the start of {domain.name!r} ended: the domain was killed", 409, True)
    (image, was_paused, _), domain.job = domain.saved, None
    forget(vmm, domain)
    domain.guest.restore(image)
    if was_paused:
        power.halt(vmm, domain, "user")
    else:
        power.go(vmm, domain, "restored")
    return domain.answer()


def forget(vmm, domain):
    """Delete the saved image, if there is one."""
    domain.saved = None
    power.drop(vmm, power.save_file(domain.name))
