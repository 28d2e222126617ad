"""Who does what: every event has a way through every set-up, and the picture shows who is not on it."""

import re

import pytest

from labkit.views import WhoDoesWhat
from labkit.views.who_does_what import WIDE, WIDTH, columns
from labkit.vmm.paths import EVENTS, PATHS, path
from labkit.vmm.setups import JOBS, SETUPS
from labkit.world import LabError


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("setup", SETUPS)
def test_every_path_names_parts_of_its_setup(setup, event):
    steps = path(setup, event)
    assert {part for part, _ in steps} <= {part.name for part in SETUPS[setup].parts} | {"guest"}
    assert len(steps) >= 2 and all(words for _, words in steps)
    assert set(PATHS) == set(SETUPS)


def test_a_number_is_added_by_the_cpu_and_by_nobody_else():
    for setup in SETUPS:
        assert [part for part, _ in path(setup, "add")] == ["guest", "CPU"]


def test_who_shares_out_the_cpu_makes_the_type():
    assert {name: setup.who("scheduler") for name, setup in SETUPS.items()} == {
        "kvm": ["Linux"],
        "esxi": ["VMkernel"],
        "hosted": ["host OS"],
    }
    for setup in ("kvm", "esxi"):
        managers = {"libvirtd", "hostd", "nova-compute", "vpxa", "virsh"}
        assert not managers & {part for part, _ in path(setup, "slice")}
    assert SETUPS["hosted"].type == 2 and SETUPS["hosted"].who("agent") == []
    assert all(SETUPS["kvm"].who(job) for job in JOBS)


def test_the_picture_says_what_it_shows():
    view = WhoDoesWhat("kvm", "serial", 4)
    html = view.html()
    assert "Step 4 of 6" in html and "Not in it: virsh, nova-compute, libvirtd, Linux." in html
    assert view.text().splitlines()[4].startswith("▶ 4 QEMU: ")
    assert html == WhoDoesWhat("kvm", "serial", 4).html()


def test_the_boxes_stay_inside_and_apart():
    for setup in SETUPS.values():
        places = columns(setup)
        assert all(WIDE / 2 < x < WIDTH - WIDE / 2 for x, _ in places.values())
        assert len(set(places.values())) == len(places)


def test_the_keyboard_goes_through_the_steps():
    view = WhoDoesWhat("esxi", "start")
    for key, at in (("ArrowLeft", 0), ("ArrowRight", 1), ("End", 5), ("ArrowRight", 5), ("Home", 0)):
        view.heard(key)
        assert view.at == at
    view.show(setup="hosted", event="slice")
    assert re.search(r"VirtualBox on a desktop system: a vCPU gets its time slice", view.html())


def test_unknown_names_are_answered_with_the_closest():
    for wrong in (lambda: WhoDoesWhat("kvn"), lambda: WhoDoesWhat("kvm", "serail")):
        with pytest.raises(LabError, match="did you mean"):
            wrong()
