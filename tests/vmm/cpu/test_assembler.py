"""The assembler and the decoder share one table: what one writes, the other reads."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vmm.cpu import FORMS, assemble, decode, disassemble
from labkit.vmm.cpu.decoder import Undecodable
from labkit.world import LabError

REGULAR = settings(deadline=None, derandomize=True, max_examples=400)


def test_a_listing_says_where_what_stands():
    program = assemble("n equ 3\nstart: mov cx, n ; three times\nagain: loop again\n hlt\ntext: db 'ok', 0", at=0x100)
    assert program.code == bytes.fromhex("b90300 e2fe f4 6f6b00")
    assert program.labels == {"start": 0x100, "again": 0x103, "text": 0x106}
    assert str(program).splitlines()[1:3] == [
        "0100  b9 03 00                  start: mov cx, n ; three times",
        "0103  e2 fe                     again: loop again",
    ]


# Worked out by hand from Intel's opcode map, the shortest form; each line has a trap of its own.
BYTES = {
    "mov al, [0x1234]": "a0 34 12",  # the accumulator's short form
    "mov ax, bx": "89 d8",
    "mov [bp], al": "88 46 00",  # bp alone always has a displacement
    "mov word [es:bx+si+4], 7": "26 c7 40 04 07 00",
    "add ax, -1": "83 c0 ff",  # a byte with sign
    "add ax, 0x1234": "05 34 12",
    "add al, 0xff": "04 ff",
    "push 5": "6a 05",
    "push word 5": "68 05 00",
    "shl bx, 1": "d1 e3",
    "shl bx, 4": "c1 e3 04",
    "xchg ax, cx": "91",
    "xchg cx, [bx]": "87 0f",
    "test [bx], cl": "84 0f",
    "imul ax, [bx], 10": "6b 07 0a",
    "rep es movsb": "f3 26 a4",
    "jmp 0xf000:0xfff0": "ea f0 ff 00 f0",
    "call far [bx]": "ff 1f",
    "les di, [si]": "c4 3c",
    "mov ds, ax": "8e d8",
    "in al, dx": "ec",
    "out 0x20, al": "e6 20",
    "int 0x80": "cd 80",
    "lgdt [0x500]": "0f 01 16 00 05",
    "vmcall": "0f 01 c1",
    "db 1, 'A', \"b;c\", 0x10": "01 41 62 3b 63 10",
    "dw 'AB', -1, 1fh, 0b101, (2+3)*4": "41 42 ff ff 1f 00 05 00 14 00",
    "times 3 nop": "90 90 90",
    "jmp $": "eb fe",
    "jmp near $": "e9 fd ff",
}


@pytest.mark.parametrize("source", BYTES)
def test_bytes(source):
    assert assemble(source).code.hex(" ") == BYTES[source]


def test_a_jump_becomes_long_only_where_it_must():
    near = assemble("jmp there\n times 127 nop\n there: hlt")
    far = assemble("jmp there\n times 128 nop\n there: hlt")
    assert (near.code[0], far.code[0]) == (0xEB, 0xE9)


def test_local_labels_belong_to_the_label_before():
    program = assemble("one: nop\n.loop: jmp .loop\ntwo: nop\n.loop: jmp .loop")
    assert set(program.labels) == {"one", "one.loop", "two", "two.loop"}


WRONG = {
    "mov [bx], 5": "it is not said how many bytes are meant – write byte or word before the [",
    "mov al, bx": "mov cannot have an 8-bit register (al) and a 16-bit register (bx)",
    "mvo ax, 1": "there is no instruction 'mvo' – did you mean 'mov'?",
    "jmp nowhere": "there is no label 'nowhere'",
    "mov ax, [ax]": "no such address – 16-bit addresses are made of bx or bp",
    "mov ax, 0x12345": "a number (0x12345)",
    "mov ax,": "an operand is missing beside a comma",
    "mov [bx, ax": "a ] is missing",
    "db 'abc": "a closing ' is missing",
    "db 300": "does not fit into 1 byte",
    "db": "db without a value",
    "a: nop\na: nop": "the name 'a' is given twice – give one of them another name",
    "far: nop": "'far' is a reserved word: nothing can be called so – far1",
    "AX: nop": "'AX' is a reserved word",
    "byte db 1": "'byte' is a reserved word",
    "a: b: nop": "'b' is a second label on this line – give it a line of its own",
    "9a: nop": "'9a' cannot be a label",
    "jz a\ntimes 200 nop\na: hlt": "this jump reaches -128 … 127 – jump over a jmp",
    "times nop": "times needs a count",
    "mov ax, 1/0": "cannot be worked out",
    "mov cs:[bx], ax": "memory is written [bx+4] or [es:di]",
    "in al, 0x3f8": "in takes: al, imm8",
    "mov al, 256": "0x100 does not fit into 8 bits",
    "mov al, cx": "one has 8 bits, the other 16",
    "mov word [bx], [si]": "reaches memory once",
    "mov byte ax, 5": "ax is no byte",
    "mov eax, 1": "eax is a register that this processor does not have",
    "org 0x100": "org is not needed here – say it when assembling",
    "rep mov ax, bx": "rep repeats string instructions only",
    "a equ b\nb equ a": "'b' gets its value only below",
    "a equ a+1": "'a' gets its value only below",
    "db ''": "a text without a character",
    "mov ax, " + "(" * 5000 + "1" + ")" * 5000: "an expression of more than 100 parts",
}


@pytest.mark.parametrize("source", WRONG)
def test_an_error_names_the_line_and_what_is_wrong(source):
    with pytest.raises(LabError) as error:
        assemble(source)
    assert str(error.value).startswith("line ") and WRONG[source] in str(error.value)


@pytest.mark.parametrize("source", ["", " \n ", None, b"hlt", 5])
def test_a_source_that_is_none(source):
    with pytest.raises(LabError, match="^the source (is empty|must be a text, not)"):
        assemble(source)


@st.composite
def instructions(draw):
    """Bytes of some instruction: a form of the table with whatever follows it."""
    form = draw(st.sampled_from(FORMS))
    prefix = draw(st.sampled_from([b"", b"", b"\x26", b"\x2e", b"\x36", b"\x3e"]))
    code = prefix + form.opcode
    if form.has_modrm:
        reg = draw(st.integers(0, 7)) if form.extension is None else form.extension
        code += bytes([draw(st.integers(0, 3)) << 6 | reg << 3 | draw(st.integers(0, 7))])
    return code + draw(st.binary(min_size=8, max_size=8))


@REGULAR
@given(instructions())
def test_what_is_disassembled_can_be_assembled_and_means_the_same(code):
    """The bytes may become shorter (there are twins); the text, and what is assembled from it, stay."""
    try:
        text = disassemble(code, at=0x1000)
    except Undecodable:
        return
    again = assemble(text).code
    assert disassemble(again, at=0x1000) == text.replace("near ", "") or disassemble(again, at=0x1000) == text
    assert assemble(disassemble(again, at=0x1000)).code == again


@REGULAR
@given(st.binary(min_size=1, max_size=15))
def test_any_bytes_are_an_instruction_or_refused(code):
    try:
        instruction = decode(code)
    except Undecodable as refused:
        assert refused.message
    else:
        assert code.startswith(instruction.code) and 1 <= instruction.length <= 15


def test_unknown_opcodes_are_refused_by_name_and_bytes():
    with pytest.raises(Undecodable, match="bytes 66 at 0x1000"):
        decode(bytes.fromhex("66b8000000"), 0x1000)
    with pytest.raises(Undecodable, match="a repeat prefix before something that is no string instruction"):
        decode(b"\xf3\x90")
