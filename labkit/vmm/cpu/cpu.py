"""The guest's processor: 16-bit x86 machine code in real mode, as the 80186 had it, with a few system instructions.

    cpu = Cpu(ram_kib=64)
    cpu.load(assemble("mov dx, 0x3f8\\n mov al, 'A'\\n out dx, al\\n hlt"))
    cpu.run()                      # Exit: io out port 0x3f8 byte 0x41; it waits until somebody has seen to it
    cpu.run()                      # Exit: hlt

Threaded code: the first time an instruction is reached it is decoded and turned into a function of its own; from then
on `ip = code[ip]()` is all there is. A write to its bytes throws the function away, so code may change itself.

The surprise: the very same instruction bytes do different things in three modes (system.py), and in user mode some do
the wrong thing without telling anybody.

What the real one does differently: ring 3 exists in protected mode only, with descriptors instead of selector * 16;
here all modes calculate addresses as real mode does, so that one guest program runs in each of them. Real processors
execute many instructions at once and take 1 to 100 cycles for one; here time is the number of instructions. Sources:
Intel SDM vol. 1–3, the Linux kernel's arch/x86/kvm/emulate.c, compared instruction by instruction with /dev/kvm
(tests/vmm/kvm).
"""

from labkit.vmm.cpu.execution import DELIVERY, INSTRUCTION, Execution
from labkit.vmm.cpu.exits import Exit
from labkit.vmm.cpu.flags import IF
from labkit.vmm.cpu.memory import ram_size, whole
from labkit.vmm.cpu.registers import Registers
from labkit.vmm.cpu.snapshot import restore, take
from labkit.vmm.cpu.system import HOST, Privileged
from labkit.world.errors import LabError, unknown

MODES = ("supervisor", "user", "guest")
STACK = 0x8000


class Cpu(Execution):
    """One processor with its RAM (`ram_kib` KiB, 4 to 640, from address 0). Raises LabError for what it cannot be or
    do.

    ram         a bytearray; it may be changed from outside at any time
    registers   by name, see Registers
    steps       instructions completed so far (a repeated string instruction counts once, an exit when it is complete)
    pending     vectors of interrupts that wait for IF
    cpuid       {AX: (AX, BX, CX, DX)}: what the bare processor says of itself; nothing by default, like KVM's
    """

    def __init__(self, ram_kib=64, mode="supervisor"):
        super().__init__(ram_size(ram_kib))
        self.ram_kib, self.registers = ram_kib, Registers(self)
        self.mode = mode
        self._reset()

    @property
    def mode(self):
        """'supervisor', 'user' or 'guest': see system.py."""
        return self._mode

    @mode.setter
    def mode(self, mode):
        if mode not in MODES:
            raise unknown("processor mode", mode, MODES)
        self._mode = mode

    def load(self, program, at=0x1000, sp=None):
        """Put a Program (or bytes, to `at`) into RAM and start from its first byte with fresh registers: all 0, but ip
        and sp (0x8000, or the end of a smaller RAM). The rest of RAM stays as it was."""
        at, code = placed(program, at)
        top = min(STACK, len(self.ram)) if sp is None else whole(sp, "sp", most=0xFFFF)
        if not 0 <= at <= at + len(code) <= min(len(self.ram), 0x10000):
            raise LabError(
                f"{len(code)} bytes at 0x{at:x} do not fit into {self.ram_kib} KiB of RAM",
                next_step="assemble it to a lower address, or give the machine more RAM",
            )
        self.ram[at : at + len(code)] = code
        self._reset()
        self.ip = at
        self.registers["sp"] = top

    def _reset(self):
        """Fresh registers. In user mode the real machine's privileged registers are the host's."""
        self.words[:] = [0] * 8
        for segment in range(4):
            self.set_segment(segment, 0)
        self.ip, self.steps, self.pending, self.shadow = 0, 0, [], False
        self.flags.load(0)
        self.privileged = HOST if self.mode == "user" else Privileged()
        self.drop()

    def run(self, steps=1_000_000):
        """Execute up to `steps` instructions; returns the Exit that says why it stopped ('intr': they are used up)."""
        self._ready()
        if self.held and not self.memory.answers and self.pending and self.interruptible:
            self.held = None  # the next round of a rep: nothing of it has happened, so the interrupt comes first
        if self.held:
            exit, self.held = self.held, None
            return self._open(exit)
        end = self.steps + whole(steps, "steps", least=1)
        while self.steps < end:
            exit = self._open(self._onward(end - self.steps))
            if exit:
                return exit
        return self._exit("intr")

    def complete(self, exit, value):
        """Give a device's answer to an `in`, a read or a cpuid (then: AX, BX, CX, DX); the instruction is finished at
        once."""
        if self.waiting is None or exit != self.waiting:
            raise LabError(
                f"the guest does not wait for an answer to '{exit}'",
                next_step="only in, read and cpuid are answered, once, before the next run()",
            )
        self.memory.answers.append(_checked(exit, value))
        self.waiting = None
        self.held = self._again(self.task)

    def interrupt(self, vector):
        """A device wants attention: delivered before the next instruction that finds IF = 1, in the order of asking."""
        whole(vector, "vector", most=255)
        if self.mode == "user":
            raise LabError(
                "in user mode the machine's interrupts belong to the VMM",
                next_step="the VMM hands one on with cpu.deliver(vector, virtual)",
            )
        self.pending.append(vector)

    def deliver(self, vector, virtual=None):
        """Go through interrupt `vector` now, whatever IF says: what a VMM does to inject one. In user mode `virtual` is
        the guest's Privileged: its IF is pushed and cleared. Returns None, or an Exit if the stack lies on a device."""
        self._ready()
        whole(vector, "vector", most=255)
        if self.mode == "user" and virtual is None:
            raise LabError("the guest's privileged registers are missing", next_step="cpu.deliver(vector, virtual)")
        return self._alone((DELIVERY, vector, self.ip), virtual)

    def step_as_supervisor(self, virtual):
        """Execute the one instruction at cs:ip as ring 0 would, on the privileged registers `virtual` (which it may
        change), then put the real ones back. Returns None, or the Exit on which it hangs; complete() finishes it
        likewise."""
        self._ready()
        return self._alone(INSTRUCTION, virtual)

    def peek(self, segment, offset, n):
        """`n` bytes of RAM at segment:offset (fewer at its end)."""
        begin = (segment << 4) + offset
        return bytes(self.ram[begin : begin + n])

    def snapshot(self):
        """All of the machine as a value that restore() takes."""
        return take(self)

    def restore(self, snapshot):
        """Be what the snapshot was, down to an unanswered exit."""
        restore(self, snapshot)

    @property
    def interruptible(self):
        """May an interrupt be delivered before the next instruction?"""
        return bool(self.flags.control & IF) and not self.shadow

    def _ready(self):
        if self.waiting:
            raise LabError(f"the guest waits for an answer to '{self.waiting}'", next_step="cpu.complete(exit, value)")

    def __repr__(self):
        return f"<Cpu {self.mode} {self.ram_kib} KiB {self.registers!r}>"


def placed(program, at):
    """(address, bytes) of what is to be loaded: a Program, or bytes that shall stand at `at`; else a LabError."""
    at, code = getattr(program, "at", at), getattr(program, "code", program)
    if not isinstance(code, bytes | bytearray):
        raise LabError(f"{program!r} is no machine code", next_step="load(assemble(source)), or bytes")
    return whole(at, "the address", most=0xFFFF), bytes(code)


def _checked(exit: Exit, value):
    """`value` if it can be the answer to `exit`."""
    if exit.reason == "cpuid":
        if not (isinstance(value, tuple | list) and len(value) == 4 and all(isinstance(one, int) for one in value)):
            raise LabError(f"cpuid is answered by four numbers (AX, BX, CX, DX), not {value!r}")
        return tuple(value)
    most = (1 << 8 * exit.size) - 1
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise LabError(f"'{exit}' is answered by a whole number from 0 to 0x{most:x}, not {value!r}")
    return value
