"""mul, imul, div, idiv, and the adjustments of decimal digits (aaa … das), which are older than the 8086 itself.

A quotient that does not fit is no result but an exception: vector 0, like a division by zero. The manual leaves flags
undefined after each of these; they stay as they were, unless said otherwise.
"""

from labkit.vmm.cpu.access import reader, writer
from labkit.vmm.cpu.exits import Fault
from labkit.vmm.cpu.flags import AF, CF, OF, PARITY, SF, ZF
from labkit.vmm.cpu.operands import AX, DX

DIVIDE_ERROR = 0


def signed(value, bits):
    """The number that these bits mean in two's complement."""
    return value - (value >> bits - 1 << bits)


def multiply(cpu, instruction):
    """mul, imul with one operand: AX = AL * byte, DX:AX = AX * word. CF = OF = the upper half is needed."""
    (operand,) = instruction.operands
    load, words, flags, next_ip = reader(cpu, operand), cpu.words, cpu.flags, instruction.next_ip
    bits, with_sign = 8 * operand.size, instruction.mnemonic == "imul"
    ones = (1 << bits) - 1

    def step():
        a, b = words[AX] & ones, load()
        product = signed(a, bits) * signed(b, bits) if with_sign else a * b
        fits = product == (signed(product & ones, bits) if with_sign else product & ones)
        words[AX] = product & 0xFFFF
        if bits == 16:
            words[DX] = product >> 16 & 0xFFFF
        _overflow_flags(flags, fits)
        return next_ip

    return step


def multiply_into(cpu, instruction):
    """imul register, r/m, immediate (80186): the product's low half only."""
    target, source, factor = instruction.operands
    load, store, next_ip, flags = reader(cpu, source), writer(cpu, target), instruction.next_ip, cpu.flags
    factor = signed(factor.value & 0xFFFF, 16)

    def step():
        product = signed(load(), 16) * factor
        store(product & 0xFFFF)
        _overflow_flags(flags, product == signed(product & 0xFFFF, 16))
        return next_ip

    return step


def _overflow_flags(flags, fits):
    """CF and OF; the others, undefined in the manual, stay as an AMD EPYC leaves them."""
    flags.carry = 0 if fits else 0x10000
    flags.carries = flags.carries & AF | (0 if fits else 0x8000)


def divide(cpu, instruction):
    """div, idiv: AL, AH = AX / byte; AX, DX = DX:AX / word. Rounded towards zero, the rest has the dividend's sign."""
    (operand,) = instruction.operands
    load, words, next_ip = reader(cpu, operand), cpu.words, instruction.next_ip
    bits, with_sign = 8 * operand.size, instruction.mnemonic == "idiv"
    least, most = (-(1 << bits - 1), (1 << bits - 1) - 1) if with_sign else (0, (1 << bits) - 1)

    def step():
        divisor = load()
        dividend = words[AX] if bits == 8 else words[DX] << 16 | words[AX]
        if with_sign:
            divisor, dividend = signed(divisor, bits), signed(dividend, 2 * bits)
        if not divisor:
            raise Fault(DIVIDE_ERROR, why="division by zero")
        quotient = abs(dividend) // abs(divisor) * (1 if (dividend < 0) == (divisor < 0) else -1)
        if not least <= quotient <= most:
            raise Fault(DIVIDE_ERROR, why="the quotient does not fit")
        rest = dividend - quotient * divisor
        if bits == 8:
            words[AX] = (rest & 0xFF) << 8 | quotient & 0xFF
        else:
            words[AX], words[DX] = quotient & 0xFFFF, rest & 0xFFFF
        return next_ip

    return step


def decimal_adjust(cpu, instruction):
    """daa, das: AL back to two decimal digits after add or sub. OF undefined (left as it is)."""
    words, flags, next_ip = cpu.words, cpu.flags, instruction.next_ip
    sign = 1 if instruction.mnemonic == "daa" else -1

    def step():
        image, old = flags.image, words[AX] & 0xFF
        half, carry = old & 0xF > 9 or image & AF, old > 0x99 or image & CF
        borrowed = sign < 0 and half and old < 6
        new = old + sign * (6 * bool(half) + 0x60 * bool(carry)) & 0xFF
        words[AX] = words[AX] & 0xFF00 | new
        flags.set_status(image & OF | (AF if half else 0) | (CF if carry or borrowed else 0) | _digit_flags(new))
        return next_ip

    return step


def ascii_adjust(cpu, instruction):
    """aaa, aas: AL to one digit, the carry into AH. SF, ZF, PF, OF undefined."""
    words, flags, next_ip = cpu.words, cpu.flags, instruction.next_ip
    change = 0x106 if instruction.mnemonic == "aaa" else -0x106

    def step():
        adjust = words[AX] & 0xF > 9 or flags.carries & AF
        value = words[AX] + (change if adjust else 0) & 0xFFFF
        words[AX] = value & 0xFF0F
        flags.set_status((AF | CF if adjust else 0) | _digit_flags(value & 0xF))
        return next_ip

    return step


def ascii_multiply(cpu, instruction):
    """aam: AH, AL = AL divided by the base (10 as a rule), quotient and rest. OF, AF, CF undefined."""
    base, words, flags, next_ip = instruction.operands[0].value, cpu.words, cpu.flags, instruction.next_ip

    def step():
        if not base:
            raise Fault(DIVIDE_ERROR, why="aam with base 0")
        quotient, rest = divmod(words[AX] & 0xFF, base)
        words[AX] = quotient << 8 | rest
        flags.set_status(_digit_flags(rest))
        return next_ip

    return step


def ascii_divide(cpu, instruction):
    """aad: AL = AH * base + AL, AH = 0. OF, AF, CF undefined."""
    base, words, flags, next_ip = instruction.operands[0].value, cpu.words, cpu.flags, instruction.next_ip

    def step():
        words[AX] = words[AX] + (words[AX] >> 8) * base & 0xFF
        flags.set_status(_digit_flags(words[AX]))
        return next_ip

    return step


def _digit_flags(byte):
    return (ZF if not byte else 0) | byte & SF | PARITY[byte]
