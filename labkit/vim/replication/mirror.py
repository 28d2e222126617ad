"""A disk in two places.

    synchronous    write ─▶ original ─▶ copy ─▶ 'done'            nothing lost (RPO 0); every write waits for the way
    asynchronous   write ─▶ original ─▶ 'done' … every x s ─▶ copy   lost: what came since; no write waits

The copy gets what was written, and a DELETE is a write. The mirror protects from the loss of a place, not from people.

When the copy does not answer, the original goes on alone and notes what the copy lacks (DRBD's default); from then on a
'synchronous' mirror promises nothing either. The other choice, to refuse every write, is for those to whom a lost order
is worse than a closed shop. What the real one does differently: it notes blocks in a bitmap instead of a journal, and
copies them in any order, so that its copy cannot be used meanwhile.
"""

from labkit.vim.replication.array import Copy
from labkit.world import LabError, action
from labkit.world.errors import Unanswered, number

MODES = ("sync", "async")
RETRY_S = 10.0


class Mirror:
    """The disk called `disk` of the Array `source`, and its copy on the Array `target`.

    mode       'sync' or 'async'; every_s: how often an asynchronous one sends
    timeout_s  how long a synchronous write waits for the copy before the original goes on alone
    """

    @action
    def __init__(self, world, source, disk, target, mode="sync", every_s=300.0, timeout_s=10.0, name=None):
        if mode not in MODES:
            raise LabError(f"a mirror is 'sync' or 'async', not {mode!r}", 400, True)
        if source is target:
            raise LabError("a copy in the same array is lost with it", 400, True, "another array, in another room")
        self.world, self.name, self.disk = world, name or f"{disk}-mirror", disk
        self.mode, self.every_s, self.timeout_s = mode, number(every_s, "every_s", 0.1), number(timeout_s, "timeout_s")
        source.store.disk(disk).full_clone(disk, store=target.store)  # the first synchronisation
        self.source, self.target, self.copy = source, target, Copy(target, disk)
        self.number, self.journal, self.generation = 0, [], 1
        self.attached, self.retired = True, False
        source.sources[disk], target.copies[disk] = self, self.copy
        source.node.process(self._send)

    def __repr__(self):
        return f"<Mirror of {self.disk}, {self.mode}: {self.behind} writes behind, {self.lag_s:g} s>"

    # -- how far behind -----------------------------------------------------------------------------------------------
    @property
    def behind(self):
        """How many acknowledged writes the copy lacks."""
        return self.number - self.copy.applied

    @property
    def lag_s(self):
        """Age of the oldest write that the copy lacks, 0 if it lacks none: what would be lost now."""
        return self.world.now - self.journal[0][1] if self.journal else 0.0

    @property
    def active(self):
        """The array that serves the disk."""
        return self.target if self.copy.promoted else self.source

    # -- the original --------------------------------------------------------------------------------------------------
    def written(self, offset, data):
        """A write has come to the original (a generator: a synchronous one waits)."""
        if self.retired:
            raise LabError(
                f"{self.disk!r} is served by {self.target.name} now", 409, True, f"write to {self.target.name}"
            )
        self.source.put(self.disk, offset, data)
        self.number += 1
        self.journal.append([self.number, self.world.now, offset, data])
        if self.mode == "sync" and self.attached:
            yield from self._ship(self.timeout_s)
        return {"status": 200, "number": self.number}

    def _ship(self, timeout_s):
        rows = list(self.journal)
        if not rows:
            return
        try:
            yield self.world.call(
                self.source.name, self.target.name, "replication", "writes", timeout_s,
                shown={"disk": self.disk, "writes": len(rows)},
                disk=self.disk, generation=self.generation, rows=rows,
            )  # fmt: skip
        except LabError as error:
            self._alone(error)
            return
        self.journal = [row for row in self.journal if row[0] > rows[-1][0]]
        self._tell(None if self.attached else "the copy is back")
        self.attached = True

    def _alone(self, error):
        if self.attached:
            self._tell("goes on without its copy" if isinstance(error, Unanswered) else "is not the original any more")
        self.attached = False
        self.retired = self.retired or not isinstance(error, Unanswered)

    def _send(self):
        while True:
            waits_s = self.every_s if self.mode == "async" else RETRY_S
            yield self.world.timeout(waits_s)
            if self.journal and not self.retired and (self.mode == "async" or not self.attached):
                yield from self._ship(waits_s)

    def hand_over(self):
        """The copy asks for what it lacks; from then on the original takes no write (a generator)."""
        self.retired = True
        yield from self._ship(30.0)
        return {"number": self.number}

    def _tell(self, what):
        if what:
            self.world.emit(self.source.name, self.target.name, "disk", f"mirror of {self.disk}: {what}")

    # -- people --------------------------------------------------------------------------------------------------------
    @action
    def fail_over(self, fenced=False):
        """From now on the copy is the disk. The original is asked first; if it still serves, it hands over what is
        missing, and nothing is lost. If it does not answer, it may be dead or only far: LabError (409), unless it is
        fenced. Returns what was lost, {lost_writes, lost_s}: in room B nobody knows that, it is counted for us."""
        try:
            self.world.ask(self.target.name, self.source.name, "replication", "hand over", 60, disk=self.disk)
        except Unanswered as silence:
            if not fenced:
                why = f"{self.source.name} does not answer: that is not 'it writes no more'"
                raise LabError(why, 409, True, "fence it, then fail_over(fenced=True)") from silence
        lost, lost_s = self.behind, self.lag_s
        self.copy.generation, self.copy.promoted = self.copy.generation + 1, True
        self.world.emit(self.target.name, None, "disk", f"{self.disk}: the copy is the disk now")
        return {"lost_writes": lost, "lost_s": lost_s}
