"""What happens to a domain on its host: it gets a process, time, a rest, an end.

    reserve ──▶ go ──▶ halt ──▶ go … ──▶ release
    admission   vCPUs  vCPUs            no process: memory and swap file are given back
                run    stop

These are the steps; which of them is allowed when says lifecycle.py, who asks for them says management.py. Each change
of state is an event of kind 'libvirt' from the host's machine (in libvirt: a domain lifecycle event).
"""

from functools import partial

from labkit.vmm import events, inside, ram, usage
from labkit.vmm.host import level
from labkit.vmm.memory import admission as memory_admission
from labkit.vmm.memory.admission import swap_file_mib
from labkit.vmm.scheduling import admission as cpu_admission
from labkit.world.errors import LabError


def change(vmm, domain, state, reason):
    """The domain is in another state now, and an event says so."""
    usage.settle(vmm)
    domain.state, domain.reason = state, reason
    vmm.world.emit(
        vmm.name, None, "libvirt", f"{domain.name}: {state} ({reason})", domain=domain.name, state=state, reason=reason
    )
    events.note(vmm, domain.name)


def reserve(vmm, domain, lease=True, definition=None):
    """Give a domain a process on this host: memory, its disk's lease (`lease`: not during a migration, where the source
    holds it), a swap file where there is one, a number. Its vCPUs do not run yet. `definition`: the one in force from
    now on (None: what is defined).

    Raises LabError (409, 507) that names what is missing; then nothing has changed.
    """
    definition = definition or domain.definition
    admit(vmm, definition)
    take_disk(vmm, domain, definition, lease)
    domain.live = definition
    vmm.last_id += 1
    domain.id = domain.life = vmm.last_id
    domain.cpu_time_s = domain.ready_s = 0.0
    ram.power_on(vmm, domain)
    plural = "" if domain.live.vcpus == 1 else "s"
    tell(vmm, domain, f"started with {domain.live.vcpus} vCPU thread{plural}, {domain.live.memory_mib:g} MiB")


def take_disk(vmm, domain, definition, lease):
    """Room for the swap file, and the disk for this host alone; both or LabError."""
    size_mib = swap_file_mib(definition.memory_mib, definition.memory)
    if vmm.setup.swap_file and size_mib:
        vmm.datastore.take(swap_file(vmm, domain.name), size_mib)
    if domain.disk is not None and lease:
        try:
            domain.disk.acquire(vmm.name)
        except LabError:
            drop(vmm, swap_file(vmm, domain.name))
            raise
        hear_of_no_room(vmm, domain)


def swap_file(vmm, name):
    """Name of a VM's swap file: each host's own, for during a migration two hosts on one datastore have one each."""
    return f"{name}-{vmm.name}.vswp"


def save_file(name):
    """Name of the file that holds a VM's memory after a managed save."""
    return f"{name}.save"


def hear_of_no_room(vmm, domain):
    """From now on a write that finds the datastore full is heard of here: where the VM runs."""
    domain.disk.on_ioerror = partial(_no_room, vmm, domain)


def _no_room(vmm, domain, disk):
    """A write of the guest found the datastore full: the guest stops rather than hear of an error."""
    if domain.computing:
        halt(vmm, domain, "I/O error")


def tell(vmm, domain, words):
    """An order of the management process to the domain's process, as an event."""
    part = vmm.setup.process
    words = f"{part} {domain.name}: {words}"
    vmm.world.emit(vmm.manager.name, vmm.name, "libvirt", words, domain=domain.name, part=part)


def admit(vmm, definition):
    """Return if the host can take one more active domain of this definition, else raise LabError.

    Only ESXi counts promises (CPU and memory reservations); KVM starts what it can: whoever overcommits has to know.
    """
    fits(vmm, definition)
    if vmm.setup.reserves:
        running = [domain.live for domain in vmm.domains.values() if domain.active and domain.name != definition.name]
        cpu_admission.admit(vmm.host, running, definition)
        memory_admission.admit(vmm.host.memory_mib, vmm.memory.promises, definition, vmm.datastore.free_mib)


def fits(vmm, definition):
    """Raise LabError if this host is not the kind of machine that the VM was promised."""
    host, name = vmm.host, definition.name
    missing = [network for network in definition.networks if network not in host.networks]
    if missing:
        raise LabError(f"{vmm.name} has no network {missing[0]!r}, which {name!r} is connected to", 409, True)
    if level(definition.cpu_model) > level(host.cpu_model):
        why = f"the CPU of {vmm.name} ({host.cpu_model}) lacks features that {name!r} was promised"
        raise LabError(f"{why} ({definition.cpu_model})", 409, True, "define an older cpu_model, or take a newer host")
    if definition.memory_mib > host.memory_mib:
        why = f"{vmm.name} cannot set up {definition.memory_mib:g} MiB of guest memory for {name!r}"
        raise LabError(f"{why}: it has {host.memory_mib:g} MiB", 507, True, "define less, or take a larger host")


def go(vmm, domain, reason):
    """The vCPUs run. A button that was pressed meanwhile is felt now."""
    change(vmm, domain, "running", reason)
    domain.guest.thaw()
    ram.work(vmm, domain)
    button, domain.guest.button = domain.guest.button, None
    if button:
        inside.press(vmm, domain, button)


def halt(vmm, domain, reason):
    """The vCPUs stop; memory stays where it is."""
    freeze(vmm, domain)
    change(vmm, domain, "paused", reason)


def freeze(vmm, domain):
    """The vCPUs get no time: nothing is answered, no page is touched."""
    domain.guest.freeze()
    ram.rest(vmm, domain)


def release(vmm, domain, reason):
    """The process ends, whatever it held is given back; a transient domain is forgotten."""
    change(vmm, domain, "shutoff", reason)
    domain.guest.power_off()
    give_back(vmm, domain)
    forget(vmm, domain)


def give_back(vmm, domain):
    """Memory, swap file and disk are free for others; a save that had not ended is waste."""
    ram.power_off(vmm, domain)
    drop(vmm, swap_file(vmm, domain.name))
    if not domain.saved:
        drop(vmm, save_file(domain.name))
    if domain.disk is not None:
        domain.disk.release(vmm.name)


def forget(vmm, domain):
    """It has no process any more."""
    domain.id, domain.job, domain.live = None, None, domain.definition
    if not domain.persistent:
        vmm.domains.pop(domain.name, None)
        events.note(vmm, domain.name)


def boot(vmm, domain, reason="booted"):
    """Power on: the guest starts from its disk, with empty memory."""
    domain.guest.power_on(domain.live.boot_s)
    go(vmm, domain, reason)
    if domain.guest.program is not None:
        inside.run_program(vmm, domain)


def drop(vmm, file):
    """Delete a file of the datastore, if it is there."""
    if file in vmm.datastore.sizes:
        vmm.datastore.give_back(file)


def adopt(vmm, domain, guest):
    """A guest has come from another host: it is this domain's now, and the network finds it here."""
    domain.guest = guest
    guest.panicked = partial(inside.panic, vmm, domain)
    guest.take_address()


def end_all(vmm, reason):
    """The machine is switched off in an orderly way, and with it every process."""
    for domain in [domain for domain in vmm.domains.values() if domain.active]:
        release(vmm, domain, reason)


def lose_all(vmm):
    """The machine is dead, and with it every process. Nobody is left who could say so, or give anything back: the
    leases of its disks still carry its name."""
    for domain in [domain for domain in vmm.domains.values() if domain.active]:
        vmm.world.emit(vmm.name, None, "fault", f"{domain.name} is lost", domain=domain.name)
        usage.settle(vmm)
        vmm.lost.append(domain.name)
        domain.state, domain.reason = "shutoff", "unknown"
        domain.guest.power_off()
        if domain.disk is not None:
            domain.disk.crash()
        forget(vmm, domain)
    vmm.memory.power_lost()


def clean_up(vmm):
    """The machine is up again: what its processes left on the disk is put in order, that of forgotten VMs, too."""
    for name in vmm.lost:
        drop(vmm, swap_file(vmm, name))
        if name not in vmm.domains or not vmm.domains[name].saved:
            drop(vmm, save_file(name))
    vmm.lost.clear()
    for disk in vmm.datastore.disks.values():
        if disk.lease.owner == vmm.name:
            disk.release(vmm.name)
            disk.recover()
