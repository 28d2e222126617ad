"""Faster is not better: how often a timer is wrong when beats get lost, measured and by theory."""

import pytest

from labkit.failover.heartbeat import Watch, expected_false_alarms, false_alarms, interval_of
from labkit.world import LabError, World


@pytest.mark.parametrize(("misses", "per_day"), [(1, 1728), (2, 33.9), (3, 0.677), (4, 0.0135), (5, 0.000271)])
def test_theory_says_what_the_course_says(misses, per_day):
    assert expected_false_alarms(0.02, misses) == pytest.approx(per_day, rel=0.02)


@pytest.mark.parametrize(("misses", "days"), [(1, 10), (2, 100), (3, 200), (5, 100)])
def test_the_measured_rate_agrees_with_theory_within_its_confidence_interval(misses, days):
    measured = false_alarms(0.02, misses, days=days, seed=1)
    low, high = interval_of(measured)
    assert low <= expected_false_alarms(0.02, misses, days=days) <= high


def test_the_short_cut_and_beats_over_a_real_link_agree():
    hours, w = 12, World(seed=11, journal=False)
    watch, alarms = Watch(1.0, 2), []

    def hear(message):
        while w.now > watch.due_s:  # the same rule as the standby's: the timer strikes, then begins anew
            alarms.append(watch.due_s)
            watch.heard(watch.last_s + 2.0)
        watch.heard(w.now)

    w.node("active")
    w.node("standby", serve=hear)
    w.link("active", "standby", loss=0.02, jitter_s=0.005)

    def beat(world):
        while True:
            world.cast("active", "standby", "heartbeat", "alive")
            yield world.timeout(1.0)

    w.process(beat)
    w.run(until=hours * 3600)
    low, high = interval_of(len(alarms))
    assert low <= expected_false_alarms(0.02, 2, days=hours / 24) <= high
    low, high = interval_of(false_alarms(0.02, 2, days=hours / 24, seed=11))
    assert low <= expected_false_alarms(0.02, 2, days=hours / 24) <= high


def test_nothing_is_lost_and_nothing_is_wrong():
    assert false_alarms(0.0, 1, days=1) == 0 and expected_false_alarms(0.0, 1) == 0


def test_a_very_bad_link_alarms_as_often_as_theory_says():
    low, high = interval_of(false_alarms(0.5, 2, days=0.5))
    assert low <= expected_false_alarms(0.5, 2, days=0.5) <= high


@pytest.mark.parametrize("wrong", [{"loss": 1.0}, {"loss": -0.1}, {"misses": 0}, {"misses": 1.5}, {"interval_s": 0}])
def test_what_cannot_be_meant_is_refused(wrong):
    with pytest.raises(LabError):
        false_alarms(**{"loss": 0.02, "misses": 3, **wrong})
