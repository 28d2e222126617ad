"""Notebook 03 as a student meets it in JupyterLab: one window for all tests, each at another part of the notebook."""

import pytest

from tests.browser.student import press, reading

pytestmark = pytest.mark.browser
VIEWS = ("place-x28", "pol-x41", "vs-x64", "view-x2", "scale-x24", "vim-x7", "vs-x5", "vs-x66")


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """The whole notebook has run, after the first prediction was made by mouse."""
    # in a notebook this long the refused cell does not stop those that are in the queue already
    first = {"first": "S7.p8", "cell": "s03-s7p8", "option": "b) all of them for an hour, then all but"}
    with reading(lab, browser, "03_vim_vsphere", **first, most_refused=float("inf")) as opened:
        yield opened


def fill(notebook, view, label, value):
    """Type into a field and leave it by Enter."""
    field = view.get_by_label(label, exact=True)
    field.fill(str(value))
    press(notebook, field)


def test_every_cell_runs_once_the_predictions_are_made(notebook):
    assert notebook.errors() == []
    assert notebook.output("s03-scale-x4").get_by_text("2500 hosts, 40000 VMs").count() == 1


def test_filters_drop_hosts_one_after_the_other(notebook):
    view = notebook.output("s03-place-x28")
    view.get_by_text("Nothing has been asked yet").first.wait_for()
    press(notebook, view.get_by_role("button", name="Next filter"))
    view.get_by_text("Filter state: drops 1 of 3, leaves 2").first.wait_for()
    notebook.page.keyboard.press("ArrowRight")
    view.get_by_text("Filter memory: drops 1 of 2, leaves 1").first.wait_for()
    notebook.page.keyboard.press("End")
    view.get_by_text("No valid host").first.wait_for()  # the cells below it have started db2
    view.get_by_label("Group").select_option("none")
    fill(notebook, view, "Memory (MiB)", 2048)
    press(notebook, view.get_by_role("button", name="Decide"))
    view.get_by_text("Chosen: esx1").first.wait_for()


def test_time_passes_in_the_monitor_and_a_red_alarm_is_acknowledged(notebook):
    view = notebook.output("s03-pol-x41")
    view.get_by_label("Host", exact=True).select_option("esx1")
    view.get_by_label("Metric").select_option("ready_percent")
    press(notebook, view.get_by_role("button", name="Acknowledge"), "Space")
    view.locator("tr", has_text="Host CPU usage").first.wait_for()
    view.get_by_role("button", name="Let time pass").click()
    notebook.page.keyboard.press("ArrowRight")
    view.get_by_role("img").first.wait_for()


def test_a_cell_of_the_outage_table_is_said_and_then_played(notebook):
    view = notebook.output("s03-vs-x64")
    view.get_by_role("button", name="I say: it does not").click()
    view.get_by_text("0 of 1 right.").first.wait_for()  # vpxd is dead, and the VMs serve
    notebook.page.keyboard.press("ArrowDown")
    view.get_by_label("Operation").select_option("live migration")
    press(notebook, view.get_by_role("button", name="I say: it does not"))
    view.get_by_text("1 of 2 right.").first.wait_for()


def test_a_vm_is_found_in_the_tree_and_its_host_falls_silent(notebook):
    view = notebook.output("s03-view-x2")
    fill(notebook, view, "Find", "erp")
    view.locator("[role=treeitem][aria-selected=true]", has_text="erp").wait_for()
    view.get_by_label("Fault at").select_option("vpxa")
    press(notebook, view.get_by_role("button", name="Break it"))
    fill(notebook, view, "Seconds", 100)
    press(notebook, view.get_by_role("button", name="Let time pass"))
    view.locator("[role=treeitem]", has_text="esx2").get_by_text("not responding").first.wait_for()
    view.get_by_label("Show").select_option("and what is so")
    view.get_by_text("so it is").first.wait_for()


def test_two_thousand_five_hundred_hosts_are_walked_by_keyboard(notebook):
    view = notebook.output("s03-scale-x24")
    fill(notebook, view, "Host", "esx1001")
    view.get_by_text("esx1001 in cluster17").first.wait_for()
    press(notebook, view.get_by_role("button", name="Next cluster"))
    view.get_by_text("esx1064 in cluster18").first.wait_for()
    notebook.page.keyboard.press("ArrowRight")
    view.get_by_text("esx1065 in cluster18").first.wait_for()
    view.get_by_label("Show").select_option("memory used")
    view.get_by_text("memory used: mean").first.wait_for()


def test_what_was_seen_is_written_down_and_explained(notebook):
    asked = notebook.output("s03-s7p9-observe").get_by_text("replace ... by what you saw")
    assert asked.count() == 2
    sheet = notebook.output("s03-s7p9-explain")
    sheet.get_by_label("Your words").fill("It has heard nothing: a cut cable and a dead host look the same.")
    sheet.get_by_role("button", name="Save").click()
    press(notebook, sheet.get_by_role("button", name="My text names this mechanism"))
    sheet.get_by_text("Confirmed: 1 point.").wait_for()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_in_the_outputs_is_a_barrier(notebook, dark):
    notebook.theme(dark)
    assert notebook.barriers() == []
    ink = notebook.output("s03-place-x28").locator("svg text").first.evaluate("e => getComputedStyle(e).fill")
    brightness = sum(int(part) for part in ink.strip("rgb()").split(","))
    assert brightness > 450 if dark else brightness < 300, ink
    for view in VIEWS:
        notebook.cell(f"s03-{view}").scroll_into_view_if_needed()
        notebook.screenshot(f"s03-{view}-{'dark' if dark else 'light'}")
