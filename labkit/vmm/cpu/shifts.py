"""Shifts and rotates. The count is cut to 5 bits (since the 80186); a count of 0 touches no flag at all, but
memory is read and written all the same (a device notices).

Rules are functions (value, count, carry, bits) -> (result, carry, overflow) for a count of at least 1. The manual
leaves OF undefined for counts above 1, and AF always; we give what an AMD EPYC does: the formula for 1, and AF set.
"""

from labkit.vmm.cpu.access import reader, writer
from labkit.vmm.cpu.flags import AF


def _shl(value, count, carry, bits):
    wide = value << count
    carry, result = wide >> bits & 1, wide & (1 << bits) - 1
    return result, carry, result >> bits - 1 ^ carry


def _shr(value, count, carry, bits):
    result = value >> count
    return result, value >> count - 1 & 1, (result >> bits - 2 ^ result >> bits - 1) & 1


def _sar(value, count, carry, bits):
    number = value - (value >> bits - 1 << bits)
    return number >> count & (1 << bits) - 1, number >> count - 1 & 1, 0


def _rol(value, count, carry, bits):
    count %= bits
    result = (value << count | value >> bits - count) & (1 << bits) - 1
    return result, result & 1, (result >> bits - 1 ^ result) & 1


def _ror(value, count, carry, bits):
    count %= bits
    result = (value >> count | value << bits - count) & (1 << bits) - 1
    return result, result >> bits - 1, (result >> bits - 1 ^ result >> bits - 2) & 1


def _rcl(value, count, carry, bits):
    """The carry is one more bit of the ring, above the sign."""
    count %= bits + 1
    ring = carry << bits | value
    ring = (ring << count | ring >> bits + 1 - count) & (1 << bits + 1) - 1
    result, carry = ring & (1 << bits) - 1, ring >> bits
    return result, carry, result >> bits - 1 ^ carry


def _rcr(value, count, carry, bits):
    result, carry, _ = _rcl(value, bits + 1 - count % (bits + 1), carry, bits)
    return result, carry, (result >> bits - 1 ^ result >> bits - 2) & 1


RULES = {"shl": _shl, "shr": _shr, "sar": _sar, "rol": _rol, "ror": _ror, "rcl": _rcl, "rcr": _rcr}


def shift(cpu, instruction):
    """shl, shr, sar set all flags but AF; rol, ror, rcl, rcr only CF and OF."""
    operand, count = instruction.operands
    rule, rotates = RULES[instruction.mnemonic], instruction.mnemonic[0] == "r"
    load, store, times = reader(cpu, operand), writer(cpu, operand), reader(cpu, count, 1)
    flags, next_ip, bits = cpu.flags, instruction.next_ip, 8 * operand.size

    def step():
        number, value = times() & 0x1F, load()
        if not number:
            store(value)
        else:
            result, carry, overflow = rule(value, number, flags.carry >> 16 & 1, bits)
            store(result)
            flags.carry = carry << 16
            flags.carries = overflow << 15 | (flags.carries & AF if rotates else AF)
            if not rotates:
                flags.result = result if bits == 16 else result * 0x101
        return next_ip

    return step
