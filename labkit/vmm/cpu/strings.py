"""String instructions: movs, cmps, scas, lods, stos, with rep, repe, repne.

Source is ds:si (the segment may be overridden), destination always es:di; DF says which way si and di walk. `rep` is
one instruction that may stop in the middle: after each round si, di and cx are right, so that a fault or a device's
answer finds the rest still to be done. With cx = 0 nothing happens at all, not even to the flags.
"""

from labkit.vmm.cpu.exits import Fault, Turn
from labkit.vmm.cpu.flags import AF, DF, TF
from labkit.vmm.cpu.operands import AX, CX, DI, DS, ES, SI

COMPARING = ("cmps", "scas")


def string(cpu, instruction):
    """One string instruction, repeated or not."""
    name, size = instruction.mnemonic[:-1], 1 if instruction.mnemonic[-1] == "b" else 2
    segment = DS if instruction.segment is None else instruction.segment
    once = ROUNDS[name](cpu, size, segment)
    next_ip = instruction.next_ip

    def single():
        once()
        return next_ip

    if instruction.repeat is None:
        return single
    until = instruction.repeat == "repne" if name in COMPARING else None
    return _repeated(cpu, once, until, instruction)


def _repeated(cpu, once, until, instruction):
    """Rounds while cx is not 0; cmps and scas also stop when ZF is `until`. Between two rounds single-step traps, and
    an interrupt that came while a device was asked gets its turn. A fault in cmps or scas gives back the flags from
    before the instruction (SDM vol. 2, REP)."""
    words, flags, memory, ip, next_ip = cpu.words, cpu.flags, cpu.memory, instruction.ip, instruction.next_ip

    def step():
        before = flags.result, flags.carry, flags.carries
        try:
            return rounds()
        except Fault:
            flags.result, flags.carry, flags.carries = before
            raise

    def rounds():
        while words[CX]:
            once()
            words[CX] -= 1
            memory.done()
            if until is not None and (not flags.result & 0xFFFF) == until:
                break
            if words[CX] and (flags.control & TF or cpu.pending and cpu.interruptible):
                raise Turn(ip)
        return next_ip

    return step


def _walker(cpu, size):
    """A function that moves index registers on by one element."""
    words, flags = cpu.words, cpu.flags

    def walk(*registers):
        by = -size if flags.control & DF else size
        for number in registers:
            words[number] = words[number] + by & 0xFFFF

    return walk


def _movs(cpu, size, segment):
    words, load, store, walk = cpu.words, cpu.memory.load, cpu.memory.store, _walker(cpu, size)

    def once():
        store(ES, words[DI], size, load(segment, words[SI], size))
        walk(SI, DI)

    return once


def _stos(cpu, size, segment):
    words, store, walk, ones = cpu.words, cpu.memory.store, _walker(cpu, size), (1 << 8 * size) - 1

    def once():
        store(ES, words[DI], size, words[AX] & ones)
        walk(DI)

    return once


def _lods(cpu, size, segment):
    words, load, walk, kept = cpu.words, cpu.memory.load, _walker(cpu, size), 0xFF00 if size == 1 else 0

    def once():
        words[AX] = words[AX] & kept | load(segment, words[SI], size)
        walk(SI)

    return once


def _cmps(cpu, size, segment):
    words, load, walk, compare = cpu.words, cpu.memory.load, _walker(cpu, size), _comparer(cpu, size)

    def once():
        compare(load(segment, words[SI], size), load(ES, words[DI], size))
        walk(SI, DI)

    return once


def _scas(cpu, size, segment):
    words, load, walk, compare = cpu.words, cpu.memory.load, _walker(cpu, size), _comparer(cpu, size)
    ones = (1 << 8 * size) - 1

    def once():
        compare(words[AX] & ones, load(ES, words[DI], size))
        walk(DI)

    return once


def _comparer(cpu, size):
    """The flags of a - b."""
    flags = cpu.flags

    def compare(a, b):
        wide = a - b
        carries = a ^ b ^ wide
        if size == 1:
            flags.result, flags.carry, flags.carries = (wide & 0xFF) * 0x101, wide << 8, carries << 8 | carries & AF
        else:
            flags.result, flags.carry, flags.carries = wide & 0xFFFF, wide, carries

    return compare


ROUNDS = {"movs": _movs, "stos": _stos, "lods": _lods, "cmps": _cmps, "scas": _scas}
