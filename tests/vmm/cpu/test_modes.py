"""The same bytes in three modes: what exits, what is silently wrong, and what a VMM can do about it."""

import pytest

from labkit.vmm.cpu import HOST, Cpu, Privileged, assemble
from labkit.world import LabError


def started(source, mode, **registers):
    cpu = Cpu(mode=mode)
    cpu.load(assemble(source))
    cpu.registers.update(registers)
    return cpu


PRIVILEGED = [
    "hlt",
    "cli",
    "sti",
    "in al, 0x60",
    "out dx, ax",
    "lgdt [0x500]",
    "lidt [0x500]",
    "lmsw ax",
    "clts",
    "iret",
]


@pytest.mark.parametrize("source", PRIVILEGED)
def test_a_privileged_instruction_in_user_mode_is_exception_13_and_nothing_has_happened(source):
    cpu = started(source, "user")
    before = dict(cpu.registers), bytes(cpu.ram)
    exit = cpu.run()
    assert (exit.reason, exit.vector, exit.software, exit.ip) == ("exception", 13, False, 0x1000)
    assert (dict(cpu.registers), bytes(cpu.ram)) == before and cpu.steps == 0


def test_popf_in_user_mode_leaves_the_interrupt_flag_and_says_nothing():
    source = "push 0\n popf\n pushf\n pop ax\n int3"
    user, guest = started(source, "user"), started(source, "guest")
    guest.registers["flags"] = 0x202
    user.run()
    guest.run(4)
    assert user.registers["ax"] & 0x200 == 0x200  # still on: the host's
    assert guest.registers["ax"] & 0x200 == 0  # off, as the program wanted


def test_sensitive_instructions_show_the_real_machine_in_user_mode():
    source = "sgdt [0x500]\n sidt [0x506]\n smsw ax\n mov bx, cs\n push cs\n pop cx\n int3"
    user = started(source, "user")
    assert user.run().vector == 3
    limit, base = HOST.gdtr[1], HOST.gdtr[0]
    assert bytes(user.ram[0x500:0x505]) == limit.to_bytes(2, "little") + base.to_bytes(3, "little")
    assert user.registers["ax"] == HOST.msw and user.registers["bx"] == user.registers["cx"] == 3  # ring 3 shows
    guest = started(source, "guest")
    guest.run(6)
    assert bytes(guest.ram[0x500:0x505]) == b"\xff\xff\0\0\0"
    assert (guest.registers["ax"], guest.registers["bx"], guest.registers["cx"]) == (0x10, 0, 0)


def test_guest_mode_exits_for_devices_hlt_cpuid_and_hypercalls_only():
    cpu = started("cli\n sti\n cpuid\n mov ax, 7\n vmcall\n in al, 0x60\n hlt", "guest")
    exit = cpu.run()
    assert (exit.reason, exit.data) == ("cpuid", 0)
    cpu.complete(exit, (1, 2, 3, 4))
    assert [cpu.registers[name] for name in ("ax", "bx", "cx", "dx")] == [1, 2, 3, 4]
    exit = cpu.run()
    assert (exit.reason, exit.data) == ("hypercall", 7)
    exit = cpu.run()
    assert (exit.reason, exit.direction, exit.port, exit.size) == ("io", "in", 0x60, 1)
    cpu.complete(exit, 0x41)
    assert cpu.run().reason == "hlt" and cpu.registers["al"] == 0x41


def test_vmcall_on_the_bare_machine_is_an_undefined_opcode():
    cpu = started("mov word [6*4], handler\n vmcall\nhandler: hlt", "supervisor")
    exit = cpu.run()
    assert exit.reason == "hlt" and cpu.registers["sp"] == 0x8000 - 6


def test_a_software_interrupt_in_user_mode_exits_with_the_address_after_it():
    exit = started("int 0x21\n nop", "user").run()
    assert (exit.vector, exit.software, exit.ip, exit.next_ip) == (0x21, True, 0x1000, 0x1002)


def test_one_instruction_as_supervisor_acts_on_the_virtual_registers_only():
    cpu = started("cli\n lgdt [table]\n sti\n popf\ntable: dw 0x1f, 0x4567, 0x89", "user")
    virtual = Privileged(interrupt_flag=1)
    assert cpu.run().vector == 13 and cpu.step_as_supervisor(virtual) is None
    assert virtual.interrupt_flag == 0 and cpu.registers["flags"] & 0x200  # the real one is still on
    assert cpu.run().vector == 13 and cpu.step_as_supervisor(virtual) is None
    assert virtual.gdtr == (0x894567, 0x1F) and cpu.privileged == HOST
    assert cpu.mode == "user" and cpu.registers["ip"] == cpu.steps + 0x1000 + 4


def test_an_input_as_supervisor_is_finished_with_the_answer():
    cpu = started("in al, 0x71\n hlt", "user")
    virtual = Privileged()
    assert cpu.run().vector == 13
    exit = cpu.step_as_supervisor(virtual)
    assert str(exit) == "io in port 0x71 byte                    0000:1000  in al, 0x71"
    cpu.complete(exit, 0x17)
    assert cpu.registers["al"] == 0x17 and cpu.registers["ip"] == 0x1002 and cpu.mode == "user"
    assert cpu.run().instruction == "hlt"


def test_a_vmm_injects_an_interrupt_with_the_guests_own_flags():
    cpu = started("nop\n nop\nhandler: nop", "user")
    cpu.ram[8 * 4 : 8 * 4 + 2] = (0x1002).to_bytes(2, "little")
    virtual = Privileged(interrupt_flag=1)
    cpu.run(1)
    assert cpu.deliver(8, virtual) is None
    assert cpu.registers["ip"] == 0x1002 and virtual.interrupt_flag == 0
    assert bytes(cpu.ram[0x7FFA:0x8000]) == bytes.fromhex("0110 0000 0202")
    assert cpu.registers["flags"] & 0x200


def test_wrong_use_is_refused_and_changes_nothing():
    cpu = started("in al, 0x60\n hlt", "guest")
    exit = cpu.run()
    for mistake in (lambda: cpu.run(), lambda: cpu.complete(exit, 256), lambda: cpu.complete(exit, None)):
        with pytest.raises(LabError):
            mistake()
    cpu.complete(exit, 255)
    with pytest.raises(LabError, match="does not wait"):
        cpu.complete(exit, 255)
    with pytest.raises(LabError, match="no processor mode 'root'"):
        cpu.mode = "root"
    with pytest.raises(LabError, match="belong to the VMM"):
        started("nop", "user").interrupt(8)
    with pytest.raises(LabError, match="do not fit"):
        cpu.load(b"\x90" * 10, at=0xFFFF)
    with pytest.raises(LabError, match="0xB8000"):
        Cpu(ram_kib=1024)


def test_a_far_return_in_ring_3_stays_in_its_segment_although_push_cs_showed_the_ring():
    cpu = Cpu(mode="user")
    cpu.load(assemble("push cs\n mov ax, here\n push ax\n retf\n here: mov bl, 7\n cli"))
    assert cpu.run().reason == "exception"
    assert cpu.registers["bx"] == 7 and cpu.registers["cs"] == 0
