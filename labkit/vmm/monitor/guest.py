"""A guest: a program and what is plugged into its machine. The same guest goes to the bare machine and to every VMM.

`Board` is what is plugged in: a serial port, a timer, a text screen, a card with registers in memory.
`Outcome` is what can be seen when all is over; two outcomes are compared by `differences`, and the first word of it is
the first wrong value.
"""

from dataclasses import dataclass, field

from labkit.vmm.cpu import Bus, Cpu, Machine, RegisterDevice, Serial, TextScreen, Timer, assemble
from labkit.world.errors import LabError

EXITS = 10_000  # after so many accesses to devices a run ends
SHOWN = 60  # characters of a serial output that a difference shows
RED_ZONE = 256  # bytes below the stack pointer that belong to whoever interrupts next: not compared


@dataclass(frozen=True)
class Guest:
    """`source`: Intel syntax, loaded at `at`; `serial_input`: what somebody has typed."""

    source: str
    at: int = 0x1000
    name: str = "guest"
    serial_input: bytes = b""
    program: object = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        if not isinstance(self.serial_input, (bytes, bytearray)):
            raise LabError(f"a serial port hears bytes, not {self.serial_input!r}", next_step="serial_input=b'abc'")
        object.__setattr__(self, "program", assemble(self.source, at=self.at))


class Board(Bus):
    """The devices of one machine."""

    def __init__(self, serial_input=b""):
        self.serial, self.timer = Serial(), Timer()
        self.screen, self.registers = TextScreen(), RegisterDevice()
        self.serial.input.extend(serial_input)
        super().__init__(self.serial, self.timer, self.screen, self.registers)


@dataclass(frozen=True)
class Outcome:
    """A machine seen from outside: how it stands, what its devices took, its registers (a dict) and its memory."""

    state: str
    serial: str
    screen: str
    devices: tuple
    registers: dict
    memory: bytes


def outcome(cpu, board, state):
    """What is to be seen of this machine. The interrupt flag is left out: in user mode it is the host's."""
    registers = dict(cpu.registers)
    registers["flags"] &= ~0x200
    return Outcome(
        state,
        board.serial.output.decode("latin-1"),
        board.screen.text(),
        tuple(board.registers.registers),
        registers,
        bytes(cpu.ram),
    )


def on_bare_machine(guest, limit=200_000, instruction_ns=1):
    """The Outcome of the guest on a machine of its own: what every VMM is measured against."""
    board, cpu = Board(guest.serial_input), Cpu()
    cpu.load(guest.program)
    exits = Machine(cpu, board, instruction_s=instruction_ns / 1e9).run(limit=EXITS, steps=limit)
    ends = {"hlt": "halted", "shutdown": "shutdown", "internal_error": "internal_error"}
    return outcome(cpu, board, "running" if len(exits) == EXITS else ends.get(exits[-1].reason, "running"))


def differences(bare, seen, relocate=None):
    """Sentences, the most telling first; [] when nobody inside or outside could tell the two apart.

    `relocate`: old address → new one, for a guest whose code was changed on purpose (relocation); None: the same code.
    """
    if bare.state == seen.state == "running":  # both were stopped, not at the same place: only what is out counts
        length = min(len(seen.serial), len(bare.serial))
        return serial_differences(bare.serial[:length], seen.serial[:length])
    told = serial_differences(bare.serial, seen.serial)
    if seen.screen != bare.screen:
        told.append(f"screen {seen.screen.strip()!r} instead of {bare.screen.strip()!r}")
    told += [
        f"device register {number} = {value:#x} instead of {true:#x}"
        for number, (value, true) in enumerate(zip(seen.devices, bare.devices, strict=True))
        if value != true
    ]
    if seen.state != bare.state:
        told.append(f"the machine is {seen.state} instead of {bare.state}")
    told += [
        f"{name} = {seen.registers[name]:#06x} instead of {true:#06x}"
        for name, true in bare.registers.items()
        if seen.registers[name] not in (true, relocate and relocate(true))
    ]
    return told + memory_differences(bare, seen, relocate)


def serial_differences(bare, seen):
    """A sentence in a list, or []; of long outputs only the part around the first difference."""
    if bare == seen:
        return []
    same = next((at for at, (a, b) in enumerate(zip(bare, seen, strict=False)) if a != b), min(len(bare), len(seen)))
    begin = max(0, same - SHOWN // 2) if max(len(bare), len(seen)) > SHOWN else 0
    true, value = (("… " if begin else "") + repr(text[begin : begin + SHOWN]) for text in (bare, seen))
    return [f"serial output {value} instead of {true}"]


def memory_differences(bare, seen, relocate):
    """Words of memory that differ, up to three of them; what lies below the stack pointer is nobody's."""
    if seen.memory == bare.memory:
        return []
    top = (bare.registers["ss"] * 16 + bare.registers["sp"]) & 0xFFFFF
    different = []
    for at in range(0, len(bare.memory), 2):
        true, value = (int.from_bytes(memory[at : at + 2], "little") for memory in (bare.memory, seen.memory))
        nobodys = top - RED_ZONE <= at < top or relocate and relocate.changed(at)
        if value != true and not nobodys and value != (relocate and relocate(true)):
            different.append(f"memory {at:#06x} = {value:#06x} instead of {true:#06x}")
    return different[:3]


class Relocation:
    """Where an address of `program` lies in `other`, the same lines with more between them (`added`: is it one?)."""

    def __init__(self, program, other, added):
        self.begin, self.end = program.at, max(end_of(program), end_of(other))
        starts, start = [], None
        for line in other.listing:
            if line.code:
                start = line.address if start is None else start  # an added line belongs to the line after it
                if not added(line.source):
                    starts, start = [*starts, start], None
        lines = [line.address for line in program.listing if line.code]
        self.new = dict(zip([*lines, end_of(program)], [*starts, end_of(other)], strict=True))

    def __call__(self, address):
        """The new address; inside a line of data as far from its beginning as before."""
        if not self.begin <= address <= max(self.new):
            return address
        before = max(old for old in self.new if old <= address)
        return self.new[before] + address - before

    def changed(self, address):
        """Does one of the two programs lie there?"""
        return self.begin <= address < self.end


def end_of(program):
    """The first address behind a program."""
    return program.at + len(program.code)
