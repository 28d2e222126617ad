"""What the processor does, asked instruction by instruction, is what the table says."""

import pytest

from labkit.vmm.monitor import TABLES, can_trap_and_emulate, experiment

BEFORE = {line.name: line for line in TABLES["x86 before 2005"]}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_table_says_what_the_processor_does(seed):
    for name, found in experiment(seed).items():
        line = BEFORE[name]
        assert (name, found.sensitive, found.privileged) == (name, bool(line.sensitive), line.privileged)
        assert found.controls == (line.sensitive == "control"), name


def test_six_of_the_seventeen_can_be_run_here():
    offenders = {line.name for line in can_trap_and_emulate("x86 before 2005").offenders}
    seen = {name for name, found in experiment().items() if found.sensitive and not found.privileged}
    assert seen == {"SGDT", "SIDT", "SMSW", "PUSHF/POPF", "PUSH seg", "MOV seg"}
    assert seen < offenders and len(offenders) == 17
