"""Notebook 00 as a newcomer meets it: predict first, then look, by mouse and by keyboard, in light and in dark."""

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="no playwright: python3 run.py test installs it").expect
pytestmark = pytest.mark.browser
NOTEBOOK = "notebooks/00_start_here.ipynb"


@pytest.fixture
def notebook(newcomer, page):
    opened = newcomer.open(page, NOTEBOOK)
    opened.run_all()
    return opened


def commit(notebook):
    """Predict as most people do, by mouse, and run what was locked."""
    card = notebook.output("s00-predict")
    card.get_by_role("button", name="a) cut: nothing").click()
    card.get_by_role("button", name="3 · rather sure").click()
    card.get_by_role("button", name="Commit").click()
    card.get_by_text("Committed.").wait_for()
    notebook.run_all()
    assert notebook.errors() == []
    return notebook


def test_the_experiment_is_locked_until_the_prediction_is_committed(notebook):
    (error,) = notebook.errors()
    assert error.startswith("PredictFirst: ")
    assert notebook.output("s00-predict").get_by_role("button", name="Commit").is_disabled()
    commit(notebook)
    assert notebook.output("s00-world").get_by_role("img", name="Topology.").count() == 1


def test_a_prediction_by_keyboard(notebook):
    card = notebook.output("s00-predict")
    for name in ("b) the same in both", "4 · certain", "Commit"):
        button = card.get_by_role("button", name=name)
        expect(button).to_be_enabled()  # Commit is not, until the kernel has heard both choices
        button.focus()
        notebook.page.keyboard.press("Enter")
    card.get_by_text("Committed.").wait_for()
    notebook.run_all()
    assert notebook.errors() == []


def test_the_trace_is_walked_by_mouse_and_by_arrow_keys(notebook):
    player = commit(notebook).output("s00-trace")
    player.get_by_text("Step 1 of 9").wait_for()
    player.get_by_role("button", name="Next").click()
    player.get_by_text("Step 2 of 9").wait_for()
    notebook.page.keyboard.press("ArrowRight")
    player.get_by_text("Step 3 of 9").wait_for()
    notebook.page.keyboard.press("ArrowLeft")
    player.get_by_text("Step 2 of 9").wait_for()


def test_the_small_world_changes_by_mouse_and_by_keyboard(notebook):
    world = commit(notebook).output("s00-play")
    whole = "Topology. laptop is running. server is running. Link laptop – server: 200 ms."
    assert world.get_by_role("img", name=whole).count() == 1
    world.get_by_role("button", name="Cut").click()
    world.get_by_role("img", name=whole.replace("200 ms", "cut")).wait_for()
    world.get_by_role("button", name="Heal").focus()
    notebook.page.keyboard.press("Enter")
    world.get_by_role("img", name=whole).wait_for()


def test_letters_typed_at_a_widget_do_not_change_the_notebook(notebook):
    """JupyterLab's command mode inserts a cell at 'b' and deletes one at 'd d'."""
    player = commit(notebook).output("s00-trace")
    cells = notebook.panel.locator(".jp-Notebook .jp-Cell").count()
    player.get_by_role("button", name="Next").focus()
    for key in "badd":
        notebook.page.keyboard.press(key)
    assert notebook.panel.locator(".jp-Notebook .jp-Cell").count() == cells


def test_nothing_in_the_outputs_is_a_barrier(notebook):
    commit(notebook)
    for dark in (False, True):
        notebook.theme(dark)
        assert notebook.barriers() == []
        notebook.screenshot(f"start-here-{'dark' if dark else 'light'}")
