"""minFree and the ladder of states: the documented values, and no flapping at an edge."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vmm.memory.states import EDGE, ESXI_5, ESXI_6, leave_mib, min_free_mib, rung_of


@pytest.mark.parametrize(("gib", "mib"), [(28, 899), (48, 1104), (128, 1923), (144, 2087)])
def test_min_free_has_the_documented_values(gib, mib):
    assert round(min_free_mib(gib * 1024)) == mib


def test_a_small_host_keeps_a_larger_part_free():
    parts = [min_free_mib(gib * 1024) / (gib * 1024) for gib in (4, 12, 28, 128)]
    assert parts == sorted(parts, reverse=True)
    assert parts[0] == pytest.approx(0.06, abs=0.001)


def test_the_ladder_of_vsphere_6_on_a_host_of_128_gib():
    least = min_free_mib(128 * 1024)
    names = [ESXI_6[rung_of(percent / 100 * least, least)].name for percent in (500, 200, 80, 50, 20, 10)]
    assert names == ["high", "high", "clear", "soft", "hard", "low"]
    assert [state.actions[-1] for state in ESXI_6[1:]] == ["break", "share", "balloon", "swap", "block"]


def test_ballooning_ends_where_swapping_begins():
    assert not [state for state in (*ESXI_6, *ESXI_5) if {"balloon", "swap"} <= set(state.actions)]


def test_version_5_knows_no_clear():
    assert [state.name for state in ESXI_5] == ["high", "soft", "hard", "low"]


def test_a_state_is_entered_at_its_threshold_and_left_above_its_edge():
    least = 1000.0
    soft = rung_of(639, least)
    assert ESXI_6[soft].name == "soft"
    assert rung_of(641, least, before=soft) == soft
    assert ESXI_6[rung_of(640 * (1 + EDGE) + 1, least, before=soft)].name == "clear"
    assert ESXI_6[rung_of(5000, least, before=len(ESXI_6) - 1)].name == "high"


@given(free=st.floats(0, 8000), before=st.integers(0, len(ESXI_6) - 1))
@settings(deadline=None, derandomize=True)
def test_more_free_memory_is_never_a_worse_state(free, before):
    rung = rung_of(free, 1000.0, before)
    assert rung_of(free + 100, 1000.0, before) <= rung
    assert rung_of(free, 1000.0, rung) == rung  # nothing changes while nothing changes
    assert rung == 0 or free < leave_mib(rung, 1000.0)
