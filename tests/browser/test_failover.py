"""Notebook 04 as a student meets it in JupyterLab: one window for all tests, each at another part of the notebook."""

import pytest

from tests.browser.student import press, reading

pytestmark = pytest.mark.browser
VIEWS = ("s8p1-view", "evacuation", "live", "pool", "pair", "s10p1-view", "aa-live", "q4p1-run")


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """The whole notebook has run, after the first prediction was made by mouse."""
    first = {"first": "S8.p1", "cell": "s04-s8p1", "option": "b) power off host2"}
    with reading(lab, browser, "04_failover", **first, most_refused=float("inf")) as opened:
        yield opened


def fill(notebook, view, label, value):
    """Type a number into a field and leave it by Enter."""
    field = view.get_by_label(label, exact=True)
    field.fill(str(value))
    press(notebook, field)


def test_every_cell_runs_once_the_predictions_are_made(notebook):
    assert notebook.errors() == []
    assert notebook.output("s04-lost-crash").get_by_text("is in use by vmm2").count() == 1


def test_the_company_is_saved_by_fencing_first(notebook):
    view = notebook.output("s04-s8p1-view")
    view.get_by_role("button", name="Power off host2").click()
    press(notebook, view.get_by_role("button", name="Start VM on …"), "Space")
    view.get_by_label("VM", exact=True).select_option("bank")
    view.get_by_label("on", exact=True).select_option("host3")
    view.get_by_role("button", name="Start VM on …").click()
    view.get_by_role("button", name="Wait 10 s").focus()
    for _ in range(60):
        if view.get_by_role("button", name="Try again").is_visible():
            break
        notebook.page.keyboard.press("ArrowRight")
        notebook.wait_idle()
    view.get_by_text("No order is gone and everybody is served").wait_for()
    press(notebook, view.get_by_role("button", name="Try again"))
    view.get_by_text("host2 is silent. Save the company.").wait_for()


def test_fencing_is_switched_on_and_the_two_copies_are_gone(notebook):
    view = notebook.output("s04-evacuation")
    view.get_by_text("two copies ran at once").first.wait_for()
    view.get_by_label("Fencing", exact=True).select_option("by the BMC")
    view.get_by_text("two copies ran at once").first.wait_for(state="detached")
    field = view.get_by_label("Missed after (s)", exact=True)
    before = field.input_value()
    press(notebook, field, "ArrowUp")
    assert int(field.input_value()) == int(before) + 10


def test_a_nervous_balancer_is_calmed(notebook):
    view = notebook.output("s04-live")
    view.get_by_text("46 migrations").first.wait_for()
    fill(notebook, view, "Threshold (% imbalance, 0: no balancer)", 0)
    view.get_by_text("0 migrations").first.wait_for()
    fill(notebook, view, "Its demand (MHz)", 6000)
    press(notebook, view.get_by_role("button", name="A pass (5 min)"))
    notebook.wait_idle()


def test_a_backend_is_killed_and_the_balancer_finds_out(notebook):
    view = notebook.output("s04-pool")
    view.get_by_role("button", name="Kill").click()
    view.get_by_text("nobody is told").wait_for()
    press(notebook, view.get_by_role("button", name="▶▶ 30 s"))
    view.locator("td", has_text="out of rotation").first.wait_for()
    view.get_by_role("button", name="Heal").click()
    view.get_by_label("Policy", exact=True).select_option("least work")
    notebook.wait_idle()


def test_a_pair_is_cut_and_has_two_opinions(notebook):
    view = notebook.output("s04-pair")
    view.get_by_role("button").first.focus()
    notebook.page.keyboard.press("f")
    view.get_by_text("The power switch is broken.").wait_for()
    notebook.page.keyboard.press("x")
    view.get_by_text("has no power. Nobody is told.").wait_for()
    view.get_by_role("button", name="10 s later").click()
    view.get_by_text("nobody serves").first.wait_for()
    both = notebook.output("s04-s10p1-view")
    assert both.get_by_text("two actives").count() >= 1


def test_two_curves_part_at_the_border(notebook):
    view = notebook.output("s04-q4p1-run")
    load = view.get_by_label("Load (% of each machine that serves)", exact=True)
    fill(notebook, view, "Load (% of each machine that serves)", 40)
    notebook.wait_idle()
    press(notebook, load, "ArrowUp")
    assert load.input_value() == "45"


def test_what_was_seen_is_written_down_and_explained(notebook):
    asked = notebook.output("s04-s8p2-observe").get_by_text("replace ... by what you saw")
    assert asked.count() == 2
    sheet = notebook.output("s04-s8p2-explain")
    sheet.get_by_label("Your words").fill("The master cannot see the watchdog; only the lock proves that node3 ended.")
    sheet.get_by_role("button", name="Save").click()
    press(notebook, sheet.get_by_role("button", name="My text names this mechanism"))
    sheet.get_by_text("Confirmed: 1 point.").wait_for()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_in_the_outputs_is_a_barrier(notebook, dark):
    notebook.theme(dark)
    assert notebook.barriers() == []
    ink = notebook.output("s04-s8p1-view").locator("svg text").first.evaluate("e => getComputedStyle(e).fill")
    brightness = sum(int(part) for part in ink.strip("rgb()").split(","))
    assert brightness > 450 if dark else brightness < 300, ink
    for view in VIEWS:
        notebook.cell(f"s04-{view}").scroll_into_view_if_needed()
        notebook.screenshot(f"s04-{view}-{'dark' if dark else 'light'}")
