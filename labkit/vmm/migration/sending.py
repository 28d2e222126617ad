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
    share_anew(vmm)
    try:
        move.outcome = yield from _rounds(vmm, domain, move)
        if move.outcome.moved:
            yield from _hand_over_state(vmm, domain, move)
        else:
            move.error = LabError(f"the migration of {move.name!r} was aborted: {move.outcome.why}", 409, True,
                                  "let it write less, slow it (auto-converge), or try post-copy")  # fmt: skip
    except LabError as error:
        move.error = error
    share_anew(vmm)


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
            written_mib = yield from _put(vmm, domain, move, volume)
            span_s = vmm.world.now - began_s
            what = "stop-and-copy" if volume.stopped else f"round {number}"
            tell(vmm, move, what, mib=round(volume.mib, 3), seconds=round(span_s, 6), throttle=volume.throttle)
            volume = work.send((span_s, written_mib))
    except StopIteration as end:
        return end.value


def stop(vmm, domain, move):
    """The guest stands still from here on, until it is known on which host it goes on."""
    if domain.computing:
        move.stopped_s = vmm.world.now
        power.halt(vmm, domain, "migration")


class Written:
    """MiB that the guest writes while a volume is sent: counted piece by piece, for its load may change, or it is
    paused in the middle."""

    def __init__(self, world, domain, throttle):
        self.world, self.domain, self.throttle, self.mib = world, domain, throttle, 0.0
        self.load, self.since_s = load_of(domain), world.now

    def count(self):
        """What was written since the last time, at the load of then."""
        more = self.load.dirtied_mib(self.world.now - self.since_s, self.throttle)
        self.mib = min(self.mib + more, max(self.mib, self.load.working_set_mib))
        self.load, self.since_s = load_of(self.domain), self.world.now
        return self.mib


def _put(vmm, domain, move, volume):
    """Carry one volume to the target, piece by piece; each piece is on the wire while the one before is confirmed.
    Returns the MiB that the guest wrote meanwhile (a generator)."""
    world, left_mib, pending, written = vmm.world, volume.mib, None, Written(vmm.world, domain, volume.throttle)
    while left_mib > 0:
        speed, began_s = speed_of(vmm, move, volume.rate_mib_s), world.now
        move.shared = world.event()
        yield world.timeout(min(left_mib / speed, PIECE_S)) | move.cancel | move.shared
        check(domain, move)
        written.count()
        mib = speed * (world.now - began_s)
        last = left_mib - mib < 1e-6
        mib = left_mib if last else mib
        if pending is not None:
            yield pending | move.cancel
        pending = world.call(vmm.name, move.peer, "migration", "pages", KEEPALIVE_S, id=move.id, mib=round(mib, 3))
        left_mib = 0.0 if last else left_mib - mib
    if pending is not None:
        yield pending | move.cancel
    check(domain, move)
    return written.count()


def speed_of(vmm, move, rate_mib_s=None):
    """MiB/s that this migration gets now: an even part of its link, at most `rate_mib_s`."""
    speed = move.bandwidth_mib_s / (1 + sum(sends(other) for other in vmm.migrations.values() if other is not move))
    return speed if rate_mib_s is None else min(speed, rate_mib_s)


def sends(move):
    """It uses the link: rounds, or pages after the hand-over."""
    if move.phase == "perform":
        return move.outcome is None and move.error is None
    return move.side == "out" and move.missing_mib > 0 and move.phase != "over"


def share_anew(vmm):
    """One more or one fewer sends from this host: the pieces on the wire go on at another speed."""
    for move in vmm.migrations.values():
        if move.shared is not None and not move.shared.triggered:
            move.shared.succeed()


def check(domain, move):
    """Raise LabError if there is nothing more to send: cancelled, or the VM is gone."""
    if not alive(domain, move) or domain.state in ("shutdown", "crashed"):
        raise LabError(f"the migration of {move.name!r} ended: the VM was stopped", 409, True)
    if move.cancel.triggered:
        raise LabError(
            f"the migration of {move.name!r} was cancelled", 409, True, f"it runs on at its host, not at {move.peer}"
        )


def _hand_over_state(vmm, domain, move):
    stop(vmm, domain, move)
    guest, after = domain.guest, move.outcome.after
    rests = None if domain.reason == "migration" else [domain.state, domain.reason]  # paused or asleep all the time
    move.missing_mib = after.sent_mib if after else 0.0
    memory, boots_s = guest.image()
    state = {"memory": plain(memory), "boots_s": boots_s, "rests": rests, "button": guest.button}
    state["missing_mib"] = move.missing_mib
    yield vmm.world.call(vmm.name, move.peer, "migration", "device state", KEEPALIVE_S, id=move.id, state=state)
    check(domain, move)
