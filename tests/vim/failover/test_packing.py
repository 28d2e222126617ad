"""The exact checker agrees with trying every placement, and knows fragmentation."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vim.failover.packing import can_tolerate, first_gap, place_all

SIZES = st.lists(st.integers(1, 9), max_size=6)
ROOM = st.lists(st.integers(0, 12), min_size=1, max_size=4)


def by_force(sizes, free):
    """Every placement there is."""
    for places in product(range(len(free)), repeat=len(sizes)):
        left = list(free)
        for size, place in zip(sizes, places, strict=True):
            left[place] -= size
        if min(left) >= 0:
            return True
    return False


@given(SIZES, ROOM)
@settings(deadline=None, derandomize=True, max_examples=300)
def test_it_finds_a_place_for_all_exactly_when_there_is_one(sizes, free):
    found = place_all(sizes, free)
    assert (found is not None) == by_force(sizes, free)
    if found is not None:
        left = list(free)
        for size, place in zip(sizes, found, strict=True):
            left[place] -= size
        assert min(left) >= 0


def test_free_in_all_is_not_free_in_one_piece():
    hosts = {"esx1": 16, "esx2": 16, "esx3": 16}
    vms = [{"name": f"vm{i}", "memory_gib": 10, "host": f"esx{i}"} for i in (1, 2, 3)]
    assert sum(hosts.values()) - 30 == 18 and not can_tolerate(hosts, vms, 1)
    assert first_gap(hosts, vms, 1) == ("esx1",)


def test_largest_first_is_not_always_right():
    assert place_all([4, 3, 3, 2, 2], [7, 7]) is not None  # 4 + 3 and 3 + 2 + 2
    assert place_all([3, 3, 2, 2, 2], [6, 6]) is not None and place_all([4, 4, 4], [6, 6]) is None


def test_nine_times_16_on_three_times_64_one_cannot_start():
    hosts = {"esx1": 64, "esx2": 64, "esx3": 64}
    vms = [{"name": f"vm{i}", "memory_gib": 16, "host": f"esx{1 + i % 3}"} for i in range(9)]
    assert not can_tolerate(hosts, vms, 1)
    assert can_tolerate(hosts, vms[:8], 1)


def test_many_equal_vms_are_no_search():
    assert place_all([8] * 60, [16] * 30) is not None
    assert place_all([9] * 31, [17] * 30) is None
