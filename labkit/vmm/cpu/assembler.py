"""A small assembler for lessons: NASM's Intel syntax, one instruction per line, into bytes that real processors run.

    start:  mov dx, 0x3f8          ; comments after a semicolon
    next:   lodsb
            test al, al
            jz done                ; short if it reaches, else near (jmp only)
            out dx, al
            jmp next
    done:   hlt
    text:   db 'hello', 0          ; also dw, times 4 db 0, name equ 5

The surprise is what an assembler does not know: whether bytes are code or data, and what a number means. `mov ax, [bx]`
needs no size, `mov [bx], 5` does (byte or word): nothing else says how much of memory is meant.

A jump's length depends on where its target is, and where things are depends on how long the jumps are: passes are made
over the source until nothing changes. A jump that had to be long once stays long, so that it comes to an end.
"""

from dataclasses import dataclass, field
from difflib import get_close_matches

from labkit.vmm.cpu.encode import OutOfReach, encode
from labkit.vmm.cpu.encoding import MNEMONICS, STRINGS
from labkit.vmm.cpu.expressions import Expression, characters
from labkit.vmm.cpu.source import label_and_rest, operand, refuse_name, split, without_comment
from labkit.world.errors import LabError, unknown

PREFIXES = {
    "rep": 0xF3, "repe": 0xF3, "repz": 0xF3, "repne": 0xF2, "repnz": 0xF2,
    "es": 0x26, "cs": 0x2E, "ss": 0x36, "ds": 0x3E,
}  # fmt: skip
ALIASES = {
    "jz": "je", "jnz": "jne", "jc": "jb", "jnae": "jb", "jnc": "jae", "jnb": "jae", "jna": "jbe", "jnbe": "ja",
    "jpe": "jp", "jpo": "jnp", "jnge": "jl", "jnl": "jge", "jng": "jle", "jnle": "jg", "loopz": "loope",
    "loopnz": "loopne", "sal": "shl", "xlatb": "xlat", "retn": "ret",
}  # fmt: skip
DATA = {"db": 1, "dw": 2}
ELSEWHERE = {
    "org": "say it when assembling: assemble(source, at=0x1000)",
    **dict.fromkeys(("section", "bits", "global", "cpu"), "leave it out: a program is one piece of 16-bit code"),
    **dict.fromkeys(("resb", "resw"), "times 4 db 0"),
}  # fmt: skip
STRING_PREFIXES = {name for name, byte in PREFIXES.items() if byte in (0xF2, 0xF3)}
PASSES = 50


@dataclass(frozen=True)
class Line:
    """One line of the listing."""

    number: int
    address: int
    code: bytes
    source: str

    def __str__(self):
        shown = self.code[:8].hex(" ") + (" …" if len(self.code) > 8 else "")
        return f"{self.address:04x}  {shown:25} {self.source}".rstrip()


@dataclass(frozen=True)
class Program:
    """Machine code that stands at `at`; `labels` are {name: address}. Printed, it is its listing."""

    code: bytes
    at: int
    labels: dict = field(default_factory=dict)
    listing: tuple = ()

    def __str__(self):
        return "\n".join(map(str, self.listing))

    def __len__(self):
        return len(self.code)


def assemble(source, at=0x1000):
    """The Program of `source`, to be loaded at offset `at` (0 … 0xFFFF).

    Raises LabError with the line's number, its text and what is wrong."""
    check(source)
    if isinstance(at, bool) or not isinstance(at, int) or not 0 <= at <= 0xFFFF:
        raise LabError(f"a program stands at 0 … 0xFFFF, not at {at!r}")
    work = _Assembly(source.splitlines(), at)
    work.one_pass()
    work.settled = True
    for _ in range(PASSES):
        before = dict(work.labels), dict(work.constants), len(work.long)
        work.one_pass()
        if before == (work.labels, work.constants, len(work.long)):
            return work.program()
    raise LabError(
        "the addresses do not settle: a label's value changes where it stands",
        next_step="look for `times` or `equ` that depend on labels behind them",
    )


def check(source):
    """Raise LabError unless this is a text with something in it."""
    if not isinstance(source, str):
        raise LabError(f"the source must be a text, not {source!r}", next_step='assemble("mov ax, 1")')
    if not source.strip():
        raise LabError("the source is empty: there is nothing to assemble", next_step="write an instruction, e.g. hlt")


class _Assembly:
    """The source, and what is known of it after each pass."""

    def __init__(self, lines, at):
        self.lines, self.start = lines, at
        self.labels, self.constants, self.long = {}, {}, set()
        self.settled = False

    def one_pass(self):
        """Encode every line with the labels' values of the pass before."""
        self.address, self.listing, self.seen, self.scope = self.start, [], set(), ""
        for number, line in enumerate(self.lines, start=1):
            try:
                code = self._line(without_comment(line), number)
            except LabError as error:
                raise LabError(f"line {number}, '{line.strip()}': {error.message}", next_step=error.next_step) from None
            self.listing.append(Line(number, self.address, code, line.rstrip()))
            self.address += len(code)
            if self.address > 0x10000:
                raise LabError(f"line {number}: beyond offset 0xFFFF", next_step="a segment has 64 KiB")

    def program(self):
        """What came out."""
        return Program(b"".join(line.code for line in self.listing), self.start, dict(self.labels), tuple(self.listing))

    def _line(self, text, number):
        label, rest = label_and_rest(text)
        if label and rest.lower().startswith("equ"):
            self.constants[self._full(label)] = Expression(rest[3:], self._known_above).value()
            self._name(label)
            return b""
        if label:
            self._name(label)
            self.labels[self._full(label)] = self.address
        return self._statement(rest, number) if rest else b""

    def _known_above(self, name):
        """A name in an equ: a label, or a constant that was given its value in a line above."""
        value, is_label = self._value(name)
        if not is_label and self._full(name) not in self.seen:
            raise LabError(f"{name!r} gets its value only below", next_step="move its equ above this line")
        return value

    def _name(self, label):
        if not label.startswith("."):
            self.scope = label
        if self._full(label) in self.seen:
            raise LabError(f"the name {label!r} is given twice", next_step="give one of them another name")
        self.seen.add(self._full(label))

    def _full(self, name):
        """A name that begins with a dot belongs to the last one that does not."""
        return self.scope + name if name.startswith(".") else name

    def _value(self, name):
        """(value, is it a label) of a name; in the first pass a label behind is still unknown."""
        full = self._full(name)
        if name == "$":
            return self.address, True
        if full in self.constants:
            return self.constants[full], False
        if full in self.labels:
            return self.labels[full], True
        if self.settled:
            raise unknown("label", name, [*self.labels, *self.constants])
        return self.address, True

    def _statement(self, text, number):
        word, *rest = text.split(None, 1)
        word, rest = word.lower(), rest[0] if rest else ""
        if word == "times":
            return self._times(rest, number)
        if word in DATA:
            return b"".join(self._data(part, DATA[word]) for part in _some(split(rest), word))
        if word in PREFIXES and rest:
            if word in STRING_PREFIXES and not rest.split()[0].lower().startswith((*STRINGS, *PREFIXES)):
                raise LabError(f"{word} repeats string instructions only", next_step=f"{word} movsb; or use loop")
            return bytes([PREFIXES[word]]) + self._shifted(rest, number, 1)
        mnemonic = ALIASES.get(word, word)
        if word in ELSEWHERE:
            raise LabError(f"{word} is not needed here", next_step=ELSEWHERE[word])
        if mnemonic not in MNEMONICS:
            refuse_name(text)
            close = get_close_matches(word, [*MNEMONICS, *ALIASES, *DATA, "times"], n=1)
            raise LabError(
                f"there is no instruction {word!r}",
                next_step=f"did you mean {close[0]!r}?"
                if close
                else "known are those of the 8086 and 80186 and a few system instructions: cpu.MNEMONICS",
            )
        operands = [operand(part, self._value) for part in split(rest)]
        return self._encoded(mnemonic, operands, number)

    def _shifted(self, text, number, by):
        """A statement behind a prefix of `by` bytes."""
        self.address += by
        try:
            return self._statement(text, number)
        finally:
            self.address -= by

    def _encoded(self, mnemonic, operands, number):
        try:
            return encode(mnemonic, operands, self.address, number in self.long)
        except OutOfReach as far:
            if far.can_be_near:
                self.long.add(number)
                return encode(mnemonic, operands, self.address, True)
            if self.settled:
                raise
            return b"\0\0"

    def _times(self, text, number):
        for at in range(1, len(text)):
            head, tail = text[:at], text[at:].split(None, 1)
            if text[at - 1].isspace() and tail and (tail[0].lower() in (*MNEMONICS, *ALIASES, *DATA, *PREFIXES)):
                count = Expression(head, lambda name: self._value(name)[0]).value()
                if not 0 <= count <= 0x10000:
                    raise LabError(f"times {count}: a count is 0 … 65536")
                code = self._statement(text[at:], number) if count else b""
                return code * count
        raise LabError("times needs a count and what is repeated", next_step="times 4 db 0")

    def _data(self, text, size):
        if text in ("''", '""'):
            raise LabError("a text without a character", next_step="leave it out")
        if size == 1 and text[0] in "'\"" and text.endswith(text[0]) and len(text) > 3 and text[0] not in text[1:-1]:
            characters(text)
            return text[1:-1].encode("latin-1")
        value = Expression(text, lambda name: self._value(name)[0]).value()
        if not -(1 << 8 * size - 1) <= value < 1 << 8 * size:
            raise LabError(f"{value:#x} does not fit into {size} byte{'s' if size > 1 else ''}")
        return (value & (1 << 8 * size) - 1).to_bytes(size, "little")


def _some(parts, word):
    if not parts:
        raise LabError(f"{word} without a value", next_step=f"{word} 0")
    return parts
