"""Theorems 1 and 3 on tables of instruction sets."""

import pytest

from labkit.vmm.monitor.instruction_table import OFFENDERS, TABLES, Instruction, can_run_hybrid, can_trap_and_emulate
from labkit.world import LabError


def test_seventeen_instructions_of_the_pentium_break_theorem_1():
    verdict = can_trap_and_emulate("x86 before 2005")
    assert not verdict
    assert verdict.offenders == OFFENDERS and len(OFFENDERS) == 17
    assert {"SGDT", "SIDT", "SLDT", "SMSW", "PUSHF/POPF", "STR"} <= {one.name for one in verdict.offenders}


def test_guest_mode_keeps_the_instructions_and_loses_the_offenders():
    before, after = (TABLES[name] for name in ("x86 before 2005", "x86 with VT-x (guest mode)"))
    assert [line.name for line in before] == [line.name for line in after]
    assert can_trap_and_emulate("x86 with VT-x (guest mode)")


def test_the_pdp_10_can_only_have_a_hybrid_vmm():
    assert [one.name for one in can_trap_and_emulate("PDP-10").offenders] == ["JRST 1"]
    assert can_run_hybrid("PDP-10")
    assert not can_run_hybrid("x86 before 2005")


def test_one_reading_instruction_is_enough_to_break_a_clean_machine():
    clean = TABLES["Clean-1 (made up)"]
    assert can_trap_and_emulate(clean)
    verdict = can_trap_and_emulate([*clean, Instruction("WHEREAMI", "behaviour", False, True)])
    assert not verdict and "WHEREAMI" in str(verdict)


def test_an_unknown_table_and_an_unknown_kind_are_refused():
    with pytest.raises(LabError, match="no instruction table 'x68'"):
        can_trap_and_emulate("x68")
    with pytest.raises(LabError, match="NOP: sensitive must be"):
        Instruction("NOP", "yes")


def test_what_is_no_table_is_refused_and_an_empty_one_breaks_nothing():
    for wrong in (5, None, ["MOV"]):
        with pytest.raises(LabError, match="is no line of a table"):
            can_trap_and_emulate(wrong)
    assert can_trap_and_emulate(()) and can_run_hybrid(())
