"""The outage time line: the bands are what the emulator showed, and 'now' can be moved by key."""

import pytest

from labkit.views import OutageTimeline
from labkit.views.outage_timeline import at, bands_of


@pytest.fixture(scope="module")
def view():
    return OutageTimeline(token_age_min=2)


def worked(view, minute):
    return {operation for operation, outcome in at(view.outcomes, minute).items() if outcome.worked}


def test_minute_1_6_and_70(view):
    assert worked(view, 1) == {"web shop", "list servers", "boot again"}
    assert worked(view, 6) == worked(view, 70) == {"web shop"}


def test_the_bands_change_where_the_verdict_is_300_s_old(view):
    bands = [band for band in bands_of(view.outcomes) if band.lane == "list servers"]
    assert [(band.word, band.start_s) for band in bands] == [("works", 0), ("fails: 503", 180)]
    assert [band.word for band in bands_of(view.outcomes) if band.lane == "web shop"] == ["works"]


def test_keys_move_now_and_stop_at_the_ends(view):
    view.go(0)
    view.heard("ArrowLeft")
    assert view.minute == 0
    view.heard("ArrowRight")
    assert "Minute 1 after" in view.html() and "now: 1 min" in view.html()
    view.heard("End")
    view.heard("ArrowRight")
    assert view.minute == 75 and view.text().startswith("Minute 75")


def test_older_tokens_lose_their_verdict_earlier(view):
    older = OutageTimeline(token_age_min=8)
    assert worked(older, 0) == {"web shop"} and "verdicts are 300 s old" not in older.html()
