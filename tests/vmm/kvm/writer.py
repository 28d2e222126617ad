"""What a generated program is written with: random choices, lines, and what is known at each point of them.

Three things are kept so that a program stays meaningful however its parts are joined: which registers hold which
value (addresses are built from them), which registers a loop needs (`protected`), and whether a flag is undefined
now (`dirty`). Undefined flags are never read: an instruction that would read them is preceded by one that sets all.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

CODE, AREA, AREA_END, STACK = 0x1000, 0x3000, 0x5F00, 0x8000
RESUME, COUNTERS = 0x2F00, 0x2F10  # where a fault handler finds its way back; how often each handler ran
SEGMENT_VALUES = (0, 0, 0x234, 0x2FF, 0x300)
STACKS = ((0, STACK), (0x700, STACK - 0x7000))  # (ss, sp)
BASES = ("bx+si", "bx+di", "bp+si", "bp+di", "si", "di", "bp", "bx", "")
WORDS = ("ax", "bx", "cx", "dx", "si", "di", "bp")
BYTES = ("al", "bl", "cl", "dl", "ah", "bh", "ch", "dh")
EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF)

PREFIXES = {"rep", "repe", "repne", "es", "cs", "ss", "ds"}
SETS_ALL_FLAGS = {"add", "adc", "sub", "sbb", "cmp", "neg", "popf"}
LEAVES_UNDEFINED = {
    *("and", "or", "xor", "test", "rol", "ror", "rcl", "rcr", "shl", "shr", "sar"),
    *("mul", "imul", "div", "idiv", "aaa", "aas", "daa", "das", "aam", "aad"),
}
READS_FLAGS = {
    *("adc", "sbb", "rcl", "rcr", "pushf", "lahf", "cmc", "daa", "das", "aaa", "aas", "loope", "loopne"),
    *("jo", "jno", "jb", "jae", "je", "jne", "jbe", "ja", "js", "jns", "jp", "jnp", "jl", "jge", "jle", "jg"),
    *("into", "int", "int3", "ud2", "div", "idiv", "aam"),  # the flags are pushed: always, or when they fault
    *("inc", "dec", "sahf"),  # they keep a part of the flags
}


class Writer:
    """The program so far. All luck comes from `seed`; instructions in `spared` are not used."""

    def __init__(self, seed: int, spared: frozenset[str] = frozenset()):
        self.random, self.spared = random.Random(seed), spared
        self.lines, self.after = [], []  # the main part; subroutines and handlers behind its end
        self.known: dict[str, int] = {}
        self.protected: set[str] = set()
        self.vectors: dict[int, str] = {}
        self.dirty, self.labels, self.count, self.depth = False, 0, 0, 0
        self.segments = {"cs": 0, "ds": 0, "es": 0, "ss": 0}

    # -- luck -------------------------------------------------------------------------------------------------------
    def below(self, limit: int) -> int:
        return int(self.random.random() * limit)

    def pick(self, options):
        return options[self.below(len(options))]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def value(self, size: int = 2) -> int:
        """A number of `size` bytes; the edges come often."""
        value = self.pick(EDGES) if self.chance(0.4) else self.below(0x10000)
        return value & (0xFF if size == 1 else 0xFFFF)

    # -- lines ------------------------------------------------------------------------------------------------------
    def emit(self, line: str) -> None:
        """One instruction, after the flags it may read are defined."""
        mnemonic = next(word for word in line.split() if word not in PREFIXES)
        if mnemonic in READS_FLAGS:
            self.clean()
        self.lines.append(f"    {line}")
        self.count += 1
        if mnemonic in SETS_ALL_FLAGS:
            self.dirty = False
        elif mnemonic in LEAVES_UNDEFINED:
            self.dirty = True

    def raw(self, code: bytes, meaning: str) -> None:
        """An instruction in an encoding that the assembler would not choose."""
        self.lines.append(f"    db {', '.join(f'0x{byte:02x}' for byte in code)} ; {meaning}")
        self.count += 1

    def clean(self) -> None:
        """All flags are defined after this."""
        if self.dirty:
            self.dirty = False
            self.emit(f"cmp {self.pick(WORDS)}, {self.pick([*WORDS, hex(self.value())])}")

    def label(self) -> str:
        self.labels += 1
        return f"l{self.labels}"

    def put(self, label: str) -> None:
        """A place that can be jumped to: what registers hold is not known here."""
        self.lines.append(f"{label}:")
        self.known.clear()

    def here(self, label: str) -> str:
        """A label as an offset in the present code segment."""
        base = self.segments["cs"] << 4
        return f"{label}-{base}" if base else label

    @contextmanager
    def elsewhere(self, label: str, **segments: int) -> Iterator[None]:
        """What is written inside stands behind the program's end, under `label`."""
        outer = self.lines, self.segments, self.depth
        self.lines, self.segments = [], {**self.segments, **segments}
        self.depth, self.dirty = self.depth + 1, True
        self.put(label)
        yield
        self.after.append(self.lines)
        self.lines, self.segments, self.depth = outer
        self.known.clear()

    @contextmanager
    def keeping(self, *registers: str) -> Iterator[None]:
        """Inside, these registers are not written."""
        added = set(registers) - self.protected
        self.protected |= added
        yield
        self.protected -= added

    # -- operands ---------------------------------------------------------------------------------------------------
    def free(self) -> list[str]:
        """Registers that may be written."""
        return [name for name in WORDS if name not in self.protected]

    def target(self, size: int = 2) -> str:
        """A register to write to; what it held is forgotten."""
        if size == 2:
            name = self.pick(self.free())
            self.known.pop(name, None)
            return name
        name = self.pick([name for name in BYTES if name[0] + "x" not in self.protected])
        self.known.pop(name[0] + "x", None)
        return name

    def source(self, size: int = 2) -> str:
        return self.pick(WORDS if size == 2 else BYTES)

    def set(self, name: str, value: int) -> None:
        self.emit(f"mov {name}, 0x{value & 0xFFFF:x}")
        self.known[name] = value & 0xFFFF

    def spot(self, segment: str) -> int:
        """A random offset that lies in the data area (or in the spare part of the stack) for this segment."""
        base = self.segments[segment] << 4
        if base >= 0x10000:
            return self.below(0x20)  # device registers
        low, high = (base, base + 0x700) if base > AREA_END else (max(AREA, base), AREA_END)
        return low + self.below(high - low) - base

    def memory(self, size: int | None = 2, *, segment: str | None = None, offset: int | None = None) -> str:
        """A memory operand at `offset` of `segment` (default: random), in a random addressing mode."""
        base = self.pick([mode for mode in BASES if self._can(mode)])
        default = "ss" if "bp" in base else "ds"
        segment = segment or self.pick((default, default, default, "ds", "es", "ss", "cs"))
        offset = self.spot(segment) if offset is None else offset
        inner = self._inside(base, offset)
        override = f"{segment}:" if segment != default or self.chance(0.05) else ""
        return {1: "byte ", 2: "word ", None: ""}[size] + f"[{override}{inner}]"

    def _can(self, mode: str) -> bool:
        return all(name in self.known or name not in self.protected for name in mode.split("+") if name)

    def _inside(self, base: str, offset: int) -> str:
        names = [name for name in base.split("+") if name]
        for name in names:
            if name not in self.known or (name not in self.protected and self.chance(0.3)):
                near = offset - self.below(200) if len(names) == 1 else self.below(0x10000)
                self.set(name, near)
        distance = (offset - sum(self.known[name] for name in names)) & 0xFFFF
        if not names:
            return f"0x{distance:x}"
        if distance > 0x7FFF:
            return f"{base}-{0x10000 - distance}"
        return f"{base}+{distance}" if distance or self.chance(0.3) else base

    def operand(self, size: int = 2, *, memory: float = 0.4) -> str:
        """A register or memory that may be written."""
        return self.memory(size) if self.chance(memory) else self.target(size)
