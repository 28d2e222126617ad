"""Arithmetic and logic: add … cmp, test, not, neg, inc, dec.

A rule is a pure function (a, b, carry) -> (wide, carries): `wide` is the result before it is cut to 8 or 16 bits (below
zero after a borrow), `carries` the carry into each bit position (flags.py). The rest of the file only moves operands.
"""

from labkit.vmm.cpu.access import reader, writer
from labkit.vmm.cpu.flags import AF

RULES = {
    "add": lambda a, b, carry: (a + b, a ^ b ^ a + b),
    "adc": lambda a, b, carry: (a + b + carry, a ^ b ^ a + b + carry),
    "sub": lambda a, b, carry: (a - b, a ^ b ^ a - b),
    "sbb": lambda a, b, carry: (a - b - carry, a ^ b ^ a - b - carry),
    "cmp": lambda a, b, carry: (a - b, a ^ b ^ a - b),
    "and": lambda a, b, carry: (a & b, 0),
    "or": lambda a, b, carry: (a | b, 0),
    "xor": lambda a, b, carry: (a ^ b, 0),
    "test": lambda a, b, carry: (a & b, 0),
}
COMPARE_ONLY = ("cmp", "test")


def two_operands(cpu, instruction):
    """add, adc, sub, sbb, cmp, and, or, xor, test."""
    target, source = instruction.operands
    rule = RULES[instruction.mnemonic]
    load, value = reader(cpu, target), reader(cpu, source, target.size)
    store = _nowhere if instruction.mnemonic in COMPARE_ONLY else writer(cpu, target)
    flags, next_ip = cpu.flags, instruction.next_ip

    def word():
        wide, carries = rule(load(), value(), flags.carry >> 16 & 1)
        result = wide & 0xFFFF
        store(result)
        flags.result, flags.carry, flags.carries = result, wide, carries
        return next_ip

    def byte():
        wide, carries = rule(load(), value(), flags.carry >> 16 & 1)
        result = wide & 0xFF
        store(result)
        flags.result, flags.carry, flags.carries = result * 0x101, wide << 8, carries << 8 | carries & AF
        return next_ip

    return word if target.size == 2 else byte


def _nowhere(value):
    """Where cmp and test put their result: only the flags stay."""


def step_by_one(cpu, instruction):
    """inc and dec: like add and sub with 1, but CF stays as it is."""
    (operand,) = instruction.operands
    by = 1 if instruction.mnemonic == "inc" else -1
    load, store = reader(cpu, operand), writer(cpu, operand)
    flags, next_ip, size = cpu.flags, instruction.next_ip, operand.size

    def step():
        before = load()
        after = before + by
        carries = before ^ 1 ^ after
        if size == 1:
            store(after & 0xFF)
            flags.result, flags.carries = (after & 0xFF) * 0x101, carries << 8 | carries & AF
        else:
            store(after & 0xFFFF)
            flags.result, flags.carries = after & 0xFFFF, carries
        return next_ip

    return step


def negate(cpu, instruction):
    """neg: 0 minus the operand."""
    (operand,) = instruction.operands
    load, store = reader(cpu, operand), writer(cpu, operand)
    flags, next_ip, size = cpu.flags, instruction.next_ip, operand.size

    def step():
        value = load()
        wide, carries = RULES["sub"](0, value, 0)
        store(wide & (0xFF if size == 1 else 0xFFFF))
        if size == 1:
            flags.result, flags.carry, flags.carries = (wide & 0xFF) * 0x101, wide << 8, carries << 8 | carries & AF
        else:
            flags.result, flags.carry, flags.carries = wide & 0xFFFF, wide, carries
        return next_ip

    return step


def invert(cpu, instruction):
    """not: every bit turned over, no flag touched."""
    (operand,) = instruction.operands
    load, store, ones = reader(cpu, operand), writer(cpu, operand), 0xFF if operand.size == 1 else 0xFFFF
    next_ip = instruction.next_ip

    def step():
        store(load() ^ ones)
        return next_ip

    return step
