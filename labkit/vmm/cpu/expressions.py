"""Numbers in assembler source: 0x1f 1fh 0b101 'A' label+4*(2-1). Precedence as in NASM (and C), integers only."""

import re

from labkit.world.errors import LabError

TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d\w*)|(?P<text>'[^']*'|"[^"]*")|(?P<name>[A-Za-z_.][\w.]*|\$)|(?P<sign><<|>>|[-+*/%&|^~()]))"""
)
MOST_TOKENS = 100
LEVELS = (("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
OPERATIONS = {
    "|": lambda a, b: a | b, "^": lambda a, b: a ^ b, "&": lambda a, b: a & b, "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b, "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": lambda a, b: a // b, "%": lambda a, b: a % b,
}  # fmt: skip


def tokens(source):
    """[(kind, text)] of an expression."""
    found, at = [], 0
    while source[at:].strip():
        match = TOKEN.match(source, at)
        if not match:
            raise LabError(f"{source[at:].strip()!r} is not understood")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def number(text):
    """The value of a number: 12, 0x1f, 1fh, 0b101, 101b."""
    low = text.lower().replace("_", "")
    for pattern, base in (
        (r"0x([0-9a-f]+)", 16),
        (r"0b([01]+)", 2),
        (r"([0-9][0-9a-f]*)h", 16),
        (r"([01]+)b", 2),
        (r"(\d+)", 10),
    ):
        match = re.fullmatch(pattern, low)
        if match:
            return int(match[1], base)
    raise LabError(f"{text!r} is no number", next_step="hexadecimal: 0x1f or 1fh; binary: 0b101; decimal: 31")


def characters(text):
    """The value of 'A' or 'AB' (the first character is the lowest byte)."""
    try:
        return int.from_bytes(text[1:-1].encode("latin-1"), "little")
    except UnicodeEncodeError:
        raise LabError(f"{text} has a character that does not fit into a byte") from None


class Expression:
    """One expression; `names` gives the value of a label or a constant."""

    def __init__(self, source, names):
        self.tokens, self.names, self.source = tokens(source), names, source.strip()

    def value(self):
        """Its value; LabError if it is none."""
        if not self.tokens:
            raise LabError("a number is missing")
        value = self._level(0)
        if self.tokens:
            raise LabError(f"{self.source!r} is not understood from {self.tokens[0][1]!r} on")
        return value

    def _level(self, level):
        if level == len(LEVELS):
            return self._single()
        value = self._level(level + 1)
        while self.tokens and self.tokens[0][1] in LEVELS[level] and self.tokens[0][0] == "sign":
            operation = self.tokens.pop(0)[1]
            other = self._level(level + 1)
            if operation in "/%" and not other or operation in ("<<", ">>") and not 0 <= other < 64:
                raise LabError(f"{self.source!r} cannot be worked out: {operation} {other}")
            value = OPERATIONS[operation](value, other)
        return value

    def _single(self):
        if not self.tokens:
            raise LabError(f"{self.source!r} ends too early")
        kind, text = self.tokens.pop(0)
        if len(self.tokens) > MOST_TOKENS:
            raise LabError(f"an expression of more than {MOST_TOKENS} parts")
        if kind == "number":
            return number(text)
        if kind == "text":
            return characters(text)
        if kind == "name":
            return self.names(text)
        if text in "-+~":
            value = self._single()
            return {"-": -value, "+": value, "~": ~value}[text]
        if text == "(":
            value = self._level(0)
            if self.tokens and self.tokens.pop(0)[1] == ")":
                return value
            raise LabError(f"a ) is missing in {self.source!r}")
        raise LabError(f"{self.source!r}: {text!r} stands where a number should")
