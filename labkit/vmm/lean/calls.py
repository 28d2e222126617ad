"""The management process of a lean host: libvirt's calls, in the states in which libvirt accepts them.

Which operation a domain accepts in which state, and the words of a refusal, are those of labkit.vmm.lifecycle; whether
a host takes a VM is asked of the same functions as on a Vmm. Only what then happens is shorter.
"""

from dataclasses import replace
from functools import lru_cache
from inspect import signature

from labkit.vmm import events
from labkit.vmm.bulk import BULK
from labkit.vmm.domain import meant
from labkit.vmm.inside import PROCESS_ENDS_S
from labkit.vmm.lean import moving, power, questions
from labkit.vmm.lean.lean_domain import LeanDomain, sized
from labkit.vmm.lifecycle import accepting, allow, find
from labkit.world.errors import LabError, number
from labkit.world.fixed import Fixed, fixed


def serve(vmm, message):
    """Answer one call."""
    if message.kind != "libvirt" or message.what not in CALLS:
        why = f"{vmm.manager.name} has no call {message.kind} {message.what!r}: it manages {vmm.name} alone"
        raise LabError(why, 501, True, f"its calls are {', '.join(CALLS)}")
    return _call(vmm, message.what, message.detail)


def _call(vmm, what, detail):
    try:
        return CALLS[what](vmm, **detail)
    except TypeError as error:
        try:
            signature(CALLS[what]).bind(vmm, **detail)
        except TypeError:
            raise LabError(f"{what}: {error}", 400, True) from None
        raise


def several(vmm, calls, definitions=()):
    """connectBulk: see labkit.vmm.bulk.several."""
    sizes = [_placed(fixed(values)) for values in definitions]
    answers = []
    for what, name, argument in calls:
        try:
            if what == "domainDefineXML":
                write(vmm, name, *sizes[argument])
            elif what == "domainUndefineFlags":
                undefine(vmm, name, remove_all_storage=bool(argument))
            elif what in BULK:
                CALLS[what](vmm, name)
            else:
                raise LabError(f"connectBulk has no {what!r}", 501, True, f"it has {', '.join(BULK)}")
            answers.append(None)
        except LabError as error:
            answers.append([error.code, error.message])
    return answers


@lru_cache(maxsize=1024)
def _placed(values):
    """(Definition, datastore) of one definition's values."""
    return sized(Fixed({key: value for key, value in values.items() if key != "datastore"})), values.get("datastore")


# -- definitions -------------------------------------------------------------------------------------------------------
def define(vmm, name, datastore=None, **values):
    """domainDefineXML: a new definition, or another one for the same VM; its disk is made unless it lies there."""
    values.pop("uuid", None)
    return write(vmm, name, sized(Fixed(values)), datastore).answer()


def write(vmm, name, definition, datastore=None):
    """The domain `name` with this Definition."""
    if definition.cpu.reservation_mhz or definition.cpu.limit_mhz:
        definition.cpu.fits(definition.vcpus, vmm.host.mhz)
    domain = vmm.domains.get(name)
    if domain is None:
        store = _disk(vmm, name, definition.disk_gib, datastore)
        vmm.defined += 1
        domain = vmm.domains[name] = LeanDomain(name, definition, store, f"{vmm.name}/{vmm.defined}")
    else:
        allow("define", domain)
        domain.definition, domain.persistent = definition, True
        if not domain.active:
            power.settle(domain, definition)
    events.note(vmm, name)
    return domain


def _disk(vmm, name, gib, datastore):
    if type(name) is not str or "/" in name or not name:
        why = f"a domain's name must be a text without '/', not {name!r}"
        raise LabError(why, 400, True)
    if not gib:
        return None
    store = vmm.stores.get(datastore)
    if store is None:
        if datastore not in (None, vmm.local.name):
            why = f"{vmm.name} does not reach the datastore {datastore!r}"
            raise LabError(why, 409, True, f"it reaches {', '.join([vmm.local.name, *vmm.stores])}")
        store = vmm.local
    store.create(name, gib)
    return store


def undefine(vmm, name, managed_save=False, snapshots_metadata=False, remove_all_storage=False):
    """domainUndefineFlags: the definition goes; a VM that runs goes on as a transient domain."""
    domain = accepting(vmm, "undefine", name)
    if not domain.persistent:
        why = f"domain {name!r} is transient: it has no definition"
        raise LabError(why, 409, True, "it goes when its process ends")
    if remove_all_storage and domain.active:
        raise LabError(f"domain {name!r} is using its disk (state: {domain.state})", 409, True, "kill it first")
    if remove_all_storage and domain.store is not None:
        domain.store.destroy(name)
    domain.persistent = False
    if not domain.active:
        del vmm.domains[name]
        events.note(vmm, name)
    return domain.answer()


def autostart(vmm, name, autostart=True):
    """domainSetAutostart: start it whenever the host starts."""
    domain = accepting(vmm, "autostart", name)
    if not domain.persistent:
        raise LabError(f"domain {name!r} is transient: nobody would remember it", 409, True, "define it first")
    domain.autostart = autostart
    return {"name": name, "autostart": domain.autostart}


# -- power -------------------------------------------------------------------------------------------------------------
def start(vmm, name):
    """domainCreate: room on this host, the lock of its disk, a process; then it runs."""
    domain = accepting(vmm, "start", name)
    power.reserve(vmm, domain)
    power.change(vmm, domain, "running", "booted")
    return domain.answer()


def pause(vmm, name):
    """domainSuspend."""
    domain = accepting(vmm, "pause", name)
    if domain.state != "paused":
        power.change(vmm, domain, "paused", "user")
    return domain.answer()


def resume(vmm, name):
    """domainResume."""
    domain = accepting(vmm, "resume", name)
    power.change(vmm, domain, "running", "unpaused")
    return domain.answer()


def shutdown(vmm, name):
    """domainShutdown: the guest is asked, and shuts down."""
    domain = accepting(vmm, "shutdown", name)
    if domain.state == "running":
        vmm.node.process(_shutting_down(vmm, domain))
    return domain.answer()


def _shutting_down(vmm, domain):
    life = domain.life
    yield vmm.world.timeout(domain.live.powers_off_s or 0)
    if domain.life == life and domain.state == "running":
        power.change(vmm, domain, "shutdown", "user")
        yield vmm.world.timeout(PROCESS_ENDS_S)
        if domain.life == life and domain.state == "shutdown" and vmm.manager.state == "running":
            power.release(vmm, domain, "shutdown")


def kill(vmm, name):
    """domainDestroy: the process is killed."""
    domain = accepting(vmm, "kill", name)
    power.release(vmm, domain, "destroyed")
    return domain.answer()


def break_lease(vmm, name):
    """domainLeaseBreak: see labkit.vmm.bulk.break_lease."""
    domain = find(vmm, name)
    if domain.lease is not None and domain.lease.owner not in (None, vmm.name):
        owner, generation = domain.lease.owner, domain.lease.seize(vmm.name)
        vmm.world.emit(domain.store.name, None, "disk", "lease broken", disk=name, of=owner, owner=vmm.name,
                       generation=generation)  # fmt: skip
    return domain.answer()


# -- what happens without a call ---------------------------------------------------------------------------------------
def work(vmm, domain, demand_mhz, used_mib, dirty_mib_s):
    """A guest works more or less than before."""
    if dirty_mib_s is not None:
        domain.live = meant(replace, domain.live, dirty_mib_s=dirty_mib_s)
    if demand_mhz is not None:
        domain.demand_mhz = number(demand_mhz, "demand_mhz")
    if used_mib is not None:
        domain.used_mib = number(used_mib, "used_mib", most=2 * domain.live.memory_mib)
    events.note(vmm, domain.name)


def reconnect(vmm):
    """The management process has started again: it ends what waits for it."""
    for domain in list(vmm.domains.values()):
        if domain.state == "shutdown":
            power.release(vmm, domain, "shutdown")
        elif domain.job:
            moving.recover(vmm, domain)


def autostart_all(vmm):
    """VMs that are to start with the host; nobody is there to hear of a refusal, so it goes to the log."""
    for domain in [domain for domain in vmm.domains.values() if domain.autostart]:
        try:
            start(vmm, domain.name)
        except LabError as error:
            vmm.world.emit(vmm.manager.name, None, "libvirt", f"{domain.name}: autostart failed", error=str(error))


def migrate(vmm, name, target=None, **options):
    """domainMigratePerform3: see labkit.vmm.lean.moving."""
    domain = accepting(vmm, "migrate_to", name)
    if target is None:
        why = f"{vmm.name} cannot choose a target for {name!r}: it knows no other host"
        raise LabError(why, 400, True, "name one; choosing is the work of a VIM")
    if target == vmm.name:
        raise LabError(f"{name!r} is on {vmm.name} already: a migration to itself", 409, True, "name another host")
    if f"{target}-{vmm.setup.manager}" not in vmm.world.nodes:
        raise LabError(f"there is no {vmm.setup.manager} on a host {target!r}", 404, True, "name a host of this kind")
    return moving.migrate(vmm, domain, target, **options)


def _abort(vmm, name):
    return moving.abort(vmm, find(vmm, name))


CALLS = {
    "connectBulk": several,
    "domainDefineXML": define,
    "domainUndefineFlags": undefine,
    "domainSetAutostart": autostart,
    "domainCreate": start,
    "domainSuspend": pause,
    "domainResume": resume,
    "domainShutdown": shutdown,
    "domainDestroy": kill,
    "domainLeaseBreak": break_lease,
    "domainMigratePerform3": migrate,
    "domainMigratePrepare3": moving.prepare,
    "domainMigrateFinish3": moving.finish,
    "domainAbortJob": _abort,
    "domainGetInfo": questions.info,
    "connectListAllDomains": questions.list_all,
    "connectGetAllDomainStats": questions.stats,
    "nodeGetInfo": questions.node_info,
}
