"""What happens to a domain of a lean host: it gets a process, another state, an end (compare labkit.vmm.power)."""

from dataclasses import replace

from labkit.vmm import events, power
from labkit.vmm.memory.admission import HYPERVISOR_MIB, promised_mib
from labkit.vmm.scheduling import admission as cpu_admission
from labkit.world.errors import LabError


def reserve(vmm, domain, lock=True):
    """A process for a domain: what it was promised is counted. LabError (409, 507) with nothing changed."""
    definition, store = domain.definition, domain.store
    admit(vmm, domain, definition)
    if lock and store is not None:
        lease = store.leases.get(domain.name) or store.lease(domain.name)
        if lease.owner != vmm.name:
            lease.acquire(vmm.name)
    vmm.last_id += 1
    domain.id = domain.life = vmm.last_id
    if vmm.setup.reserves:
        _promise(vmm, definition, +1)


def admit(vmm, domain, definition):
    """Return if the host takes it, else raise the refusal that a Vmm would give."""
    host = vmm.host
    wired = definition.networks == host.networks or set(definition.networks) <= set(host.networks)
    if definition.memory_mib > host.memory_mib or definition.cpu_model > host.cpu_model or not wired:
        power.fits(vmm, replace(definition, name=domain.name))
    if vmm.setup.reserves:
        running = [other.live for other in vmm.domains.values() if other.active and other is not domain]
        cpu_admission.admit(host, running, replace(definition, name=domain.name))
        _memory(vmm, domain.name, definition)


def _memory(vmm, name, definition):
    free = vmm.host.memory_mib - HYPERVISOR_MIB - vmm.promised_mib
    if promised_mib(definition) > free:
        why = f"{name} needs {promised_mib(definition):.0f} MiB (reservation {definition.memory.reservation_mib:g} and "
        why += f"overhead), and {max(free, 0):.0f} MiB of {vmm.host.memory_mib:g} are unreserved"
        raise LabError(why, 409, True, "reserve less, or power another VM off")


def _promise(vmm, definition, sign):
    vmm.promised_mib += sign * promised_mib(definition)
    vmm.reserved_mhz += sign * definition.cpu.reservation_mhz


def settle(domain, definition):
    """From now on this definition is in force, and its guest wants what it says."""
    domain.live = definition
    domain.demand_mhz, domain.used_mib = definition.demand_mhz, definition.used_mib


def change(vmm, domain, state, reason):
    """The domain is in another state now, and an event says so."""
    domain.state, domain.reason = state, reason
    world, rows, name = vmm.world, vmm.world.rows, domain.name
    detail = {"domain": name, "state": state, "reason": reason}
    rows.append((len(rows), world.env._now, vmm.name, None, "libvirt", f"{name}: {state} ({reason})",
                 world.cause, None, detail))  # fmt: skip
    events.note(vmm, name)


def release(vmm, domain, reason):
    """The process ends, what it held is given back; a transient domain is forgotten."""
    if vmm.setup.reserves:
        _promise(vmm, domain.live, -1)
    change(vmm, domain, "shutoff", reason)
    if domain.store is not None:
        domain.store.lease(domain.name).release(vmm.name)
    domain.id, domain.job = None, None
    settle(domain, domain.definition)
    if not domain.persistent:
        vmm.domains.pop(domain.name, None)


def lose_all(vmm):
    """The machine is dead, and with it every process; the locks of its disks still carry its name."""
    for domain in [domain for domain in vmm.domains.values() if domain.active]:
        vmm.world.emit(vmm.name, None, "fault", f"{domain.name} is lost", domain=domain.name)
        _forget(vmm, domain, "unknown")


def end_all(vmm):
    """The machine is switched off in an orderly way."""
    for domain in [domain for domain in vmm.domains.values() if domain.active]:
        release(vmm, domain, "shutdown")


def _forget(vmm, domain, reason):
    domain.state, domain.reason, domain.id, domain.job = "shutoff", reason, None, None
    if vmm.setup.reserves:
        _promise(vmm, domain.live, -1)
    settle(domain, domain.definition)
    if not domain.persistent:
        vmm.domains.pop(domain.name, None)


def clean_up(vmm):
    """The machine is up again: its own locks, left from before, are released."""
    for store in (vmm.local, *vmm.stores.values()):
        for lease in store.leases.values():
            lease.release(vmm.name)
