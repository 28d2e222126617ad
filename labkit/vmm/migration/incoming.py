"""The target: an empty process that waits, takes pages, and runs when it is told to, once.

prepared ── pages … state ── finish: takes the disk's lease ──▶ active       said once, true for ever
    └────── cancelled, or silence for 30 s ─────────────────▶ failed         said once, true for ever

After post-copy's hand-over it is the target that counts: it asks for what it has not got, as often as it must, and the
source's copy ends when the target says that nothing is missing. A cut link makes the guest wait, not die.

What the real one does differently: after a broken connection both QEMUs wait in the state postcopy-paused for an
administrator (virsh migrate --postcopy-resume); ours asks again by itself. The vCPUs that touch no missing page go on
meanwhile, in libvirt's state running (post-copy failed); ours all wait.
"""

from contextlib import suppress

from labkit.vmm import definitions, power
from labkit.vmm.domain import from_json
from labkit.vmm.migration.move import ASK_AGAIN_S, KEEPALIVE_S, Move, alive, found, lease_of, tell
from labkit.world.errors import LabError, Unanswered

RESUME_S = 0.05  # from `finish` until the guest runs: devices, and a gratuitous ARP to the switches; chosen


def prepare(vmm, id: str, source: str, definition: dict, datastore, generation, persistent):
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
    moving = vmm.world.component(source).domains.get(wanted.name)
    if moving is None:
        raise LabError(f"{wanted.name!r} is not on {source} any more", 409, True)
    before = domain and domain.definition
    if domain is None:
        domain = definitions.new(vmm, wanted)
        domain.persistent = False
    domain.definition = wanted
    domain.guest.install(moving.guest.serve, moving.guest.program)  # what lies on the shared disk; the state is sent
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
        domain.definition = move.before or domain.definition
        power.release(vmm, domain, "failed")


def take(vmm, message):
    """Pages, or the devices' state, have come over the migration network."""
    move = found(vmm, message.detail["id"])
    domain = vmm.domains.get(move.name)
    if move.phase != "prepared" or not alive(domain, move):
        raise LabError(f"{vmm.name} does not wait for {move.name!r} any more", 409, True)
    move.seen_s = vmm.world.now
    if message.what == "device state":
        move.state = message.detail["state"]
        move.missing_mib = move.state["missing_mib"]
    return {"taken": True}


def finish(vmm, id: str, cancelled: bool = False):
    """domainMigrateFinish3: let the copy run. Asked again it answers again, and does nothing (a generator)."""
    move = found(vmm, id)
    if move.phase == "prepared":
        move.seen_s = vmm.world.now
        if not cancelled:
            yield vmm.world.timeout(RESUME_S)
    domain = vmm.domains.get(move.name)
    if move.phase == "prepared":
        _activate(vmm, domain, move, cancelled)
    waits = move.phase == "active" and alive(domain, move)
    return {"runs": move.phase == "active", "missing_mib": move.missing_mib if waits else 0.0}


def _activate(vmm, domain, move, cancelled):
    if not alive(domain, move):
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
        power.hear_of_no_room(vmm, domain)
    _persist(domain, move)
    state, move.state, move.phase = move.state, None, "active"
    domain.guest.restore((state["memory"], state["boots_s"]))
    domain.guest.button = state["button"]
    if move.missing_mib:
        power.go(vmm, domain, "post-copy")
        vmm.node.process(_fetch(vmm, domain, move))
        return
    domain.job = None
    if state["rests"]:
        power.freeze(vmm, domain)
        power.change(vmm, domain, *state["rests"])
    else:
        power.go(vmm, domain, "migrated")


def _persist(domain, move):
    """Whose definition stays here: the VM's, if it was to take it along; else the one that was here, if any."""
    domain.persistent = domain.persistent or move.persistent
    if move.before and not move.persistent:
        domain.definition = move.before


def _fetch(vmm, domain, move):
    """Post-copy: ask for pages until none is missing. No answer: the guest waits. A source that was down, or whose
    process has ended, has lost them."""
    while alive(domain, move) and move.missing_mib > 0:
        try:
            said = yield _ask_for_pages(vmm, move)
        except Unanswered:
            _wait_for_pages(vmm, domain, move)
            yield vmm.world.timeout(ASK_AGAIN_S)
        except LabError:
            _lose(vmm, domain, move)
        else:
            move.missing_mib = max(0.0, move.missing_mib - said["mib"])
            _go_on(vmm, domain, move)
    if alive(domain, move):
        domain.job = None
        if domain.computing:
            power.change(vmm, domain, domain.state, "migrated")
        with suppress(LabError):  # a source that does not hear it will ask
            yield _ask_for_pages(vmm, move)


def _ask_for_pages(vmm, move):
    return vmm.world.call(vmm.name, move.peer, "migration", "page request", KEEPALIVE_S, id=move.id,
                          missing_mib=move.missing_mib)  # fmt: skip


def _wait_for_pages(vmm, domain, move):
    if alive(domain, move) and domain.reason == "post-copy":
        power.freeze(vmm, domain)
        power.change(vmm, domain, "running", "post-copy failed")


def _go_on(vmm, domain, move):
    if alive(domain, move) and domain.reason == "post-copy failed":
        power.go(vmm, domain, "post-copy")


def _lose(vmm, domain, move):
    if alive(domain, move):
        tell(vmm, move, "the pages that are missing died with their host: the VM is lost", id=move.id)
        power.release(vmm, domain, "crashed")
