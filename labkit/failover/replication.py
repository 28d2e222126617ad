"""Where acknowledged writes are, and who has them after an accident.

    shared   both machines reach one disk: nothing to copy, and two writers at once ruin it
    sync     'ok' is said when the standby has it, too: every write waits for the way there and back      RPO 0
    async    'ok' is said at once, the write travels lag_s later                                          RPO = lag_s
    none     each machine has its own; after a failover the service begins empty

Replication is no backup: it copies a mistake as faithfully as a good write.

What the real one does differently: DRBD's protocols C and A, PostgreSQL's synchronous_commit and streaming replication
ship blocks or a log, not single writes; Proxmox VE's storage replication is asynchronous and sends a ZFS snapshot every
15 min by default, at least every minute (pve-docs, pvesr). What a synchronous pair does when its standby is silent is a
choice: DRBD with `fencing resource-and-stonith` freezes until the other one is fenced, as here; without fencing it goes
on alone, and two histories begin.
"""

from labkit.world.errors import LabError, Unanswered, number
from labkit.world.message import SILENT, reply

KINDS = ("shared", "sync", "async", "none")
AGAIN_S = 1.0  # a copy that is lost travels again: TCP's first retransmission timeout (RFC 6298, 2.1)


class Disk:
    """A disk with the ids of the writes on it, in order, and who has it mounted. It survives its machines.

    A file system of one machine at a time (ext4, XFS, NTFS): while two have it mounted, each one's cache is wrong about
    the other, and what they write is `damaged`.
    """

    def __init__(self):
        self.ids, self.damaged, self.mounted = {}, {}, []
        self.intruders = []  # who mounted it while another one had

    def mount(self, node):
        """One more machine has it mounted."""
        if node not in self.mounted:
            self.intruders += [node] if self.mounted else []
            self.mounted.append(node)

    def unmount(self, node):
        """Not any longer, or the machine is off."""
        if node in self.mounted:
            self.mounted.remove(node)

    def write(self, id, node):
        """Keep a write. The same id again changes nothing."""
        if len(self.mounted) > 1:
            self.damaged.setdefault(id, node)
        self.ids.setdefault(id, node)

    @property
    def kept(self):
        """The ids that can be read."""
        return [each for each in self.ids if each not in self.damaged]


class Replication:
    """How the writes of one member get to its peer (both Members of a pair). Raises LabError for an unknown kind."""

    def __init__(self, kind, lag_s=30.0):
        if kind not in KINDS:
            why = f"there is no replication {kind!r}"
            raise LabError(why, code=400, next_step=f"one of {', '.join(KINDS)}")
        self.kind, self.lag_s = kind, number(lag_s, "lag_s")

    def write(self, member, message):
        """Keep a client's write; returns the answer, or SILENT if it is given only when the peer has it, too."""
        id = message.detail["id"]
        member.disk.write(id, member.name)
        if self.kind == "sync" and not member.copies.alone:
            member.node.process(self._together(member, message))
            return SILENT
        if self.kind == "async":
            life, later = member.node.life, member.world.env.timeout(self.lag_s)
            later.callbacks.append(lambda _: self._ship(member, id) if member.node.life == life else None)
        return {"status": 200, "by": member.name}

    def _ship(self, member, id):
        member.world.cast(member.name, member.peer, "replication", "write", id=id)

    def _together(self, member, message):
        """Answer when the peer has it, or is known to be off."""
        id = message.detail["id"]
        while not member.copies.alone:
            try:
                yield member.world.call(member.name, member.peer, "replication", "write", timeout_s=AGAIN_S, id=id)
                member.copies.met()
                break
            except Unanswered:
                member.copies.misses_peer()
        reply(member.world, message, {"status": 200, "by": member.name})
