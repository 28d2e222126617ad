"""Data goes somewhere: mov, xchg, push, pop, lea, lds, les, xlat, cbw, cwd, and the flags as data.

Two surprises: `mov ss, …` and `pop ss` keep interrupts away until after the next instruction (which should load sp:
half a new stack is none), and in user mode `popf` silently leaves IF alone instead of complaining. The second one broke
virtualization on x86 for twenty years.
"""

from labkit.vmm.cpu.access import address, pusher, reader, writer
from labkit.vmm.cpu.exits import Fault, Turn
from labkit.vmm.cpu.flags import PRIVILEGED
from labkit.vmm.cpu.operands import AX, BX, CS, DS, DX, ES, SP, SS, Memory, Segment

INVALID_OPCODE = 6


def move(cpu, instruction):
    """mov in all its forms."""
    target, source = instruction.operands
    load, next_ip = reader(cpu, source, getattr(target, "size", 2)), instruction.next_ip
    if isinstance(target, Segment):
        return _into_segment(cpu, target.number, load, next_ip)
    store = writer(cpu, target)

    def step():
        store(load())
        return next_ip

    return step


def _into_segment(cpu, number, load, next_ip):
    set_segment = cpu.set_segment

    def step():
        if number == CS:
            raise Fault(INVALID_OPCODE, why="cs is only loaded by a far jump")
        set_segment(number, load())
        if number == SS:
            raise Turn(next_ip, shadow=True)
        return next_ip

    return step


def exchange(cpu, instruction):
    """xchg. Memory is written before the register: until a device has taken it nothing has changed."""
    one, other = instruction.operands
    if isinstance(other, Memory):
        one, other = other, one
    load_one, load_other, store_one, store_other = (
        reader(cpu, one),
        reader(cpu, other),
        writer(cpu, one),
        writer(cpu, other),
    )
    next_ip = instruction.next_ip

    def step():
        a, b = load_one(), load_other()
        store_one(b)
        store_other(a)
        return next_ip

    return step


def push(cpu, instruction):
    """push; `push sp` writes the old sp (since the 286)."""
    load, put, next_ip = reader(cpu, instruction.operands[0]), pusher(cpu), instruction.next_ip

    def step():
        put(load())
        return next_ip

    return step


def pop(cpu, instruction):
    """pop; `pop sp` leaves the popped value in sp."""
    (target,) = instruction.operands
    load, words, next_ip = cpu.memory.load, cpu.words, instruction.next_ip
    if isinstance(target, Segment):
        return _pop_segment(cpu, target.number, next_ip)
    store, to_memory = writer(cpu, target), isinstance(target, Memory)

    def step():
        top = words[SP]
        value = load(SS, top, 2)
        if to_memory:
            store(value)
            words[SP] = top + 2 & 0xFFFF
        else:
            words[SP] = top + 2 & 0xFFFF
            store(value)
        return next_ip

    return step


def _pop_segment(cpu, number, next_ip):
    load, words, set_segment = cpu.memory.load, cpu.words, cpu.set_segment

    def step():
        set_segment(number, load(SS, words[SP], 2))
        words[SP] = words[SP] + 2 & 0xFFFF
        if number == SS:
            raise Turn(next_ip, shadow=True)
        return next_ip

    return step


def push_all(cpu, instruction):
    """pusha: ax cx dx bx, the sp from before, bp si di."""
    words, store, next_ip = cpu.words, cpu.memory.store, instruction.next_ip

    def step():
        top = words[SP]
        for number in range(8):
            store(SS, top - 2 * number - 2 & 0xFFFF, 2, words[number])
        words[SP] = top - 16 & 0xFFFF
        return next_ip

    return step


def pop_all(cpu, instruction):
    """popa: the other way round; the stored sp is thrown away."""
    words, load, next_ip = cpu.words, cpu.memory.load, instruction.next_ip

    def step():
        top = words[SP]
        values = [load(SS, top + 2 * at & 0xFFFF, 2) for at in range(8)]
        words[:] = values[::-1]
        words[SP] = top + 16 & 0xFFFF
        return next_ip

    return step


def push_flags(cpu, instruction):
    """pushf: no exit in any mode. In user mode it shows the real machine's IF, not the guest's."""
    put, flags, next_ip = pusher(cpu), cpu.flags, instruction.next_ip

    def step():
        put(flags.image)
        return next_ip

    return step


def pop_flags(cpu, instruction):
    """popf: sets all flags – but IF and IOPL only for ring 0. In ring 3 they stay, and nobody is told."""
    words, flags, load, next_ip = cpu.words, cpu.flags, cpu.memory.load, instruction.next_ip

    def step():
        image = load(SS, words[SP], 2)
        words[SP] = words[SP] + 2 & 0xFFFF
        kept = PRIVILEGED if cpu.mode == "user" else 0
        flags.load(image & ~kept | flags.control & kept)
        raise Turn(next_ip)

    return step


def load_address(cpu, instruction):
    """lea: the offset itself, not what lies there."""
    store, where, next_ip = (
        writer(cpu, instruction.operands[0]),
        address(cpu, instruction.operands[1]),
        instruction.next_ip,
    )

    def step():
        store(where())
        return next_ip

    return step


def load_far(cpu, instruction):
    """lds, les: a register and a segment register from four bytes in memory."""
    target, memory = instruction.operands
    store, where, pair = writer(cpu, target), address(cpu, memory), cpu.memory.words
    segment, number, next_ip = memory.used_segment, DS if instruction.mnemonic == "lds" else ES, instruction.next_ip
    set_segment = cpu.set_segment

    def step():
        value, selector = pair(segment, where(), 2)
        store(value)
        set_segment(number, selector)
        return next_ip

    return step


def translate(cpu, instruction):
    """xlat: AL = the byte at [bx + AL]."""
    words, load, next_ip = cpu.words, cpu.memory.load, instruction.next_ip
    segment = DS if instruction.segment is None else instruction.segment

    def step():
        value = load(segment, words[BX] + (words[AX] & 0xFF) & 0xFFFF, 1)
        words[AX] = words[AX] & 0xFF00 | value
        return next_ip

    return step


def widen(cpu, instruction):
    """cbw: AL's sign into AH; cwd: AX's sign into DX."""
    words, next_ip = cpu.words, instruction.next_ip

    def byte():
        words[AX] = words[AX] & 0xFF | (0xFF00 if words[AX] & 0x80 else 0)
        return next_ip

    def word():
        words[DX] = 0xFFFF if words[AX] & 0x8000 else 0
        return next_ip

    return byte if instruction.mnemonic == "cbw" else word


def flags_and_ah(cpu, instruction):
    """lahf, sahf: the low byte of the flags."""
    words, flags, next_ip = cpu.words, cpu.flags, instruction.next_ip

    def lahf():
        words[AX] = words[AX] & 0xFF | (flags.image & 0xFF) << 8
        return next_ip

    def sahf():
        flags.set_status(words[AX] >> 8 | flags.image & 0xFF00)
        return next_ip

    return lahf if instruction.mnemonic == "lahf" else sahf
