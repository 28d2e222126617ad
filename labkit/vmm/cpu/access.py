"""Closures that read and write one operand: made once when an instruction is decoded, called each time it runs.

`reader(cpu, operand)` returns a function without arguments that gives the value, `writer` one that takes it. All the
work that depends only on the instruction's bytes – which register, which displacement – is done before, not every time.
"""

from labkit.vmm.cpu.memory import segment_fault
from labkit.vmm.cpu.operands import CS as CODE
from labkit.vmm.cpu.operands import Immediate, Memory, Register, Segment


def reader(cpu, operand, size=None):
    """A function that reads `operand` (a Register, Segment, Memory or Immediate; `size` only matters for the last)."""
    if isinstance(operand, Immediate):
        value = operand.value & (0xFF if size == 1 else 0xFFFF)
        return lambda: value
    if isinstance(operand, Register):
        return _register_reader(cpu.words, operand)
    if isinstance(operand, Segment):
        return _segment_reader(cpu, operand.number)
    return (_byte_loader if operand.size == 1 else _word_loader)(cpu, operand)


def writer(cpu, operand):
    """A function that writes its argument (masked already) to `operand` (a Register or Memory)."""
    if isinstance(operand, Register):
        return _register_writer(cpu.words, operand)
    return (_byte_storer if operand.size == 1 else _word_storer)(cpu, operand)


def _register_reader(words, register):
    number = register.number
    if register.size == 2:
        return lambda: words[number]
    if number < 4:
        return lambda: words[number] & 0xFF
    number -= 4
    return lambda: words[number] >> 8


def _register_writer(words, register):
    number, half = register.number, register.number & 3

    def word(value):
        words[number] = value

    def low(value):
        words[half] = words[half] & 0xFF00 | value

    def high(value):
        words[half] = words[half] & 0xFF | value << 8

    return word if register.size == 2 else low if number < 4 else high


def _segment_reader(cpu, number):
    """In user mode the code segment's two lowest bits show ring 3: the guest can see that it is not alone."""
    selectors = cpu.selectors
    if number == CODE:
        return lambda: selectors[CODE] | 3 if cpu.mode == "user" else selectors[CODE]
    return lambda: selectors[number]


def address(cpu, memory: Memory):
    """A function that gives the offset of a memory operand in its segment."""
    words, displacement = cpu.words, memory.displacement & 0xFFFF
    if not memory.registers:
        return lambda: displacement
    if len(memory.registers) == 1:
        (base,) = memory.registers
        if not displacement:
            return lambda: words[base]
        return lambda: words[base] + displacement & 0xFFFF
    base, index = memory.registers
    return lambda: words[base] + words[index] + displacement & 0xFFFF


def _byte_loader(cpu, memory):
    where, segment = address(cpu, memory), memory.used_segment
    bases, ram, load = cpu.bases, cpu.ram, cpu.memory.load

    def byte():
        offset = where()
        try:
            return ram[bases[segment] + offset]
        except IndexError:
            return load(segment, offset, 1)

    return byte


def _word_loader(cpu, memory):
    where, segment = address(cpu, memory), memory.used_segment
    bases, ram, load = cpu.bases, cpu.ram, cpu.memory.load

    def word():
        offset = where()
        at = bases[segment] + offset
        if offset == 0xFFFF:
            raise segment_fault(segment)
        try:
            return ram[at] | ram[at + 1] << 8
        except IndexError:
            return load(segment, offset, 2)

    return word


def _byte_storer(cpu, memory):
    where, segment = address(cpu, memory), memory.used_segment
    bases, raw, decoded, store = cpu.bases, cpu.memory.raw, cpu.memory.decoded, cpu.memory.store

    def byte(value):
        offset = where()
        at = bases[segment] + offset
        try:
            if not decoded[at]:
                raw[at] = value
                return
        except IndexError:
            pass
        store(segment, offset, 1, value)

    return byte


def _word_storer(cpu, memory):
    where, segment = address(cpu, memory), memory.used_segment
    bases, raw, decoded, store = cpu.bases, cpu.memory.raw, cpu.memory.decoded, cpu.memory.store

    def word(value):
        offset = where()
        at = bases[segment] + offset
        try:
            if not (decoded[at] or decoded[at + 1] or offset == 0xFFFF):
                raw[at] = value & 0xFF
                raw[at + 1] = value >> 8
                return
        except IndexError:
            pass
        store(segment, offset, 2, value)

    return word


def pusher(cpu):
    """push(value): the word goes below the stack's top. sp changes only after the write went well."""
    words, store = cpu.words, cpu.memory.store

    def push(value):
        offset = words[4] - 2 & 0xFFFF
        store(2, offset, 2, value)
        words[4] = offset

    return push
