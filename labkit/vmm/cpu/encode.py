"""From a mnemonic and its operands to bytes: the first form of the table that fits."""

from labkit.vmm.cpu.encoding import FIXED, MNEMONICS
from labkit.vmm.cpu.operands import BASES, BP, Far, Immediate, Memory, Register, Segment, Target
from labkit.world.errors import LabError

FAR_ANYWAY = ("lds", "les")  # always read a far pointer: nobody has to say so
SWAPPABLE = ("test", "xchg")  # the order of their operands does not matter
KINDS = {
    Register: {1: "8-bit register", 2: "16-bit register"},
    Segment: "segment register",
    Memory: "memory",
    Immediate: "number",
    Far: "far address",
    Target: "address",
}
MEANING = {"E": "r/m", "G": "r", "Z": "r", "I": "imm", "J": "target", "O": "[address]", "S": "segment register"}
WHOLE = {"Ap": "segment:offset", "Mp": "far [memory]", "M": "[memory]", "Ms": "[memory]", "Ibs": "imm8"}


class OutOfReach(LabError):
    """A short jump's target is too far away; `can_be_near`: the instruction has a longer form."""

    can_be_near = False


def encode(mnemonic, operands, address, long=False):
    """The bytes of one instruction at `address`; `operands` are Written (source.py); `long`: no short form of a
    jump."""
    values = [operand.value for operand in operands]
    fitting = [form for form in MNEMONICS[mnemonic] if _fits_all(form, operands, long)]
    if not fitting and mnemonic in SWAPPABLE and len(operands) == 2:
        operands, values = operands[::-1], values[::-1]
        fitting = [form for form in MNEMONICS[mnemonic] if _fits_all(form, operands, long)]
    if not fitting:
        raise _no_form(mnemonic, operands)
    unsized = any(isinstance(value, Memory) and value.size is None for value in values)
    if unsized and len({kind for form in fitting for kind in form.operands if kind in ("Eb", "Ew")}) > 1:
        raise LabError("it is not said how many bytes are meant", next_step="write byte or word before the [")
    return _bytes(fitting[0], operands, address, len(fitting) > 1 or mnemonic == "jmp")


def _fits_all(form, operands, long):
    if long and "Jb" in form.operands:
        return False
    return len(form.operands) == len(operands) and all(
        _fits(form.mnemonic, kind, operand) for kind, operand in zip(form.operands, operands, strict=True)
    )


def _fits(mnemonic, kind, written):
    """Can this operand be written as this kind?"""
    value, hint = written.value, written.hint
    size = 1 if kind.endswith("b") else 2
    if kind in FIXED:
        return value == FIXED[kind] and written.fixed
    if isinstance(value, Register):
        return kind[0] in "EGZ" and value.size == size and hint in (None, "byte", "word")
    if isinstance(value, Segment):
        return kind == "Sw"
    if isinstance(value, Memory):
        return _fits_memory(mnemonic, kind, value, size)
    if isinstance(value, Far):
        return kind == "Ap"
    return _fits_number(kind, value.value, hint, written.fixed)


def _fits_memory(mnemonic, kind, memory, size):
    if kind[0] == "M":
        return memory.size in ((4, None) if mnemonic in FAR_ANYWAY else (4,) if kind == "Mp" else (None, 2))
    if kind[0] == "O" and memory.registers:
        return False
    return kind[0] in "EO" and memory.size in (None, size)


def _fits_number(kind, value, hint, fixed):
    if kind[0] == "J":
        return hint != ("near" if kind == "Jb" else "short")
    if kind == "Ibs":
        signed = (value & 0xFFFF ^ 0x8000) - 0x8000
        return -0x8000 <= value <= 0xFFFF and -128 <= signed <= 127 and fixed and hint != "word"
    if kind == "Ib":
        return -0x80 <= value <= 0xFF and hint in (None, "byte")
    return kind == "Iw" and -0x8000 <= value <= 0xFFFF and hint in (None, "word")


def _no_form(mnemonic, operands):
    """What the instruction was given, and what it takes."""
    given = " and ".join(_described(operand) for operand in operands) or "nothing"
    takes = dict.fromkeys(", ".join(map(_kind_text, form.operands)) or "nothing" for form in MNEMONICS[mnemonic])
    why = _why([operand.value for operand in operands])
    told = f"{mnemonic} cannot have {given}" + (f": {why}" if why else "")
    return LabError(told, next_step=f"{mnemonic} takes: {' | '.join(takes)}")


def _why(values):
    """The commonest reasons in words; '' for the others."""
    registers = [value for value in values if isinstance(value, Register)]
    numbers = [value.value for value in values if isinstance(value, Immediate)]
    if sum(isinstance(value, Memory) for value in values) > 1:
        return "one instruction reaches memory once; go through a register"
    if len({register.size for register in registers}) > 1:
        return "one has 8 bits, the other 16"
    sizes = [value.size for value in values if isinstance(value, Register | Memory) and value.size]
    if numbers and sizes and not -(1 << 8 * sizes[0] - 1) <= numbers[0] < 1 << 8 * sizes[0]:
        return f"{numbers[0]:#x} does not fit into {8 * sizes[0]} bits"
    if numbers and isinstance(values[0], Immediate) and len(values) == 2:
        return "the target stands first, and a number is none"
    return ""


def _described(operand):
    value = operand.value
    text = KINDS[type(value)]
    text = text[value.size] if isinstance(text, dict) else text
    return f"{'an' if text[0] == '8' else 'a'} {text} ({value})"


def _kind_text(kind):
    if kind in FIXED:
        return kind.lower()
    if kind in WHOLE:
        return WHOLE[kind]
    size = "" if kind[0] in "JOS" else "8" if kind.endswith("b") else "16"
    return MEANING[kind[0]] + size


def _bytes(form, operands, address, can_be_near):
    """Prefix, opcode, ModRM and displacement, immediates."""
    code, rest, fields, prefix = form.opcode, b"", {"reg": form.extension or 0}, b""
    for kind, written in zip(form.operands, operands, strict=True):
        value = written.value
        if isinstance(value, Memory) and value.segment is not None:
            prefix = bytes([0x26 | value.segment << 3])
        if kind in FIXED:
            continue
        if kind[0] in "EM":
            fields["place"] = _place(value, written.fixed)
        elif kind[0] in "GS":
            fields["reg"] = value.number
        elif kind[0] == "Z":
            code = code[:-1] + bytes([code[-1] & 0xF8 | value.number])
        elif kind[0] != "J":
            rest += _immediate(kind, value)
    if "place" in fields:
        mode, where, displacement = fields["place"]
        code += bytes([mode << 6 | fields["reg"] << 3 | where]) + displacement
    code = prefix + code + rest
    if form.operands[:1] in (("Jb",), ("Jw",)):
        code += _distance(form.operands[0], operands[0].value.value, address + len(code), can_be_near)
    return code


def _place(value, fixed):
    """(mode, r/m, displacement's bytes) of ModRM."""
    if isinstance(value, Register):
        return 3, value.number, b""
    displacement = (value.displacement & 0xFFFF).to_bytes(2, "little")
    if not value.registers:
        return 0, BASES.index((BP,)), displacement
    where = BASES.index(value.registers)
    if value.displacement == 0 and value.registers != (BP,) and fixed:
        return 0, where, b""
    if -128 <= value.displacement <= 127 and fixed:
        return 1, where, displacement[:1]
    return 2, where, displacement


def _immediate(kind, value):
    if kind == "Ap":
        return value.offset.to_bytes(2, "little") + value.segment.to_bytes(2, "little")
    number = value.displacement if kind[0] == "O" else value.value
    size = 2 if kind[0] == "O" or kind == "Iw" else 1
    return (number & (1 << 8 * size) - 1).to_bytes(size, "little")


def _distance(kind, target, end, can_be_near):
    """The distance from the instruction's end to the target."""
    size = 1 if kind == "Jb" else 2
    distance = target - end - size
    if size == 1:
        around = (distance + 0x8000 & 0xFFFF) - 0x8000
        if not -128 <= around <= 127:
            error = OutOfReach(
                f"the target is {distance:+} bytes away; this jump reaches -128 … 127",
                next_step="jump over a jmp, which reaches everywhere",
            )
            error.can_be_near = can_be_near
            raise error
    if not 0 <= target & ~0 <= 0xFFFF:
        raise LabError(f"the target {target:#x} is outside the segment (0 … 0xFFFF)")
    return (distance & (1 << 8 * size) - 1).to_bytes(size, "little")
