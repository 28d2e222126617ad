"""What runs inside a domain, as the network sees it: a machine that answers under the domain's name while it runs.

    off ── power on ──▶ boots (boot_s: no answer) ──▶ answers ── pause ──▶ silent, nothing is forgotten ── resume ──▶ …
                                                        └── power off: what was in memory is gone

The name belongs to the guest, not to the host: after a migration the same node is served from elsewhere, as a guest
keeps its MAC and IP address (the new host tells the switches by a gratuitous ARP). Whoever powered on last under a name
has it; two copies of one guest fight for it, and clients reach the newer one.

What the real one does differently: a paused guest's network card has a queue of some hundred packets, then they are
lost and TCP sends them again; ours keeps them all. And a guest that waits inside `serve` (a generator) goes on waiting
while it is paused; a real one's clock stands still, and jumps when it is resumed.
"""

import inspect

from labkit.world.errors import LabError
from labkit.world.message import SILENT


class Guest:
    """The guest of one domain.

    panicked its host's function, called when its operating system crashes
    serve    function of a message, or of a message and the guest's memory (a dict that is empty after each boot);
             returns the reply like a world node's `serve`. None: a guest without network
    program  machine code that runs at power-on, as assembly text; `console` is what it wrote to its serial port
    button   a power button that was pressed while its vCPUs stood still; `going`: one that it is obeying
    up_at    virtual second from which on it answers
    """

    def __init__(self, world, name):
        self.world, self.name, self.panicked = world, name, None
        self.serve = self.program = self.button = self.going = self._wake = None
        self.console = ""
        self.memory, self.up_at, self.awake, self._wants_memory = {}, None, False, False

    def install(self, serve=None, program=None):
        """What lies on its disk; nothing given: as it is. Counts from the next answer on."""
        if serve is not None:
            self.serve, self._wants_memory = serve, takes_memory(serve)
        self.program = program or self.program

    # -- power (called by the host) ------------------------------------------------------------------------------
    def power_on(self, boot_s):
        """Empty memory, then a boot."""
        self.memory, self.up_at, self.button, self.going = {}, self.world.now + boot_s, None, None
        self.take_address()

    def image(self):
        """What its memory holds now: (memory, seconds of boot that are left)."""
        return self.memory, max(0.0, self.up_at - self.world.now)

    def restore(self, image):
        """A memory of earlier comes back."""
        self.memory, boots_s = image
        self.up_at = self.world.now + boots_s
        self.take_address()

    def take_address(self):
        """From now on the messages to the name come to this guest."""
        if self.serve is None:
            return
        node = self.world.nodes.get(self.name) or self.world.node(self.name)
        node.serve, node.on_crash, node.on_start = self.hear, self._crashed, None
        if node.state != "running":
            node.start()
        node.on_start = self._started

    def freeze(self):
        """Its vCPUs get no time."""
        self.awake = False

    def thaw(self):
        """Its vCPUs get time again: what waited in the network card's queue is answered now."""
        self.awake = True
        if self._wake is not None:
            self._wake.succeed()
            self._wake = None

    def power_off(self):
        """Memory and running work are gone; nobody is told."""
        self.memory, self.up_at, self.awake = {}, None, False
        self.button = self.going = self._wake = None
        node = self.world.nodes.get(self.name)
        if self.serve is not None and node.serve == self.hear and node.state == "running":
            node.crash()

    # -- faults from outside (w.crash, w.start on the guest's node) ------------------------------------------------
    def _crashed(self):
        if self.up_at is not None:
            self.panicked()

    def _started(self):
        if self.up_at is None:
            self.world.nodes[self.name].state = "crashed"
            raise LabError(f"{self.name} is a VM: it runs when its host starts it", 409, True, "start it at its host")
        self.memory = {}

    # -- the network ---------------------------------------------------------------------------------------------
    def hear(self, message):
        """A message has reached the network card."""
        return self._answer(message) if self.awake else self._later(message)

    def _answer(self, message):
        if self.world.now < self.up_at:
            return SILENT
        return self.serve(message, self.memory) if self._wants_memory else self.serve(message)

    def _later(self, message):
        while not self.awake:
            self._wake = self._wake or self.world.event()
            yield self._wake
        result = self._answer(message)
        return (yield from result) if hasattr(result, "throw") else result


def takes_memory(serve):
    """True if the function takes a message and the guest's memory, False if a message only; LabError otherwise."""
    if not callable(serve):
        raise LabError(f"serve must be a function of a message, not {serve!r}", code=400)
    for arguments in ((None,), (None, {})):
        try:
            inspect.signature(serve).bind(*arguments)
        except TypeError:
            continue
        return len(arguments) == 2
    raise LabError("serve takes a message, or a message and the guest's memory", code=400)


def assembled(program):
    """Return if `program` is assembly text that can be assembled; LabError (400) with the line that cannot."""
    from labkit.vmm.cpu import assemble

    try:
        assemble(program)
    except LabError as error:
        raise LabError(error.message, 400, True, error.next_step) from None
