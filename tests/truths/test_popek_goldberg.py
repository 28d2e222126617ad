"""Truths about who runs a guest's instructions."""

from labkit.vmm.cpu import programs
from labkit.vmm.monitor import can_trap_and_emulate, compare, experiment, guests, monitor


def test_a_vmm_does_not_interpret_every_instruction():
    run = monitor(programs.ALL["timer"], "hardware").run()
    assert run.emulated == len(run.exits) == 13 and run.directly == 34


def test_a_guest_s_cli_does_not_reach_the_real_machine():
    run = monitor("sti\ncli\nhlt", "trap and emulate").run()
    assert run.virtual.interrupt_flag == 0
    assert run.cpu.registers["flags"] & 0x200  # the host still hears its interrupts


def test_a_sensitive_instruction_that_does_not_trap_makes_a_wrong_guest():
    silent = {name for name, found in experiment().items() if found.sensitive and not found.privileged}
    assert "PUSHF/POPF" in silent
    assert not can_trap_and_emulate("x86 before 2005")
    found = compare(guests.LOCK)
    assert found.wrong["trap and emulate"] and not found.wrong["hardware"]
    assert "popf" not in {exit.instruction for exit in found.runs["trap and emulate"].exits}  # nobody was told


def test_only_a_paravirtual_guest_has_to_know_that_it_is_one():
    found = compare(guests.LOCK)
    same = {name: run.guest.source == guests.LOCK for name, run in found.runs.items()}
    assert same == {
        "trap and emulate": True,
        "binary translation": True,
        "paravirtualization": False,
        "hardware": True,
    }
