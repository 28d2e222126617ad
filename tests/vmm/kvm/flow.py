"""Blocks that jump: branches, loops, subroutines, interrupts, faults, code that changes itself."""

from __future__ import annotations

from tests.vmm.kvm.blocks import NUMBERED, forget
from tests.vmm.kvm.machinery import STRAIGHT
from tests.vmm.kvm.writer import COUNTERS, RESUME, WORDS, Writer

CONDITIONS = ("o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g")
DEEPEST = 3
REACH = 17  # lines that a short jump passes for sure: 126 bytes, 7 bytes at most each
DIVIDE, BREAKPOINT, OVERFLOW, INVALID, STACK_FAULT, PROTECTION = 0, 3, 4, 6, 12, 13
FAULTS = (DIVIDE, INVALID, STACK_FAULT, PROTECTION)


def body(w: Writer, blocks: int) -> None:
    """`blocks` blocks one after the other, some of them nested."""
    w.depth += 1
    for _ in range(blocks):
        w.pick(STRAIGHT if w.depth > DEEPEST or w.chance(0.75) else JUMPING)(w)
    w.depth -= 1


def branch(w: Writer) -> None:
    over = w.label()
    condition = "jcxz" if w.chance(0.15) else f"j{w.pick(CONDITIONS)}"
    w.emit(f"{condition} {over}")
    before, at = w.dirty, len(w.lines) - 1
    body(w, 1 + w.below(2))
    if len(w.lines) - at > REACH:
        near = w.label()
        w.lines[at : at + 1] = [f"    {condition} {near}", f"    jmp near {over}", f"{near}:"]
    w.dirty = w.dirty or before
    w.put(over)


def back(w: Writer, jump: str, again: str) -> None:
    """Jump back to `again`, in two steps where one does not reach."""
    if len(w.lines) - w.lines.index(f"{again}:") <= REACH:
        return w.emit(f"{jump} {again}")
    near, on = w.label(), w.label()
    w.emit(f"{jump} {near}")
    w.emit(f"jmp short {on}")
    w.put(near)
    w.emit(f"jmp near {again}")
    return w.put(on)


def jump(w: Writer) -> None:
    """Forward in all forms; what is jumped over is never executed."""
    over, form = w.label(), w.below(6)
    if form == 0:
        w.emit(f"jmp short {over}")
    elif form == 1:
        w.emit(f"jmp near {over}")
    elif form == 2:
        name = w.target()
        w.emit(f"mov {name}, {w.here(over)}")
        w.emit(f"jmp {name}")
    elif form in (3, 4):
        jump_through_memory(w, over, far=form == 4)
    else:
        w.emit(f"jmp 0x{w.segments['cs']:x}:{w.here(over)}")
    w.lines.append("    db 0x0f, 0xff ; never executed")
    w.put(over)


def jump_through_memory(w: Writer, over: str, far: bool) -> None:
    place = w.spot("ds")
    w.emit(f"mov {w.memory(segment='ds', offset=place)}, {w.here(over)}")
    if far:
        w.emit(f"mov {w.memory(segment='ds', offset=place + 2)}, cs")
        w.emit(f"jmp far {w.memory(None, segment='ds', offset=place)}")
    else:
        w.emit(f"jmp {w.memory(segment='ds', offset=place)}")


def loop(w: Writer) -> None:
    if "cx" in w.protected:
        return counted(w)
    again = w.label()
    w.emit(f"mov cx, {1 + w.below(6)}")
    w.put(again)
    with w.keeping("cx"):
        body(w, 1 + w.below(3))
    w.clean()
    back(w, w.pick(("loop", "loop", "loope", "loopne")), again)
    return forget(w, *WORDS)


def counted(w: Writer) -> None:
    """A loop that counts in another register than cx."""
    if len(w.free()) < 4:
        return
    again, name = w.label(), w.target()
    w.emit(f"mov {name}, {1 + w.below(5)}")
    w.put(again)
    with w.keeping(name):
        body(w, 1 + w.below(2))
    w.emit(w.pick((f"dec {name}", f"sub {name}, 1")))
    back(w, w.pick(("jne", "jg")), again)
    forget(w, *WORDS)


def call(w: Writer) -> None:
    """A subroutine of its own, called near or far, directly or through a pointer."""
    name, form, arguments = w.label(), w.below(5), w.below(3)
    segment = w.pick((0, 0x10)) if form > 2 else w.segments["cs"]
    offset = f"{name}-{segment << 4}" if segment else name
    for _ in range(arguments):
        w.emit(f"push {w.source()}")
    if form == 0:
        w.emit(f"call {name}")
    elif form == 1:
        register = w.target()
        w.emit(f"mov {register}, {offset}")
        w.emit(f"call {register}")
    elif form == 3:
        w.emit(f"call 0x{segment:x}:{offset}")
    else:
        call_through_memory(w, offset, segment if form == 4 else None)
    with w.elsewhere(name, cs=segment):
        body(w, 1 + w.below(2))
        w.clean()
        w.emit(("retf" if form > 2 else "ret") + (f" {2 * arguments}" if arguments else ""))


def call_through_memory(w: Writer, offset: str, segment: int | None) -> None:
    place = w.spot("ds")
    w.emit(f"mov {w.memory(segment='ds', offset=place)}, {offset}")
    if segment is None:
        w.emit(f"call {w.memory(segment='ds', offset=place)}")
    else:
        w.emit(f"mov {w.memory(segment='ds', offset=place + 2)}, 0x{segment:x}")
        w.emit(f"call far {w.memory(None, segment='ds', offset=place)}")


# -- interrupts and faults -------------------------------------------------------------------------------------------
def interrupt(w: Writer) -> None:
    form = w.below(6)
    if form == 0:
        w.vectors.setdefault(BREAKPOINT, "count")
        w.emit("int3")
    elif form == 1:
        w.vectors.setdefault(OVERFLOW, "count")
        w.emit("into")
    else:
        vector = 0x20 + w.below(3)
        w.vectors.setdefault(vector, "body")
        w.emit(f"int 0x{vector:x}")


def fault(w: Writer) -> None:
    """Something that may fault; either way the program goes on behind it."""
    after = w.label()
    kind = w.pick((divide, divide, divide, invalid, beyond_the_segment))
    if kind is divide and {"ax", "dx"} & w.protected or kind is invalid and "ud2" in w.spared and w.segments["cs"]:
        return
    way_back = w.memory(segment="cs", offset=RESUME - (w.segments["cs"] << 4))
    w.emit(f"mov {way_back}, {w.here(after)}")
    kind(w)
    w.put(after)


def divide(w: Writer) -> None:
    w.vectors.setdefault(DIVIDE, "resume")
    if w.chance(0.7):
        w.emit(f"mov ax, 0x{w.value():x}")
    if w.chance(0.7):
        w.emit(f"mov dx, 0x{w.below(0x60) if w.chance(0.7) else w.value():x}")
    forget(w, "ax", "dx")
    if w.chance(0.1):
        w.emit(f"aam {w.pick((0, 7))}")
    else:
        size = w.pick((1, 2))
        w.emit(f"{w.pick(('div', 'idiv'))} {w.pick((w.memory(size), w.source(size)))}")
    forget(w, "ax", "dx")


def invalid(w: Writer) -> None:
    w.vectors.setdefault(INVALID, "resume")
    w.emit("ud2")


def beyond_the_segment(w: Writer) -> None:
    """A word whose second byte lies behind offset 0xFFFF: #GP, with the stack segment #SS."""
    segment = w.pick(("ds", "es", "ss"))
    w.vectors.setdefault(STACK_FAULT if segment == "ss" else PROTECTION, "resume")
    w.clean()
    place = w.memory(segment=segment, offset=0xFFFF)
    w.emit(w.pick((f"mov {w.target()}, {place}", f"mov {place}, {w.source()}", f"add {place}, {w.source()}")))


def handlers(w: Writer) -> None:
    """All handlers of the vectors that the program uses; they are written behind its end."""
    for vector, kind in list(w.vectors.items()):
        with w.elsewhere(f"vector{vector}", cs=0):
            {"count": counting, "resume": resuming, "body": own}[kind](w, vector)
            w.emit("iret")


def counting(w: Writer, vector: int) -> None:
    w.lines.append(f"    inc word [cs:0x{COUNTERS + 2 * vector:x}]")


def resuming(w: Writer, vector: int) -> None:
    """The pushed ip is the faulting instruction's: put the way back in its place."""
    counting(w, vector)
    w.lines += ["    push ax", "    push bp", "    mov bp, sp", f"    mov ax, [cs:0x{RESUME:x}]", "    mov [bp+4], ax"]
    w.lines += ["    pop bp", "    pop ax"]


def own(w: Writer, vector: int) -> None:
    """A handler with a body: it gives all registers back."""
    counting(w, vector)
    before, w.protected = w.protected, set()
    w.emit("pusha")
    for _ in range(1 + w.below(3)):
        w.pick(STRAIGHT)(w)
    w.emit("popa")
    w.protected = before
    w.clean()


# -- code that changes itself ----------------------------------------------------------------------------------------
def rewrite(w: Writer) -> None:
    """An instruction writes into the code that comes next: an immediate, or the opcode itself."""
    place = w.label()
    if w.chance(0.5):
        target = w.target(1)
        w.emit(f"mov byte [cs:{w.here(place)}+1], 0x{w.value(1):x}")
        w.put(place)
        w.emit(f"mov {target}, 0x{w.value(1):x}")
    else:
        register = w.target()
        one = 0x40 + NUMBERED[2].index(register)
        w.clean()
        w.emit(f"mov byte [cs:{w.here(place)}], 0x{w.pick((one, one + 8, 0x90)):x}")
        w.put(place)
        w.emit(f"inc {register}")


JUMPING = (branch, branch, branch, jump, loop, loop, counted, call, call, interrupt, fault, fault, rewrite)
