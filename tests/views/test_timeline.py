"""Time lines: labels stay inside the picture and apart, and the description says what the picture says."""

import re

from labkit.views.timeline import WIDTH, Band, Mark, describe, line, span


def texts(svg):
    return [
        (float(x), float(y), word)
        for x, y, word in re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>', svg)
    ]


def test_a_length_of_time_in_words():
    assert [span(s) for s in (0, 45, 60, 100, 300, 3600, 4200)] == [
        "0 min",
        "45 s",
        "1 min",
        "100 s",
        "5 min",
        "1 h",
        "1 h 10 min",
    ]


def test_two_marks_close_together_get_two_rows_and_stay_inside():
    picture = line(
        "Life",
        [Band("token", 0, 3600, "valid")],
        start_s=0,
        end_s=3600,
        now_s=0,
        marks=[Mark(300, "one verdict ends"), Mark(360, "another verdict ends"), Mark(3600, "the token ends at last")],
    )
    rows = {word: (x, y) for x, y, word in texts(picture)}
    assert rows["one verdict ends"][1] != rows["another verdict ends"][1]
    assert rows["the token ends at last"][0] < WIDTH - 60


def test_now_outside_the_picture_is_not_drawn():
    assert "now:" not in line("Life", [Band("a", 0, 10, "x")], start_s=0, end_s=10, now_s=11, tick_s=5)


def test_the_description_says_it_all():
    said = describe(
        [Band("list", 0, 300, "works"), Band("list", 300, 600, "fails: 503")],
        [Mark(300, "the verdict is 300 s old")],
        60,
        0,
    )
    assert said == (
        "list: works from 0 min to 5 min. list: fails: 503 from 5 min to 10 min. "
        "the verdict is 300 s old at 5 min. Now: 1 min."
    )
