"""Which function builds which instruction: mnemonic -> builder(cpu, instruction) -> what runs each time."""

from labkit.vmm.cpu import arithmetic, control, moves, multiply, shifts, strings, system
from labkit.vmm.cpu.encoding import ALU, CONDITIONS, SHIFTS, STRINGS
from labkit.vmm.cpu.flags import AF, CF, OF, PF, SF, STATUS, ZF
from labkit.vmm.cpu.operands import Immediate, Register

BUILDERS = {
    **dict.fromkeys((*ALU, "test"), arithmetic.two_operands), **dict.fromkeys(("inc", "dec"), arithmetic.step_by_one),
    "neg": arithmetic.negate, "not": arithmetic.invert,
    **dict.fromkeys(("mul", "imul"), multiply.multiply), **dict.fromkeys(("div", "idiv"), multiply.divide),
    **dict.fromkeys(("daa", "das"), multiply.decimal_adjust), **dict.fromkeys(("aaa", "aas"), multiply.ascii_adjust),
    "aam": multiply.ascii_multiply, "aad": multiply.ascii_divide,
    **dict.fromkeys(filter(None, SHIFTS), shifts.shift),
    "mov": moves.move, "xchg": moves.exchange, "push": moves.push, "pop": moves.pop, "pusha": moves.push_all,
    "popa": moves.pop_all, "pushf": moves.push_flags, "popf": moves.pop_flags, "lea": moves.load_address,
    "lds": moves.load_far, "les": moves.load_far, "xlat": moves.translate, "cbw": moves.widen, "cwd": moves.widen,
    "lahf": moves.flags_and_ah, "sahf": moves.flags_and_ah,
    "jmp": control.jump, **dict.fromkeys((f"j{name}" for name in CONDITIONS), control.jump_if),
    **dict.fromkeys(("loop", "loope", "loopne", "jcxz"), control.loop), "call": control.call, "ret": control.give_back,
    "retf": control.give_back_far, **dict.fromkeys(("int", "int3", "into"), control.interrupt),
    "iret": control.interrupt_return, "enter": control.enter, "leave": control.leave,
    **{name + size: strings.string for name in STRINGS for size in "bw"},
    "in": system.port_in, "out": system.port_out, "hlt": system.halt, "nop": system.nothing, "ud2": system.undefined,
    **dict.fromkeys(("cli", "sti"), system.interrupt_flag),
    **dict.fromkeys(("clc", "stc", "cmc", "cld", "std"), system.plain_flag),
    **dict.fromkeys(("sgdt", "sidt"), system.store_table), **dict.fromkeys(("lgdt", "lidt"), system.load_table),
    **dict.fromkeys(("smsw", "lmsw"), system.status_word), "clts": system.clear_task_switched,
    "cpuid": system.identify, "vmcall": system.hypercall,
}  # fmt: skip
UNDEFINED = {
    **dict.fromkeys(("and", "or", "xor", "test"), AF), **dict.fromkeys(("mul", "imul"), SF | ZF | AF | PF),
    **dict.fromkeys(("div", "idiv"), STATUS), **dict.fromkeys(("daa", "das"), OF),
    **dict.fromkeys(("aaa", "aas"), OF | SF | ZF | PF), **dict.fromkeys(("aam", "aad"), OF | AF | CF),
}  # fmt: skip


def build(cpu, instruction):
    """The function that executes `instruction` on `cpu` and returns the next ip."""
    if instruction.mnemonic == "imul" and len(instruction.operands) == 3:
        return multiply.multiply_into(cpu, instruction)
    return BUILDERS[instruction.mnemonic](cpu, instruction)


def undefined_flags(instruction):
    """The mask of FLAGS bits that are undefined after `instruction` (Intel SDM vol. 2, 'Flags Affected')."""
    if instruction.mnemonic not in SHIFTS:
        return UNDEFINED.get(instruction.mnemonic, 0)
    target, count = instruction.operands
    once = isinstance(count, Immediate) and count.value & 0x1F <= 1
    undefined = 0 if once else OF
    if instruction.mnemonic[0] == "r":
        return undefined
    size = 8 * target.size
    beyond = isinstance(count, Register) or count.value & 0x1F >= size  # then even CF: but sar's is the sign
    return undefined | AF | (CF if beyond and instruction.mnemonic != "sar" else 0)
