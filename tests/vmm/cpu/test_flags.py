"""Flags are worked out late; they must be what the manual says at once. The model here is the manual's, bit by bit."""

from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vmm.cpu import Cpu, assemble, decode, undefined_flags
from labkit.vmm.cpu.flags import AF, CF, OF, PF, SF, STATUS, ZF, Flags

REGULAR = settings(deadline=None, derandomize=True, max_examples=300)
INTERESTING = st.sampled_from([0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF]) | st.integers(0, 0xFFFF)


def sum_flags(a, b, carry, bits):
    """(result, flags) of a + b + carry: OF when both have one sign and the sum the other."""
    ones, sign = (1 << bits) - 1, 1 << bits - 1
    result = a + b + carry & ones
    flags = CF if a + b + carry > ones else 0
    flags |= AF if (a & 15) + (b & 15) + carry > 15 else 0
    flags |= OF if (a & sign) == (b & sign) != (result & sign) else 0
    return result, flags | common(result, bits)


def difference_flags(a, b, carry, bits):
    """(result, flags) of a - b - carry."""
    ones, sign = (1 << bits) - 1, 1 << bits - 1
    result = a - b - carry & ones
    flags = CF if a < b + carry else 0
    flags |= AF if (a & 15) < (b & 15) + carry else 0
    flags |= OF if (a & sign) != (b & sign) == (result & sign) else 0
    return result, flags | common(result, bits)


def common(result, bits):
    even = bin(result & 0xFF).count("1") % 2 == 0
    return (ZF if not result else 0) | (SF if result >> bits - 1 else 0) | (PF if even else 0)


MODEL = {
    "add": lambda a, b, carry, bits: sum_flags(a, b, 0, bits),
    "adc": sum_flags,
    "sub": lambda a, b, carry, bits: difference_flags(a, b, 0, bits),
    "sbb": difference_flags,
    "cmp": lambda a, b, carry, bits: (a, difference_flags(a, b, 0, bits)[1]),
    "and": lambda a, b, carry, bits: (a & b, common(a & b, bits)),
    "or": lambda a, b, carry, bits: (a | b, common(a | b, bits)),
    "xor": lambda a, b, carry, bits: (a ^ b, common(a ^ b, bits)),
    "test": lambda a, b, carry, bits: (a, common(a & b, bits)),
}


@REGULAR
@given(st.sampled_from(sorted(MODEL)), st.sampled_from([8, 16]), INTERESTING, INTERESTING, st.integers(0, 0xFFFF))
def test_arithmetic(name, bits, a, b, image):
    a, b = a & (1 << bits) - 1, b & (1 << bits) - 1
    target, source = ("ax", "cx") if bits == 16 else ("ah", "dl")
    cpu = Cpu()
    cpu.load(assemble(f"{name} {target}, {source}"))
    cpu.registers.update({target: a, source: b, "flags": image & STATUS | 2})
    cpu.run(1)
    result, flags = MODEL[name](a, b, image & CF, bits)
    defined = STATUS & ~undefined_flags(decode(assemble(f"{name} {target}, {source}").code))
    assert cpu.registers[target] == result
    assert cpu.registers["flags"] & defined == flags & defined


@REGULAR
@given(st.integers(0, 0xFFFF))
def test_any_image_comes_back_from_popf_and_pushf(image):
    """Also ZF and SF together, which no result ever has."""
    flags = Flags()
    flags.load(image)
    assert flags.image == image & 0x7FD5 | 2


CONDITIONS = {
    "o": lambda f: f & OF, "b": lambda f: f & CF, "e": lambda f: f & ZF, "be": lambda f: f & (CF | ZF),
    "s": lambda f: f & SF, "p": lambda f: f & PF, "l": lambda f: bool(f & SF) != bool(f & OF),
    "le": lambda f: f & ZF or bool(f & SF) != bool(f & OF),
}  # fmt: skip
OPPOSITE = {"o": "no", "b": "ae", "e": "ne", "be": "a", "s": "ns", "p": "np", "l": "ge", "le": "g"}


@REGULAR
@given(st.sampled_from(sorted(CONDITIONS)), st.integers(0, 0xFFFF))
def test_every_jump_and_its_opposite(condition, image):
    cpu = Cpu()
    cpu.load(
        assemble(f"j{condition} there\n j{OPPOSITE[condition]} here\n hlt\n there: inc ax\n hlt\n here: inc bx\n hlt")
    )
    cpu.registers["flags"] = image & STATUS | 2
    cpu.run()
    assert (cpu.registers["ax"], cpu.registers["bx"]) == ((1, 0) if CONDITIONS[condition](image) else (0, 1))


def test_inc_and_dec_leave_the_carry_alone():
    cpu = Cpu()
    cpu.load(assemble("stc\n mov ax, 0xffff\n inc ax\n hlt"))
    cpu.run()
    assert cpu.registers["flags"] & (CF | ZF | AF) == CF | ZF | AF


@REGULAR
@given(st.sampled_from(["rol", "ror", "rcl", "rcr"]), st.integers(0, 255), st.integers(0, 63), st.booleans())
def test_a_rotation_is_so_many_rotations_by_one(name, value, count, carry):
    """The count is cut to five bits first; rcl and rcr turn nine bits, the carry among them."""

    def turned(source):
        cpu = Cpu()
        cpu.load(assemble(source))
        cpu.registers.update(al=value, flags=2 | carry)
        cpu.run()
        return cpu.registers["al"], cpu.registers["flags"] & CF

    assert turned(f"{name} al, {count}\n hlt") == turned(f"times {count & 31} {name} al, 1\n hlt")


@REGULAR
@given(INTERESTING, INTERESTING, INTERESTING, st.sampled_from(["div", "idiv"]))
def test_a_division_and_back(low, high, divisor, name):
    """quotient * divisor + rest is the dividend, the rest has its sign; or exception 0 with everything as it was."""
    cpu = Cpu()
    cpu.load(assemble(f"mov word [0], failed\n {name} bx\n hlt\n failed: mov cl, 1\n hlt"))
    cpu.registers.update(ax=low, dx=high, bx=divisor)
    cpu.run()
    if cpu.registers["cl"]:
        assert (cpu.registers["ax"], cpu.registers["dx"]) == (low, high)
        return

    def meant(value, bits):
        return value - (1 << bits) if name == "idiv" and value >> bits - 1 else value

    dividend, quotient, rest = (
        meant(high << 16 | low, 32),
        meant(cpu.registers["ax"], 16),
        meant(cpu.registers["dx"], 16),
    )
    assert quotient * meant(divisor, 16) + rest == dividend
    assert abs(rest) < abs(meant(divisor, 16)) and (not rest or (rest < 0) == (dividend < 0))
