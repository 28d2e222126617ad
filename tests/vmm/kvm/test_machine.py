"""KvmMachine: one guest on the real /dev/kvm."""

import os
import threading
from pathlib import Path

import pytest

from labkit.vmm.cpu import Cpu, assemble
from labkit.vmm.kvm import device
from labkit.vmm.kvm.machine import KvmMachine
from labkit.world.errors import LabError

FOUND = device.state()
pytestmark = pytest.mark.skipif(not FOUND.usable, reason=f"{FOUND.detail} ({FOUND.cure})")

ECHO = assemble("mov dx, 0x3f8\n in al, dx\n inc al\n out dx, al\n hlt")
FOREVER = assemble("again: jmp again")


@pytest.fixture(params=[Cpu, KvmMachine])
def machine(request):
    """Each story is told on both: they are interchangeable."""
    made = request.param()
    yield made
    if isinstance(made, KvmMachine):
        made.close()


def test_the_guest_reads_a_byte_and_writes_it_plus_one(machine):
    machine.load(ECHO)
    asked = machine.run()
    assert (asked.reason, asked.direction, asked.port, asked.size, asked.data) == ("io", "in", 0x3F8, 1, None)
    machine.complete(asked, 0x41)
    assert machine.registers["al"] == 0x41
    told = machine.run()
    assert (told.direction, told.data) == ("out", 0x42)
    assert machine.registers["ip"] == 0x1000 + 7  # behind the out: it is complete
    assert machine.run().reason == "hlt"


def test_a_read_must_be_answered_once_and_before_the_guest_goes_on(machine):
    machine.load(ECHO)
    asked = machine.run()
    with pytest.raises(LabError, match="waits for an answer"):
        machine.run()
    with pytest.raises(LabError):
        machine.complete(asked, 0x100)
    machine.complete(asked, 1)
    with pytest.raises(LabError, match="does not wait"):
        machine.complete(asked, 1)


def test_one_instruction_may_exit_twice(machine):
    machine.load(assemble("mov ax, 0xd000\n mov ds, ax\n add word [2], 5\n hlt"))
    read = machine.run()
    machine.complete(read, 37)
    write = machine.run()
    assert (read.direction, write.direction, write.address, write.data) == ("read", "write", 0xD0002, 42)


def test_registers_and_memory_can_be_written_between_exits(machine):
    machine.load(assemble("hlt\n add ax, [bx]\n mov es, dx\n hlt"))
    machine.run()
    machine.registers.update(ax=1, bx=0x3000, dx=0x1234)
    machine.registers["ah"] = 0x10
    machine.ram[0x3000:0x3002] = b"\x05\x00"
    machine.run()
    assert (machine.registers["ax"], machine.registers["es"], len(machine.registers)) == (0x1006, 0x1234, 14)
    with pytest.raises(LabError, match="there is no register 'eax'"):
        machine.registers["eax"]
    with pytest.raises(LabError, match="0xffff"):
        machine.registers["ax"] = 0x10000


def test_an_interrupt_waits_until_the_guest_lets_it_in(machine):
    machine.load(assemble("mov word [8*4], tick\n nop\n sti\n nop\n nop\n hlt\ntick: mov bx, 1\n cli\n hlt"))
    machine.interrupt(8)
    machine.run()
    assert machine.registers["bx"] == 1
    assert len(machine.pending) == 0


def test_step_by_step(machine):
    machine.load(assemble("inc ax\n inc ax\n inc bx\n hlt"))
    assert machine.run(steps=2).reason == "intr"
    assert (machine.registers["ax"], machine.registers["bx"], machine.registers["ip"]) == (2, 0, 0x1002)


def test_a_jump_to_where_no_memory_is_cannot_be_executed(machine):
    machine.load(assemble("jmp 0xf000:0"))
    assert machine.run().reason == "internal_error"


def test_a_guest_that_never_ends_is_stopped():
    with KvmMachine(limit_s=0.05) as machine:
        machine.load(FOREVER)
        assert machine.run().reason == "intr"
        assert machine.run().reason == "intr"  # and can be continued


def test_it_is_stopped_outside_the_main_thread_too():
    reasons = []

    def play():
        with KvmMachine(limit_s=0.05) as machine:
            machine.load(FOREVER)
            reasons.append(machine.run().reason)

    thread = threading.Thread(target=play)
    thread.start()
    thread.join(10)
    assert reasons == ["intr"]


def test_nothing_stays_open():
    def descriptors():
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    for _ in range(20):
        with KvmMachine() as machine:
            machine.load(ECHO)
        KvmMachine()  # forgotten at once
    assert descriptors() == before
    with pytest.raises(LabError, match="closed"):
        machine.run()
    assert machine.ram[0x1000] == ECHO.code[0]  # memory can still be looked at


def test_what_cannot_be_is_refused():
    with pytest.raises(LabError, match="ram_kib"):
        KvmMachine(ram_kib=1024)
    with pytest.raises(LabError, match="limit_s"):
        KvmMachine(limit_s=0)
    with KvmMachine() as machine, pytest.raises(LabError, match="do not fit"):
        machine.load(assemble("hlt", at=0x1000).code * 0x10000)
    assert os.path.exists(device.DEVICE)


def test_an_interrupt_that_waits_already_comes_before_the_first_instruction(machine):
    machine.load(assemble("again: inc ax\n jmp again\ntick: hlt"))
    machine.ram[32:36] = bytes([0x03, 0x10, 0, 0])  # vector 8: tick
    machine.registers["flags"] = 0x202
    machine.interrupt(8)
    assert machine.run().reason == "hlt"
    assert machine.registers["ax"] == 0 and machine.ram[0x7FFA:0x7FFC] == b"\x00\x10"


def test_an_interrupt_between_two_accesses_of_one_instruction_waits_for_its_end(machine):
    machine.load(assemble("sti\n mov ax, 0xd000\n mov ds, ax\n add word [2], 5\n nop\n tick: hlt"))
    machine.ram[32:36] = bytes([0x0C, 0x10, 0, 0])
    machine.complete(machine.run(), 37)
    machine.interrupt(8)
    assert machine.run().data == 42
    assert machine.run().reason == "hlt"
    assert machine.ram[0x7FFA:0x7FFC] == b"\x0b\x10"  # behind the add


def test_a_new_program_begins_afresh_whatever_was_in_work(machine):
    machine.load(ECHO)
    machine.run()
    machine.load(assemble("mov bx, 5\n hlt"))
    assert machine.run().reason == "hlt"
    assert dict(machine.registers) == {**dict.fromkeys(machine.registers, 0), "bx": 5, "ip": 0x1004, "sp": 0x8000} | {
        "flags": 2
    }


def test_numbers_that_are_none_are_refused(machine):
    machine.load(ECHO)
    asked = machine.run()
    for wrong in (
        lambda: machine.complete(asked, 1.5),
        lambda: machine.interrupt(8.5),
        lambda: machine.load("hlt"),
        lambda: machine.load(b"\xf4", sp=-4),
    ):
        with pytest.raises(LabError):
            wrong()
    machine.complete(asked, 1)
    with pytest.raises(LabError, match="steps"):
        machine.run(steps=-1)
    assert machine.run().data == 2


def test_a_guest_that_halts_while_an_interrupt_waits_has_halted(machine):
    """Whoever waits for IF goes step by step, and a step over hlt is no exit for KVM without VT-x."""
    machine.load(assemble("inc ax\n hlt\n inc ax\n hlt"))
    machine.interrupt(8)
    assert [machine.run().reason, machine.registers["ax"]] == ["hlt", 1]
    assert [machine.run(steps=5).reason, machine.registers["ax"]] == ["hlt", 2]


def test_a_handler_that_halts_while_another_interrupt_waits_has_halted(machine):
    machine.load(assemble("sti\n nop\n nop\n nop\n tick: es hlt\n inc ax\n hlt"))
    machine.ram[32:40] = bytes([0x04, 0x10, 0, 0]) * 2
    machine.interrupt(8)
    machine.interrupt(9)
    assert [machine.run().reason, machine.registers["ax"], machine.registers["ip"]] == ["hlt", 0, 0x1006]
    assert list(machine.pending) == [9]


def test_the_flags_that_an_interrupt_pushes_are_the_guest_s_while_another_waits(machine):
    machine.load(assemble("sti\n nop\n nop\n cli\n hlt\n tick: iret"))
    machine.ram[32:40] = bytes([0x05, 0x10, 0, 0]) * 2
    machine.interrupt(8)
    machine.interrupt(9)
    assert machine.run().reason == "hlt"
    assert machine.ram[0x7FFA:0x8000] == b"\x02\x10\x00\x00\x02\x02"
