"""What belongs to the machine's owner: in, out, hlt, cli, sti, table registers, machine status word, cpuid, vmcall.

Three modes decide what happens (Popek and Goldberg 1974; Intel SDM vol. 3, chapters 2 and 26):

    supervisor  the bare machine: everything is allowed
    user        ring 3 with IOPL 0: privileged instructions are exception 13; but sgdt, sidt, smsw (and popf, pushf, …)
                are sensitive and not privileged: they go through, and show the real machine
    guest       VMX non-root: everything acts on the guest's own registers; cpuid and vmcall always exit
"""

from dataclasses import dataclass

from labkit.vmm.cpu.access import address, reader, writer
from labkit.vmm.cpu.exits import Fault, Refused, Stop, Turn
from labkit.vmm.cpu.flags import CF, DF, IF
from labkit.vmm.cpu.memory import segment_fault
from labkit.vmm.cpu.operands import AX, BX, CX, DX, Immediate

INVALID_OPCODE, GENERAL_PROTECTION = 6, 13
PROTECTED, TASK_SWITCHED = 1, 8  # bits PE and TS of the machine status word, the low half of CR0
HOST_TABLES = {"gdtr": (0xFE1000, 0x7F), "idtr": (0xFE0000, 0xFFF), "msw": 0x3B}


@dataclass
class Privileged:
    """The registers that a VMM has to virtualize: one real set, and one of its own for each guest.

    gdtr, idtr  (base, limit) of the descriptor tables; in real mode the second is where the interrupt vectors are
    msw         the machine status word: the low 16 bits of CR0 (0x10: the bit that has been 1 since the 386)
    """

    interrupt_flag: int = 0
    iopl: int = 0
    gdtr: tuple = (0, 0xFFFF)
    idtr: tuple = (0, 0xFFFF)
    msw: int = 0x10


HOST = Privileged(
    interrupt_flag=1, **HOST_TABLES
)  # what the machine's registers hold while a host runs a guest in ring 3


def _privileged(cpu):
    if cpu.mode == "user":
        raise Fault(GENERAL_PROTECTION, why="a privileged instruction in ring 3")


def port_in(cpu, instruction):
    """in: a device's byte or word into al or ax."""
    target, place = instruction.operands
    store, port, next_ip, size = writer(cpu, target), _port(cpu, place), instruction.next_ip, target.size

    def step():
        _privileged(cpu)
        store(cpu.memory.ask("io", direction="in", port=port(), size=size))
        return next_ip

    return step


def port_out(cpu, instruction):
    """out: al or ax to a device."""
    place, source = instruction.operands
    load, port, next_ip, size = reader(cpu, source), _port(cpu, place), instruction.next_ip, source.size

    def step():
        _privileged(cpu)
        cpu.memory.ask("io", direction="out", port=port(), size=size, data=load())
        return next_ip

    return step


def _port(cpu, place):
    return reader(cpu, place, 1 if isinstance(place, Immediate) else 2)


def halt(cpu, instruction):
    """hlt: nothing more until an interrupt comes."""
    next_ip = instruction.next_ip

    def step():
        _privileged(cpu)
        raise Stop(next_ip, "hlt")

    return step


def interrupt_flag(cpu, instruction):
    """cli, sti. After a sti that opens, one more instruction runs before an interrupt may come: `sti; hlt` is safe."""
    flags, next_ip = cpu.flags, instruction.next_ip

    def cli():
        _privileged(cpu)
        flags.control &= ~IF
        return next_ip

    def sti():
        _privileged(cpu)
        if flags.control & IF:
            return next_ip
        flags.control |= IF
        raise Turn(next_ip, shadow=True)

    return cli if instruction.mnemonic == "cli" else sti


def plain_flag(cpu, instruction):
    """clc, stc, cmc, cld, std: innocent flags, anybody may set them."""
    flags, next_ip, mnemonic = cpu.flags, instruction.next_ip, instruction.mnemonic

    def carry():
        flags.carry = {"clc": 0, "stc": CF << 16, "cmc": ~flags.carry & CF << 16}[mnemonic]
        return next_ip

    def direction():
        flags.control = flags.control & ~DF | (DF if mnemonic == "std" else 0)
        return next_ip

    return carry if mnemonic.endswith("c") else direction


def store_table(cpu, instruction):
    """sgdt, sidt: limit (2 bytes) and base (3 bytes and a 0). Sensitive, not privileged."""
    where, segment, next_ip = (
        address(cpu, instruction.operands[0]),
        instruction.operands[0].used_segment,
        instruction.next_ip,
    )
    register, store = instruction.mnemonic[1:] + "r", cpu.memory.store

    def step():
        base, limit = getattr(cpu, register)
        offset = where()
        if offset > 0xFFFA:
            raise segment_fault(segment)
        for at, value in enumerate((limit, base & 0xFFFF, base >> 16 & 0xFF)):
            store(segment, offset + 2 * at, 2, value)
        return next_ip

    return step


def load_table(cpu, instruction):
    """lgdt, lidt: privileged. In real mode lidt moves the interrupt vectors."""
    where, segment, next_ip = (
        address(cpu, instruction.operands[0]),
        instruction.operands[0].used_segment,
        instruction.next_ip,
    )
    register, load = instruction.mnemonic[1:] + "r", cpu.memory.words

    def step():
        _privileged(cpu)
        limit, low, high = load(segment, where(), 3)
        setattr(cpu, register, (low | (high & 0xFF) << 16, limit))
        return next_ip

    return step


def status_word(cpu, instruction):
    """smsw: sensitive, not privileged; lmsw: privileged. Protected mode itself is not built."""
    (operand,) = instruction.operands
    next_ip = instruction.next_ip
    if instruction.mnemonic == "smsw":
        store = writer(cpu, operand)

        def smsw():
            store(cpu.msw)
            return next_ip

        return smsw
    load = reader(cpu, operand)

    def lmsw():
        _privileged(cpu)
        value = load()
        if value & PROTECTED:
            raise Refused("lmsw would switch to protected mode: this machine has real mode only")
        cpu.msw = cpu.msw & ~0xE | value & 0xE
        return next_ip

    return lmsw


def clear_task_switched(cpu, instruction):
    """clts: one bit of the machine status word."""
    next_ip = instruction.next_ip

    def step():
        _privileged(cpu)
        cpu.msw &= ~TASK_SWITCHED
        return next_ip

    return step


def identify(cpu, instruction):
    """cpuid: what is this processor? In guest mode the VMM is always asked; in user mode the real one answers."""
    words, next_ip = cpu.words, instruction.next_ip

    def step():
        leaf = words[AX]
        known = cpu.cpuid.get(leaf, (0, 0, 0, 0))
        answer = cpu.memory.ask("cpuid", data=leaf) if cpu.mode == "guest" else known
        words[AX], words[BX], words[CX], words[DX] = (value & 0xFFFF for value in answer)
        return next_ip

    return step


def hypercall(cpu, instruction):
    """vmcall: a guest that knows of its VMM asks it for something. On the bare machine there is nobody to ask: #UD."""
    words, next_ip = cpu.words, instruction.next_ip

    def step():
        if cpu.mode == "guest":
            raise Stop(next_ip, "hypercall", data=words[AX])
        raise Fault(INVALID_OPCODE, why="vmcall without a VMM")

    return step


def undefined(cpu, instruction):
    """ud2: the one opcode that promises to be undefined."""

    def step():
        raise Fault(INVALID_OPCODE, why="ud2")

    return step


def nothing(cpu, instruction):
    """nop."""
    next_ip = instruction.next_ip
    return lambda: next_ip
