"""Two curves of one accident: what is drawn was measured, and the table says the same."""

import pytest

from labkit.views import TwoCurves
from labkit.world import LabError


def test_at_seventy_percent_the_group_serves_too_late_for_ever():
    view = TwoCurves(load_percent=70)
    html = view.html()
    assert "AA: served, but too late" in html and "need 140% of what they have" in html
    pair, group = view.outcomes
    assert pair.unhappy < 0.05 and group.unhappy > 0.8


def test_at_forty_percent_it_does_not():
    view = TwoCurves(load_percent=40)
    assert "served, but too late" not in view.html()
    pair, group = view.outcomes
    assert group.unhappy < pair.unhappy < 0.05


def test_more_machines_have_more_room():
    assert TwoCurves(load_percent=70, n=4).outcomes[1].unhappy < 0.05


def test_arrow_keys_change_the_load_within_bounds():
    view = TwoCurves(load_percent=40)
    view.heard("ArrowRight")
    assert view.set["load_percent"] == 45 and "asked after the crash" in view.html()
    view.set["load_percent"] = 5
    view.heard("ArrowLeft")
    assert view.set["load_percent"] == 5


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(LabError):
        TwoCurves(state="somewhere")
    with pytest.raises(LabError):
        TwoCurves(n=1)


def test_its_fields_turn_what_they_say():
    view = TwoCurves(load_percent=40)
    fields = {widget.description: widget for row in view.controls() for widget in row}
    fields["Load (% of each machine that serves)"].value = 30
    fields["Machines of the group"].value = 3
    fields["State"].value = "shared"
    assert (view.accident.load, view.accident.n, view.accident.state) == (0.3, 3, "shared")
