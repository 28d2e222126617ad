"""The trace: asked, told, drawn."""

import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

from labkit.world import LabError, Trace, World


@pytest.fixture(scope="module")
def w():
    world = World(3)
    world.node("laptop")
    world.node("keystone", serve=lambda message: {"status": 200})
    world.link("laptop", "keystone", delay_s=0.5)
    world.call("laptop", "keystone", "rest", "GET <b>/v3</b>", timeout_s=10, step=1)
    world.at(2, world.cut, "laptop", "keystone")
    world.at(3, World.call, "laptop", "keystone", "rest", "GET /v3/users", 4)
    world.at(9, world.crash, "keystone")
    world.run()
    return world


def test_where_selects_by_value_choice_time_and_detail(w):
    assert len(w.trace.where(kind="rest")) == 3
    assert w.trace.where(kind=("rest", "fault"), since=1).short() == [
        "2 laptop → keystone fault: cut", "3 laptop → keystone rest: GET /v3/users", "9 keystone fault: crash"]
    assert [event.what for event in w.trace.where(reason="cut")] == ["lost"]
    assert [event.step for event in w.trace.where(what=lambda what: "<b>" in what)] == [1]
    assert w.trace.where(kind="rest").where(src="keystone")[0].what == "200"
    assert len(w.trace.where(status=200)) == 1


def test_it_is_a_list(w):
    assert w.trace[0].n == 0 and w.trace[-1].what == "crash" and len(w.trace[1:3]) == 2
    assert list(w.trace)[1].dst == "keystone"
    with pytest.raises(IndexError, match="there is none at 99"):
        w.trace[99]
    assert Trace().short() == [] and repr(Trace()).startswith("<Trace of 0 events")


def test_causes_and_effects(w):
    first = w.trace[0]
    assert w.trace.effects(first).short() == [
        "0.5 laptop → keystone net: delivered", "0.5 keystone → laptop rest: 200", "1 keystone → laptop net: delivered"]
    assert w.trace.causes(w.trace.effects(first)[-1])[0] == first
    with pytest.raises(LabError, match="no event of this trace"):
        w.trace.causes("GET /v3")


def test_dumps_is_one_json_line_per_event(w):
    lines = w.trace.dumps().splitlines()
    assert len(lines) == len(w.trace)
    assert json.loads(lines[0]) == {"n": 0, "t": 0.0, "src": "laptop", "dst": "keystone", "kind": "rest",
                                    "what": "GET <b>/v3</b>", "cause": None, "step": 1, "detail": {}}


def test_the_table_says_what_it_leaves_out_and_escapes(w):
    text = str(w.trace.table(limit=2))
    assert text.splitlines()[0].split() == ["n", "t/s", "from", "to", "kind", "what", "cause", "step", "detail"]
    assert "and 7 more events" in text
    html = w.trace._repr_html_()
    assert "<caption>9 events</caption>" in html and "&lt;b&gt;/v3" in html and "<b>" not in html


def test_the_sequence_is_a_picture_with_a_name_and_the_same_in_words(w):
    picture = w.trace.sequence(title="One answer, one silence")
    root = ElementTree.fromstring(picture.svg())
    assert root.get("role") == "img" and root.get("aria-label") == "One answer, one silence"
    assert "1 messages lost" in root.find("{*}desc").text
    words = picture.lines()
    assert words[0] == "0 laptop → keystone rest: GET <b>/v3</b>: delivered at 0.5 s"
    assert "3 laptop → keystone rest: GET /v3/users: lost at 3 s (cut)" in words
    html = picture._repr_html_()
    assert html.count("<li>") == len(w.trace) and "<b>" not in html
    assert str(picture).splitlines()[0] == "One answer, one silence"


def test_a_lost_message_is_told_by_shape_and_word_and_not_by_colour_alone(w):
    lost = w.trace.where(what="GET /v3/users").sequence().svg()
    arrived = w.trace.where(what="200").sequence().svg()
    assert "lost: cut" in lost and "stroke-dasharray" in lost and "<path" in lost and "<polygon" not in lost
    assert "<polygon" in arrived and "lost" not in re.sub(r"<desc>.*</desc>", "", arrived)


def test_the_picture_follows_the_theme_and_has_no_ids(w):
    svg = w.trace.sequence().svg()
    assert "var(--jp-ui-font-color1" in svg and " id=" not in svg
    assert not re.search(r'(fill|stroke)="#', svg), "colours come from the custom properties"


def test_a_long_trace_is_cut_short_and_says_so():
    w = World()
    for n in range(500):
        w.emit("nova", None, "state", f"number {n}")
    picture = w.trace.sequence(limit=20)
    assert "480 more events not shown" in picture.svg() and len(picture.lines()) == 21
    assert len(w.trace.sequence().lines()) == 61


def test_a_trace_of_a_million_events_is_still_handy():
    w = World()
    for n in range(1_000_000):
        w.rows.append((n, n / 1000, "a", "b", "heartbeat", "alive", n - 1 if n else None, None, None))
    assert len(w.trace) == 1_000_000 and w.trace[-1].t == 999.999
    assert len(w.trace.where(since=999)) == 1000
    assert "more events" in str(w.trace.table(3)) and "999940 more" in w.trace.sequence().svg()
