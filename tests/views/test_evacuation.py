"""The evacuation time line is read from the trace: with fencing never two copies, without it two and a broken book."""

import pytest

from labkit.views.evacuation import Evacuation, Run, verdict


def test_with_fencing_the_old_copy_ends_before_the_new_one_starts():
    view = Evacuation()
    html = view.html()
    old, new = view.run.copies
    assert old.host == "esx1" and old.end_s <= new.start_s and "never two copies" in html and ">safe<" in html
    assert "runs, twice" not in html and "not served for" in html


def test_without_fencing_it_is_quicker_and_the_book_is_broken():
    fenced, bare = Evacuation("bmc"), Evacuation("off")
    assert bare.run.copies[1].start_s < fenced.run.copies[1].start_s
    assert "two copies ran at once" in verdict(bare.run) and bare.run.damage.lost > 0
    assert bare.html().count("runs, twice") >= 2 and ">damage<" in bare.html()


def test_lock_and_watchdog_take_longer_and_are_safe_too():
    run = Run("lock")
    assert [mark.word for mark in run.marks()][:3] == ["cut", "presumed dead", "watchdog"]
    assert run.copies[1].start_s > Run("bmc").copies[1].start_s + 60 and run.damage.lost == 0


def test_a_dead_host_is_safe_without_fencing_by_luck():
    assert "never two copies" in verdict(Run("off", "crash"))


@pytest.mark.parametrize("fencing", ["bmc", "off"])
def test_what_the_vim_believes_is_a_lane_of_its_own(fencing):
    lanes = [(band.lane, band.word) for band in Run(fencing).bands() if band.lane.startswith("VIM")]
    words = [word for _, word in lanes]
    assert words[:3] == ["connected", "unknown", "fenced" if fencing == "bmc" else "taken for dead"]


def test_arrow_keys_change_how_soon_a_host_is_missed():
    view = Evacuation()
    before = view.run.copies[1].start_s
    view.heard("ArrowRight"), view.heard("ArrowRight")
    assert view.set["detect_s"] == 50 and view.run.copies[1].start_s > before
    assert view.html() == view.html() and "customers: not served" in view.text()
    assert len(view.controls()[0]) == 3
