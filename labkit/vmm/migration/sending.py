"""The source's QEMU: sends memory in rounds while the guest runs, stops it, sends the rest and the devices' state.

It belongs to the domain's process, not to the management process: stop libvirtd and the pages go on flowing. All
migrations that leave a host share its migration network; each piece is sent with the part that there is at the moment.

What the real one does differently: the pieces are pages of 4 KiB on one or more TCP connections (multifd), found by a
dirty bitmap that the hardware helps to keep; the guest's clients feel the writes being tracked.
"""

from dataclasses import replace

from labkit.vmm import power
from labkit.vmm.migration.load import Load
from labkit.vmm.migration.move import KEEPALIVE_S, alive, tell
from labkit.vmm.migration.policies import find
from labkit.vmm.migration.rounds import transfer
from labkit.world.errors import LabError
from labkit.world.trace import plain

PIECE_S = 2.0  # so long is a piece of a round on the wire: as fast as a broken link or a cancel is noticed


def send_memory(vmm, domain, move):
    """Send everything (a generator); what became of it lies in `move.outcome` or `move.error` afterwards."""
    try:
        move.outcome = yield from _rounds(vmm, domain, move)
        if move.outcome.moved:
            yield from _hand_over_state(vmm, domain, move)
        else:
            move.error = LabError(f"the migration of {move.name!r} was aborted: {move.outcome.why}", 409, True,
                                  "let it write less, slow it (auto-converge), or try post-copy")  # fmt: skip
    except LabError as error:
        move.error = error


def load_of(domain):
    """What the guest does with its memory now; a paused one writes nothing."""
    live = domain.live
    load = Load(live.memory_mib, live.dirty_mib_s, live.writable_working_set_mib)
    return load if domain.computing else replace(load, dirty_mib_s=0.0)


def _rounds(vmm, domain, move):
    work, number = transfer(load_of(domain), find(move.policy), alone=False), 0
    try:
        volume = next(work)
        while True:
            number += 1
            began_s = vmm.world.now
            if volume.stopped:
                stop(vmm, domain, move)
            yield from _put(vmm, domain, move, volume)
            span_s = vmm.world.now - began_s
            what = "stop-and-copy" if volume.stopped else f"round {number}"
            tell(vmm, move, what, mib=round(volume.mib, 3), seconds=round(span_s, 6), throttle=volume.throttle)
            volume = work.send(span_s)
    except StopIteration as end:
        return end.value


def stop(vmm, domain, move):
    """The guest stands still from here on, until somebody knows on which host it goes on."""
    if domain.computing:
        move.stopped_s = vmm.world.now
        power.halt(vmm, domain, "migration")


def _put(vmm, domain, move, volume):
    """Carry one volume to the target, piece by piece; each piece is on the wire while the one before is confirmed."""
    world, left_mib, pending = vmm.world, volume.mib, None
    while left_mib > 0:
        speed = _speed(vmm, move, volume.rate_mib_s)
        last = left_mib <= speed * PIECE_S
        yield world.timeout(left_mib / speed if last else PIECE_S) | move.cancel
        check(domain, move)
        if pending is not None:
            yield pending | move.cancel
        mib = left_mib if last else speed * PIECE_S
        pending = world.call(vmm.name, move.peer, "migration", "pages", KEEPALIVE_S, id=move.id, mib=round(mib, 3))
        left_mib = 0.0 if last else left_mib - mib
    if pending is not None:
        yield pending | move.cancel
    check(domain, move)


def _speed(vmm, move, rate_mib_s):
    sharing = sum(other.side == "out" and other.phase in ("prepare", "perform") for other in vmm.migrations.values())
    speed = move.bandwidth_mib_s / max(1, sharing)
    return speed if rate_mib_s is None else min(speed, rate_mib_s)


def check(domain, move):
    """Raise LabError if there is nothing more to send: cancelled, or the VM is gone."""
    if not alive(domain, move):
        raise LabError(f"the migration of {move.name!r} ended: the VM was stopped", 409, True)
    if move.cancel.triggered:
        raise LabError(
            f"the migration of {move.name!r} was cancelled", 409, True, f"it runs on at its host, not at {move.peer}"
        )


def _hand_over_state(vmm, domain, move):
    stop(vmm, domain, move)
    guest, after, paused = domain.guest, move.outcome.after, domain.reason != "migration"
    if after is not None:
        move.missing_mib, move.faults = after.sent_mib, after.faults
    memory, boots_s = guest.image()
    state = {"memory": plain(memory), "boots_s": boots_s, "paused": paused, "button": guest.button}
    state["missing_mib"] = move.missing_mib
    yield vmm.world.call(vmm.name, move.peer, "migration", "device state", KEEPALIVE_S, id=move.id, state=state)
    check(domain, move)
