"""Popek and Goldberg's question about an instruction set, as data: which instructions are sensitive, which privileged?

    sensitive and privileged          traps in user mode: the VMM gets its turn
    sensitive and not privileged      runs on, with the wrong effect or the wrong answer: nobody is told
    not sensitive                     runs directly, the VMM is not needed

The surprise: an instruction need not be dangerous to break a VMM. SGDT only reads, and only reads the wrong table.

Sources: Popek & Goldberg, 'Formal Requirements for Virtualizable Third Generation Architectures', CACM 17(7), 1974;
Robin & Irvine, 'Analysis of the Intel Pentium's Ability to Support a Secure Virtual Machine Monitor', USENIX Security
2000 (the 17 of the Pentium; PUSHF and POPF count as one). Which of the 17 are sensitive in user mode, too, is our
reading of the definitions.

What the real one does differently: a real table has some 250 instructions; these hold all that are sensitive and a few
that are not. VT-x does not make the 17 privileged: it gives the guest a set of sensitive state of its own, so that they
are not sensitive any more.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from labkit.world.errors import LabError, unknown


@dataclass(frozen=True)
class Instruction:
    """One line of the table.

    `sensitive`: 'control' (changes mode or resources), 'behaviour' (result depends on mode or on where things lie) or
    None. `privileged`: traps in user mode and does not in supervisor mode. `in_user_mode`: it is sensitive already when
    a user program runs it (what theorem 3 asks). `because`: what it reads or changes.
    """

    name: str
    sensitive: str | None = None
    privileged: bool = False
    in_user_mode: bool = False
    because: str = ""

    def __post_init__(self):
        if self.sensitive not in (None, "control", "behaviour"):
            raise LabError(f"{self.name}: sensitive must be 'control', 'behaviour' or None, not {self.sensitive!r}")


@dataclass(frozen=True)
class Verdict:
    """What a theorem says about a table: `offenders` are the instructions that break its condition, in table order."""

    table: str
    theorem: str
    offenders: tuple[Instruction, ...]

    @property
    def possible(self):
        """True when nothing breaks the condition."""
        return not self.offenders

    def __bool__(self):
        return self.possible

    def __str__(self):
        if self.possible:
            return f"{self.table}: yes, {self.theorem}"
        names = ", ".join(offender.name for offender in self.offenders)
        return f"{self.table}: not guaranteed, {self.theorem} is broken by {len(self.offenders)}: {names}"

    __repr__ = __str__


def innocent(*names):
    """Instructions that behave the same wherever they run."""
    return tuple(Instruction(name) for name in names)


def privileged(sensitive, because, *names):
    """Sensitive instructions that trap in user mode."""
    return tuple(Instruction(name, sensitive, True, True, because) for name in names)


HARMLESS = innocent("MOV", "ADD", "SUB", "AND", "OR", "XOR", "CMP", "INC", "DEC", "NOP", "Jcc", "CLD", "LODSB")
TRAPPING = (
    *privileged("control", "the interrupt flag", "CLI", "STI"),
    *privileged("control", "the processor stops", "HLT"),
    *privileged("control", "a device", "IN", "OUT", "INS", "OUTS"),
    *privileged("control", "the descriptor tables", "LGDT", "LIDT", "LLDT", "LTR"),
    *privileged("control", "the control registers", "LMSW", "CLTS", "MOV to CR"),
    *privileged("behaviour", "the control registers", "MOV from CR"),
    *privileged("behaviour", "model-specific registers", "RDMSR"),
    *privileged("control", "model-specific registers", "WRMSR"),
)
READS_TABLES = "the host's descriptor table answers, not the guest's"
SHOWS_RING = "the selector shows the ring (RPL) the code really runs in"
COMPARES_RING = "compares the current ring (CPL) with a descriptor's"
OFFENDERS = (
    Instruction("SGDT", "behaviour", False, True, READS_TABLES),
    Instruction("SIDT", "behaviour", False, True, READS_TABLES),
    Instruction("SLDT", "behaviour", False, True, READS_TABLES),
    Instruction("SMSW", "behaviour", False, True, "reads the low half of the host's CR0"),
    Instruction("PUSHF/POPF", "control", False, False, "POPF leaves IF alone in ring 3; PUSHF shows the host's IF"),
    Instruction("LAR", "behaviour", False, True, READS_TABLES),
    Instruction("LSL", "behaviour", False, True, READS_TABLES),
    Instruction("VERR", "behaviour", False, True, READS_TABLES),
    Instruction("VERW", "behaviour", False, True, READS_TABLES),
    Instruction("POP seg", "behaviour", False, False, COMPARES_RING),
    Instruction("PUSH seg", "behaviour", False, False, SHOWS_RING),
    Instruction("CALL far", "behaviour", False, False, COMPARES_RING),
    Instruction("JMP far", "behaviour", False, False, COMPARES_RING),
    Instruction("INT n", "behaviour", False, False, COMPARES_RING),
    Instruction("RET far", "behaviour", False, False, COMPARES_RING),
    Instruction("STR", "behaviour", False, True, "shows the host's task register"),
    Instruction("MOV seg", "behaviour", False, False, SHOWS_RING),
)


def in_guest_mode(table):
    """The same instructions in VMX non-root mode: what is sensitive exits or works on the guest's own state."""
    return tuple(
        line if line.privileged or not line.sensitive else Instruction(line.name, because="the guest has its own copy")
        for line in table
    )


X86 = (*HARMLESS, *TRAPPING, *OFFENDERS)
TABLES = {
    "x86 before 2005": X86,
    "x86 with VT-x (guest mode)": in_guest_mode(X86),
    "PDP-10": (
        *innocent("MOVE", "ADD", "JRST 0"),
        *privileged("control", "a device", "DATAO", "DATAI"),
        *privileged("control", "the processor stops", "HALT"),
        Instruction("JRST 1", "control", False, False, "returns to user mode; in user mode it changes nothing"),
    ),
    "Clean-1 (made up)": (
        *innocent("LOAD", "STORE", "ADD", "BRANCH"),
        *privileged("control", "the mode", "SETMODE"),
        *privileged("control", "where memory begins", "SETBASE"),
        *privileged("behaviour", "the mode", "GETMODE"),
        *privileged("control", "a device", "IO"),
    ),
}
"""Name → table. PDP-10 is Popek and Goldberg's own example, cut to a few lines; Clean-1 is ours."""


def table_of(table):
    """(name, instructions) of a table given by its name or as a sequence of Instructions."""
    if isinstance(table, str):
        if table not in TABLES:
            raise unknown("instruction table", table, TABLES)
        return table, TABLES[table]
    lines = tuple(table) if isinstance(table, Iterable) else (table,)
    for line in lines:
        if not isinstance(line, Instruction):
            raise LabError(
                f"{line!r} is no line of a table", next_step="Instruction('CLI', 'control', privileged=True)"
            )
    return "your table", lines


def can_trap_and_emulate(table):
    """Theorem 1: a VMM can be built if every sensitive instruction is privileged. A Verdict; `table`: a name in TABLES
    or Instructions. The condition is sufficient, not necessary: a broken one rules out *pure* trap-and-emulate."""
    name, lines = table_of(table)
    return Verdict(
        name,
        "theorem 1 (sensitive ⊆ privileged)",
        tuple(line for line in lines if line.sensitive and not line.privileged),
    )


def can_run_hybrid(table):
    """Theorem 3: a hybrid VMM, which interprets all that the guest runs in its virtual supervisor mode, can be built if
    every instruction that is sensitive in user mode is privileged."""
    name, lines = table_of(table)
    return Verdict(
        name,
        "theorem 3 (user-sensitive ⊆ privileged)",
        tuple(line for line in lines if line.sensitive and line.in_user_mode and not line.privileged),
    )
