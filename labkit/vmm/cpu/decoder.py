"""From bytes to an instruction: prefixes, opcode, ModRM, displacement, immediate – and its text (the disassembler).

A length is not written anywhere: only who decodes an instruction from its first byte knows where the next one begins.
What is not in the table of encoding.py is refused by name and bytes, never guessed.
"""

from dataclasses import dataclass

from labkit.vmm.cpu.encoding import FIXED, OPCODES, SHIFTS, Form
from labkit.vmm.cpu.operands import BASES, BP, DS, SEGMENTS, SIZES, Far, Immediate, Memory, Register, Segment, Target
from labkit.world.errors import LabError

LONGEST = 15  # bytes of an instruction; a longer one is #GP on the real processor
OVERRIDES = {0x26: 0, 0x2E: 1, 0x36: 2, 0x3E: 3}
REPEATS = {0xF2: "repne", 0xF3: "rep"}
TWO_BYTES = 0x0F


class Undecodable(LabError):
    """These bytes are no instruction of this machine."""


class TooShort(Undecodable):
    """The bytes end before the instruction does."""


@dataclass(frozen=True)
class Instruction:
    """One decoded instruction: `code` are its bytes, `ip` is where it stands, `prefixes` are words like 'rep', 'es'."""

    form: Form
    operands: tuple
    prefixes: tuple
    code: bytes
    ip: int

    @property
    def mnemonic(self):
        """Its name, e.g. 'mov'."""
        return self.form.mnemonic

    @property
    def length(self):
        """Bytes, prefixes included."""
        return len(self.code)

    @property
    def next_ip(self):
        """Where the instruction after it stands."""
        return self.ip + len(self.code)

    @property
    def repeat(self):
        """'rep', 'repne' or None."""
        return next((word for word in reversed(self.prefixes) if word in REPEATS.values()), None)

    @property
    def segment(self):
        """The number of the overriding segment register (the last one written counts), or None."""
        return next((SEGMENTS.index(word) for word in reversed(self.prefixes) if word in SEGMENTS), None)

    @property
    def text(self):
        """As the assembler reads it."""
        shown = ", ".join(self._operand(operand) for operand in self.operands)
        in_operand = any(isinstance(operand, Memory) for operand in self.operands)
        prefixes = [word for word in self.prefixes if not (in_operand and word in SEGMENTS)]
        if self.form.operands == ("Jw",) and self.mnemonic == "jmp" and -126 <= self.operands[0].ip - self.ip <= 129:
            shown = f"near {shown}"
        return " ".join([*prefixes, self.mnemonic, shown]).strip()

    def _operand(self, operand):
        if not isinstance(operand, Memory) or operand.size is None:
            return str(operand)
        registers = any(isinstance(other, Register | Segment) for other in self.operands)
        if registers and self.mnemonic not in SHIFTS and operand.size != 4:
            return str(operand)
        return f"{SIZES[operand.size]} {operand}" if self.mnemonic not in ("lds", "les") else str(operand)

    def __str__(self):
        return self.text


class _Reader:
    """Bytes read one after the other."""

    def __init__(self, code, ip):
        self.code, self.ip, self.at = code, ip, 0

    def byte(self):
        if self.at >= LONGEST:
            raise Undecodable(f"the instruction at 0x{self.ip:04x} is longer than {LONGEST} bytes")
        if self.at >= len(self.code):
            raise TooShort(
                f"the instruction at 0x{self.ip:04x} ends after {self.code.hex(' ') or 'no byte'}",
                next_step="hand over all its bytes",
            )
        self.at += 1
        return self.code[self.at - 1]

    def word(self):
        return self.byte() | self.byte() << 8

    def signed(self):
        return (self.byte() ^ 0x80) - 0x80


def decode(code, ip=0):
    """The first Instruction in `code`, which stands at `ip`. Raises Undecodable (a LabError) for what is not built."""
    if not isinstance(code, bytes | bytearray):
        raise LabError(f"machine code is bytes, not {code!r}", next_step="assemble(source).code")
    reader = _Reader(code, ip)
    prefixes = []
    first = reader.byte()
    while first in OVERRIDES or first in REPEATS:
        prefixes.append(SEGMENTS[OVERRIDES[first]] if first in OVERRIDES else REPEATS[first])
        first = reader.byte()
    form, modrm = _form(reader, first)
    segment = next((SEGMENTS.index(word) for word in reversed(prefixes) if word in SEGMENTS), None)
    operands = _operands(reader, form, modrm, segment)
    if any(word in REPEATS.values() for word in prefixes) and not _is_string(form.mnemonic):
        raise _refused(reader, "a repeat prefix before something that is no string instruction")
    return Instruction(form, operands, tuple(prefixes), bytes(code[: reader.at]), ip)


def disassemble(code, at=0):
    """The text of the first instruction in `code`."""
    return decode(code, at).text


def _is_string(mnemonic):
    return mnemonic[:-1] in ("movs", "cmps", "stos", "lods", "scas")


def _form(reader, first):
    """(form, ModRM byte or None) for the opcode that begins with `first`."""
    opcode = bytes([first, reader.byte()]) if first == TWO_BYTES else bytes([first])
    form = OPCODES.get((opcode, None))
    if form:
        return form, reader.byte() if form.has_modrm else None
    if not any((opcode, extension) in OPCODES for extension in range(8)):
        raise _refused(reader, "unknown opcode")
    modrm = reader.byte()
    form = OPCODES.get((opcode + bytes([modrm]), None)) or OPCODES.get((opcode, modrm >> 3 & 7))
    if form is None:
        raise _refused(reader, "unknown opcode")
    return form, modrm


def _refused(reader, what):
    return Undecodable(
        f"{what}: bytes {reader.code[: reader.at].hex(' ')} at 0x{reader.ip:04x} are not an instruction "
        "of this machine (8086/80186 set and a few system instructions)"
    )


def _operands(reader, form, modrm, segment):
    """ModRM's operand is read first (its displacement stands before the immediate), then the others in order."""
    place = None
    if form.has_modrm:
        place = _place(reader, modrm, segment)
    return tuple(_operand(reader, kind, form, modrm, place, segment) for kind in form.operands)


def _operand(reader, kind, form, modrm, place, segment):
    if kind in FIXED:
        return FIXED[kind]
    size = 1 if kind.endswith("b") else 2
    if kind[0] == "E":
        return Register(place, size) if isinstance(place, int) else place.of_size(size)
    if kind[0] == "M":
        if isinstance(place, int):
            raise _refused(reader, f"{form.mnemonic} needs memory, not a register")
        return place.of_size(4) if kind == "Mp" else place
    if kind == "Sw":
        if modrm >> 3 & 7 > DS:
            raise _refused(reader, "segment registers fs and gs")
        return Segment(modrm >> 3 & 7)
    if kind[0] == "G":
        return Register(modrm >> 3 & 7, size)
    if kind[0] == "Z":
        return Register(form.opcode[-1] & 7, size)
    return _immediate(reader, kind, segment)


def _immediate(reader, kind, segment):
    if kind == "Ap":
        offset = reader.word()
        return Far(reader.word(), offset)
    if kind[0] == "O":
        return Memory((), reader.word(), segment, 1 if kind == "Ob" else 2)
    if kind[0] == "J":
        distance = reader.signed() if kind == "Jb" else reader.word()
        return Target(reader.ip + reader.at + distance & 0xFFFF)
    if kind == "Ibs":
        return Immediate(reader.signed())
    return Immediate(reader.byte() if kind == "Ib" else reader.word())


def _place(reader, modrm, segment):
    """ModRM's r/m: a register's number, or a Memory without size."""
    mode, where = modrm >> 6, modrm & 7
    if mode == 3:
        return where
    if mode == 0 and BASES[where] == (BP,):
        return Memory((), reader.word(), segment)
    displacement = (0, reader.signed, lambda: (reader.word() ^ 0x8000) - 0x8000)[mode]
    return Memory(BASES[where], displacement() if mode else 0, segment)
