"""What an instruction works on: registers, memory, immediates, jump targets. Shared by assembler, decoder, interpreter.

The numbers are those of the machine code (Intel SDM vol. 2, appendix B): AX is register 0, but CX is 1, and BX is 3.
"""

from dataclasses import dataclass, replace

WORDS = ("ax", "cx", "dx", "bx", "sp", "bp", "si", "di")
BYTES = ("al", "cl", "dl", "bl", "ah", "ch", "dh", "bh")
SEGMENTS = ("es", "cs", "ss", "ds")
AX, CX, DX, BX, SP, BP, SI, DI = range(8)
ES, CS, SS, DS = range(4)
BASES = ((BX, SI), (BX, DI), (BP, SI), (BP, DI), (SI,), (DI,), (BP,), (BX,))  # the r/m field of a memory operand
SIZES = {1: "byte", 2: "word", 4: "far"}


@dataclass(frozen=True)
class Register:
    """A general register of `size` bytes; 8-bit registers are the two halves of the first four 16-bit ones."""

    number: int
    size: int

    def __str__(self):
        return (WORDS if self.size == 2 else BYTES)[self.number]


@dataclass(frozen=True)
class Segment:
    """A segment register."""

    number: int

    def __str__(self):
        return SEGMENTS[self.number]


@dataclass(frozen=True)
class Memory:
    """[segment:base+index+displacement]. `size` in bytes (4: a far pointer), None where the instruction needs none.
    `segment` is the override written before it, or None: then bp means the stack's segment and all else the data's."""

    registers: tuple = ()
    displacement: int = 0
    segment: int | None = None
    size: int | None = None

    @property
    def used_segment(self):
        """The number of the segment register that is used."""
        if self.segment is not None:
            return self.segment
        return SS if BP in self.registers else DS

    def of_size(self, size):
        """The same place, read with another size."""
        return replace(self, size=size)

    def __str__(self):
        parts = "+".join(WORDS[number] for number in self.registers)
        if not parts:
            inner = f"0x{self.displacement & 0xFFFF:x}"
        elif self.displacement:
            inner = f"{parts}{'-' if self.displacement < 0 else '+'}0x{abs(self.displacement):x}"
        else:
            inner = parts
        return f"[{SEGMENTS[self.segment]}:{inner}]" if self.segment is not None else f"[{inner}]"


@dataclass(frozen=True)
class Immediate:
    """A number in the instruction. Sign-extended bytes are kept with their sign."""

    value: int

    def __str__(self):
        return f"-0x{-self.value:x}" if self.value < 0 else f"0x{self.value:x}"


@dataclass(frozen=True)
class Target:
    """Where a near jump goes: the offset in the code segment. In the code stands the distance to it."""

    ip: int

    def __str__(self):
        return f"0x{self.ip:x}"


@dataclass(frozen=True)
class Far:
    """segment:offset, both in the instruction."""

    segment: int
    offset: int

    def __str__(self):
        return f"0x{self.segment:x}:0x{self.offset:x}"
