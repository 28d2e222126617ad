"""Locks that expire: who holds one may act, and whoever cannot renew it must stop before somebody else gets it.

    esx3   renew ✓   renew ✓   renew ✗ (cut)  ·  ·  60 s: the watchdog resets it
    locks  ├──────── 120 s since the last renewal ────────────────────────┤  free: others may have it now

Nobody has to reach esx3 to know that it has ended. It needs no BMC either, only two clocks that run at about the same
speed, and 60 s of safety between them.

What the real one does differently: in Proxmox VE the locks are directories in /etc/pve (pmxcfs: `ha_agent_NODE_lock`,
120 s), so only a quorate partition can renew or take one, and every node judges the age by its own clock. Ours has one
keeper, which is not replicated: who cannot reach it has lost.
"""

from labkit.world import LabError, action
from labkit.world.errors import number

LIFETIME_S = 120.0  # Proxmox VE, pmxcfs: lock timeout (documented default)


class Locks:
    """The keeper of the locks: node `name`. Calls of kind 'lock': 'renew', 'acquire', 'release' {"lock"}, answered with
    {"granted", "before"}: whether the asker has it now, and who had it before (None: nobody, so it proves nothing).
    A lock belongs to its owner until more than `lifetime_s` have passed since it was renewed."""

    @action
    def __init__(self, world, name="locks", lifetime_s=LIFETIME_S):
        self.world, self.name, self.lifetime_s = world, name, number(lifetime_s, "lifetime_s", least=1)
        self.held = {}  # lock -> (owner, renewed at); on disk, replicated in the real one: a crash loses nothing
        self.node = world.node(name, serve=self._serve)

    def _serve(self, message):
        if message.what not in ("renew", "acquire", "release") or "lock" not in message.detail:
            raise LabError(f"{self.name} has no {message.what!r}", 501, True, "renew, acquire, release")
        lock, asker = message.detail["lock"], message.src
        owner, at_s = self.held.get(lock, (None, None))
        if message.what == "release":
            if owner == asker:
                del self.held[lock]
            return {"granted": False, "before": owner}
        granted = owner in (None, asker) or self.world.now - at_s > self.lifetime_s
        if granted:
            if owner != asker:
                self.world.emit(self.name, asker, "lock", f"{lock}: {asker}", lock=lock, before=owner)
            self.held[lock] = asker, self.world.now
        return {"granted": granted, "before": owner}
