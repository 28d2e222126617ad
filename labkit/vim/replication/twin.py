"""Fault tolerance: a second machine in the same state, a step behind, that goes on when the first one dies.

    client ─▶ till ─┐                      ┌─▶ answer, only after the twin has the state
               primary (esx1) ── checkpoint ──▶ secondary (esx2)
                    └── heartbeat, ten a second ──▶ silent? both ask the shared disk: the first one goes on, alone

An answer is held back until the secondary has acknowledged the state that it follows from. So whatever anybody has been
told is known to the twin, and nothing is forgotten. The price is paid with every answer: it waits for the other host.

Silence is not death here either. Whoever misses the other asks the shared disk to put down its name (an atomic test and
set); the loser ends itself. That is fencing by arbitration.

What the real one does differently: vSphere FT (documentation only: 'vSphere Availability', 'Providing Fault
Tolerance') takes checkpoints of the whole machine many times a second by memory pages that have changed ('fast
checkpointing', since 6.0; before, one vCPU was replayed instruction by instruction), at most 8 vCPUs a VM (documented
maximum of 7.0), and gives the new primary another secondary by itself. A guest that crashes, crashes twice.
Here a checkpoint is sent for each request, and it is the guest's memory of a lesson: a dict.
"""

from inspect import isgenerator

from labkit.vmm.guest import takes_memory
from labkit.world import SILENT, LabError, action
from labkit.world.errors import number
from labkit.world.trace import plain


class Half:
    """One of the two machines: its process on a host, its memory, and how often it has answered."""

    def __init__(self, twin, vmm):
        self.vmm, self.host = vmm, vmm.name
        self.memory, self.epoch, self.heard_at_s = {}, 0, twin.world.now
        self.node = twin.world.node(f"{vmm.name}-ft-{twin.name}", serve=self.hear, on_crash=self.lost)
        vmm.processes.append(self.node)

    def hear(self, message):
        """A checkpoint or a heartbeat of the other half."""
        self.heard_at_s = message.world.now
        if message.what == "checkpoint" and message.detail["epoch"] > self.epoch:
            self.memory, self.epoch = message.detail["memory"], message.detail["epoch"]
        return {"epoch": self.epoch}

    def lost(self):
        """Its host is gone, and its memory with it."""
        self.memory, self.epoch = {}, 0


class Twin:
    """A fault-tolerant guest `name` on two VMMs; `serve(message, memory)` as of any guest.

    array     the Array of the disk on which the two decide who goes on
    beat_s, misses   heartbeats, and how many may be missing (chosen: 0.1 s, 5)
    """

    @action
    def __init__(self, world, name, primary, secondary, serve, array, beat_s=0.1, misses=5):
        if primary is secondary:
            raise LabError("both halves on one host die together", 400, True, "give it two hosts")
        self.world, self.name, self.serve, self.array = world, name, serve, array.name
        self.beat_s, self.misses, self.alone = number(beat_s, "beat_s", 0.001), misses, False
        self._wants_memory = takes_memory(serve)
        self.halves = [Half(self, primary), Half(self, secondary)]
        self.primary = self.halves[0]
        self._plug_in()
        for half in self.halves:
            half.node.process(self._watch, half)

    def __repr__(self):
        state = "alone" if self.alone else "protected"
        return f"<Twin {self.name}: answers on {self.primary.host}, {state}>"

    def other(self, half):
        """The other one."""
        return self.halves[half is self.halves[0]]

    def _plug_in(self):
        """The network finds the guest where it lives now (a gratuitous ARP, in a real one)."""
        node = self.world.nodes.get(self.name) or self.world.node(self.name)
        node.serve = self._hear
        self.primary.vmm.processes.append(node)
        if node.state != "running":
            node.start()

    # -- answering ---------------------------------------------------------------------------------------------------
    def _hear(self, message):
        half = self.primary
        answer = self.serve(message, half.memory) if self._wants_memory else self.serve(message)
        if isgenerator(answer):
            answer = yield from answer
        half.epoch += 1
        yield from self._checkpoint(half)
        return answer if half is self.primary else SILENT

    def _checkpoint(self, half):
        """The twin must have this state before anybody hears of it."""
        while not self.alone:
            try:
                yield self.world.call(
                    half.node.name, self.other(half).node.name, "ft", "checkpoint", self.beat_s * self.misses,
                    memory=plain(half.memory), epoch=half.epoch,
                )  # fmt: skip
                return
            except LabError:
                yield self.world.timeout(self.beat_s)

    # -- watching each other -----------------------------------------------------------------------------------------
    def _watch(self, half):
        other = self.other(half)
        while not self.alone:
            self.world.cast(half.node.name, other.node.name, "ft", "beat")
            yield self.world.timeout(self.beat_s)
            if self.world.now - half.heard_at_s > self.beat_s * self.misses:
                yield from self._arbitrate(half)

    def _arbitrate(self, half):
        """The other one is silent: dead, or only not to be heard? The disk says who may go on."""
        try:
            reply = yield self.world.call(
                half.node.name, self.array, "iscsi", "test and set", 1, key=f"{self.name}.ft", holder=half.host
            )
        except LabError:
            return  # without the disk nobody may go on: ask again
        if reply["holder"] != half.host:
            half.node.crash()
            return
        self.alone = True
        words = "goes on alone" if half is self.primary else "takes over"
        self.world.emit(half.node.name, self.name, "ft", f"{self.name} {words} on {half.host}", epoch=half.epoch)
        if half is not self.primary:
            self._end(self.other(half))
            self.primary = half
            self._plug_in()

    def _end(self, half):
        """The loser answers no more, even if it still runs somewhere: the disk has told it so."""
        node = self.world.nodes[self.name]
        half.vmm.processes.remove(node)
        if node.state == "running":
            node.crash()
