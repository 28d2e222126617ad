"""Suspect → fence → promote → redirect: what the standby does when it hears nothing.

    silence of M × I ──▶ suspected ──▶ fence ──────────▶ promote ──▶ redirect ──▶ active
                            ▲            │ not fenced       │ a fault in its configuration
                            └── again ◀──┘                  └──▶ failed: nobody serves

'Suspected' is all that it can know. Only a fence that worked makes 'off' of it; without one, promoting is a guess.
"""

from labkit.world.errors import LabError


def hear(listener, message):
    """A beat reaches a standby, a monitor, or an active one. Whoever hears an active of an older epoch than its own has
    found a second one."""
    if listener.watch is not None:
        listener.watch.heard(listener.world.now)
    epoch, boot = message.detail["epoch"], message.detail["boot"]
    if boot > listener.heard_boot:
        listener.heard_boot, listener.fenced = boot, False  # it has power again, whatever was done before
    if epoch < listener.epoch and listener.role in ("active", "monitor") and listener.pair.controller is None:
        _found_rival(listener, message.src)
    if listener.role != "active":
        listener.epoch = max(listener.epoch, epoch)


def _found_rival(listener, rival):
    if listener.fences:
        return
    listener.world.emit(listener.name, rival, "failover", "two actives", epoch=listener.epoch)
    if listener.pair.fencing:
        listener.fences = True
        listener.node.process(_end_rival, listener, rival)


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
    by.fenced = True
    return True


def watching(world, member):
    """The standby's loop: wait for the timer, make sure, take over."""
    pair, watch = member.pair, member.watch
    while member.role in ("standby", "monitor"):
        yield world.timeout(max(watch.due_s - world.now, 0.0))
        if world.now < watch.due_s:
            continue  # there was a beat meanwhile
        world.emit(member.name, member.watched, "failover", "suspected", silent_s=round(world.now - watch.last_s, 3))
        if not member.ready:
            world.emit(member.name, member.watched, "failover", "outdated", why="acknowledged writes are missing here")
        if not member.ready or pair.fencing and not (yield from fence(member, member.watched)):
            yield world.timeout(pair.retry_s)
            continue
        yield from member.my_turn()
        return


def take_over(world, member):
    """Become the active one: the steps of this kind of standby, then the address."""
    member.role, member.epoch = "promoting", member.epoch + 1
    member.node.process(member.beating)
    member.disk.mount(member.name)
    for step, seconds in member.pair.standby.steps:
        world.emit(member.name, None, "failover", step, takes_s=seconds)
        yield world.timeout(seconds)
    if member.broken:
        member.role = "failed"
        member.disk.unmount(member.name)
        world.emit(member.name, None, "failover", "failed", why="its configuration does not fit the service any more")
        return
    if member.pair.redirect_s:
        world.emit(member.name, None, "failover", "redirect", takes_s=member.pair.redirect_s)
        yield world.timeout(member.pair.redirect_s)
    member.become("active", "it took over")


def controlled(world, member):
    """The loop of a standby that obeys a controller somebody wrote: `tick(now, last_heartbeat, fenced) -> actions` is
    asked once per second. What it orders is begun at once, in this order; whether a fence worked, it learns later."""
    tick = member.pair.controller()
    while True:
        yield world.timeout(1.0)
        for act in tick(now=world.now, last_heartbeat=member.watch.last_s, fenced=member.fenced):
            if act == "fence" and not member.fences:
                member.fences = True
                member.node.process(_fence_once, member)
            elif act == "promote" and member.role == "standby":
                member.node.process(take_over, member)


def _fence_once(world, member):
    yield from fence(member, member.watched)
    member.fences = False
