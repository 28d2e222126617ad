"""Live migration between lean hosts: the calls of libvirt's protocol, and the lock that decides.

    source                                    target
      prepare  ── domainMigratePrepare3 ───▶  room? disk in reach? an empty process that waits
      perform  ==== as long as pre-copy takes (labkit.vmm.migration) ====
      finish   ── domainMigrateFinish3 ────▶  takes over the disk's lock, runs
      confirm     ends its own copy, or lets it go on

Between its stop and an answer to `finish` the source cannot know whether the target runs: it stays paused and asks
again. A copy goes on only while the lock is its host's, under the number that it had when the migration began.

What the real one does differently: pages travel as messages that can be lost (labkit.vmm.migration); here their time
passes, with the link divided among the migrations that leave this host when it begins.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from labkit.vmm import events
from labkit.vmm.lean import power
from labkit.vmm.lean.lean_domain import LeanDomain, sized
from labkit.vmm.migration import Load, precopy
from labkit.vmm.migration.incoming import RESUME_S
from labkit.vmm.migration.move import ASK_AGAIN_S, KEEPALIVE_S
from labkit.world.errors import LabError, Unanswered, number
from labkit.world.fixed import Fixed


@dataclass
class Moving:
    """One migration as one host knows it. phase: 'prepare', 'perform', 'finish', 'over' at the source; 'prepared',
    'active', 'failed' at the target. `doubt`: a `finish` was sent, and it is not known what became of it."""

    id: str
    side: str
    name: str
    peer: str
    life: int
    generation: int
    phase: str = "prepare"
    outcome: Any = None
    doubt: bool = False
    undefine: bool = True
    persistent: bool = True


def migrate(vmm, domain, target, policy="qemu", bandwidth_mib_s=1024, persistent_dest=True, undefine_source=True):
    """Move a running domain to the host `target` (a generator for the management process); returns how it went.
    Options and errors are those of labkit.vmm.migration.outgoing.migrate."""
    number(bandwidth_mib_s, "bandwidth_mib_s", least=1e-6)
    beside = 1 + sum(move.phase == "perform" for move in vmm.migrations.values())
    load = Load(domain.live.memory_mib, domain.live.dirty_mib_s, domain.live.writable_working_set_mib)
    outcome = precopy(load, bandwidth_mib_s / beside, policy, RESUME_S)
    generation = domain.lease.generation if domain.lease else 0
    move = Moving(f"{vmm.name}/{domain.life}/{vmm.world.now:g}/{domain.name}", "out", domain.name, target, domain.life,
                  generation, outcome=outcome, undefine=undefine_source, persistent=persistent_dest)  # fmt: skip
    vmm.migrations[move.id], domain.job = move, "migration out"
    return _run(vmm, domain, move)


def tell(vmm, move, what, **detail):
    """An event of kind 'migration'."""
    vmm.world.emit(vmm.name, move.peer, "migration", f"{move.name}: {what}", domain=move.name, **detail)


def alive(domain, move):
    """The domain's process is still the one with which the migration began."""
    return domain is not None and domain.id is not None and domain.life == move.life


def _peer(vmm, move):
    return f"{move.peer}-{vmm.setup.manager}"


def _run(vmm, domain, move):
    tell(vmm, move, "begin", id=move.id, memory_mib=domain.live.memory_mib)
    definition = {key: value for key, value in domain.live.as_json().items() if key not in ("name", "uuid")}
    store = domain.store.name if domain.store else None
    total_s = move.outcome.live_s + move.outcome.downtime_s
    try:
        yield vmm.world.call(
            vmm.manager.name, _peer(vmm, move), "libvirt", "domainMigratePrepare3", KEEPALIVE_S, id=move.id,
            name=move.name, source=vmm.name, definition=Fixed(definition), datastore=store,
            generation=move.generation, mark=domain.mark, persistent=move.persistent,
            expires_s=total_s + 2 * KEEPALIVE_S, demand_mhz=domain.demand_mhz, used_mib=domain.used_mib)  # fmt: skip
    except LabError:
        go_on(vmm, domain, move, "failed")
        raise
    move.phase = "perform"
    yield vmm.world.timeout(move.outcome.live_s)
    if move.phase == "perform" and alive(domain, move):
        if domain.state == "running":
            power.change(vmm, domain, "paused", "migration")
        yield vmm.world.timeout(max(0.0, move.outcome.downtime_s - RESUME_S))
    if move.phase != "perform" or not alive(domain, move):
        raise LabError(f"the migration of {move.name!r} ended: {move.phase}", 409, True)
    move.phase = "finish"
    return (yield from finish_it(vmm, domain, move))


def finish_it(vmm, domain, move):
    """Ask the target to let its copy run until it is known whether it does (a generator)."""
    while alive(domain, move) and move.phase == "finish":
        before, move.doubt = move.doubt, True
        runs = None
        try:
            runs = (yield _ask(vmm, move))["runs"]
        except Unanswered as silence:
            move.doubt = before or not silence.definite
        except LabError:  # it has been down meanwhile, or its copy was ended: the lock says who ran last
            runs = False
        if runs is None and move.doubt and domain.lease.owner != move.peer:
            yield vmm.world.timeout(ASK_AGAIN_S)
        elif alive(domain, move) and move.phase == "finish":
            return _confirm(vmm, domain, move, bool(runs) or domain.lease.owner == move.peer)
    raise LabError(f"the migration of {move.name!r} ended: {move.phase}", 409, True)


def _ask(vmm, move, cancelled=False):
    return vmm.world.call(vmm.manager.name, _peer(vmm, move), "libvirt", "domainMigrateFinish3", KEEPALIVE_S,
                          id=move.id, cancelled=cancelled)  # fmt: skip


def _confirm(vmm, domain, move, runs):
    if not runs:
        went_on = go_on(vmm, domain, move, "canceled")
        where = f"it is on {vmm.name}" if went_on else "its memory is lost: it can be started from its disk"
        raise LabError(f"{move.peer} did not take over {move.name!r}", 409, went_on, where)
    move.phase = "over"
    tell(vmm, move, "confirm: it runs there", id=move.id)
    domain.persistent = domain.persistent and not move.undefine
    power.release(vmm, domain, "migrated")
    told = move.outcome
    return {"name": move.name, "host": move.peer, "ended": told.ended, "rounds": told.live_rounds,
            "live_s": round(told.live_s, 3), "downtime_s": round(told.downtime_s, 3)}  # fmt: skip


def go_on(vmm, domain, move, why):
    """The migration did not happen: the source's copy goes on. False if it must not: its disk has changed hands."""
    move.phase = "over"
    tell(vmm, move, f"{why}, nothing has moved", id=move.id)
    vmm.node.process(_tell_target(vmm, move))
    if not alive(domain, move):
        return False
    lease = domain.lease
    if lease is None or (lease.owner, lease.generation) != (vmm.name, move.generation):
        tell(vmm, move, "its memory is older than its disk: thrown away", id=move.id)
        power.release(vmm, domain, "crashed")
        return False
    domain.job = None
    events.note(vmm, domain.name)
    if (domain.state, domain.reason) == ("paused", "migration"):
        power.change(vmm, domain, "running", "migration canceled")
    return True


def _tell_target(vmm, move):
    with suppress(LabError):
        yield _ask(vmm, move, cancelled=True)


def abort(vmm, domain):
    """domainAbortJob: it goes on here. While nobody knows whether the target runs, the lock is taken back under a new
    number, so that the target can never take it over any more. LabError (409) when it is too late."""
    move = next((each for each in vmm.migrations.values() if each.name == domain.name and each.life == domain.life
                 and each.side == "out" and each.phase != "over"), None)  # fmt: skip
    if move is None:
        raise LabError(f"no job is active on {domain.name!r} that could be called off", 409, True)
    if move.phase == "finish":
        if domain.lease.owner != vmm.name:
            raise LabError(f"{move.peer} may run {domain.name!r} already", 409, None, "wait until it answers")
        move.generation = domain.lease.seize(vmm.name)
    go_on(vmm, domain, move, "canceled")
    return {"name": domain.name, "cancelled": True}


def recover(vmm, domain):
    """The management process has started again and finds `domain` in the middle of a migration."""
    for move in list(vmm.migrations.values()):
        if move.name != domain.name or move.life != domain.life or move.phase in ("over", "failed", "active"):
            continue
        if move.side == "in":
            fail(vmm, domain, move, "the management process was stopped meanwhile")
        elif move.phase == "finish":
            vmm.manager.process(_settle(vmm, domain, move))
        else:
            go_on(vmm, domain, move, "canceled")


def _settle(vmm, domain, move):
    try:
        yield from finish_it(vmm, domain, move)
    except LabError as error:
        tell(vmm, move, "ended", id=move.id, error=str(error))


# -- the target --------------------------------------------------------------------------------------------------------
def prepare(
    vmm, id, name, source, definition, datastore, generation, mark, persistent, expires_s, demand_mhz, used_mib
):
    """domainMigratePrepare3: room, CPU, network, and the disk in reach? LabError with nothing changed."""
    if id in vmm.migrations:
        return {"ready": True}
    store = vmm.stores.get(datastore)
    if datastore is not None and store is None:
        raise LabError(f"the disk lies on {datastore}, which {vmm.name} does not reach", 409, True,
                       "use a datastore that both hosts share; copying disks is another job")  # fmt: skip
    domain = vmm.domains.get(name)
    if domain is not None and (domain.active or domain.mark != mark):
        raise LabError(f"{vmm.name} already has a VM {name!r} ({domain.state})", 409, True, "rename one of them")
    wanted = sized(Fixed(definition))
    new = LeanDomain(name, wanted, store, mark)
    new.persistent = domain is not None
    power.reserve(vmm, new, lock=False)
    vmm.domains[name] = new
    new.demand_mhz, new.used_mib, new.job = demand_mhz, used_mib, "migration in"
    power.change(vmm, new, "paused", "migration")
    move = vmm.migrations[id] = Moving(id, "in", name, source, new.life, generation, "prepared", persistent=persistent)
    vmm.node.process(_expire(vmm, new, move, expires_s))
    return {"ready": True}


def _expire(vmm, domain, move, expires_s):
    yield vmm.world.timeout(expires_s)
    if move.phase == "prepared" and alive(domain, move):
        fail(vmm, domain, move, f"no word from {move.peer}")


def fail(vmm, domain, move, why):
    """The copy here will never run."""
    move.phase = "failed"
    tell(vmm, move, f"the copy here ends: {why}", id=move.id)
    if alive(domain, move):
        power.release(vmm, domain, "failed")


def finish(vmm, id, cancelled=False):
    """domainMigrateFinish3: let the copy run. Asked again it answers again, and does nothing (a generator)."""
    move = vmm.migrations.get(id)
    if move is None:
        raise LabError(f"{vmm.name} knows no migration {id}", 404, None, "it was down meanwhile, or never asked")
    if move.phase == "prepared" and not cancelled:
        yield vmm.world.timeout(RESUME_S)
    domain = vmm.domains.get(move.name)
    if move.phase == "prepared" and alive(domain, move):
        _activate(vmm, domain, move, cancelled)
    elif move.phase == "prepared":
        move.phase = "failed"
    return {"runs": move.phase == "active"}


def _activate(vmm, domain, move, cancelled):
    lease = domain.lease
    if cancelled or lease is None or (lease.owner, lease.generation) != (move.peer, move.generation):
        return fail(vmm, domain, move, "called off" if cancelled else "its disk has changed hands meanwhile")
    lease.hand_over(move.peer, vmm.name)
    move.phase, domain.job, domain.persistent = "active", None, move.persistent
    power.change(vmm, domain, "running", "migrated")
