"""One line of assembler source, taken apart: label, mnemonic, operands. Nothing is encoded here."""

import re
from dataclasses import dataclass

from labkit.vmm.cpu.expressions import Expression
from labkit.vmm.cpu.operands import BASES, BYTES, SEGMENTS, WORDS, Far, Immediate, Memory, Register, Segment
from labkit.world.errors import LabError

NAME = r"[A-Za-z_.][\w.]*"
RESERVED = {*WORDS, *BYTES, *SEGMENTS, "byte", "word", "far", "near", "short", "equ", "db", "dw", "times"}
LATER_REGISTERS = r"(e|r)(ax|bx|cx|dx|si|di|bp|sp|ip)|r([89]|1[0-5])|[fg]s|[cd]r[0-8]"
SIZE_WORDS = {"byte": 1, "word": 2, "far": 4}


@dataclass(frozen=True)
class Written:
    """An operand as it was written: `value` is one of operands.py, `hint` is near/short/byte/word/far or None, and
    `fixed` is False where a label takes part: its number may still change, so no shorter form depends on it."""

    value: object
    hint: str | None = None
    fixed: bool = True


def _marked(text):
    """(position, character, is it outside quotes and brackets) of each character."""
    quote, depth = "", 0
    for at, character in enumerate(text):
        plain = not quote and not depth
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote, plain = character, False
        elif character in "[]":
            depth += 1 if character == "[" else -1
        yield at, character, plain
    if quote:
        raise LabError(f"a closing {quote} is missing")
    if depth:
        raise LabError(f"a {']' if depth > 0 else '['} is missing")


def without_comment(line):
    """The line up to a ; that is not inside quotes."""
    if "'" not in line and '"' not in line:
        return line.partition(";")[0].strip()
    quote = ""
    for at, character in enumerate(line):
        if character == ";" and not quote:
            return line[:at].strip()
        if character in "'\"" and quote in ("", character):
            quote = "" if quote else character
    return line.strip()


def split(text):
    """The parts between commas outside quotes and brackets."""
    if not text.strip():
        return []
    cuts = [-1, *(at for at, character, plain in _marked(text) if plain and character == ","), len(text)]
    parts = [text[a + 1 : b].strip() for a, b in zip(cuts, cuts[1:], strict=False)]
    if "" in parts:
        raise LabError("an operand is missing beside a comma")
    return parts


def label_and_rest(line):
    """('name' or None, the rest) of a line without comment."""
    match = re.match(rf"({NAME})\s*:\s*(.*)$", line, re.S)
    if match and match[1].lower() not in RESERVED:
        return match[1], match[2]
    match = re.match(rf"({NAME})\s+((?:equ|db|dw|times)\b.*)$", line, re.I | re.S)
    return (match[1], match[2]) if match and match[1].lower() not in RESERVED else (None, line)


def refuse_name(text):
    """A LabError if this statement begins with what was meant as a name, and cannot be one."""
    name, colon = re.match(r"([\w.]*)\s*(:?)", text).groups()
    if name.lower() in RESERVED:
        raise LabError(f"{name!r} is a reserved word: nothing can be called so", next_step=f"{name}1, for example")
    if colon and re.fullmatch(NAME, name):
        raise LabError(f"{name!r} is a second label on this line", next_step="give it a line of its own")
    if colon:
        raise LabError(f"{name!r} cannot be a label", next_step="a name begins with a letter, _ or a dot")


def refuse_foreign_register(name):
    """A LabError for a register that only later processors have: it must not be taken for a label."""
    if re.fullmatch(LATER_REGISTERS, name):
        raise LabError(
            f"{name} is a register that this processor does not have",
            next_step=f"it has {' '.join((*WORDS, *BYTES, *SEGMENTS))}",
        )


def operand(text, names):
    """The Written of one operand; `names(name)` gives a number and may note that a label was used."""
    words, hint = text.split(None, 1), None
    while len(words) == 2 and words[0].lower() in (*SIZE_WORDS, "near", "short"):
        hint, text = words[0].lower(), words[1]
        words = text.split(None, 1)
    low = text.lower()
    if low in WORDS or low in BYTES:
        if SIZE_WORDS.get(hint, 2 if low in WORDS else 1) != (2 if low in WORDS else 1):
            raise LabError(f"{low} is no {hint}", next_step=f"leave {hint} out: a register has its size")
        return Written(Register((WORDS if low in WORDS else BYTES).index(low), 2 if low in WORDS else 1), hint)
    if low in SEGMENTS:
        return Written(Segment(SEGMENTS.index(low)), hint)
    used = _Watch(names)
    if text.startswith("["):
        if not text.endswith("]"):
            raise LabError(f"a ] is missing in {text!r}")
        return Written(_memory(text[1:-1], used, SIZE_WORDS.get(hint)), hint, not used.labels)
    if "[" in text:
        raise LabError(f"{text!r} is not understood", next_step="memory is written [bx+4] or [es:di]")
    if ":" in text and "'" not in text:
        segment, _, offset = text.partition(":")
        segment, offset = (_word(Expression(part, used).value()) for part in (segment, offset))
        return Written(Far(segment, offset), hint, False)
    return Written(Immediate(Expression(text, used).value()), hint, not used.labels)


class _Watch:
    """Calls `names` and remembers whether a label (not a constant) was among them."""

    def __init__(self, names):
        self.names, self.labels = names, False

    def __call__(self, name):
        refuse_foreign_register(name.lower())
        value, is_label = self.names(name)
        self.labels |= is_label
        return value


def _word(value):
    if not -0x8000 <= value <= 0xFFFF:
        raise LabError(f"{value:#x} does not fit into 16 bits")
    return value & 0xFFFF


def _memory(inner, names, size):
    """The Memory of what stands in brackets."""
    segment, colon, rest = inner.partition(":")
    override = None
    if colon:
        if segment.strip().lower() not in SEGMENTS:
            raise LabError(f"{segment.strip()!r} is no segment register", next_step=f"known: {' '.join(SEGMENTS)}")
        inner, override = rest, SEGMENTS.index(segment.strip().lower())
    registers, others = [], []
    for sign, term in re.findall(r"(^|[-+])\s*((?:\([^)]*\)|'[^']*'|[^-+('\"])+)", inner):
        if term.strip().lower() in (*WORDS, *BYTES, *SEGMENTS):
            if sign == "-":
                raise LabError(f"a register cannot be subtracted in [{inner.strip()}]")
            registers.append(term.strip().lower())
        else:
            others.append((sign or "+") + term)
    displacement = _word(Expression("".join(others), names).value()) if others or not registers else 0
    return Memory(
        _base(registers, inner), (displacement ^ 0x8000) - 0x8000 if registers else displacement, override, size
    )


def _base(registers, inner):
    """The registers of a memory operand in the order of the machine code."""
    for base in (*BASES, ()):
        if sorted(registers) == sorted(WORDS[number] for number in base):
            return base
    raise LabError(
        f"[{inner.strip()}]: no such address",
        next_step="16-bit addresses are made of bx or bp, si or di, and a number: [bx+si+4]",
    )
