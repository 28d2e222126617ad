"""The table of instructions, once for assembler, disassembler and interpreter: opcode, name, operands.

Written as in the opcode map of Intel's SDM (vol. 2, appendix A; sizes: b byte, w word):

    Eb Ew     register or memory (ModRM's r/m)             Gb Gw    register (ModRM's reg)
    Zb Zw     register in the opcode's last 3 bits         Sw       segment register (ModRM's reg)
    Ib Iw     immediate; Ibs: a signed byte, used as word  Jb Jw    distance to a jump's target
    Ob Ow     memory at a fixed offset                     Ap       far address in the code
    M Mp Ms   memory only: any, a far pointer, a table register (6 bytes)
    AL CL AX DX ES … 1 3   just that

`80/5` means: opcode 80, and ModRM's reg field is 5. Where several forms fit, the assembler takes the first.
Left out, and so a clear fault: 386's prefixes and registers, x87, ins/outs, bound, lock, undocumented twins.
"""

from dataclasses import dataclass

from labkit.vmm.cpu.operands import SEGMENTS, Immediate, Register, Segment

ALU = ("add", "or", "adc", "sbb", "and", "sub", "xor", "cmp")
SHIFTS = ("rol", "ror", "rcl", "rcr", "shl", "shr", None, "sar")
CONDITIONS = ("o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g")
STRINGS = ("movs", "cmps", "stos", "lods", "scas")
FIXED = {
    "AL": Register(0, 1),
    "CL": Register(1, 1),
    "AX": Register(0, 2),
    "DX": Register(2, 2),
    "1": Immediate(1),
    "3": Immediate(3),
    **{name.upper(): Segment(at) for at, name in enumerate(SEGMENTS)},
}

TABLE = """
06 push ES   | 0E push CS   | 16 push SS    | 1E push DS    | 07 pop ES    | 17 pop SS     | 1F pop DS
27 daa       | 2F das       | 37 aaa        | 3F aas        | D4 aam Ib    | D5 aad Ib     | D7 xlat
40+ inc Zw   | 48+ dec Zw   | 50+ push Zw   | 58+ pop Zw    | 60 pusha     | 61 popa
6A push Ibs  | 68 push Iw   | 6B imul Gw Ew Ibs             | 69 imul Gw Ew Iw
84 test Eb Gb | 85 test Ew Gw | 86 xchg Eb Gb | A8 test AL Ib | A9 test AX Iw
A0 mov AL Ob | A1 mov AX Ow | A2 mov Ob AL  | A3 mov Ow AX
88 mov Eb Gb | 89 mov Ew Gw | 8A mov Gb Eb  | 8B mov Gw Ew  | 8C mov Ew Sw | 8E mov Sw Ew
B0+ mov Zb Ib | B8+ mov Zw Iw | C6/0 mov Eb Ib | C7/0 mov Ew Iw
8D lea Gw M  | C4 les Gw Mp | C5 lds Gw Mp  | 8F/0 pop Ew
90 nop       | 90+ xchg AX Zw | 87 xchg Ew Gw | 98 cbw      | 99 cwd       | 9A call Ap
9C pushf     | 9D popf      | 9E sahf       | 9F lahf
C2 ret Iw    | C3 ret       | C8 enter Iw Ib | C9 leave     | CA retf Iw   | CB retf
CC int3      | CD int Ib    | CE into       | CF iret
E0 loopne Jb | E1 loope Jb  | E2 loop Jb    | E3 jcxz Jb    | E8 call Jw   | EB jmp Jb     | E9 jmp Jw   | EA jmp Ap
E4 in AL Ib  | E5 in AX Ib  | EC in AL DX   | ED in AX DX   | E6 out Ib AL | E7 out Ib AX  | EE out DX AL | EF out DX AX
F4 hlt       | F5 cmc       | F8 clc        | F9 stc        | FA cli       | FB sti        | FC cld      | FD std
F6/0 test Eb Ib | F6/2 not Eb | F6/3 neg Eb | F6/4 mul Eb   | F6/5 imul Eb | F6/6 div Eb   | F6/7 idiv Eb
F7/0 test Ew Iw | F7/2 not Ew | F7/3 neg Ew | F7/4 mul Ew   | F7/5 imul Ew | F7/6 div Ew   | F7/7 idiv Ew
FE/0 inc Eb  | FE/1 dec Eb  | FF/0 inc Ew   | FF/1 dec Ew
FF/2 call Ew | FF/3 call Mp | FF/4 jmp Ew   | FF/5 jmp Mp   | FF/6 push Ew
0F01C1 vmcall | 0F01/0 sgdt Ms | 0F01/1 sidt Ms | 0F01/2 lgdt Ms | 0F01/3 lidt Ms | 0F01/4 smsw Ew | 0F01/6 lmsw Ew
0F06 clts    | 0F0B ud2     | 0FA2 cpuid
"""


@dataclass(frozen=True)
class Form:
    """One row: `opcode` bytes, `extension` = ModRM's reg field or None, `operands` = kinds as above."""

    opcode: bytes
    extension: int | None
    mnemonic: str
    operands: tuple

    @property
    def has_modrm(self):
        """Does a ModRM byte follow the opcode?"""
        return self.extension is not None or any(kind[0] in "EGSM" and kind not in FIXED for kind in self.operands)


def _regular():
    """The rows that follow a rule: arithmetic, shifts, conditional jumps, string instructions."""
    for at, name in enumerate(ALU):
        yield f"{8 * at + 4:02X} {name} AL Ib"
        yield f"83/{at} {name} Ew Ibs"
        yield f"{8 * at + 5:02X} {name} AX Iw"
        for low, kinds in enumerate(("Eb Gb", "Ew Gw", "Gb Eb", "Gw Ew")):
            yield f"{8 * at + low:02X} {name} {kinds}"
        yield f"80/{at} {name} Eb Ib"
        yield f"81/{at} {name} Ew Iw"
    for at, name in enumerate(SHIFTS):
        if name:
            for opcode, kinds in zip(
                ("D0", "D1", "D2", "D3", "C0", "C1"), ("Eb 1", "Ew 1", "Eb CL", "Ew CL", "Eb Ib", "Ew Ib"), strict=True
            ):
                yield f"{opcode}/{at} {name} {kinds}"
    for at, condition in enumerate(CONDITIONS):
        yield f"{0x70 + at:02X} j{condition} Jb"
    for opcode, name in zip((0xA4, 0xA6, 0xAA, 0xAC, 0xAE), STRINGS, strict=True):
        yield f"{opcode:02X} {name}b"
        yield f"{opcode + 1:02X} {name}w"


def _forms(row):
    """The Forms of one row: eight where the register stands in the opcode ('50+')."""
    code, mnemonic, *kinds = row.split()
    code, _, extension = code.partition("/")
    opcode = bytes.fromhex(code.rstrip("+"))
    extension = int(extension) if extension else None
    return [
        Form(opcode[:-1] + bytes([opcode[-1] + low]), extension, mnemonic, tuple(kinds))
        for low in range(8 if code.endswith("+") else 1)
    ]


ROWS = [row.strip() for line in TABLE.strip().splitlines() for row in line.split("|")] + list(_regular())
FORMS = tuple(form for row in ROWS for form in _forms(row))
MNEMONICS = {}  # mnemonic -> its forms, in the order in which the assembler tries them
OPCODES = {}  # (opcode, extension or None) -> form
for _form in FORMS:
    MNEMONICS.setdefault(_form.mnemonic, []).append(_form)
    OPCODES.setdefault((_form.opcode, _form.extension), _form)
