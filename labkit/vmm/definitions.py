"""Definitions: written, replaced, deleted. They are files on the host, so they outlive process, guest and power."""

from functools import partial

from labkit.vmm import events, inside, lifecycle, saving
from labkit.vmm.domain import Domain, from_json
from labkit.vmm.guest import Guest
from labkit.world.errors import LabError


def define(vmm, name: str, **values):
    """domainDefineXML: a new definition, or another one for the same VM, which counts from its next start on."""
    old = vmm.domains.get(name)
    uuid = values.pop("uuid", None)
    if old is not None:
        lifecycle.allow("define", old)
        if uuid not in (None, old.definition.uuid):
            why = f"domain {name!r} already exists with uuid {old.definition.uuid}"
            raise LabError(why, 409, True, "redefine it without a uuid, or choose another name")
        uuid = old.definition.uuid
    definition = from_json({"name": name, "uuid": uuid or vmm.new_uuid(), **values})
    definition.cpu.fits(definition.vcpus, vmm.host.mhz)
    domain = old or new(vmm, definition)
    domain.definition, domain.persistent = definition, True
    if not domain.active:
        domain.live = definition
    vmm.world.emit(vmm.manager.name, vmm.name, "libvirt", f"{name}: defined", domain=name, uuid=definition.uuid)
    events.note(vmm, name)
    return {**domain.answer(), "uuid": definition.uuid}


def new(vmm, definition):
    """A domain that this host has not had yet. Its disk is made, unless one of its name lies there already."""
    taken = [domain.name for domain in vmm.domains.values() if domain.definition.uuid == definition.uuid]
    if taken:
        raise LabError(f"uuid {definition.uuid} belongs to {taken[0]!r} already", 409, True, "leave the uuid out")
    node = vmm.world.nodes.get(definition.name)
    if node is not None and not isinstance(getattr(node.serve, "__self__", None), Guest):
        raise LabError(f"there is a machine {definition.name!r} on the network", 409, True, "choose another name")
    disks = vmm.datastore.disks
    if definition.name not in disks and definition.disk_gib:
        vmm.datastore.create(definition.name, definition.disk_gib)
    domain = Domain(definition, Guest(vmm.world, definition.name))
    domain.guest.panicked = partial(inside.panic, vmm, domain)
    domain.disk = disks.get(definition.name) if definition.disk_gib else None
    if domain.disk is not None and definition.name in vmm.datastore.systems:
        domain.guest.install(*vmm.datastore.systems[definition.name])
    vmm.domains[definition.name] = domain
    return domain


def undefine(
    vmm, name: str, managed_save: bool = False, snapshots_metadata: bool = False, remove_all_storage: bool = False
):
    """domainUndefineFlags: the definition is deleted. A VM that runs goes on as a transient domain."""
    domain = lifecycle.accepting(vmm, "undefine", name)
    if not domain.persistent:
        raise LabError(
            f"domain {name!r} is transient: it has no definition", 409, True, "it goes when its process ends"
        )
    if domain.saved and not managed_save:
        why = f"domain {name!r} has a managed save image: undefining it would lose the guest's memory"
        raise LabError(why, 409, True, "start it, or undefine it with managed_save=True")
    if domain.snapshots and not domain.active and not snapshots_metadata:
        why = f"domain {name!r} has {len(domain.snapshots)} snapshots"
        raise LabError(why, 409, True, "undefine it with snapshots_metadata=True")
    if remove_all_storage and domain.active:
        raise LabError(f"domain {name!r} is using its disk (state: {domain.state})", 409, True, "kill it first")
    if remove_all_storage and domain.disk is not None:
        domain.disk.destroy()
    saving.forget(vmm, domain)
    domain.persistent = False
    if not domain.active:
        del vmm.domains[name]
        events.note(vmm, name)
    vmm.world.emit(vmm.manager.name, vmm.name, "libvirt", f"{name}: undefined", domain=name)
    return domain.answer()


def autostart(vmm, name: str, autostart: bool = True):
    """domainSetAutostart: start it whenever the host starts."""
    domain = lifecycle.accepting(vmm, "autostart", name)
    if not domain.persistent:
        raise LabError(f"domain {name!r} is transient: nobody would remember it", 409, True, "define it first")
    domain.autostart = autostart
    return {"name": name, "autostart": domain.autostart}
