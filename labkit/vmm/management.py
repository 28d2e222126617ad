"""The management process of one host (libvirtd, hostd): calls come in, and orders go to the domains' processes.

    virsh, a VIM ── libvirt domainCreate ──▶ vmm1-libvirtd ── orders ──▶ vmm1 (QEMU processes, kernel)

It is not in the way of anything a VM does: stop it and the VMs run on, unmanaged. When it starts again it finds the
processes that are there and reconnects to them. Names of calls are those of libvirt's remote protocol
(src/remote/remote_protocol.x); a call is a function of the VMM and its arguments, and a generator if it takes time.
"""

from functools import partial
from inspect import signature

from labkit.vmm import lifecycle, power, saving, usage
from labkit.vmm.domain import Domain, from_json
from labkit.vmm.guest import Guest
from labkit.world.errors import LabError, unknown


def serve(vmm, message):
    """Answer one call."""
    call = CALLS.get(message.what)
    if call is None:
        raise LabError(f"{vmm.manager.name} has no call {message.what!r}", 501, True,
                       f"it manages {vmm.name} alone; its calls are {', '.join(CALLS)}")  # fmt: skip
    try:
        signature(call).bind(vmm, **message.detail)
    except TypeError as error:
        raise LabError(f"{message.what}: {error}", 400, True) from None
    return call(vmm, **message.detail)


def find(vmm, name):
    """The domain called `name` on this host, or LabError (404)."""
    domain = vmm.domains.get(name)
    if domain is None:
        error = unknown(f"domain on {vmm.name} called", name, vmm.domains)
        raise LabError(error.message, 404, True,
                       f"{error.next_step}; {vmm.name} knows its own host only: where a VM is, a VIM knows")  # fmt: skip
    return domain


def accepting(vmm, operation, name):
    """The domain called `name`, if it accepts `operation` now."""
    domain = find(vmm, name)
    lifecycle.allow(operation, domain)
    return domain


def answer(domain):
    """What a call that changed a domain says."""
    return {"name": domain.name, "state": domain.state, "reason": domain.reason}


# -- definitions -------------------------------------------------------------------------------------------------
def define(vmm, name, **values):
    """domainDefineXML: a definition is written to the host's disk, or replaces the one of the same VM."""
    old = vmm.domains.get(name)
    if old is not None:
        lifecycle.allow("define", old)
        if values.get("uuid") not in (None, old.definition.uuid):
            raise LabError(f"domain {name!r} already exists with uuid {old.definition.uuid}", 409, True,
                           "redefine it without a uuid, or choose another name")  # fmt: skip
        values["uuid"] = old.definition.uuid
    elif values.get("uuid") is None:
        values["uuid"] = vmm.new_uuid()
    definition = from_json({"name": name, **values})
    definition.cpu.fits(definition.vcpus, vmm.host.mhz)
    if old is None:
        vmm.datastore.put(f"{name}.qcow2", definition.disk_gib * 1024)
        vmm.domains[name] = old = Domain(definition, Guest(vmm.world, name, partial(_panicked, vmm, name)))
    old.definition = definition
    if not old.active:
        old.live = definition
    vmm.world.emit(vmm.manager.name, vmm.name, "libvirt", f"{name}: defined", domain=name, uuid=definition.uuid)
    return {**answer(old), "uuid": definition.uuid}


def _panicked(vmm, name):
    power.panic(vmm, vmm.domains[name])


def undefine(vmm, name, managed_save=False, snapshots_metadata=False, remove_all_storage=False):
    """domainUndefineFlags: the definition is deleted. A VM that runs goes on as a transient domain."""
    domain = accepting(vmm, "undefine", name)
    if domain.saved and not managed_save:
        raise LabError(f"domain {name!r} has a managed save image: undefining it would lose the guest's memory", 409,
                       True, "start it, or undefine with managed_save=True")  # fmt: skip
    if domain.snapshots and not snapshots_metadata:
        raise LabError(f"domain {name!r} has {len(domain.snapshots)} snapshots", 409, True,
                       "undefine with snapshots_metadata=True")  # fmt: skip
    saving.forget(vmm, domain)
    domain.persistent = False
    if not domain.active:
        del vmm.domains[name]
    if remove_all_storage and not domain.active:
        vmm.datastore.remove(f"{name}.qcow2")
    vmm.world.emit(vmm.manager.name, vmm.name, "libvirt", f"{name}: undefined", domain=name)
    return answer(domain)


def autostart(vmm, name, autostart=True):
    """domainSetAutostart: start it whenever the host starts."""
    accepting(vmm, "autostart", name).autostart = bool(autostart)
    return {"name": name, "autostart": bool(autostart)}


# -- power -------------------------------------------------------------------------------------------------------
def start(vmm, name):
    """domainCreate: boot, or go on from the managed save image if there is one."""
    domain = accepting(vmm, "start", name)
    power.reserve(vmm, domain)
    if domain.saved:
        return saving.restore(vmm, domain)
    power.boot(vmm, domain)
    return answer(domain)


def pause(vmm, name):
    """domainSuspend: the vCPUs stop, memory stays in the host's RAM."""
    domain = accepting(vmm, "pause", name)
    if domain.state != "paused":
        power.tell(vmm, domain, "stop")
        power.halt(vmm, domain, "user")
    return answer(domain)


def resume(vmm, name):
    """domainResume: the vCPUs go on where they stopped."""
    domain = accepting(vmm, "resume", name)
    power.tell(vmm, domain, "cont")
    power.go(vmm, domain, "unpaused")
    return answer(domain)


def suspend(vmm, name):
    """domainManagedSave: memory goes to the disk, the process ends, the host's RAM is free again."""
    domain = accepting(vmm, "suspend", name)
    if not domain.persistent:
        raise LabError(f"domain {name!r} is transient: its image would belong to nobody", 409, True, "define it first")
    return saving.save(vmm, domain)


def shutdown(vmm, name):
    """domainShutdown: the power button is pressed. Whether and when the guest ends is its own business."""
    return _press(vmm, "shutdown", name)


def reboot(vmm, name):
    """domainReboot: the power button is pressed, and the guest is booted again when it has ended."""
    return _press(vmm, "reboot", name)


def _press(vmm, button, name):
    domain = accepting(vmm, button, name)
    power.tell(vmm, domain, "system_powerdown")
    power.press(vmm, domain, button)
    return answer(domain)


def kill(vmm, name):
    """domainDestroy: the process is killed, as if the plug were pulled. Definition and disk stay."""
    domain = accepting(vmm, "kill", name)
    power.tell(vmm, domain, "killed")
    power.release(vmm, domain, "destroyed")
    return answer(domain)


def wakeup(vmm, name):
    """domainPMWakeup: a guest that put itself to sleep is woken."""
    domain = accepting(vmm, "wakeup", name)
    power.go(vmm, domain, "wakeup")
    return answer(domain)


# -- questions ---------------------------------------------------------------------------------------------------
def info(vmm, name, host=None):
    """domainGetInfo and what belongs to it."""
    own(vmm, host)
    domain = find(vmm, name)
    usage.settle(vmm)
    live = domain.live
    return {
        "name": name, "id": domain.id, "state": domain.state, "reason": domain.reason,
        "uuid": domain.definition.uuid, "vcpus": live.vcpus, "max_memory_mib": live.memory_mib,
        "memory_mib": live.memory_mib if domain.active else 0, "disk_gib": live.disk_gib,
        "cpu_time_s": round(domain.cpu_time_s, 3), "persistent": domain.persistent, "autostart": domain.autostart,
        "managed_save": domain.saved is not None, "snapshots": len(domain.snapshots), "job": domain.job,
    }  # fmt: skip


def list_all(vmm, host=None):
    """connectListAllDomains: id, name, state of each, as `virsh list --all` shows them."""
    own(vmm, host)
    return [{"id": domain.id, **answer(domain)} for domain in vmm.domains.values()]


def node_info(vmm, host=None):
    """nodeGetInfo and nodeGetFreeMemory."""
    own(vmm, host)
    active = [domain.live for domain in vmm.domains.values() if domain.active]
    return {
        "name": vmm.name, "pcpus": vmm.host.pcpus, "mhz": vmm.host.mhz, "memory_mib": vmm.host.memory_mib,
        "cpu_model": vmm.host.cpu_model, "networks": list(vmm.host.networks),
        "vcpus_running": sum(live.vcpus for live in active),
        "memory_promised_mib": sum(live.memory_mib for live in active), "disk_free_gib": vmm.datastore.free_mib / 1024,
    }  # fmt: skip


def own(vmm, host):
    """Return if the question is about this host (None, or its name), else raise LabError."""
    if host not in (None, vmm.name):
        raise LabError(f"{vmm.name} knows nothing of {host!r}: a VMM knows one host, its own", 501, True,
                       f"ask {host!r} itself, or a VIM, which keeps the inventory of many hosts")  # fmt: skip


class Listing(list):
    """The answer of `list`: dicts; printed like `virsh list --all`."""

    def __repr__(self):
        rows = [("Id", "Name", "State"), *((str(row["id"] or "-"), row["name"], shown(row)) for row in self)]
        widths = [max(len(row[at]) for row in rows) for at in range(3)]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def shown(row):
    """State and reason in words."""
    return f"{row['state']} ({row['reason']})"


# -- starts of the process and of the machine ----------------------------------------------------------------------
def reconnect(vmm):
    """The process has started: it finds the domains' processes that are there, and ends what nobody waits for."""
    for domain in list(vmm.domains.values()):
        if domain.job == "save":
            saving.cancel(vmm, domain)
        elif domain.job == "restore":
            power.release(vmm, domain, "failed")
        elif domain.state == "shutdown":
            power.release(vmm, domain, "shutdown")
        elif domain.state == "crashed":
            power.after_panic(vmm, domain)
    active = [domain.name for domain in vmm.domains.values() if domain.active]
    vmm.world.emit(vmm.manager.name, vmm.name, "libvirt", f"reconnected to {len(active)} domains", domains=active)


def start_by_itself(vmm, domain):
    """Autostart: nobody is there to hear of an error, so it goes to the log."""
    try:
        call = start(vmm, domain.name)
        if hasattr(call, "throw"):
            vmm.node.process(call)
    except LabError as error:
        vmm.world.emit(vmm.manager.name, None, "libvirt", f"{domain.name}: autostart failed", error=str(error))


CALLS = {
    "domainDefineXML": define,
    "domainUndefineFlags": undefine,
    "domainSetAutostart": autostart,
    "domainCreate": start,
    "domainSuspend": pause,
    "domainResume": resume,
    "domainManagedSave": suspend,
    "domainShutdown": shutdown,
    "domainReboot": reboot,
    "domainDestroy": kill,
    "domainPMWakeup": wakeup,
    "domainGetInfo": info,
    "connectListAllDomains": list_all,
    "nodeGetInfo": node_info,
}
