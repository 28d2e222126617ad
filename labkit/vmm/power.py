"""What happens to a domain on its host: it gets a process, time, a rest, an end.

    reserve ──▶ go ──▶ halt ──▶ go … ──▶ release
    admission   vCPUs  vCPUs            no process: memory and swap file are given back
                run    stop

These are the steps; which of them is allowed when says lifecycle.py, who asks for them says management.py. Each change
of state is an event of kind 'libvirt' from the host's machine (in libvirt: a domain lifecycle event).
"""

from labkit.vmm import usage
from labkit.vmm.host import level
from labkit.vmm.memory.admission import admit as admit_memory
from labkit.vmm.memory.admission import swap_file_mib
from labkit.world.errors import LabError

PROCESS_ENDS_S = 0.5  # from the guest's power-off until its process is gone: chosen


def change(vmm, domain, state, reason, quiet=False):
    """The domain is in another state now, and an event says so."""
    usage.settle(vmm)
    domain.state, domain.reason = state, reason
    if quiet:
        return
    vmm.world.emit(vmm.name, None, "libvirt", f"{domain.name}: {state} ({reason})",
                   domain=domain.name, state=state, reason=reason)  # fmt: skip


def reserve(vmm, domain):
    """Give a domain a process on this host: memory, a swap file where there is one, a number. Its vCPUs do not run yet.

    Raises LabError (409, 507) that names what is missing; then nothing has changed.
    """
    admit(vmm, domain.definition)
    domain.live = domain.definition
    if vmm.setup.swap_file:
        vmm.datastore.put(f"{domain.name}.vswp", swap_file_mib(domain.live.memory_mib, domain.live.memory))
    vmm.last_id += 1
    domain.id, domain.life = vmm.last_id, domain.life + 1
    domain.cpu_time_s = 0.0
    plural = "" if domain.live.vcpus == 1 else "s"
    tell(vmm, domain, f"{domain.live.vcpus} vCPU thread{plural}, {domain.live.memory_mib:g} MiB")


def tell(vmm, domain, words):
    """An order of the management process to the domain's process, as an event."""
    setup = vmm.setup
    vmm.world.emit(vmm.manager.name, vmm.name, "libvirt", f"{setup.process} {domain.name}: {words}",
                   domain=domain.name, part=setup.process)  # fmt: skip


def admit(vmm, definition):
    """Return if the host can take one more active domain of this definition, else raise LabError."""
    host = vmm.host
    missing = [name for name in definition.networks if name not in host.networks]
    if missing:
        raise LabError(f"{vmm.name} has no network {missing[0]!r}, which {definition.name!r} is connected to", 409, True)
    if level(definition.cpu_model) > level(host.cpu_model):
        raise LabError(f"the CPU of {vmm.name} ({host.cpu_model}) lacks features that {definition.name!r} was promised "
                       f"({definition.cpu_model})", 409, True)  # fmt: skip
    if definition.memory_mib > host.memory_mib:
        raise LabError(f"{vmm.name} cannot set up {definition.memory_mib:g} MiB of guest memory for "
                       f"{definition.name!r}: it has {host.memory_mib:g} MiB", 507, True,
                       "define less memory, or start it on a larger host")  # fmt: skip
    running = [domain.live for domain in vmm.domains.values() if domain.active]
    admit_memory(host.memory_mib, running, definition, vmm.datastore.free_mib if vmm.setup.swap_file else None)


def go(vmm, domain, reason):
    """The vCPUs run. A button that was pressed meanwhile is felt now."""
    change(vmm, domain, "running", reason)
    domain.guest.thaw()
    button, domain.guest.button = domain.guest.button, None
    if button:
        press(vmm, domain, button)


def halt(vmm, domain, reason):
    """The vCPUs stop; memory stays where it is."""
    domain.guest.freeze()
    change(vmm, domain, "paused", reason)


def release(vmm, domain, reason, quiet=False):
    """The process ends, whatever it held is given back; a transient domain is forgotten."""
    change(vmm, domain, "shutoff", reason, quiet)
    domain.guest.power_off()
    vmm.datastore.remove(f"{domain.name}.vswp")
    domain.id, domain.job, domain.live = None, None, domain.definition
    if not domain.persistent:
        vmm.domains.pop(domain.name, None)


def boot(vmm, domain, reason="booted"):
    """Power on: the guest starts from its disk, with empty memory."""
    domain.guest.power_on(domain.live.boot_s)
    go(vmm, domain, reason)


# -- the power button --------------------------------------------------------------------------------------------
def press(vmm, domain, button):
    """The guest is asked to shut down (ACPI). One that does not run feels it when it runs again; one that ignores the
    button stays as it is."""
    if not domain.computing:
        domain.guest.button = button
    elif domain.live.powers_off_s is not None:
        vmm.node.process(_shutting_down(vmm, domain, button))


def _shutting_down(vmm, domain, button):
    life = domain.life
    yield vmm.world.timeout(domain.live.powers_off_s)
    if domain.life != life or not domain.active:
        return
    if not domain.computing:
        domain.guest.button = button  # paused meanwhile: its time stood still
    elif button == "reboot":
        boot(vmm, domain)
    else:
        yield from power_off(vmm, domain)


def power_off(vmm, domain):
    """The guest has shut itself down. Its process waits for the management process to end it."""
    life = domain.life
    domain.guest.freeze()
    change(vmm, domain, "shutdown", "user")
    yield vmm.world.timeout(PROCESS_ENDS_S)
    if domain.life == life and domain.state == "shutdown" and vmm.manager.state == "running":
        release(vmm, domain, "shutdown")


# -- ends that nobody ordered ------------------------------------------------------------------------------------
def panic(vmm, domain):
    """The guest's operating system has crashed. What follows is written in its definition, and done by the management
    process: as long as that is down, nobody does it."""
    change(vmm, domain, "crashed", "panicked")
    domain.guest.freeze()
    if vmm.manager.state == "running":
        after_panic(vmm, domain)


def after_panic(vmm, domain):
    """destroy, restart or preserve."""
    if domain.live.on_crash == "restart":
        boot(vmm, domain)
    elif domain.live.on_crash == "destroy":
        release(vmm, domain, "crashed")


def sleep(vmm, domain):
    """The guest has put itself to sleep (suspend to RAM)."""
    domain.guest.freeze()
    change(vmm, domain, "pmsuspended", "unknown")


def end_all(vmm, reason):
    """The machine is switched off in an orderly way, and with it every process."""
    for domain in [domain for domain in vmm.domains.values() if domain.active]:
        release(vmm, domain, reason)


def lose_all(vmm):
    """The machine is dead, and with it every process. Nobody is left who could say so."""
    for domain in [domain for domain in vmm.domains.values() if domain.active]:
        vmm.world.emit(vmm.name, None, "fault", f"{domain.name} is lost", domain=domain.name)
        release(vmm, domain, "unknown", quiet=True)
