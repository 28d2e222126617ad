"""Popek and Goldberg's definitions as an experiment: run an instruction in both modes, from many states, and look.

    traps       in user mode it ends in an exception, in supervisor mode it does not: privileged
    differs     it goes through in user mode and leaves something else behind: sensitive, and nobody is told
    same        it leaves the same behind wherever it runs

Control-sensitive: in supervisor mode it changes the privileged registers, stops the processor or reaches a device.

What the real one does differently: six of the Pentium's seventeen can be run here. The others compare descriptors of
protected mode, which this processor has not; they stand in the table as the paper has them.
"""

from dataclasses import dataclass
from random import Random

from labkit.vmm.cpu import Cpu, assemble
from labkit.world.errors import number

CODE, DATA, STATES = 0x1000, 0x3000, 40
RUN_HERE = {
    "MOV": ("mov ax, bx", "mov [bx], al", "mov cx, 7"),
    "ADD": ("add ax, bx", "add [bx], dl"),
    "SUB": ("sub cx, dx",),
    "AND": ("and ax, bx",),
    "OR": ("or dx, [bx]",),
    "XOR": ("xor ax, ax",),
    "CMP": ("cmp ax, bx",),
    "INC": ("inc di",),
    "DEC": ("dec si",),
    "NOP": ("nop",),
    "Jcc": ("jz $+2", "jc $+4"),
    "CLD": ("cld",),
    "LODSB": ("lodsb",),
    "CLI": ("cli",),
    "STI": ("sti",),
    "HLT": ("hlt",),
    "IN": ("in al, dx", "in ax, 0x40"),
    "OUT": ("out dx, al", "out 0x40, ax"),
    "LGDT": ("lgdt [bx]",),
    "LIDT": ("lidt [bx]",),
    "LMSW": ("lmsw ax",),
    "SGDT": ("sgdt [bx]",),
    "SIDT": ("sidt [bx]",),
    "SMSW": ("smsw ax",),
    "PUSHF/POPF": ("pushf", "popf"),
    "PUSH seg": ("push cs",),
    "MOV seg": ("mov ax, cs",),
}


@dataclass(frozen=True)
class Finding:
    """What was seen of one instruction in all states: traps, differences, does it control resources?"""

    name: str
    states: int
    traps: int
    differs: int
    controls: bool

    @property
    def privileged(self):
        """It trapped in user mode, every time."""
        return self.traps == self.states

    @property
    def sensitive(self):
        """It controls resources, or its result depended on the mode."""
        return self.controls or self.differs > 0

    def __str__(self):
        seen = f"traps {self.traps}, differs {self.differs}, same {self.states - self.traps - self.differs}"
        return f"{self.name:<12} {seen} of {self.states} states" + ("; controls resources" if self.controls else "")

    __repr__ = __str__


def experiment(seed=1, states=STATES):
    """name → Finding for every instruction of RUN_HERE, each from `states` states drawn by the seed."""
    number(states, "states", least=1)
    return {
        name: finding(name, forms, Random(f"{seed}/{name}").random, int(states)) for name, forms in RUN_HERE.items()
    }


def finding(name, forms, luck, states):
    """Run one of the instruction's forms from each state, in both modes."""
    traps = differs = 0
    controls = False
    for state in range(states):
        program = assemble(forms[state % len(forms)], at=CODE)
        drawn = drawn_state(luck)
        exit, left, controlled = one(program, "supervisor", drawn)
        user_exit, user_left, _ = one(program, "user", drawn)
        controls |= controlled
        if user_exit.reason == "exception" and exit.reason != "exception":
            traps += 1
        elif (user_exit.reason, user_left) != (exit.reason, left):
            differs += 1
    return Finding(name, states, traps, differs, controls)


def drawn_state(luck):
    """Registers and a piece of memory with something in them; bx points to the memory."""
    registers = {name: int(luck() * 0x10000) for name in ("ax", "cx", "dx", "si", "di", "bp")}
    return {**registers, "bx": DATA, "sp": 0x7000}, bytes(int(luck() * 256) for _ in range(16)), luck() < 0.5


def one(program, mode, drawn):
    """(the exit, what is left behind, were resources touched?) of one instruction."""
    registers, memory, listens = drawn
    cpu = Cpu(mode=mode)
    cpu.load(program)
    cpu.registers.update(**registers)
    cpu.ram[DATA : DATA + len(memory)] = memory
    cpu.ram[0x7000:0x7002] = memory[:2]  # what popf finds
    if mode == "supervisor" and listens:
        cpu.registers["flags"] |= 0x200
    before = control(cpu)
    exit = cpu.run(1)
    touched = exit.reason in ("io", "hlt") or control(cpu) != before
    seen = dict(cpu.registers)
    seen["flags"] &= ~0x200  # IF itself is compared as a resource; what an instruction makes of it is in memory
    return exit, (seen, bytes(cpu.ram)), touched


def control(cpu):
    """The privileged state that an instruction may have changed."""
    mine = cpu.privileged
    return cpu.registers["flags"] & 0x200, mine.gdtr, mine.idtr, mine.msw
