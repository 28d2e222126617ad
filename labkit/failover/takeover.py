"""Suspect → fence → promote → redirect: what the standby does when it hears nothing.

    silence of M × I ──▶ suspected ──▶ fence ──────────▶ promote ──▶ redirect ──▶ active
                            ▲            │ not fenced       │ a fault in its configuration
                            └── again ◀──┘                  └──▶ failed: nobody serves

'Suspected' is all that it can know. Only a fence that worked makes 'off' of it; without one, promoting is a guess.
"""

from labkit.world.errors import LabError


def hear(listener, message):
    """A beat reaches a standby, a monitor, or an active one: whoever hears an active of an older epoch than its own has
    found a second one."""
    if listener.watch is not None:
        listener.watch.heard(listener.world.now)
    epoch = message.detail["epoch"]
    if epoch < listener.epoch and listener.role in ("active", "monitor") and not listener.fences:
        listener.world.emit(listener.name, message.src, "failover", "two actives", epoch=listener.epoch)
        listener.fences = listener.pair.fencing
        if listener.fences:
            listener.node.process(_end_rival, listener, message.src)
    if listener.role != "active":
        listener.epoch = max(listener.epoch, epoch)


def _end_rival(world, listener, rival):
    """Switch the old active off, and tell everybody again where the service is."""
    yield from fence(listener, rival)
    listener.fences = False
    if listener.role == "active":
        listener.pair.address.announce(listener.name)


def fence(by, victim):
    """Ask the device to cut the victim's power: True when it said 'done', False when it did not (who knows?)."""
    pair, world = by.pair, by.world
    try:
        yield world.call(by.name, pair.device.name, "fence", "power off", timeout_s=pair.patience_s, node=victim)
    except LabError as error:
        world.emit(by.name, victim, "failover", "not fenced", why=error.message)
        return False
    world.emit(by.name, victim, "failover", "fenced")
    return True


def watching(world, member):
    """The standby's loop: wait for the timer, make sure, take over."""
    pair, watch = member.pair, member.watch
    while member.role in ("standby", "monitor"):
        yield world.timeout(max(watch.due_s - world.now, 0.0))
        if world.now < watch.due_s:
            continue  # there was a beat meanwhile
        world.emit(member.name, member.watched, "failover", "suspected", silent_s=round(world.now - watch.last_s, 3))
        if pair.fencing and not (yield from fence(member, member.watched)):
            yield world.timeout(pair.retry_s)
            continue
        yield from member.my_turn()
        return


def take_over(world, member):
    """Become the active one: the steps of this kind of standby, then the address."""
    member.role, member.epoch = "promoting", member.epoch + 1
    member.node.process(member.beating)
    for step, seconds in member.pair.standby.steps:
        world.emit(member.name, None, "failover", step, takes_s=seconds)
        yield world.timeout(seconds)
    if member.broken:
        member.role = "failed"
        world.emit(member.name, None, "failover", "failed", why="its configuration does not fit the service any more")
        return
    if member.pair.redirect_s:
        world.emit(member.name, None, "failover", "redirect", takes_s=member.pair.redirect_s)
        yield world.timeout(member.pair.redirect_s)
    member.become("active", "it took over")


def controlled(world, member):
    """The loop of a standby that follows a controller somebody wrote: `tick(now, last_heartbeat, fenced) -> actions`,
    asked once per second."""
    tick, fenced, busy = member.pair.controller(), False, False
    while member.role in ("standby", "promoting", "active"):
        yield world.timeout(1.0)
        for act in tick(now=world.now, last_heartbeat=member.watch.last_s, fenced=fenced):
            world.emit(member.name, member.watched, "failover", str(act))
            if act == "fence":
                fenced = (yield from fence(member, member.watched)) or fenced
            elif act == "promote" and not busy:
                busy = True
                member.node.process(take_over, member)
