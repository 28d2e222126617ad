"""The exit stepper: who runs now, why the guest stopped, and back again."""

import pytest

from labkit.views import ExitStepper
from labkit.views.exit_stepper import sentence
from labkit.vmm.monitor import POLICIES, guests
from labkit.world import LabError


def test_hello_step_by_step():
    stepper = ExitStepper(guests.HELLO)
    assert [sentence(step) for step in stepper.steps[:6]] == [
        "Nothing has run yet.",
        "The guest runs 'mov si, 0x1012' by itself.",
        "The guest runs 'mov dx, 0x3f8' by itself.",
        "The guest runs 'mov al, [si]' by itself.",
        "The guest runs 'cmp al, 0x0' by itself.",
        "The guest runs 'je 0x1010' by itself.",
    ]
    stepper.next_exit()
    assert sentence(stepper.steps[stepper.at]) == "Exit: I/O at 'out dx, al'. The VMM: device takes 0x48."
    assert stepper.steps[stepper.at].who == "VMM" and stepper.steps[stepper.at].serial == "H"


def test_back_is_the_same_step_as_before():
    stepper = ExitStepper(guests.LOCK)
    pictures = []
    for _ in stepper.steps:
        pictures.append(stepper.html())
        stepper.heard("ArrowRight")
    for picture in reversed(pictures):
        assert stepper.html() == picture
        stepper.heard("ArrowLeft")
    stepper.heard("End")
    assert stepper.at == len(stepper.steps) - 1
    stepper.heard("Home")
    assert stepper.at == 0


def test_a_changed_register_carries_a_word_not_only_a_colour():
    stepper = ExitStepper(guests.HELLO, at=1)
    assert stepper.steps[1].changed == ("si", "ip")
    assert stepper.html().count("● yes") == 2


def test_the_same_guest_under_each_policy():
    stepper = ExitStepper(guests.LOCK)
    ends = {}
    for policy in POLICIES:
        stepper.choose(policy)
        ends[policy] = (stepper.steps[-1].serial, stepper.steps[-1].state)
    assert ends == {
        "trap and emulate": ("()", "halted"),
        "binary translation": ("()t", "halted"),
        "paravirtualization": ("()t", "halted"),
        "hardware": ("()t", "halted"),
    }


def test_the_terminal_gets_the_whole_story():
    text = ExitStepper(guests.HELLO, policy="hardware").text()
    assert text.count(" VMM ") == 6 and "device takes 0x6f" in text


@pytest.mark.parametrize(("wrong", "said"), [
    ({"at": "a"}, "at is the number of a step, not 'a' – at=0 is the beginning"),
    ({"at": 1.5}, "at is the number of a step, not 1.5"),
    ({"at": None}, "at is the number of a step"),
    ({"policy": "xen"}, "no policy 'xen'"),
    ({"guest": ""}, "the source is empty"),
    ({"guest": None}, "the source must be a text"),
])  # fmt: skip
def test_bad_input(wrong, said):
    with pytest.raises(LabError) as refused:
        ExitStepper(**{"guest": guests.HELLO, **wrong})
    assert said in str(refused.value)


def test_an_endless_guest_is_shown_up_to_a_bound():
    stepper = ExitStepper("again: jmp again")
    assert len(stepper.steps) == 600


@pytest.mark.parametrize(("source", "end"), [
    ("nop\ndb 0x0f, 0xff", "unknown opcode: bytes 0f ff"),
    ("jmp 0x9000:0", "there is no code at 9000:0000"),
])  # fmt: skip
def test_a_guest_that_breaks_down_is_stepped_to_its_end(source, end):
    stepper = ExitStepper(source)
    assert stepper.steps[-1].state == "internal_error"
    assert end in stepper.text().splitlines()[-1]
