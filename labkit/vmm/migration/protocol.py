"""Where messages of a migration arrive: calls at the management process, pages at the machine.

Also what becomes of a migration when the management process was stopped and starts again (libvirt, qemu_process.c,
qemuProcessRecoverMigrationOut and …In):

    source   prepare, perform  nothing is decided: cancel, the VM goes on here
             finish            nobody here knows whether it runs there: stay paused, ask again
             post-copy         there is no way back: pages go on being served
    target   prepared          the copy ends: it has never run, and whoever asks is told so
             active            it runs; the same answer as before
"""

from inspect import signature

from labkit.vmm.management import carry_out
from labkit.vmm.migration import incoming, outgoing
from labkit.vmm.migration.move import current, found, tell
from labkit.vmm.migration.sending import PIECE_S, speed_of, stop
from labkit.world.errors import LabError

CALLS = {"domainMigratePrepare3": incoming.prepare, "domainMigrateFinish3": incoming.finish}


def serve(vmm, message):
    """A call of the other host's management process."""
    if message.what not in CALLS:
        raise LabError(f"{vmm.manager.name} has no call {message.what!r}", 501, True, f"it has {', '.join(CALLS)}")
    return carry_out(CALLS[message.what], vmm, message)


def receive(vmm, message):
    """A message of the other machine's QEMU."""
    if message.what == "page request":
        return _pages(vmm, found(vmm, message.detail["id"]), message.detail["missing_mib"])
    return incoming.take(vmm, message)


def _pages(vmm, move, missing_mib):
    """Post-copy, source: pages for a target that still misses so many MiB (a generator). When it misses none, the copy
    here ends. Raises LabError (409) when that has happened, or its process was killed: nobody has the pages."""
    domain = vmm.domains.get(move.name)
    outgoing.asked(vmm, domain, move)
    if missing_mib <= 0:
        outgoing.end(vmm, domain, move, "migrated")
        return {"mib": 0.0}
    speed = speed_of(vmm, move)
    mib = min(missing_mib, speed * PIECE_S)
    yield vmm.world.timeout(mib / speed)
    outgoing.asked(vmm, domain, move)
    tell(vmm, move, "pages on demand", mib=round(mib, 3), left_mib=round(missing_mib - mib, 3))
    return {"mib": mib}


def recover(vmm, domain):
    """The management process has started again and finds `domain` in the middle of a migration."""
    move = current(vmm, domain)
    if move.side == "in":
        if move.phase == "prepared":
            incoming.fail(vmm, domain, move, "the management process was stopped meanwhile")
    elif move.phase in ("prepare", "perform"):
        if not move.cancel.triggered:
            move.cancel.succeed()
        outgoing.go_on(vmm, domain, move, "canceled")
    elif move.phase == "finish":
        vmm.manager.process(_settle(vmm, domain, move))


def _settle(vmm, domain, move):
    try:
        yield from outgoing.finish(vmm, domain, move)
    except LabError as error:
        tell(vmm, move, "ended", id=move.id, error=str(error))


def pause(vmm, domain):
    """domainSuspend while it leaves: nothing more is written, so the migration ends soon, and the guest goes on where
    it is then (virsh migrate --timeout-suspend; Nova's live_migration_timeout_action force_complete)."""
    stop(vmm, domain, current(vmm, domain))


def abort(vmm, domain):
    """domainAbortJob: end the migration of `domain`; it goes on here. Raises LabError (409) when that is too late.

    While nobody here knows whether the target runs, the disk decides: the lease is taken back under a new number, so
    that the target can never take it over any more.
    """
    move = current(vmm, domain)
    if move is None or move.side == "in":
        raise LabError(f"domain {domain.name!r} has no migration of its own to cancel", 409, True, "ask its source")
    if move.phase == "post-copy":
        why = f"{domain.name!r} runs on {move.peer} already, with pages missing: no host has all of it"
        raise LabError(why, 409, True, "wait: there is no way back from post-copy")
    if move.phase == "finish":
        return _take_back(vmm, domain, move)
    if not move.cancel.triggered:
        move.cancel.succeed()
    return {"name": domain.name, "cancelled": True}


def _take_back(vmm, domain, move):
    if domain.disk is None or domain.disk.lease.owner != vmm.name:
        raise LabError(f"{move.peer} may run {domain.name!r} already", 409, None, "wait until it answers")
    move.generation = domain.disk.break_lease(vmm.name)
    outgoing.go_on(vmm, domain, move, "canceled")
    return {"name": domain.name, "cancelled": True}


def migrate(vmm, domain, target, **options):
    """Begin to move `domain` to `target`; see outgoing.migrate."""
    try:
        signature(outgoing.migrate).bind(vmm, domain, target, **options)
    except TypeError as error:
        raise LabError(f"migrate_to: {error}", 400, True) from None
    return outgoing.migrate(vmm, domain, target, **options)
