"""Two architectures under the same accident: who waits, how long, and where the crossover is."""

import pytest

from labkit.failover.versus import Accident, active, passive
from labkit.world import LabError


def test_at_seventy_percent_the_pair_is_back_after_nine_seconds_and_the_group_never():
    pair, group = passive(Accident(load=0.7)), active(Accident(load=0.7, check_s=15.0))
    rates = {round(each.t_s): each for each in pair.whole.curve(5)}
    assert rates[60].served < 2 and rates[75].served > 5 and 7 < pair.metrics.downtime_s < 10
    rates = {round(each.t_s): each for each in group.whole.curve(5)}
    assert 11 < rates[50].served < 17  # 14 requests per second
    assert 9 <= rates[120].served <= 10.1  # one machine, and 14 are asked
    assert rates[300].late == pytest.approx(rates[300].served)  # all of them too late
    assert group.unhappy > 0.8 > 0.1 > pair.unhappy


def test_at_forty_percent_the_group_is_the_better_one():
    assert active(Accident(load=0.4)).unhappy < 0.02 < passive(Accident(load=0.4)).unhappy


def test_two_that_write_overwrite_each_other_and_one_does_not():
    accident = Accident(load=0.4, n=3, state="one writer", until_s=120)
    assert active(accident).overwritten > 100 and passive(accident).overwritten == 0


def test_a_store_that_is_shared_loses_nothing():
    assert active(Accident(load=0.4, state="shared", until_s=120)).unhappy < 0.05


@pytest.mark.parametrize("wrong", [{"load": 0}, {"n": 1}, {"state": "somewhere"}, {"until_s": 10}, {"detect_s": 0}])
def test_what_cannot_be_meant_is_refused(wrong):
    with pytest.raises(LabError):
        Accident(**wrong)
