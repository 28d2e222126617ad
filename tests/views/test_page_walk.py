"""The picture of one walk: as many boxes as references, in rows by the guest's levels."""

from labkit.views.page_walk import PageWalk, labels, rows_of
from labkit.vmm.memory.guest import one_walk
from labkit.vmm.memory.mmu import Native, Nested
from labkit.vmm.memory.shadow import Shadow


def walked(mmu):
    one_walk(mmu)
    return PageWalk(mmu)


def test_a_nested_walk_has_a_row_for_each_level_of_the_guest_and_one_for_the_page():
    view = walked(Nested())
    assert [len(row) for row in rows_of(view.mmu.trail)] == [5, 5, 5, 5, 4]
    assert labels(rows_of(view.mmu.trail))[0] == "guest's level 4"
    assert "24 references" in view.html() and "20 of the EPT tables and 4 of the guest tables" in view.text()


def test_the_others_are_short():
    assert "4 references" in walked(Native()).text()
    assert "4 of the shadow tables" in walked(Shadow()).text()
    assert walked(Shadow()).html() == walked(Shadow()).html()


def test_before_the_first_walk_there_is_nothing_to_draw():
    assert "No walk yet" in PageWalk(Nested()).text() and "0 references" in PageWalk(Nested()).html()
