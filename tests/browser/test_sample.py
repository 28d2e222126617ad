"""The harness itself, on a small notebook of ours: what it promises holds before real notebooks rely on it."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def sample(lab, page):
    notebook = lab.open(page, "sample.ipynb")
    notebook.run_all()
    assert notebook.errors() == []
    return notebook


def test_a_click_changes_the_picture(sample):
    shown = sample.output("sample-show")
    assert shown.get_by_role("img", name="1 nodes").count() == 1
    shown.get_by_role("button", name="Add a node").click()
    shown.get_by_role("img", name="2 nodes").wait_for()
    assert shown.locator("circle").count() == 2


def test_the_keyboard_does_what_the_mouse_does(sample):
    button = sample.output("sample-show").get_by_role("button", name="Add a node")
    button.focus()
    sample.page.keyboard.press("Enter")
    sample.output("sample-show").get_by_role("img", name="2 nodes").wait_for()
    sample.page.keyboard.press("Space")
    sample.output("sample-show").get_by_role("img", name="3 nodes").wait_for()


def test_the_picture_follows_the_theme_and_has_no_barriers(sample):
    colour = "element => getComputedStyle(element).fill"
    text = sample.output("sample-show").locator("svg text")
    seen = {}
    for dark in (False, True):
        sample.theme(dark)
        seen[dark] = text.evaluate(colour)
        assert sample.barriers() == []
        sample.screenshot(f"sample-{'dark' if dark else 'light'}")
    assert seen[False] != seen[True], "the text has one colour in both themes, so it cannot be read in one of them"


def test_a_barrier_would_be_seen(sample):
    sample.output("sample-show").locator("svg").evaluate("svg => svg.removeAttribute('aria-label')")
    assert [line.split(":")[0] for line in sample.barriers()] == ["svg-img-alt"]


def test_a_failing_cell_would_be_seen(sample):
    sample.cell("sample-button").locator(".cm-content").click()
    sample.page.keyboard.press("Control+A")
    sample.page.keyboard.insert_text("1 / 0")
    sample.command("notebook:run-cell")
    sample.wait_idle()
    assert sample.errors() == ["ZeroDivisionError: division by zero"]


def test_no_news_and_no_terminal(sample):
    """Nothing asks the newcomer about news, and nothing was asked of the network."""
    assert sample.page.locator(".Toastify__toast").count() == 0
    assert sample.page.locator(".jp-LauncherCard[data-category='Other'] >> text=Terminal").count() == 0
