"""Binary translation: the VMM reads the guest's code before it runs and replaces what would not trap.

    guest code   mov al, 7 / popf / jmp 1010h          basic block: up to the first jump or sensitive one
    translated   mov al, 7 / callout: popf / …         innocent ones as they are, sensitive ones as calls into the VMM

Translated blocks are kept in the translation cache, so a loop is read once. The surprise: a guest that changes its own
code would run a stale translation; the VMM has to notice. Here a block is compared with the guest's memory before it
runs, and after each instruction in it that writes memory.

`callout_ns` 100: a call into the VMM without an exit; `translate_ns` 200 for each instruction that is read. Documented
defaults, to be set.

What the real one does differently: VMware (1998) copied blocks of at most 12 instructions into a cache of its own,
mended the jumps between them, and write-protected the pages they came from; user programs ran directly. Here the
innocent part of a block runs at its own address, so that jumps need no mending. Source: Adams & Agesen, ASPLOS 2006.
"""

from dataclasses import dataclass

from labkit.vmm.cpu import Exit, decode
from labkit.vmm.monitor.exit_loop import Monitor
from labkit.world.errors import LabError, number

LONGEST = 12  # instructions in a block
SENSITIVE = {
    *("cli", "sti", "hlt", "in", "out", "cpuid", "lgdt", "lidt", "lmsw", "clts"),
    *("sgdt", "sidt", "smsw", "pushf", "popf", "iret", "int", "int3", "into"),
}
JUMPS = ("j", "call", "ret", "loop")
WRITES = ("push", "pop", "call", "stos", "movs", "int", "enter")


@dataclass(frozen=True)
class Block:
    """A translated block: `code` are the bytes it was read from, `innocent` (addresses) run directly, `callout` is the
    sensitive instruction at the end, or None."""

    cs: int
    at: int
    code: bytes
    instructions: tuple
    callout: object = None
    writes: bool = False

    @property
    def innocent(self):
        """How many instructions run directly."""
        return len(self.instructions) - (self.callout is not None)

    def __str__(self):
        shown = [i.text if i is not self.callout else f"callout: {i.text}" for i in self.instructions]
        return f"{self.at:04x}: " + " / ".join(shown)


def sensitive(instruction):
    """Has this instruction to be replaced? All that read or change privileged state, trapping or not."""
    if instruction.mnemonic in SENSITIVE:
        return True
    return instruction.mnemonic in ("mov", "push") and instruction.text.endswith(("cs", "ss", "ds", "es"))


def translate(peek, cs, at):
    """Read one block. `peek(address, n)` gives the guest's bytes. An undefined instruction ends the block before it:
    the processor shall say so itself."""
    instructions, ip = [], at
    while len(instructions) < LONGEST:
        try:
            instruction = decode(peek(ip, 15), ip)
        except LabError:
            break
        instructions.append(instruction)
        ip += instruction.length
        if sensitive(instruction) or instruction.mnemonic.startswith(JUMPS):
            break
    last = instructions[-1] if instructions else None
    callout = last if last and sensitive(last) else None
    return Block(cs, at, bytes(peek(at, ip - at)), tuple(instructions), callout, any(map(writes, instructions)))


def writes(instruction):
    """May it change memory, and so perhaps the block it stands in?"""
    return instruction.mnemonic.startswith(WRITES) or "[" in instruction.text.split(",")[0]


class BinaryTranslation(Monitor):
    """`blocks`: the translation cache, (cs, ip) → Block. `translated`, `cache_hits`, `stale` count blocks read, found
    again, and thrown away because the guest changed its code; `callouts` counts calls into the VMM."""

    policy = "binary translation"

    def __init__(self, guest, *, callout_ns=100, translate_ns=200, **costs):
        super().__init__(guest, **costs)
        self.callout_ns = number(callout_ns, "callout_ns")
        self.translate_ns = number(translate_ns, "translate_ns")
        self.blocks = {}
        self.translated = self.cache_hits = self.stale = self.callouts = 0
        self.current, self.rest = None, 0  # the block that is being run, and its innocent instructions still to run

    def answer(self, exit):
        return self.emulate(exit) if exit.reason == "exception" else self.serve(exit)

    def block(self):
        """The block that begins at the guest's ip, from the cache or newly translated."""
        cs, ip = self.cpu.registers["cs"], self.cpu.registers["ip"]
        kept = self.blocks.get((cs, ip))
        if kept is not None and self.fresh(kept):
            self.cache_hits += 1
            return kept
        self.stale += kept is not None
        self.translated += 1
        self.blocks[cs, ip] = made = translate(lambda at, n: self.cpu.peek(cs, at, n), cs, ip)
        self.spend(self.translate_ns * len(made.instructions))
        return made

    def fresh(self, block):
        """Is the guest's memory still what the block was read from?"""
        return self.cpu.peek(block.cs, block.at, len(block.code)) == block.code

    def inject(self):
        """Interrupts come between blocks."""
        if self.current is None:
            super().inject()

    def go(self, steps):
        """Run the innocent part of a block, or its callout."""
        if self.current is None:
            self.current = self.block()
            self.rest = self.current.innocent
        block = self.current
        if not self.rest and block.callout:
            return self.call_out(block.callout)
        steps = 1 if block.writes or not self.rest else min(steps, self.rest)
        noted = super().go(steps)
        self.rest -= steps
        if block.writes and not self.fresh(block):
            self.stale += 1
            del self.blocks[block.cs, block.at]
            self.current = None
        elif noted or self.rest <= 0 and not block.callout:
            self.current = None
        return noted

    def call_out(self, instruction):
        """The VMM does what stood here."""
        self.current = None
        self.callouts += 1
        at = Exit("callout", instruction.ip, self.cpu.registers["cs"], instruction)
        return self.emulate(at)

    def cost_ns(self, reason):
        return self.callout_ns if reason == "callout" else self.exit_ns
