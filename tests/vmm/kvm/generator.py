"""Guest programs by the thousand: `source(seed)` is one, in assembly; it always comes to its hlt.

    vectors, segments, registers  →  20 to 200 instructions of all kinds  →  hlt;  behind it subroutines and handlers

It reads no flag that the processor's manual leaves undefined, because there two right processors may differ.
"""

from __future__ import annotations

from labkit.vmm.cpu import assemble
from tests.vmm.kvm.flow import body, handlers
from tests.vmm.kvm.writer import AREA, AREA_END, CODE, SEGMENT_VALUES, STACKS, WORDS, Writer

# Without VT-x or AMD-V, KVM interprets the guest, and its interpreter (arch/x86/kvm/emulate.c) lacks these:
# `enter` with a nesting level; `ud2` is not recognized where cs is not 0. A guest that uses them there ends with
# KVM_EXIT_INTERNAL_ERROR. And `int` from 0x80 on (the generator stays below) never comes to an end there.
NOT_INTERPRETED = frozenset({"daa", "aaa", "aas", "enter", "ud2"})


def source(seed: int, spared: frozenset[str] = frozenset()) -> str:
    """The assembly text of program `seed`, without the instructions in `spared`."""
    w = Writer(seed, spared)
    begin(w)
    wanted = 20 + w.below(120)
    while w.count < wanted:
        body(w, 1)
    w.clean()
    w.emit("hlt")
    handlers(w)
    behind = [line for part in w.after for line in part]
    return "\n".join([f"; generated program {seed}", *vectors(w), *w.lines, *behind]) + "\n"


def begin(w: Writer) -> None:
    """Segments, stack and registers with random values."""
    (w.segments["ss"], sp), w.segments["ds"] = w.pick(STACKS), w.pick(SEGMENT_VALUES)
    w.segments["es"] = w.pick(SEGMENT_VALUES)
    for name in ("ss", "ds", "es"):
        w.emit(f"mov ax, 0x{w.segments[name]:x}")
        w.emit(f"mov {name}, ax")
        if name == "ss":
            w.emit(f"mov sp, 0x{sp:x}")
    for name in WORDS:
        w.set(name, w.value())


def vectors(w: Writer) -> list[str]:
    """Instructions that fill the interrupt table; the segment halves are 0 already."""
    return [f"    mov word [cs:0x{4 * vector:x}], vector{vector}" for vector in w.vectors]


def data(seed: int) -> bytes:
    """Random content for the data area."""
    luck = Writer(seed + 1)
    return bytes(luck.below(256) for _ in range(AREA_END - AREA))


def program(seed: int, spared: frozenset[str] = frozenset()):
    """Program `seed`, assembled."""
    return assemble(source(seed, spared), at=CODE)
