"""The management process of one host (libvirtd, hostd): calls come in, and orders go to the domains' processes.

    virsh, a VIM ── libvirt domainCreate ──▶ vmm1-libvirtd ── orders ──▶ vmm1 (QEMU processes, kernel)

It is not in the way of anything a VM does: stop it and the VMs run on, unmanaged. When it starts again it finds the
processes that are there and reconnects to them. Names of calls are those of libvirt's remote protocol
(src/remote/remote_protocol.x); a call is a function of the VMM and its arguments, and a generator if it takes time.
"""

from importlib import import_module
from inspect import signature

from labkit.vmm import bulk, definitions, inside, power, questions, saving, snapshots
from labkit.vmm.lifecycle import accepting, find
from labkit.world.errors import LabError

KINDS = {str: "a text", bool: "True or False", dict: "a definition", list: "a list"}  # of arguments, by annotation


def serve(vmm, message):
    """Answer one call."""
    own = message.kind == "libvirt"
    if own and message.what in CALLS:
        return carry_out(CALLS[message.what], vmm, message)
    if own and message.what.startswith("domainMigrate"):  # the other host's part of a migration
        return import_module("labkit.vmm.migration").serve(vmm, message)
    asked = message.what if own else f"{message.kind} {message.what}"
    calls = f"it manages {vmm.name} alone; its calls are {', '.join(CALLS)}"
    raise LabError(f"{vmm.manager.name} has no call {asked!r}", 501, True, calls)


def carry_out(call, vmm, message):
    """call(vmm, …) with the arguments of a message. LabError (400) if they are not those of the call."""
    for key, kind in call.__annotations__.items():
        if not isinstance(message.detail.get(key, kind()), kind):
            said = f"{message.what}: {key} must be {KINDS[kind]}, not {message.detail[key]!r}"
            raise LabError(said, 400, True)
    try:
        return call(vmm, **message.detail)
    except TypeError:
        fitting(call, message)
        raise


def fitting(call, message):
    """Raise LabError (400) if the arguments of a message are not those of the call."""
    try:
        signature(call).bind(None, **message.detail)
    except TypeError as error:
        raise LabError(f"{message.what}: {error}", 400, True) from None


def start(vmm, name: str):
    """domainCreate: boot, or go on from the managed save image if there is one."""
    domain = accepting(vmm, "start", name)
    if domain.saved:
        return saving.restore(vmm, domain)
    power.reserve(vmm, domain)
    power.boot(vmm, domain)
    return domain.answer()


def pause(vmm, name: str):
    """domainSuspend: the vCPUs stop, memory stays in the host's RAM."""
    domain = accepting(vmm, "pause", name)
    if domain.job:  # a migration: the guest goes on where it is when that ends
        import_module("labkit.vmm.migration").pause(vmm, domain)
    elif domain.state != "paused":
        power.tell(vmm, domain, "stop")
        power.halt(vmm, domain, "user")
    return domain.answer()


def resume(vmm, name: str):
    """domainResume: the vCPUs go on where they stopped; writes that waited for room on the disk go first."""
    domain = accepting(vmm, "resume", name)
    if domain.disk is not None:
        domain.disk.resume(by=vmm.name)
    power.tell(vmm, domain, "cont")
    power.go(vmm, domain, "unpaused")
    return domain.answer()


def suspend(vmm, name: str):
    """domainManagedSave: memory goes to the disk, the process ends, the host's RAM is free again."""
    domain = accepting(vmm, "suspend", name)
    if not domain.persistent:
        raise LabError(f"domain {name!r} is transient: its image would belong to nobody", 409, True, "define it first")
    return saving.save(vmm, domain)


def shutdown(vmm, name: str):
    """domainShutdown: the power button is pressed. Whether and when the guest ends is its own business."""
    return _press(vmm, "shutdown", name)


def reboot(vmm, name: str):
    """domainReboot: the power button is pressed, and the guest is booted again when it has ended."""
    return _press(vmm, "reboot", name)


def _press(vmm, button, name):
    domain = accepting(vmm, button, name)
    power.tell(vmm, domain, "system_powerdown")
    inside.press(vmm, domain, button)
    return domain.answer()


def kill(vmm, name: str):
    """domainDestroy: the process is killed, as if the plug were pulled. Definition and disk stay."""
    domain = accepting(vmm, "kill", name)
    power.tell(vmm, domain, "killed")
    power.release(vmm, domain, "destroyed")
    return domain.answer()


def wakeup(vmm, name: str):
    """domainPMWakeup: a guest that put itself to sleep is woken."""
    domain = accepting(vmm, "wakeup", name)
    if domain.disk is not None:
        domain.disk.resume(by=vmm.name)
    power.tell(vmm, domain, "system_wakeup")
    power.go(vmm, domain, "wakeup")
    return domain.answer()


def migrate(vmm, name: str, target=None, **options):
    """domainMigratePerform3: the mechanism. To where, somebody else has decided."""
    domain = accepting(vmm, "migrate_to", name)
    if target is None:
        why = f"{vmm.name} cannot choose a target for {name!r}: it knows no other host"
        raise LabError(why, 400, True, "name one; choosing is the work of a VIM")
    if target == vmm.name:
        raise LabError(f"{name!r} is on {vmm.name} already: a migration to itself", 409, True, "name another host")
    if f"{target}-{vmm.setup.manager}" not in vmm.world.nodes:
        raise LabError(f"there is no {vmm.setup.manager} on a host {target!r}", 404, True, "name a host of this kind")
    return import_module("labkit.vmm.migration").migrate(vmm, domain, target, **options)


def abort_job(vmm, name: str):
    """domainAbortJob: a migration is called off; the guest goes on where it is."""
    domain = find(vmm, name)
    if not (domain.job or "").startswith("migration"):
        raise LabError(f"no job is active on {name!r} that could be called off", 409, True)
    return import_module("labkit.vmm.migration").abort(vmm, domain)


def reconnect(vmm):
    """The process has started: it finds the domains' processes that are there, and ends what nobody waits for."""
    for domain in list(vmm.domains.values()):
        if domain.job == "save":
            saving.cancel(vmm, domain)
        elif domain.job == "restore":
            power.release(vmm, domain, "failed")
        elif domain.job:
            import_module("labkit.vmm.migration").recover(vmm, domain)
        elif domain.state == "shutdown":
            power.release(vmm, domain, "shutdown")
        elif domain.state == "crashed":
            inside.after_panic(vmm, domain)
    active = [domain.name for domain in vmm.domains.values() if domain.active]
    found = f"reconnected to {len(active)} domain{'s' * (len(active) != 1)}"
    vmm.world.emit(vmm.manager.name, vmm.name, "libvirt", found, domains=active)


def start_by_itself(vmm, domain):
    """Autostart: nobody is there to hear of an error, so it goes to the log."""
    try:
        call = start(vmm, domain.name)
        if hasattr(call, "throw"):
            vmm.node.process(call)
    except LabError as error:
        vmm.world.emit(vmm.manager.name, None, "libvirt", f"{domain.name}: autostart failed", error=str(error))


CALLS = {
    "domainDefineXML": definitions.define,
    "domainUndefineFlags": definitions.undefine,
    "domainSetAutostart": definitions.autostart,
    "domainCreate": start,
    "domainSuspend": pause,
    "domainResume": resume,
    "domainManagedSave": suspend,
    "domainShutdown": shutdown,
    "domainReboot": reboot,
    "domainDestroy": kill,
    "domainPMWakeup": wakeup,
    "domainSnapshotCreateXML": snapshots.take,
    "domainRevertToSnapshot": snapshots.revert,
    "domainSnapshotDelete": snapshots.delete,
    "domainMigratePerform3": migrate,
    "domainAbortJob": abort_job,
    "domainGetInfo": questions.info,
    "domainOpenConsole": questions.console,
    "connectListAllDomains": questions.list_all,
    "connectGetAllDomainStats": questions.stats,
    "nodeGetInfo": questions.node_info,
    "connectBulk": bulk.several,
    "domainLeaseBreak": bulk.break_lease,
}
