"""Recorded runs: what the real KVM did is what our Cpu does today, on every machine; and what it cost."""

import dataclasses
import json
import re

import pytest

from labkit.vmm import kvm
from labkit.vmm.cpu import Cpu, assemble
from labkit.vmm.kvm import device, lessons, native, recording
from labkit.vmm.kvm.overhead import Cost, Overhead
from labkit.world.errors import LabError

NO_KVM = "/nowhere/kvm"
SUM = assemble(lessons.SUM)


@pytest.mark.parametrize("number", range(len(list(lessons.every()))))
def test_our_cpu_does_today_what_kvm_did_when_it_was_recorded(number):
    program, bus = list(lessons.every())[number]
    real = kvm.run(program, lessons.bus(), path=NO_KVM)
    compared = kvm.Comparison(kvm.play(Cpu(), program, bus), real)
    assert compared.differences == []
    assert real.source == "recorded"
    assert "kvm_pvm" in real.where


def test_the_lesson_has_one_exit_of_each_kind():
    assert kvm.run(SUM, lessons.bus(), path=NO_KVM).lines() == [
        "out port 0x3f8 byte 0xba",  # 5050 = 0x13ba
        "in port 0x3f8 byte 0x21",
        "write address 0xd0004 word 0x1321",
        "read address 0xd0004 word 0x1321",
        "write address 0xd0004 word 0x2642",
        "hlt",
    ]


def test_devices_hear_a_recorded_run_as_they_would_a_real_one():
    bus = lessons.bus()
    kvm.run(SUM, bus, path=NO_KVM)
    assert bus.devices[0].output == b"\xba"


def test_other_input_is_not_what_was_recorded():
    bus = lessons.bus()
    bus.devices[0].input[:] = b"?"
    with pytest.raises(LabError, match="the device answered otherwise to: in port 0x3f8"):
        kvm.run(SUM, bus, path=NO_KVM)


def test_another_program_was_not_recorded():
    with pytest.raises(LabError, match="no /nowhere/kvm.*no run of these 1 bytes"):
        kvm.run(assemble("hlt"), lessons.bus(), path=NO_KVM)


def test_a_difference_is_seen():
    bus = lessons.bus()
    bus.devices[0].input[:] = b"?"
    compared = kvm.Comparison(kvm.play(Cpu(), SUM, bus), kvm.run(SUM, lessons.bus(), path=NO_KVM))
    assert compared.verdict().startswith("different, first in exit 2: ours 'in port 0x3f8 byte 0x3f', KVM 'in")
    assert "≠ differs" in compared._repr_html_()
    assert "≠" in repr(compared)


def test_a_guest_that_never_ends_is_a_clear_error():
    with pytest.raises(LabError, match="no end"):
        kvm.play(Cpu(), assemble("mov dx, 0x3f8\n x: out dx, al\n jmp x"), lessons.bus())


@pytest.mark.skipif(not device.state().usable, reason=device.state().detail)
def test_recorded_and_measured_today_are_equal_but_for_the_time():
    for program, bus in lessons.every():
        today, then = kvm.run(program, bus), kvm.run(program, lessons.bus(), path=NO_KVM)
        assert kvm.Comparison(today, then).differences == []
        assert (today.source, then.source) == ("measured", "recorded")


def test_the_file_is_as_the_command_writes_it():
    kept = recording.recorded()
    assert set(kept) == {"where", "python", "runs", "overhead"}
    assert recording.FILE.read_text("utf-8") == json.dumps(kept, indent=1) + "\n"
    assert not re.search(r"/(home|root|Users|tmp)/", recording.FILE.read_text("utf-8"))


def test_the_loop_is_the_same_for_all_three():
    """A guest that runs it finds the sum that is expected of the processor itself."""
    cpu = Cpu()
    cpu.load(native.guest_loop(20, 3))
    cpu.run()
    assert cpu.registers["ax"] == native.total(20, 3)
    assert cpu.steps == native.instructions(20, 3)
    try:
        assert native.run_native(20, 3)[1] == native.total(20, 3)
    except LabError as refused:
        assert refused.next_step == "look at the recorded numbers"


def test_the_table_says_where_its_numbers_come_from_and_never_calls_a_software_backend_kvms_speed():
    cost = Overhead.recorded()
    assert [each.what for each in cost.costs] == ["instruction"] * 3 + ["cpuid", "out"]
    assert {each.source for each in cost.costs} == {"recorded"}
    assert "not KVM's speed" in repr(cost)
    assert "kvm_pvm" in cost._repr_html_()
    assert cost.costs[0].ns < 1 < cost.costs[1].ns  # the processor itself: less than a nanosecond
    assert cost.instructions_per_exit > 20
    assert cost._repr_html_() == Overhead.recorded()._repr_html_()


def test_what_cannot_be_measured_here_is_taken_from_the_recording(monkeypatch):
    def refuse():
        raise LabError("not here")

    now = [("native", "instruction", lambda: 0.2, "itself"), ("KVM", "instruction", refuse, "")]
    monkeypatch.setattr("labkit.vmm.kvm.overhead.lines", lambda backend: now)
    cost = Overhead.measured()
    assert cost.costs[0] == Cost("native", "instruction", 0.2, "measured", "itself")
    assert cost.costs[1] == dataclasses.replace(Overhead.recorded().costs[1], source="recorded")
    assert "recorded lines: AMD EPYC" in cost.where
