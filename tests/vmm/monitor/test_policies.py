"""The same guest on the bare machine and under four ways of running it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vmm.cpu import programs
from labkit.vmm.monitor import POLICIES, Guest, compare, guests, monitor, paravirtualize
from labkit.world import LabError, World

ALWAYS_RIGHT = ("binary translation", "paravirtualization", "hardware")


def wrong(guest, **options):
    """policy → first wrong value, for the policies that are wrong."""
    return {policy: found[0] for policy, found in compare(guest, **options).wrong.items() if found}


@pytest.mark.parametrize("name", ["HELLO", "QUIET", "PAINT"])
def test_a_guest_whose_sensitive_instructions_trap_is_right_everywhere(name):
    assert wrong(getattr(guests, name)) == {}


@pytest.mark.parametrize(("name", "first"), [
    ("LOCK", "serial output '()' instead of '()t'"),
    ("RING", "serial output '3' instead of '0'"),
    ("TABLES", "ax = 0x003b instead of 0x0010"),
])  # fmt: skip
def test_what_does_not_trap_goes_wrong_in_silence(name, first):
    assert wrong(getattr(guests, name)) == {"trap and emulate": first}


@pytest.mark.parametrize("name", sorted(set(programs.ALL) - {"clock", "tables"}))
def test_the_other_lesson_programs_are_right_under_all_four(name):
    assert wrong(programs.ALL[name]) == {}


def test_hello_exits_once_per_letter_and_hardware_spares_the_cli():
    runs = compare(guests.HELLO).runs
    assert runs["trap and emulate"].counts() == {"I/O": 5, "privileged": 1, "HLT": 1}
    assert runs["hardware"].counts() == {"I/O": 5, "HLT": 1}
    assert runs["paravirtualization"].counts() == {"hypercall": 7}
    assert [(run.directly, run.emulated) for run in runs.values()] == [(30, 7), (30, 7), (30, 7), (31, 6)]


def test_an_instruction_with_several_exits_is_carried_out_once():
    source = "mov ax, 0xd000\nmov es, ax\nmov cx, 3\nrep stosw\nadd word [es:0], 2\nhlt"
    for run in compare(source).runs.values():
        assert (run.directly, run.emulated) == (3, 3)  # rep stosw with 3 exits, add with 2, hlt


def test_an_exit_says_what_was_wanted_and_what_the_vmm_did():
    first = monitor(guests.HELLO).run().exits[0]
    assert (first.reason, first.direction, first.place, first.size, first.data) == ("I/O", "out", 0x3F8, 1, ord("H"))
    assert first.instruction == "out dx, al" and first.answer == "device takes 0x48"


def test_exits_are_events_in_the_world_and_take_time():
    world = World(seed=1)
    run = monitor(guests.HELLO, world=world, vcpu="web-vcpu0", vmm="vmm1").run()
    events = world.trace.where(kind="vmexit")
    assert [event.what for event in events] == [exit.reason for exit in run.exits]
    assert {(event.src, event.dst) for event in events} == {("web-vcpu0", "vmm1")}
    assert run.now_ns == 30 * 1 + 7 * 1500
    assert events[-1].t == pytest.approx(run.exits[-1].at_ns / 1e9)


def test_costs_are_the_callers():
    assert monitor(guests.HELLO, exit_ns=30_000).run().now_ns == 30 + 7 * 30_000
    with pytest.raises(LabError, match="exit_ns must be at least 0"):
        monitor(guests.HELLO, exit_ns=-1)


def test_the_unchanged_binary_stays_wrong_under_a_paravirtual_vmm():
    source, changes = paravirtualize(guests.LOCK)
    assert [code for _, code, _ in changes].count("popf") == 1
    changed = monitor(guests.LOCK, "paravirtualization").run()
    assert changed.outcome().serial == "()t"
    unchanged = monitor(guests.LOCK, "trap and emulate").run()  # what the same VMM does with it: nothing calls it
    assert unchanged.outcome().serial == "()"
    assert len(source.splitlines()) == len(guests.LOCK.splitlines()) + len(changes)


def test_a_loop_is_translated_once():
    looping = "mov cx, 50\nagain: inc bx\ndec cx\njnz again\ncli\nhlt"
    run = monitor(looping, "binary translation").run()
    assert run.translated == 4 and run.cache_hits == 48  # mov … jnz, again … jnz, cli, hlt
    assert run.callouts == 2


def test_code_that_changes_itself_is_translated_again():
    found = compare(guests.CHANGES_ITSELF)
    assert found.runs["binary translation"].stale == 1
    assert found.wrong["binary translation"] == found.wrong["hardware"] == []
    assert found.wrong["trap and emulate"][0] == "bx = 0x0200 instead of 0x0000"
    assert found.wrong["paravirtualization"], "a pushf that is written at run time is in nobody's source"


ONE_TICK = """
        mov word [0x20], tick
        mov word [0x22], 0
        mov al, 0x34
        out 0x43, al
        mov al, 0x10            ; 13 µs
        out 0x40, al
        mov al, 0
        out 0x40, al
        mov cx, 20000
wait:   loop wait               ; by now the timer has asked
        sti
        hlt
        mov dx, 0x3f8
        mov al, 'z'
        out dx, al
        cli
        hlt
tick:   iret                    ; no end of interrupt: the timer asks once
"""


@pytest.mark.parametrize("policy", POLICIES)
def test_sti_and_hlt_are_not_torn_apart(policy):
    """An interrupt that waits for IF comes after the hlt behind the sti: between them, the guest would never wake."""
    assert monitor(ONE_TICK, policy).run().outcome().serial == "z"


def test_a_guest_s_own_fault_goes_to_the_guest():
    run = monitor(programs.ALL["divide"]).run()
    assert run.outcome().serial == "0" and run.state == "halted"


def test_a_fault_with_nobody_to_handle_it_and_a_jump_outside_memory_end_the_vm():
    run = monitor("mov sp, 0x100\nmov ax, 0xf000\nmov ds, ax\njmp 0xf000:0").run()
    assert run.ended and run.state in ("internal_error", "shutdown")
    assert run.exits[-1].reason == "end"


def test_an_unknown_port_is_an_error_that_names_it():
    with pytest.raises(LabError, match="no device at port 0x99"):
        monitor("out 0x99, al").run()
    with pytest.raises(LabError, match="no policy 'xen'"):
        monitor("hlt", "xen")
    with pytest.raises(LabError, match="the source is empty"):
        Guest("")
    with pytest.raises(LabError, match="a serial port hears bytes, not 'abc' – serial_input=b'abc'"):
        Guest("hlt", serial_input="abc")
    with pytest.raises(LabError, match="no option of a VMM 'exit_us' – did you mean 'exit_ns'"):
        compare("hlt", exit_us=1)
    with pytest.raises(LabError, match="no option of a VMM 'callout_ns'"):
        monitor("hlt", "hardware", callout_ns=1)
    assert monitor("hlt", "binary translation", callout_ns=1).run().ended


def test_an_endless_guest_ends_with_its_steps():
    run = monitor("again: jmp again", "hardware").run(limit=5000)
    assert run.directly == 5000 and run.state == "running"


INNOCENT = (
    "add ax, {n}",
    "sub bx, ax",
    "mov [0x2000+{n}], ax",
    "xor cx, {n}",
    "push bx",
    "pop dx",
    "inc si",
    "shl ax, 1",
)
TRAPPING = ("out 0x40, al", "cli", "sti", "mov word [es:{n}], bx", "mov ax, [es:2]")
SILENT = ("pushf", "popf", "smsw bx", "mov dx, cs", "sidt [0x2100]")


@st.composite
def sources(draw, kinds):
    lines = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=25))
    body = "\n".join(line.format(n=draw(st.integers(0, 30)) & ~1) for line in lines if "0x40" not in line)
    return f"mov dx, 0xd000\nmov es, dx\n{body}\ncli\nhlt"


@settings(max_examples=40, deadline=None, derandomize=True)
@given(sources(INNOCENT + TRAPPING + SILENT))
def test_translation_paravirtualization_and_hardware_are_right_whatever_the_guest_does(source):
    assert set(wrong(source)) <= {"trap and emulate"}


@settings(max_examples=40, deadline=None, derandomize=True)
@given(sources(INNOCENT + TRAPPING))
def test_without_silent_instructions_trap_and_emulate_is_right(source):
    assert wrong(source) == {}


FOREVER = {
    "letters": "mov dx, 0x3f8\nx: out dx, al\ninc al\njmp x",
    "ticks": programs.TIMER.replace("cmp byte [ticks], 3\n        jb wait", "jmp wait"),
    "silence": "x: jmp x",
}


@pytest.mark.parametrize("name", FOREVER)
def test_a_guest_that_never_ends_is_stopped_and_as_right_as_far_as_it_came(name):
    found = compare(FOREVER[name], limit=20_000)
    assert found.bare.state == "running" and not any(found.wrong.values())
    for row, run in zip(found.rows(), found.runs.values(), strict=True):
        ran = run.directly + run.emulated
        assert row[1] == f"right so far (had not ended after {ran:,} instructions, was stopped)" and ran <= 20_000
    assert "so far" not in str(compare("hlt"))


SINGLE_STEP = """
    mov word [4], trap
    push 0x102
    popf
    mov al, 1
    mov al, 2
    push 0x2
    popf
    cli
    hlt
trap: inc bx
    iret
"""


def test_a_guest_that_steps_through_itself_is_told_of_each_instruction():
    for run in compare(SINGLE_STEP).runs.values():
        assert run.outcome().registers["bx"] == 4  # mov, mov, push, popf


@pytest.mark.parametrize("back", ["retf", "iret"])
def test_a_return_to_the_own_segment_is_right_although_push_cs_shows_the_ring(back):
    flags = "push 2\n" if back == "iret" else ""
    assert wrong(f"{flags}push cs\nmov ax, x\npush ax\n{back}\nx: mov bl, 7\nmov word [0x7ff8], 0\ncli\nhlt") == {}


def test_cpuid_is_answered_as_the_bare_machine_would():
    found = compare("mov ax, 0\ncpuid\nhlt")
    assert not any(found.wrong.values()) and found.runs["hardware"].counts() == {"CPUID": 1, "HLT": 1}


def test_of_a_long_output_only_the_part_that_differs_is_told():
    silent = "mov dx, 0x3f8\nmov cx, 300\nx: out dx, al\nloop x\nmov ax, cs\nout dx, al\nhlt"
    assert len(wrong(silent)["trap and emulate"]) < 500


def test_an_interrupt_in_the_midst_of_an_instruction_with_several_exits_waits_for_its_end():
    source = guests.QUIET.replace("hlt                     ; until the timer ticks", PAINT)
    for policy in POLICIES:
        run = monitor(source, policy, instruction_ns=1000, exit_ns=200_000).run()
        assert (run.state, run.bus.screen.text()) == ("halted", "A" * 20)
        assert "t" in run.bus.serial.text


PAINT = """mov ax, 0xb800
        mov es, ax
        xor di, di
        mov cx, 20
        mov ax, 0x0741
        rep stosw
        mov word [0x7ffa], 0
        hlt"""
