"""What the body of a generated program is made of: each function writes a few instructions that belong together.

Every block leaves stack, segments and protected registers as it found them and comes to its end.
"""

from __future__ import annotations

from tests.vmm.kvm.writer import Writer

ALU = ("add", "or", "adc", "sbb", "and", "sub", "xor", "cmp")
SHIFTS = ("rol", "ror", "rcl", "rcr", "shl", "shr", "sar")
WIDE = (1, 2, 2)
NUMBERED = {  # registers in the order of their numbers in machine code
    1: ("al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"),
    2: ("ax", "cx", "dx", "bx", "sp", "bp", "si", "di"),
}


def other_direction(w: Writer) -> None:
    """Register to register in the encoding that the assembler does not choose (bit 1 of the opcode)."""
    size = w.pick((1, 2))
    plain = [(name, 8 * at) for at, name in enumerate(ALU) if name not in ("adc", "sbb")]
    name, number = w.pick([*plain, ("mov", 0x88)])
    names = NUMBERED[size]
    into, source = w.target(size), w.source(size)
    code = bytes([number | 2 | size - 1, 0xC0 | names.index(into) << 3 | names.index(source)])
    w.raw(code, f"{name} {into}, {source}")
    w.dirty = w.dirty or name != "mov"


def arithmetic(w: Writer) -> None:
    size = w.pick(WIDE)
    name, form = w.pick(ALU), w.below(4)
    if form == 0:
        source = w.source(size)
        w.emit(f"{name} {w.operand(size, memory=0.7)}, {source}")
    elif form == 1:
        memory = w.memory(size)
        w.emit(f"{name} {w.target(size)}, {memory}")
    elif form == 2:
        w.emit(f"{name} {w.operand(size)}, 0x{w.value(size):x}")
    elif "ax" not in w.protected:
        w.known.pop("ax", None)
        w.emit(f"{name} {'ax' if size == 2 else 'al'}, 0x{w.value(size):x}")


def compare(w: Writer) -> None:
    size = w.pick(WIDE)
    place = w.pick((w.memory(size), w.source(size), "ax" if size == 2 else "al"))
    w.emit(f"test {place}, {w.pick((w.source(size), hex(w.value(size))))}")


def unary(w: Writer) -> None:
    w.emit(f"{w.pick(('inc', 'dec', 'neg', 'not'))} {w.operand(w.pick(WIDE))}")


def shift(w: Writer) -> None:
    amount = w.pick(("1", "cl", "cl", str(w.below(34))))
    if amount == "cl" and "cx" not in w.protected and w.chance(0.6):
        w.known.pop("cx", None)
        w.emit(f"mov cl, {w.below(36)}")
    w.emit(f"{w.pick(SHIFTS)} {w.operand(w.pick(WIDE))}, {amount}")


def multiply(w: Writer) -> None:
    if w.chance(0.4):
        place = w.pick((w.memory(2), w.source(2)))
        small = w.below(256) - 128 if w.chance(0.5) else w.value()
        return w.emit(f"imul {w.target(2)}, {place}, {small}")
    if {"ax", "dx"} & w.protected:
        return None
    size = w.pick(WIDE)
    w.emit(f"{w.pick(('mul', 'imul'))} {w.pick((w.memory(size), w.source(size)))}")
    return forget(w, "ax", "dx")


def decimal(w: Writer) -> None:
    if "ax" in w.protected:
        return
    names = ("daa", "das", "aaa", "aas", "aam", "aad", "cbw", "cwd" if "dx" not in w.protected else "cbw")
    name = w.pick([name for name in names if name not in w.spared])
    w.emit(f"{name} {w.pick((10, 10, 1 + w.below(255)))}" if name in ("aam", "aad") else name)
    forget(w, "ax", "dx")


def forget(w: Writer, *names: str) -> None:
    for name in names:
        w.known.pop(name, None)


# -- moving data -----------------------------------------------------------------------------------------------------
def move(w: Writer) -> None:
    size, form = w.pick(WIDE), w.below(6)
    if form == 0:
        w.emit(f"mov {w.memory(size)}, {w.source(size)}")
    elif form == 1:
        memory = w.memory(size)
        w.emit(f"mov {w.target(size)}, {memory}")
    elif form == 2:
        w.emit(f"mov {w.operand(size, memory=0.6)}, 0x{w.value(size):x}")
    elif form == 3:
        w.emit(f"mov {w.target(size)}, {w.source(size)}")
    elif form == 4:
        moffs(w, size)
    else:
        address = f"{w.pick(('bx+si', 'bp+di', 'si', 'bx', 'bp+si', 'bx+di'))}+{w.below(0x8000)}"
        w.emit(f"lea {w.target()}, [{address}]")


def moffs(w: Writer, size: int) -> None:
    """The accumulator and memory at a fixed offset."""
    accumulator = "ax" if size == 2 else "al"
    place = f"[0x{w.spot('ds'):x}]"
    if w.chance(0.5):
        w.emit(f"mov {place}, {accumulator}")
    elif "ax" not in w.protected:
        forget(w, "ax")
        w.emit(f"mov {accumulator}, {place}")


def exchange(w: Writer) -> None:
    size = w.pick(WIDE)
    if w.chance(0.3) and "ax" not in w.protected:
        forget(w, "ax")
        return w.emit(f"xchg ax, {w.target()}")
    one = w.operand(size, memory=0.5)
    w.emit(f"xchg {one}, {w.target(size)}")
    return forget(w, one)


def translate(w: Writer) -> None:
    """xlat: al becomes the byte at bx + al."""
    if {"ax", "bx"} & w.protected:
        return
    w.set("bx", w.spot("ds"))
    forget(w, "ax")
    w.emit("xlat")


def flags(w: Writer) -> None:
    name = w.pick(("clc", "stc", "cmc", "cld", "std", "cli", "sti", "lahf", "sahf"))
    if name in ("lahf", "sahf"):
        if "ax" in w.protected:
            return
        forget(w, "ax")
    w.emit(name)


def segments(w: Writer) -> None:
    """Segment registers by mov, push/pop, lds and les; afterwards ds and es are as before."""
    name = w.pick(("ds", "es"))
    value, form = w.segments[name], w.below(4)
    if form == 0:
        w.emit(f"push {w.pick(('cs', 'ds', 'es', 'ss'))}")
        w.emit(f"pop {w.operand(memory=0.6)}")
    elif form == 1:
        w.emit(f"mov {w.operand(memory=0.6)}, {w.pick(('cs', 'ds', 'es', 'ss'))}")
    elif form == 2:
        w.emit(f"push {name}")
        w.emit(f"pop {name}")
    else:
        place = w.spot("ds") & ~1
        w.emit(f"mov {w.memory(segment='ds', offset=place)}, 0x{w.value():x}")
        w.emit(f"mov {w.memory(segment='ds', offset=place + 2)}, 0x{value:x}")
        pointer = w.memory(None, segment="ds", offset=place)
        w.emit(f"l{name} {w.target()}, {pointer}")


# -- strings ---------------------------------------------------------------------------------------------------------
def strings(w: Writer) -> None:
    if {"si", "di", "cx", "ax"} & w.protected:
        return
    name, size = w.pick(("movs", "cmps", "stos", "lods", "scas")), w.pick(("b", "w"))
    w.set("si", w.spot("ds") | 0x20)
    w.set("di", w.spot("es") | 0x20)
    w.emit(w.pick(("cld", "std", "cld")))
    prefix = ""
    if w.chance(0.7):
        w.set("cx", w.below(10))
        prefix = w.pick(("repe ", "repne ")) if name in ("cmps", "scas") else "rep "
    override = w.pick(("", "", "ss ", "cs ")) if name in ("movs", "lods", "cmps") and not w.segments["cs"] else ""
    if override == "ss " and w.segments["ss"]:
        override = ""
    w.emit(f"{override}{prefix}{name}{size}")
    forget(w, "si", "di", "cx", "ax")
