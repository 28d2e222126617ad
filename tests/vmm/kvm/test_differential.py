"""The same machine code on our Cpu and on the real /dev/kvm: exits, registers and memory are equal, program by program.

Without /dev/kvm these are skipped; test_recording.py still compares our Cpu with runs that were recorded.
"""

import pytest

from labkit.vmm.kvm import device
from labkit.vmm.kvm.machine import KvmMachine
from tests.vmm.kvm.compare import Played, difference, first, first_step
from tests.vmm.kvm.generator import NOT_INTERPRETED, data, program

PROGRAMS, BLOCK = 400, 50
FOUND = device.state()
needs_kvm = pytest.mark.skipif(not FOUND.usable, reason=f"{FOUND.detail} ({FOUND.cure})")


@needs_kvm
@pytest.mark.parametrize("start", range(0, PROGRAMS, BLOCK))
def test_programs_do_the_same_on_both(start):
    spared = frozenset() if device.backend().hardware else NOT_INTERPRETED
    differences = filter(None, (difference(seed, KvmMachine, spared) for seed in range(start, start + BLOCK)))
    assert next(differences, None) is None


@needs_kvm
def test_the_search_for_the_first_step_that_differs_finds_none_where_there_is_none():
    for seed in range(0, 20):
        told = first_step(program(seed, NOT_INTERPRETED), data(seed), seed, KvmMachine)
        assert told == "step by step they do the same"


def test_a_difference_is_told_in_words():
    same = Played(("out port 0x3f8 size 1 data 0x41", "hlt"), {"ax": 1, "flags": 2}, b"\0\1")
    assert first(same, same) is None
    other = Played(("out port 0x3f8 size 1 data 0x42", "hlt"), same.registers, same.ram)
    assert first(same, other).startswith("exit 1 of Cpu is 'out port 0x3f8 size 1 data 0x41', of KVM 'out")
    assert first(same, Played(same.exits[:1], {}, b"")) == "Cpu had 2 exits, KVM 1"
    other = Played(same.exits, {"ax": 1, "flags": 3}, same.ram)
    assert first(same, other) == "at the end flags of Cpu is 0x0002, of KVM 0x0003"
    other = Played(same.exits, same.registers, b"\0\2")
    assert first(same, other) == "at the end byte 0x0001 of Cpu is 0x01, of KVM 0x02"
