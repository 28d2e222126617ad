"""The target: an empty process that waits, takes pages, and runs when it is told to, once.

prepared ── pages … state ── finish: takes the disk's lease ──▶ active       said once, true for ever
    └────── cancelled, or silence for 30 s ─────────────────▶ failed         said once, true for ever
"""

from labkit.vmm import definitions, power
from labkit.vmm.domain import from_json
from labkit.vmm.migration.move import ASK_AGAIN_S, KEEPALIVE_S, Move, alive, found, lease_of, tell
from labkit.world.errors import LabError, Unanswered

RESUME_S = 0.05  # from `finish` until the guest runs: devices, and a gratuitous ARP to the switches; chosen


def prepare(vmm, id, source, definition, datastore, generation, persistent):
    """domainMigratePrepare3: room, CPU, network, and the disk in reach? Raises LabError with nothing changed."""
    if id in vmm.migrations:
        return {"ready": True}
    if datastore != vmm.datastore.name:
        why = f"the disk lies on {datastore}, {vmm.name} has {vmm.datastore.name}: it cannot be reached from there"
        next_step = "use a datastore that both hosts share; copying disks while they are written is another job"
        raise LabError(why, 409, True, next_step)
    wanted = from_json(definition)
    domain = vmm.domains.get(wanted.name)
    if domain is not None and (domain.active or domain.definition.uuid != wanted.uuid):
        raise LabError(f"{vmm.name} already has a VM {wanted.name!r} ({domain.state})", 409, True, "rename one of them")
    power.admit(vmm, wanted)
    if domain is None:
        domain = definitions.new(vmm, wanted)
        domain.persistent = False
    domain.definition = wanted
    guest = vmm.world.component(source).domains[wanted.name].guest
    domain.guest.install(guest.serve, guest.program)  # what lies on the shared disk; the state comes as messages
    before = domain.disk.on_ioerror if domain.disk is not None else None
    power.reserve(vmm, domain, lease=False)
    power.change(vmm, domain, "paused", "migration")
    domain.job = "migration in"
    move = Move(id, "in", wanted.name, source, "prepared", domain.life, generation, persistent=persistent,
                seen_s=vmm.world.now, before=before)  # fmt: skip
    vmm.migrations[id] = move
    vmm.node.process(_expire(vmm, domain, move))
    return {"ready": True}


def _expire(vmm, domain, move):
    """A source that is silent for too long: its connection is taken for dead, the empty process ends."""
    while move.phase == "prepared" and alive(domain, move):
        yield vmm.world.timeout(ASK_AGAIN_S)
        silent = vmm.world.now - move.seen_s >= KEEPALIVE_S
        if silent and move.phase == "prepared" and vmm.manager.state == "running":
            fail(vmm, domain, move, f"no word from {move.peer} for {KEEPALIVE_S} s")


def fail(vmm, domain, move, why):
    """The copy here will never run."""
    move.phase = "failed"
    tell(vmm, move, f"the copy here ends: {why}", id=move.id)
    if alive(domain, move):
        power.release(vmm, domain, "failed")
        if domain.disk is not None:
            domain.disk.on_ioerror = move.before


def take(vmm, message):
    """Pages, or the devices' state, have come over the migration network."""
    move = found(vmm, message.detail["id"])
    domain = vmm.domains.get(move.name)
    if move.phase != "prepared" or domain is None or not alive(domain, move):
        raise LabError(f"{vmm.name} does not wait for {move.name!r} any more", 409, True)
    move.seen_s = vmm.world.now
    if message.what == "device state":
        move.state = message.detail["state"]
        move.missing_mib = move.state["missing_mib"]
    return {"taken": True}


def finish(vmm, id, cancelled=False):
    """domainMigrateFinish3: let the copy run. The same answer each time it is asked (a generator)."""
    move = found(vmm, id)
    if move.phase == "prepared":
        move.seen_s = vmm.world.now
        if not cancelled:
            yield vmm.world.timeout(RESUME_S)
    domain = vmm.domains.get(move.name)
    if move.phase == "prepared":
        _activate(vmm, domain, move, cancelled)
    return {"runs": move.phase == "active"}


def _activate(vmm, domain, move, cancelled):
    if domain is None or not alive(domain, move):
        fail(vmm, domain, move, "it was killed")
    elif cancelled or move.state is None:
        fail(vmm, domain, move, "cancelled" if cancelled else "the guest's state has not come")
    elif lease_of(domain) not in ((move.peer, move.generation), (None, None)):
        fail(vmm, domain, move, f"the lease of its disk is at generation {lease_of(domain)[1]}, not {move.generation}")
    else:
        _run(vmm, domain, move)


def _run(vmm, domain, move):
    if domain.disk is not None:
        domain.disk.hand_over(move.peer, vmm.name)
    move.phase, domain.persistent = "active", domain.persistent or move.persistent
    domain.guest.restore((move.state["memory"], move.state["boots_s"]))
    domain.guest.button = move.state["button"]
    if move.missing_mib:
        power.go(vmm, domain, "post-copy")
        vmm.node.process(_fetch(vmm, domain, move))
        return
    domain.job = None
    if move.state["paused"]:
        power.halt(vmm, domain, "user")
    else:
        power.go(vmm, domain, "migrated")


def _fetch(vmm, domain, move):
    """Post-copy: ask for pages until all are here. No answer: the guest waits; a source that was down has lost them."""
    while alive(domain, move):
        try:
            said = yield vmm.world.call(vmm.name, move.peer, "migration", "page request", KEEPALIVE_S, id=move.id)
        except Unanswered:
            _wait_for_pages(vmm, domain, move)
            yield vmm.world.timeout(ASK_AGAIN_S)
            continue
        except LabError:
            tell(vmm, move, "the pages that are missing died with their host: the VM is lost", id=move.id)
            power.release(vmm, domain, "crashed")
            return
        if alive(domain, move) and domain.reason == "post-copy failed":
            power.go(vmm, domain, "post-copy")
        if not said["left_mib"]:
            break
    if alive(domain, move):
        domain.job = None
        power.change(vmm, domain, domain.state, "migrated")


def _wait_for_pages(vmm, domain, move):
    if alive(domain, move) and domain.computing:
        power.halt(vmm, domain, "post-copy failed")
