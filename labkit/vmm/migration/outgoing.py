"""The source's management process: libvirt's migration protocol v3, peer to peer, and who is allowed to run when.

    vmm1-libvirtd                                       vmm2-libvirtd
      begin     what is it? (definition)
      prepare   ──── domainMigratePrepare3 ───────────▶ room? CPU? disk in reach? an empty process that waits
      perform   ==== pages (vmm1 ═▶ vmm2), rounds, stop, rest, devices ====▶
      finish    ──── domainMigrateFinish3 ────────────▶ takes the disk's lease, runs
      confirm   ends its own copy – or lets it go on

Between the stop and the answer to `finish` the source does not know whether the target runs: the two generals. So it
stays paused and asks again, as often as it must; the target does the same thing once, whatever it is asked. And the
disk's lease has a number: memory that is older than the last change of hands is never let go on (two writers, or old
memory over a newer disk, destroy a file system).

What the real one does differently: libvirt does not ask again by itself. A source whose `finish` got no answer leaves
its copy paused, and a third party must look (qemuProcessRecoverMigrationOut, PERFORM3_DONE: 'third party needs to
check what to do next'); QEMU's image locks keep two processes from writing meanwhile.
"""

from contextlib import suppress

from labkit.vmm import events, power
from labkit.vmm.migration.move import ASK_AGAIN_S, KEEPALIVE_S, Move, alive, lease_of, tell
from labkit.vmm.migration.policies import find
from labkit.vmm.migration.sending import send_memory
from labkit.world.errors import LabError, Unanswered, number
from labkit.world.trace import plain


def migrate(vmm, domain, target, policy="qemu", bandwidth_mib_s=1024, persistent_dest=True, undefine_source=True):
    """Begin a migration of `domain` to the host `target`: a generator for the management process; returns how it went.

    policy           name of a stop rule (labkit.vmm.migration.POLICIES)
    bandwidth_mib_s  of the source's migration network, shared by all that leave this host
    persistent_dest, undefine_source   whose definition stays: by default the target's only (as Nova asks libvirt to)
    Raises LabError (400, 404, 409, 507) with everything as it was; Unanswered when the target says nothing.
    """
    find(policy), number(bandwidth_mib_s, "bandwidth_mib_s", least=1e-6)
    plain(domain.guest.memory, "the guest's memory")
    if domain.snapshots:
        why = (
            f"cannot migrate domain {domain.name!r} with {len(domain.snapshots)} snapshots: {vmm.name} alone knows them"
        )
        raise LabError(why, 409, True, "delete them first")
    _, generation = lease_of(domain)
    move = Move(vmm.new_uuid(), "out", domain.name, target, "prepare", domain.life, generation, bandwidth_mib_s, policy,
                bool(undefine_source), bool(persistent_dest), cancel=vmm.world.event())  # fmt: skip
    vmm.migrations[move.id], domain.job = move, "migration out"
    return _run(vmm, domain, move)


def peer(vmm, move):
    """Node name of the other host's management process."""
    return f"{move.peer}-{vmm.setup.manager}"


def _run(vmm, domain, move):
    tell(vmm, move, "begin", id=move.id, policy=move.policy, memory_mib=domain.live.memory_mib)
    try:
        yield vmm.world.call(
            vmm.manager.name, peer(vmm, move), "libvirt", "domainMigratePrepare3", KEEPALIVE_S, id=move.id,
            source=vmm.name, definition=plain(domain.live.as_json()), datastore=vmm.datastore.name,
            generation=move.generation, persistent=move.persistent)  # fmt: skip
    except LabError as error:
        move.error = error
    else:
        move.phase = "perform"
        yield vmm.node.process(send_memory(vmm, domain, move))
    if move.error is not None:
        go_on(vmm, domain, move, "failed")
        raise move.error
    move.phase = "finish"
    return (yield from finish(vmm, domain, move))


def finish(vmm, domain, move):
    """Ask the target to let its copy run, until it is known whether it does (a generator)."""
    while alive(domain, move) and move.phase == "finish":
        before, move.doubt = move.doubt, True  # also for whoever goes on here after a restart
        try:
            said = yield from _ask(vmm, move)
        except Unanswered as silence:
            move.doubt = before or not silence.definite
        except LabError:  # it has been down meanwhile: nobody runs there, the disk tells who ran last
            move.doubt = before
            return confirm(vmm, domain, move, False)
        else:
            move.doubt = False
            return confirm(vmm, domain, move, said["runs"])
        if not move.doubt:  # refused each time: the target certainly was never asked
            return confirm(vmm, domain, move, False)
        if lease_of(domain)[0] == move.peer:
            return confirm(vmm, domain, move, True)
        yield vmm.world.timeout(ASK_AGAIN_S)
    if move.heard_s is not None:  # by the pages that the target asks for
        return report(vmm, move)
    raise LabError(f"the migration of {move.name!r} ended: {move.phase}", 409, True)


def _ask(vmm, move, cancelled=False):
    return (yield vmm.world.call(vmm.manager.name, peer(vmm, move), "libvirt", "domainMigrateFinish3", KEEPALIVE_S,
                                 id=move.id, cancelled=cancelled))  # fmt: skip


def confirm(vmm, domain, move, runs):
    """The source's last word: end its own copy, or let it go on. Raises LabError when the VM did not move."""
    if move.heard_s is not None:
        return report(vmm, move)
    if not alive(domain, move) or move.phase == "over":
        raise LabError(f"the migration of {move.name!r} ended meanwhile", 409, True)
    if not runs:
        went_on = go_on(vmm, domain, move, "canceled")
        where = f"it is on {vmm.name}" if went_on else "its memory is lost: it can be started from its disk"
        raise LabError(f"{move.peer} did not take over {move.name!r}", 409, went_on, where)
    it_runs_there(vmm, domain, move)
    return report(vmm, move)


def it_runs_there(vmm, domain, move):
    """This host has learnt that the target runs the VM: its own copy ends, or serves pages until none is missing."""
    tell(vmm, move, "confirm: it runs there", id=move.id)
    move.heard_s = move.seen_s = vmm.world.now
    if move.missing_mib:
        move.phase = "post-copy"
        power.change(vmm, domain, "paused", "post-copy")
        vmm.node.process(watch(vmm, domain, move))
    else:
        end(vmm, domain, move, "migrated")


def asked(vmm, domain, move):
    """The target asks for pages, so it runs the VM. Raises LabError (409) if this host has no copy any more."""
    if not alive(domain, move):
        raise LabError(f"{vmm.name} has no copy of {move.name!r} any more", 409, True)
    move.seen_s = vmm.world.now
    if move.heard_s is None:
        it_runs_there(vmm, domain, move)
    elif domain.reason == "post-copy failed":
        power.change(vmm, domain, "paused", "post-copy")


def report(vmm, move):
    """The answer to migrate_to. `downtime_s`: from the stop until this host heard that the VM runs there, so with the
    hand-over (50 ms and some messages) that no stop rule reckons: it may lie above the rule's limit, as it does in the
    field, where the limit is what is expected and the downtime what is measured."""
    told, since_s = move.outcome, move.stopped_s
    downtime_s = 0.0 if since_s is None else move.heard_s - since_s
    figures = {"live_s": round(told.live_s, 3), "downtime_s": round(downtime_s, 3), "sent_mib": round(told.sent_mib, 1)}
    return {"name": move.name, "host": move.peer, "ended": told.ended, "rounds": told.live_rounds, **figures}


def end(vmm, domain, move, reason):
    """The source's copy ends; its definition, too, if the migration was to take it along."""
    move.phase = "over"
    domain.persistent = domain.persistent and not move.undefine
    power.release(vmm, domain, reason)


def go_on(vmm, domain, move, why):
    """The migration did not happen: the source's copy goes on. False if it must not: its disk has changed hands, or it
    has no disk, and nobody knows what the target did before it was down."""
    move.phase = "over"
    tell(vmm, move, f"{why}, nothing has moved", id=move.id)
    vmm.node.process(_tell_target(vmm, move))
    if not alive(domain, move):
        return False
    if lease_of(domain) not in ((vmm.name, move.generation), (None, None)):
        tell(vmm, move, "its memory is older than its disk: thrown away", id=move.id)
        end(vmm, domain, move, "crashed")
        return False
    if domain.disk is None and move.doubt:
        tell(vmm, move, f"it may have run on {move.peer}: its older memory is thrown away", id=move.id)
        power.release(vmm, domain, "crashed")
        return False
    domain.job = None
    events.note(vmm, domain.name)
    if domain.state == "paused" and domain.reason == "migration":
        power.go(vmm, domain, "migration canceled")
    return True


def _tell_target(vmm, move):
    """The target may forget it; if it does not hear this, it will notice the silence."""
    with suppress(LabError):
        yield from _ask(vmm, move, cancelled=True)


def watch(vmm, domain, move):
    """During post-copy: when no page is asked for any more, ask whether the target still waits for some."""
    while alive(domain, move):
        yield vmm.world.timeout(KEEPALIVE_S)
        if not alive(domain, move) or vmm.world.now - move.seen_s < KEEPALIVE_S:
            continue
        if domain.reason == "post-copy":
            power.change(vmm, domain, "paused", "post-copy failed")
        try:
            said = yield from _ask(vmm, move)
        except Unanswered:
            continue
        except LabError:
            said = None
        if alive(domain, move) and said is None:
            tell(vmm, move, "the target was down, its part of the memory is gone: the VM is lost", id=move.id)
            end(vmm, domain, move, "crashed")
        elif alive(domain, move) and not said["missing_mib"]:
            end(vmm, domain, move, "migrated")
