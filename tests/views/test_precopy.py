"""The view of a live migration: what it draws is what the model says, and its table says the same in words."""

import re

from labkit.views import PreCopy


def test_the_picture_has_a_block_per_round_and_a_hatched_stop():
    view = PreCopy(memory_gib=8, dirty_mib_s=512, link_mib_s=1024)
    html = view.html()
    assert html.count('fill-opacity="0.35"') == view.outcome.live_rounds == 5
    assert ">stop 0.25 s</text>" in html and "15.8 s in all, 250 ms stop, 5 rounds, 1.97 times the memory sent" in html


def test_the_table_says_the_same_as_the_picture():
    cells = re.findall(r"<td>([^<]*)</td>", PreCopy(memory_gib=8, dirty_mib_s=512).html())
    assert [cells[i] for i in range(0, len(cells), 4)] == ["8192.0", "4096.0", "2048.0", "1024.0", "512.0", "256.0"]


def test_a_guest_that_never_gets_there_is_drawn_as_such_in_words():
    view = PreCopy(dirty_mib_s=2000, policy="qemu")
    assert "would go on for ever" in view.html() and "for ever</text>" in view.html() and ">stop" not in view.html()
    view.turn("wws_mib")(200)
    assert "moved" in view.html() and view.outcome.converged


def test_post_copy_is_drawn_behind_the_hand_over():
    assert "post-copy: runs at the target" in PreCopy(dirty_mib_s=2000, policy="qemu post-copy").html()


def test_the_downtime_limit_and_the_others_on_the_link_are_under_the_hand():
    view = PreCopy(dirty_mib_s=300)
    before = view.outcome
    view.turn("downtime_ms")(50)
    assert view.outcome.live_rounds > before.live_rounds and view.outcome.downtime_s <= 0.05
    view.turn("at_once")(3)
    assert not view.outcome.converged


def test_arrow_keys_change_what_the_guest_writes():
    view = PreCopy(dirty_mib_s=20)
    view.heard("ArrowRight")
    assert view.set["dirty_mib_s"] == 70
    view.heard("ArrowLeft"), view.heard("ArrowLeft")
    assert view.set["dirty_mib_s"] == 0 and view.outcome.downtime_s == 0


def test_it_draws_the_same_each_time_and_copes_with_the_largest():
    view = PreCopy(memory_gib=4096, dirty_mib_s=1000, at_once=8)
    assert view.html() == view.html() and view.text()
