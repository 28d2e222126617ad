"""The check values of the course come out, and the field's stop rules do what their sources say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vmm.migration import POLICIES, Load, Policy, Progress, cold, postcopy, precopy, together
from labkit.world import LabError

GIB, THRESHOLD = 1024, Policy("threshold", leftover_mib=50)


@pytest.mark.parametrize(
    ("dirty", "rounds", "live_s", "stop_s"), [(0.1, 2, 8.8, 0.08), (0.5, 5, 15.5, 0.25), (0.9, 30, 76.6, 0.34)]
)
def test_eight_gib_over_one_gib_per_second(dirty, rounds, live_s, stop_s):
    """Curriculum S9."""
    told = precopy(Load(8 * GIB, dirty * GIB), GIB, "textbook")
    assert (told.live_rounds, round(told.live_s, 1), round(told.downtime_s, 2)) == (rounds, live_s, stop_s)
    assert (told.ended == "forced") == (dirty == 0.9)


@pytest.mark.parametrize("dirty", [1.0, 1.2, 3.0])
def test_as_fast_as_the_link_never_converges_and_stops_eight_seconds_if_forced(dirty):
    assert precopy(Load(8 * GIB, dirty * GIB), GIB, "qemu").ended == "never"
    forced = precopy(Load(8 * GIB, dirty * GIB), GIB, "textbook")
    assert (forced.ended, forced.downtime_s, forced.converged) == ("forced", 8.0, False)


def test_the_check_values_of_four_gib():
    """M = 4096 MiB, at most 50 MiB left."""
    fast = precopy(Load(4096, 100), 1000, THRESHOLD)
    assert [round(each.sent_mib, 2) for each in fast.rounds] == [4096, 409.6, 40.96]
    assert (fast.live_rounds, round(fast.total_s, 2), round(fast.downtime_s, 3)) == (2, 4.55, 0.041)
    slow = precopy(Load(4096, 100), 125, THRESHOLD)
    assert (slow.live_rounds, round(slow.total_s, 1), round(slow.downtime_s, 3)) == (20, 162.3, 0.378)
    assert precopy(Load(4096, 150), 125, THRESHOLD).ended == "never"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(memory=st.floats(64, 1e6), part=st.floats(0.01, 0.9), bandwidth=st.floats(10, 5000))
def test_without_a_working_set_it_is_the_geometric_series(memory, part, bandwidth):
    told = precopy(Load(memory, part * bandwidth), bandwidth, "qemu")
    n = told.live_rounds
    assert told.rounds[-1].sent_mib == pytest.approx(memory * part**n)
    assert told.total_s == pytest.approx(memory / bandwidth * (1 - part ** (n + 1)) / (1 - part))
    assert told.downtime_s <= 0.3 < memory * part ** (n - 1) / bandwidth or n == 1


def test_a_small_working_set_makes_a_fast_writer_movable_and_a_large_one_does_not():
    assert precopy(Load(8192, 5000, 200), 1024, "qemu").downtime_s == pytest.approx(200 / 1024)
    assert precopy(Load(8192, 5000, 2000), 1024, "qemu").ended == "never"


def test_memory_decides_how_long_not_whether():
    small, large = (precopy(Load(gib * GIB, 400), 1024, "qemu") for gib in (2, 2000))
    assert small.converged and large.converged and large.total_s > 900 * small.total_s


def test_each_rule_ends_a_hopeless_guest_in_its_own_way():
    told = {name: precopy(Load(8192, 1500), 1024, name) for name in POLICIES}
    assert {name: each.ended for name, each in told.items()} == {
        "textbook": "forced",
        "clark": "forced",
        "xen": "forced",
        "qemu": "never",
        "qemu auto-converge": "stopped",
        "qemu post-copy": "post-copy",
        "nova": "aborted",
        "nova, post-copy permitted": "post-copy",
        "vmotion": "stopped",
    }
    assert told["xen"].sent_mib > 3 * 8192 >= sum(each.sent_mib for each in told["xen"].rounds[:3])
    assert told["nova"].live_s == 800 * 8 and told["nova"].downtime_s == 0
    steps = [each.throttle for each in told["qemu auto-converge"].rounds]
    assert sorted(set(steps))[:4] == [0.0, 0.2, pytest.approx(0.3), pytest.approx(0.4)]


def test_novas_downtime_limit_grows_in_steps():
    """nova/virt/libvirt/migration.py, downtime_steps: 50 ms at first, 500 ms after ten delays of 75 s per GiB."""
    nova, seen = POLICIES["nova"], []
    for elapsed_s in (0, 599, 600, 3000, 6000, 9000):
        seen.append(round(1000 * nova.limit_s(Progress(1, 1, 1, 1, elapsed_s, 1, 8 * GIB))))
    assert seen == [50, 50, 95, 275, 500, 500]


def test_clarks_rate_follows_the_dirty_rate():
    """Start at 100 Mbit/s; each round 50 Mbit/s above what was written; stop above 500 Mbit/s or below 256 KiB."""
    told = precopy(Load(800, 5, 20), 1024, "clark")
    rates = [each.sent_mib / each.duration_s * 8 * 2**20 / 1e6 for each in told.rounds]
    assert rates[0] == pytest.approx(100) and rates[-1] == pytest.approx(500)
    assert all(100 > rate > 50 for rate in rates[1:-1])


def test_three_at_once_are_slower_stop_longer_and_may_never_end():
    alone = precopy(Load(8192, 300), 1024, "textbook")
    three = together([Load(8192, 300)] * 3, 1024, "textbook")
    assert alone.converged and not any(each.converged for each in three)
    assert all(each.total_s > 5 * 3 * alone.total_s and each.downtime_s > 2 * alone.downtime_s for each in three)
    assert [each.ended for each in together([Load(8192, 400)] * 3, 1024, "qemu")] == ["never"] * 3
    assert precopy(Load(8192, 400), 1024, "qemu").converged


def test_who_begins_when_the_others_are_through_has_the_link_alone():
    first, second = together([Load(1024), Load(1024, 100)], 1024, starts_s=[0, 5])
    assert (first.total_s, second) == (1.0, precopy(Load(1024, 100), 1024))


def test_post_copy_always_ends_and_is_paid_in_faults():
    told = precopy(Load(8192, 5000), 1024, "qemu post-copy")
    assert told.after.duration_s == 8.0 and told.factor == 2.0 and told.after.faults > 10_000
    idle = postcopy(Load(8192), 1024)
    assert (idle.duration_s, idle.faults, idle.stall_s) == (8.0, 0, 0.0)
    near, far = (postcopy(Load(8192, 100, 1000), 1024, round_trip_s=delay) for delay in (0.0002, 0.02))
    assert far.stall_s > near.stall_s and far.slowdown > 0.5
    assert near.faults <= 1000 * 256, "each page is missing once"


def test_a_cold_migration_moves_no_memory():
    assert cold(1024, boot_s=20) == 23 and cold(1024, disk_mib=10 * 1024, boot_s=20) == 33


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Load(0),
        lambda: Load(4096, -1),
        lambda: Load(4096, 1, 8192),
        lambda: precopy(Load(4096), 0),
        lambda: precopy(Load(4096), 1000, "zen"),
        lambda: together([Load(4096)], 1000, starts_s=[1, 2]),
        lambda: Policy("x", at_limit="stop"),
        lambda: postcopy(Load(4096), 1000, missing_mib=5000),
    ],
)
def test_what_cannot_be_meant_is_refused(wrong):
    with pytest.raises(LabError):
        wrong()
