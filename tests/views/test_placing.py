"""The view of a placement: filter after filter, and the table says what the bars say."""

import re

import pytest

from labkit.lab import session
from labkit.views import Placing
from labkit.vim import Spec, datacenter
from labkit.vim.placement import Request
from labkit.world import World

DB = Spec(vcpus=2, memory_mib=4096, datastore="san1")


@pytest.fixture
def student(monkeypatch):
    """Somebody sits at the notebook."""
    events = type("Events", (), {"register": lambda *a: None, "unregister": lambda *a: None})()
    monkeypatch.setattr(session, "headless", lambda: False)
    monkeypatch.setattr(session, "shell", lambda: type("Shell", (), {"events": events})())


@pytest.fixture
def vim():
    """db1 on esx1, esx2 half full, esx3 in maintenance, esx4 nearly full."""
    vim = datacenter(World(seed=7), hosts=4)
    vim.placement.rules.apart("db apart", group="db")
    vim.create("db1", spec=DB, groups=("db",))
    vim.create("batch", spec=Spec(memory_mib=10240, datastore="san1"))
    vim.create("big", spec=Spec(memory_mib=14000, datastore="san1"), host="esx4")
    vim.world.run(until=30)
    vim.maintenance("esx3")
    vim.world.run(until=31)
    return vim


def view(vim):
    return Placing(vim, Request(DB, vm="db2", groups=("db",)))


def struck(view):
    """How many hosts are struck out in the picture."""
    return view.html().count('class="lk-bad"')


def test_right_arrow_applies_filter_after_filter_and_the_last_step_decides(vim):
    seen, placing = [], view(vim)
    for _ in range(5):
        seen.append((struck(placing), placing.sentence(placing.said())))
        placing.heard("ArrowRight")
    assert seen == [
        (0, "4 hosts. Nothing has been asked yet: press the right arrow key."),
        (1, "Filter state: drops 1 of 4, leaves 3."),
        (2, "Filter memory: drops 1 of 3, leaves 2."),
        (3, "Filter rule db apart: drops 1 of 2, leaves 1."),
        (3, "Chosen: esx2. esx2: 6,144 MiB free"),
    ]
    placing.heard("Home")
    assert placing.step == 0
    placing.heard("End"), placing.heard("ArrowLeft")
    assert "Filter rule db apart" in placing.html()


def test_the_table_and_the_description_say_what_the_bars_say(vim):
    placing = view(vim)
    placing.heard("End")
    html = placing.html()
    rows = re.findall(r'<th scope="row">([^<]*)</th><td>([^<]*)</td><td>([^<]*)</td><td>([^<]*)</td>', html)
    assert rows[1] == ("memory", "1", "2", "esx4: 2,384 MiB free of 16,384, needs 4,096")
    assert "esx2: 1. 6,144 MiB free: chosen" in re.search(r"<desc>(.*?)</desc>", html)[1]
    assert placing.text().endswith("chosen: esx2") and placing.text() == str(vim.placement.explain(placing.request()))


def test_another_size_or_group_begins_anew(vim):
    placing = view(vim)
    placing.heard("End")
    placing.turn("group")(None)
    assert placing.step == 0 and placing.said().winner == "esx1"
    placing.resize(memory_mib=60000)
    placing.heard("End")
    assert "No valid host: it is larger than any host" in placing.html()
    placing.resize(memory_mib=1)  # refused: the old size stays
    assert placing.spec.memory_mib == 60000


def test_it_shows_the_present(vim):
    placing = view(vim)
    placing.heard("End")
    vim.leave_maintenance("esx3")
    vim.world.run(until=40)
    assert "Chosen: esx3" in placing.html()


def test_a_whole_vcenter_is_a_funnel_and_the_best_ten():
    vim = datacenter(World(seed=7), hosts=400)
    for at in range(100):
        vim.hosts[f"esx{at + 1}"].maintenance = "in"
        vim.placement.changed(vim.hosts[f"esx{at + 1}"])
    placing = Placing(vim)
    assert "400 left" in placing.html() and ">esx101</text>" not in placing.html()
    placing.heard("End")
    html = placing.html()
    assert ">300 left</text>" in html and html.count("MiB free</text>") == 9 and "esx101: 1. 16,384" in html


def test_nothing_typed_becomes_markup(vim):
    placing = Placing(vim, Request(DB, vm="<b>", groups=("<i>",)))
    assert "<b>" not in placing.html().replace("<br>", "") and "&lt;b&gt;" in placing.html()


def test_fields_lists_and_buttons_do_what_keys_and_calls_do(vim, student):
    placing = view(vim)
    bundle = placing._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    rows = placing.live().children[1:-2]
    fields = {widget.description: widget for row in rows for widget in row.children}
    assert list(fields) == [
        "vCPUs",
        "Memory (MiB)",
        "Disk on",
        "Group",
        "Begin",
        "Filter back",
        "Next filter",
        "Decide",
    ]
    fields["Decide"].click()
    assert "Chosen: esx2" in placing._said.value and "Chosen: esx2" in placing._picture.value
    fields["Group"].value = None
    fields["Memory (MiB)"].value = 12288
    fields["Decide"].click()
    assert "Chosen: esx1" in placing._said.value
