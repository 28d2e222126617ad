"""What a program sees: exits, faults, interrupts, memory that changes under the processor's feet, and devices."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vmm.cpu import (
    Bus,
    CmosClock,
    Cpu,
    Machine,
    RegisterDevice,
    Serial,
    TextScreen,
    Timer,
    assemble,
    disassemble,
    programs,
)
from labkit.world import LabError


def ran(source, steps=10_000, **registers):
    """(cpu, exit) after a program without devices."""
    cpu = Cpu()
    cpu.load(assemble(source))
    cpu.registers.update(registers)
    return cpu, cpu.run(steps)


def machine():
    serial, screen, card = Serial(), TextScreen(), RegisterDevice()
    cpu = Cpu()
    return Machine(cpu, Bus(serial, screen, card, Timer(), CmosClock(lambda: 14 * 3600))), serial, screen, card


SAID = {"hello": "hello", "popf": "y", "tables": "E#", "timer": "...", "clock": "14", "system call": "!", "divide": "0"}


@pytest.mark.parametrize("name", programs.ALL)
def test_the_lessons_programs_do_what_they_say(name):
    bare, serial, screen, card = machine()
    bare.cpu.load(assemble(programs.ALL[name]))
    exits = bare.run()
    assert exits[-1].reason == "hlt" and serial.text == SAID.get(name, "")
    assert screen.text() == ("VM" if name == "screen" else "") and card.registers[0] == (
        42 if name == "registers" else 0
    )


def test_the_exits_of_a_read_modify_write():
    bare, *_ = machine()
    bare.cpu.load(assemble(programs.REGISTERS))
    assert [str(exit).split("  ")[0] for exit in bare.run()] == [
        "mmio write address 0xd0000 word 0x0028",
        "mmio read address 0xd0000 word",
        "mmio write address 0xd0000 word 0x002a",
        "mmio read address 0xd0000 word",
        "hlt",
    ]


def test_the_timer_ticks_a_hundred_times_a_second_and_only_after_an_end_of_interrupt():
    bare, serial, *_ = machine()
    bare.cpu.load(assemble(programs.TIMER))
    bare.run()
    assert serial.text == "..." and bare.time_s == pytest.approx(3 * 11932 / 1_193_182, rel=0.001)
    bare, serial, *_ = machine()
    bare.cpu.load(assemble(programs.TIMER.replace("out 0x20, al", "nop")))
    assert bare.run()[-1].reason == "hlt" and serial.text == "."  # asleep for ever


def test_a_device_that_is_not_there_is_named_and_those_that_are():
    bare, serial, *_ = machine()
    bare.cpu.load(assemble("mov dx, 0x3f8\n mov ax, 0x4141\n out dx, ax\n hlt"))
    with pytest.raises(LabError, match=r"no device at port 0x3f9 – known: 0x3f8 serial data"):
        bare.run()
    assert serial.text == ""  # not even the first byte
    with pytest.raises(LabError, match="two devices stand at 0x3f8"):
        Bus(Serial(), Serial())


BROKEN = {
    "jmp 0xf000:0xfff0": "there is no code at f000:fff0, physical address 0xffff0",
    "db 0x66, 0xb8": "unknown opcode: bytes 66 at 0x1000",
    "jmp 0xffff\n times 0xeffc nop\n db 0xb8": "reaches over the end of RAM or of its segment",
    "mov ax, 1\n lmsw ax": "real mode only",
}


@pytest.mark.parametrize("source", BROKEN)
def test_what_it_cannot_do_is_a_clear_fault_at_the_instruction(source):
    cpu, exit = ran(source)
    assert exit.reason == "internal_error" and BROKEN[source] in exit.message
    assert cpu.registers["ip"] == exit.ip and cpu.run() == exit  # and stays there


def test_a_fault_pushes_the_address_of_the_instruction_a_trap_the_one_after():
    handler = "mov word [0], here\n mov word [0x21*4], here\n {}\n here: pop ax\n hlt"
    fault, _ = ran(handler.format("div bl"))
    trap, _ = ran(handler.format("int 0x21"))
    assert (fault.registers["ax"], trap.registers["ax"]) == (0x100C, 0x100E)


def test_a_word_at_the_end_of_a_segment_is_a_fault_and_not_two_bytes():
    cpu, _ = ran("mov word [13*4], gp\n mov bx, 0xffff\n mov ax, [bx]\n hlt\n gp: mov al, 13\n hlt")
    assert cpu.registers["ax"] == 13
    cpu, exit = ran("push ax", sp=1)
    assert exit.reason == "shutdown" and "exception 12 cannot be delivered" in exit.message


def test_code_may_change_itself_and_be_changed_from_outside():
    cpu, _ = ran("mov cx, 2\nagain: mov al, 1\n mov byte [again+1], 7\n loop again\n hlt")
    assert cpu.registers["al"] == 7
    cpu, _ = ran("again: mov al, 1\n jmp again", steps=9)
    cpu.ram[0x1001] = 9
    cpu.run(2)
    assert cpu.registers["al"] == 9


def test_interrupts_wait_for_the_flag_and_for_the_instruction_after_sti():
    source = "mov word [8*4], tick\n cli\n nop\n sti\n mov al, 1\n mov al, 2\n hlt\n tick: mov bl, al\n iret"
    cpu = Cpu()
    cpu.load(assemble(source))
    cpu.interrupt(8)
    assert cpu.run().reason == "hlt" and cpu.registers["bl"] == 1 and cpu.pending == []


def test_the_trap_flag_gives_exception_1_after_each_instruction():
    source = "mov word [4], trace\n push 0x102\n popf\n nop\n nop\n hlt\n trace: inc cx\n iret"
    cpu, exit = ran(source)
    assert exit.reason == "hlt" and cpu.registers["cx"] == 2


def test_steps_are_counted_exactly():
    cpu, exit = ran("again: inc ax\n jmp again", steps=7)
    assert exit.reason == "intr" and cpu.steps == 7 and cpu.registers["ax"] == 4
    cpu.run(1)
    assert cpu.steps == 8


def test_a_repeated_store_to_a_device_gives_one_exit_for_each_round():
    cpu, exit = ran("mov ax, 0xb800\n mov es, ax\n mov cx, 3\n rep stosb\n hlt")
    addresses = []
    while exit.reason == "mmio":
        addresses.append(exit.address)
        exit = cpu.run()
    assert addresses == [0xB8000, 0xB8001, 0xB8002] and exit.reason == "hlt"


MIXED = """
        mov dx, 0x3f8
        mov si, 0x2000
again:  in al, dx
        add [si], al
        add [0x3000], ax
        push ax
        rcl word [si+1], 3
        pop cx
        out dx, al
        inc si
        jmp again
"""


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.integers(0, 255), min_size=2, max_size=6), st.integers(0, 60), st.booleans())
def test_a_restored_machine_goes_on_like_the_one_that_was_never_stopped(inputs, steps, elsewhere):
    """A snapshot may be taken anywhere, also while the guest waits for a device, and restored on another machine."""

    def play(cpu, values):
        """The machine's traces after these inputs."""
        values, seen = list(values), []
        while True:
            exit = cpu.waiting or cpu.run(1)
            seen.append((str(exit), dict(cpu.registers)))
            if exit.needs_answer:
                if not values:
                    return seen, bytes(cpu.ram)
                cpu.complete(exit, values.pop(0))

    cpu = Cpu()
    cpu.load(assemble(MIXED))
    for _ in range(steps):
        exit = cpu.run(1)
        if exit.needs_answer:
            if steps % 2:
                break
            cpu.complete(exit, 5)
    snapshot = cpu.snapshot()
    first = play(cpu, inputs)
    other = Cpu() if elsewhere else cpu
    other.restore(snapshot)
    assert other.snapshot() == snapshot and play(other, inputs) == first


def test_a_snapshot_of_another_machine_does_not_fit():
    with pytest.raises(LabError, match="another RAM"):
        Cpu(ram_kib=64).restore(Cpu(ram_kib=128).snapshot())


@pytest.mark.parametrize("code", [b"\xe8\0\0", b"\x9a\0\x20\0\0"])
def test_a_call_that_ends_the_segment_pushes_the_address_that_wraps(code):
    cpu = Cpu()
    cpu.load(code, at=0x10000 - len(code))
    assert cpu.run(1).reason == "intr"
    assert cpu.peek(0, cpu.registers["sp"], 2) == b"\0\0"


def test_single_step_follows_a_sti_too():
    """The shadow of sti holds off interrupts of devices; that of `mov ss` holds off exception 1 as well."""
    cpu = Cpu()
    cpu.load(assemble("mov word [4], trap\n push 0x102\n popf\n sti\n nop\n hlt\n trap: inc bx\n iret"))
    cpu.run()
    assert cpu.registers["bx"] == 2  # after sti and after nop; popf itself began without TF


@pytest.mark.parametrize("wrong", [5, None, "nop", [300]])
def test_what_is_no_machine_code_is_not_loaded(wrong):
    cpu = Cpu()
    with pytest.raises(LabError, match="is no machine code"):
        cpu.load(wrong)
    for steps in (0, 2.5, "all"):
        with pytest.raises(LabError, match="steps must be"):
            cpu.run(steps)
    with pytest.raises(LabError, match="machine code is bytes"):
        disassemble(wrong)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Serial(base="x"), "base must be a whole number from 0 to 0xfffa, not 'x' – leave it out"),
        (lambda: Serial(base=1.5), "base must be a whole number"),
        (lambda: Serial(base=-1), "base must be a whole number"),
        (lambda: Serial(base=0xFFFF), "base must be a whole number from 0 to 0xfffa"),
        (lambda: RegisterDevice(at="x"), "at must be a whole number from 0 to 0x10ffe0, not 'x'"),
        (lambda: RegisterDevice(words=True), "a register card has 1 to 32768 words, not True"),
        (lambda: TextScreen(at=None), "at must be a whole number"),
        (lambda: CmosClock(14), "now is a function that gives seconds since 1970, not 14"),
        (lambda: Bus(None), "a bus takes devices, not None – Bus(Serial(), TextScreen())"),
        (lambda: Machine(None, Bus()), "a machine is a Cpu and a Bus, not None and"),
        (lambda: Machine(Cpu(), None), "and None – Machine(Cpu(), Bus(Serial()))"),
        (lambda: Machine(Cpu(), Bus(), instruction_s="x"), "instruction_s must be a number"),
    ],
)
def test_a_machine_that_cannot_be_is_not_built(make, said):
    with pytest.raises(LabError) as refused:
        make()
    assert said in str(refused.value)


def test_an_interrupt_comes_between_two_rounds_of_a_rep_that_asks_a_device():
    cpu = Cpu()
    cpu.load(assemble("mov ax, 0xd000\n mov es, ax\n mov cx, 4\n sti\n rep stosb\n hlt\n tick: inc bx\n iret"))
    cpu.ram[32:36] = (0x100C).to_bytes(4, "little")
    cpu.run()
    cpu.interrupt(8)
    left = []
    while (exit := cpu.run()).reason == "mmio":
        left.append((exit.address, cpu.registers["bx"]))
    assert left == [(0xD0001, 1), (0xD0002, 1), (0xD0003, 1)]
    assert (cpu.registers["cx"], cpu.registers["ip"]) == (0, 0x100C)
