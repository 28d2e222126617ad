"""Blocks about the machine itself: its stack, its tables, its ports and devices; and the list of all blocks."""

from __future__ import annotations

from tests.vmm.kvm.blocks import (
    ALU,
    WIDE,
    arithmetic,
    compare,
    decimal,
    exchange,
    flags,
    forget,
    move,
    multiply,
    other_direction,
    segments,
    shift,
    strings,
    translate,
    unary,
)
from tests.vmm.kvm.writer import WORDS, Writer

MMIO_SEGMENTS = (0xD000, 0xB800, 0x1000, 0xD001)
PORTS = (0x3F8, 0x3F9, 0x70, 0x80, 0x1234)


def stack_pointer(w: Writer) -> None:
    """sp and ss as operands; what sp was is put back."""
    form = w.below(4)
    if form == 0:
        w.emit(w.pick(("inc sp", "dec sp", "dec sp")))
        w.emit("dec sp" if w.lines[-1].endswith("inc sp") else "inc sp")
    elif form == 1:
        w.emit("push ss")
        w.emit("pop ss")
    elif form == 2:
        w.emit("push sp")
        w.emit("pop sp")
    elif "ax" not in w.protected:
        w.emit("xchg ax, sp")
        w.emit(f"xchg ax, {w.pick(('sp', 'sp'))}")


def system(w: Writer) -> None:
    """What reads and writes the processor's tables and its status word, without a change that would be felt."""
    form, place = w.below(5), w.spot("ds")
    if form == 0:
        w.emit(f"s{w.pick('gi')}dt {w.memory(None, segment='ds', offset=place)}")
    elif form == 1:
        name = w.pick(("g", "i"))
        w.emit(f"s{name}dt {w.memory(None, segment='ds', offset=place)}")
        w.emit(f"mov byte {w.memory(None, segment='ds', offset=place + 5)}, 0")
        w.emit(f"l{name}dt {w.memory(None, segment='ds', offset=place)}")
    elif form == 2:
        w.emit(f"smsw {w.operand()}")
    elif form == 3:
        register = w.target()
        w.emit(f"mov {register}, 0x{w.below(0x8000) << 1:x}")  # bit 0 would switch protected mode on
        w.emit(f"lmsw {register}")
    else:
        w.emit("clts")


# -- stack -----------------------------------------------------------------------------------------------------------
def stack(w: Writer) -> None:
    form = w.below(5)
    if form == 0:
        pushed = w.pick((w.source(), w.memory(), hex(w.value()), str(w.below(256) - 128)))
        w.emit(f"push {pushed}")
        w.emit(f"pop {w.operand()}")
    elif form == 1:
        kept = [w.source() for _ in range(1 + w.below(3))]
        for name in kept:
            w.emit(f"push {name}")
        for _ in kept:
            w.emit(f"pop {w.target()}")
    elif form == 2:
        w.emit("pushf")
        w.emit(f"pop {w.operand()}")
    elif form == 3:
        image = w.value() & 0x7ED5  # without the trap flag, and without bits 3, 5, 15, which do not exist
        w.emit(f"push 0x{image:x}")
        w.emit("popf")
    else:
        frames(w)


def frames(w: Writer) -> None:
    """pusha/popa, and enter/leave."""
    if w.chance(0.5):
        w.emit("pusha")
        w.emit("popa" if not w.protected else "add sp, 16")
        forget(w, *WORDS)
    elif "bp" not in w.protected:
        w.emit("mov bp, sp")
        forget(w, "bp")
        w.emit(f"enter {2 * w.below(8)}, {0 if 'enter' in w.spared else w.below(4)}")
        w.emit(f"mov word [bp-{2 + w.below(6)}], {w.source()}")
        w.emit("leave")


# -- what leaves the guest -------------------------------------------------------------------------------------------
def port(w: Writer) -> None:
    if {"ax", "dx"} & w.protected:
        return
    accumulator = w.pick(("al", "ax"))
    place = f"0x{w.below(0xFF):x}"
    if w.chance(0.6):
        w.set("dx", w.pick(PORTS))
        place = "dx"
    if w.chance(0.5):
        w.emit(f"out {place}, {accumulator}")
    else:
        forget(w, "ax")
        w.emit(f"in {accumulator}, {place}")


def device(w: Writer) -> None:
    """Accesses to memory that is not there: es points above the RAM for a while."""
    before, value = w.segments["es"], w.pick(MMIO_SEGMENTS)
    w.emit("push es")
    w.emit(f"push 0x{value:x}")
    w.emit("pop es")
    w.segments["es"] = value
    for _ in range(1 + w.below(3)):
        w.pick((register_access, register_access, device_strings))(w)
    w.emit("pop es")
    w.segments["es"] = before


def register_access(w: Writer) -> None:
    size = w.pick(WIDE)
    place = w.memory(size, segment="es")
    form = w.below(5)
    if form == 0:
        w.emit(f"mov {place}, {w.source(size)}")
    elif form == 1:
        w.emit(f"mov {w.target(size)}, {place}")
    elif form == 2:
        w.emit(f"{w.pick(ALU)} {place}, {w.source(size)}")
    elif form == 3:
        w.emit(f"{w.pick(ALU)} {w.target(size)}, {place}")
    else:
        w.emit(w.pick((f"inc {place}", f"neg {place}", f"not {place}", f"shl {place}, 1", f"sar {place}, 3")))


def device_strings(w: Writer) -> None:
    if {"si", "di", "cx", "ax"} & w.protected:
        return
    w.set("si", w.spot("ds") | 0x20)
    w.set("di", w.below(0x20))
    w.set("cx", w.below(5))
    w.emit("cld")
    w.emit(f"{w.pick(('rep movsb', 'rep movsw', 'rep stosw', 'movsw', 'stosb', 'es rep lodsb', 'repe scasw'))}")
    forget(w, "si", "di", "cx", "ax")


STRAIGHT = (
    *(
        arithmetic,
        arithmetic,
        arithmetic,
        arithmetic,
        arithmetic,
        other_direction,
        compare,
        unary,
        unary,
        shift,
        shift,
        multiply,
        decimal,
    ),
    *(move, move, move, exchange, translate, flags, flags, segments, stack, stack, strings, strings),
    *(port, port, port, port, device, device, stack_pointer, system),
)
