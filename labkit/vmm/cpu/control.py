"""Where the program goes on: jumps, calls, returns, loops, software interrupts.

A near jump only returns another ip. What changes the code segment or the flags' IF raises Turn: the processor looks up
before it goes on. `int n` is a Fault with the address after it: in user mode that is how a guest's system call reaches
the VMM.
"""

from labkit.vmm.cpu.access import address, pusher, reader
from labkit.vmm.cpu.encoding import CONDITIONS
from labkit.vmm.cpu.exits import Fault, Turn
from labkit.vmm.cpu.operands import BP, CS, CX, SP, SS, Far, Memory, Target

BREAKPOINT, OVERFLOW, GENERAL_PROTECTION = 3, 4, 13


def jump(cpu, instruction):
    """jmp: near, through a register or memory, or far."""
    (operand,) = instruction.operands
    if isinstance(operand, Target):
        target = operand.ip
        return lambda: target
    if _is_far(operand):
        where, set_segment = _far_reader(cpu, operand), cpu.set_segment

        def far():
            offset, selector = where()
            set_segment(CS, selector)
            raise Turn(offset)

        return far
    return reader(cpu, operand)


def jump_if(cpu, instruction):
    """The sixteen conditional jumps. The four commonest look at the flags themselves."""
    condition, target, next_ip = instruction.mnemonic[1:], instruction.operands[0].ip, instruction.next_ip
    flags, holds = cpu.flags, cpu.flags.condition(CONDITIONS.index(condition))
    quick = {
        "e": lambda: next_ip if flags.result & 0xFFFF else target,
        "ne": lambda: target if flags.result & 0xFFFF else next_ip,
        "b": lambda: target if flags.carry & 0x10000 else next_ip,
        "ae": lambda: next_ip if flags.carry & 0x10000 else target,
    }
    return quick.get(condition) or (lambda: target if holds() else next_ip)


def loop(cpu, instruction):
    """loop, loope, loopne: cx - 1, without touching a flag; jcxz: only looks at cx."""
    words, flags, next_ip, target = cpu.words, cpu.flags, instruction.next_ip, instruction.operands[0].ip
    zero = {"loope": True, "loopne": False}.get(instruction.mnemonic)

    def plain():
        words[CX] = count = words[CX] - 1 & 0xFFFF
        return target if count else next_ip

    def conditional():
        words[CX] = count = words[CX] - 1 & 0xFFFF
        return target if count and (not flags.result & 0xFFFF) == zero else next_ip

    def jcxz():
        return next_ip if words[CX] else target

    return jcxz if instruction.mnemonic == "jcxz" else plain if zero is None else conditional


def call(cpu, instruction):
    """call: the address after it goes onto the stack; far: cs before it."""
    (operand,) = instruction.operands
    if _is_far(operand):
        return _call_far(cpu, operand, instruction.next_ip & 0xFFFF)
    push, next_ip = pusher(cpu), instruction.next_ip & 0xFFFF
    if isinstance(operand, Target):
        target = operand.ip

        def direct():
            push(next_ip)
            return target

        return direct
    load = reader(cpu, operand)

    def indirect():
        target = load()
        push(next_ip)
        return target

    return indirect


def _call_far(cpu, operand, next_ip):
    where, words, store, selectors = _far_reader(cpu, operand), cpu.words, cpu.memory.store, cpu.selectors

    def far():
        offset, selector = where()
        top = words[SP]
        store(SS, top - 2 & 0xFFFF, 2, selectors[CS])
        store(SS, top - 4 & 0xFFFF, 2, next_ip)
        words[SP] = top - 4 & 0xFFFF
        cpu.set_segment(CS, selector)
        raise Turn(offset)

    return far


def _is_far(operand):
    return isinstance(operand, Far) or isinstance(operand, Memory) and operand.size == 4


def _far_reader(cpu, operand):
    """A function that gives (offset, selector)."""
    if isinstance(operand, Far):
        return lambda: (operand.offset, operand.segment)
    where, segment, pair = address(cpu, operand), operand.used_segment, cpu.memory.words
    return lambda: pair(segment, where(), 2)


def give_back(cpu, instruction):
    """ret, ret n: n more bytes (arguments) leave the stack."""
    words, load = cpu.words, cpu.memory.load
    extra = 2 + (instruction.operands[0].value if instruction.operands else 0)

    def step():
        top = words[SP]
        target = load(SS, top, 2)
        words[SP] = top + extra & 0xFFFF
        return target

    return step


def give_back_far(cpu, instruction):
    """retf, retf n."""
    words, load = cpu.words, cpu.memory.load
    extra = 4 + (instruction.operands[0].value if instruction.operands else 0)

    def step():
        top = words[SP]
        target, selector = load(SS, top, 2), load(SS, top + 2 & 0xFFFF, 2)
        words[SP] = top + extra & 0xFFFF
        _back_to(cpu, selector)
        raise Turn(target)

    return step


def _back_to(cpu, selector):
    """Load cs on a return. What `push cs` showed in ring 3 carries the ring in its two lowest bits; it is no part of
    the place, so a guest that returns to its own segment stays there (also when a VMM does the return for it)."""
    own = cpu.selectors[CS]
    deprivileged = cpu.mode == "user" or cpu.virtual is not None
    cpu.set_segment(CS, own if deprivileged and selector == own | 3 else selector)


def interrupt(cpu, instruction):
    """int n, int3, into: a trap, so the address that is pushed is the one after it."""
    next_ip, flags = instruction.next_ip, cpu.flags
    vector = {"int3": BREAKPOINT, "into": OVERFLOW}.get(instruction.mnemonic)
    vector = instruction.operands[0].value if vector is None else vector

    def trap():
        raise Fault(vector, next_ip=next_ip)

    def on_overflow():
        if flags.overflow:
            trap()
        return next_ip

    return on_overflow if instruction.mnemonic == "into" else trap


def interrupt_return(cpu, instruction):
    """iret: ip, cs and flags from the stack. In ring 3 it is an exception: the frame leads to an inner ring (SDM,
    IRET)."""
    words, load = cpu.words, cpu.memory.load

    def step():
        if cpu.mode == "user":
            raise Fault(GENERAL_PROTECTION, why="iret to an inner ring")
        top = words[SP]
        target, selector, image = (load(SS, top + at & 0xFFFF, 2) for at in (0, 2, 4))
        words[SP] = top + 6 & 0xFFFF
        _back_to(cpu, selector)
        cpu.flags.load(image)
        raise Turn(target)

    return step


def enter(cpu, instruction):
    """enter bytes, level: a procedure's frame; `level` pointers to the frames around it."""
    words, memory, next_ip = cpu.words, cpu.memory, instruction.next_ip
    size, level = instruction.operands[0].value, instruction.operands[1].value & 0x1F

    def step():
        top, bp = words[SP] - 2 & 0xFFFF, words[BP]
        memory.store(SS, top, 2, bp)
        frame = top
        for at in range(1, level):
            top = top - 2 & 0xFFFF
            memory.store(SS, top, 2, memory.load(SS, bp - 2 * at & 0xFFFF, 2))
        if level:
            top = top - 2 & 0xFFFF
            memory.store(SS, top, 2, frame)
        words[BP], words[SP] = frame, top - size & 0xFFFF
        return next_ip

    return step


def leave(cpu, instruction):
    """leave: the frame of enter goes away."""
    words, load, next_ip = cpu.words, cpu.memory.load, instruction.next_ip

    def step():
        bp = words[BP]
        words[BP] = load(SS, bp, 2)
        words[SP] = bp + 2 & 0xFFFF
        return next_ip

    return step
