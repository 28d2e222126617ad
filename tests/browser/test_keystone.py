"""Notebook 05 as a student meets it in JupyterLab: one window for all tests, each at another part of the notebook."""

import pytest

from tests.browser.student import press, reading

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """The whole notebook has run, after the first prediction was made by mouse."""
    with reading(lab, browser, "05_keystone", first="Q5.p0", cell="s05-p0", option="b) 401") as opened:
        yield opened


def test_every_cell_runs_once_the_predictions_are_made(notebook):
    assert notebook.errors() == []
    assert notebook.output("s05-zoe-login").get_by_text("HTTP 401").count() == 1


def test_a_token_is_issued_and_looked_into(notebook):
    inspector = notebook.output("s05-inspector")
    inspector.get_by_label("User").select_option("carla")
    inspector.get_by_role("button", name="Issue a token").click()
    inspector.get_by_text("= carla").wait_for()
    assert inspector.locator("svg text", has_text="now: 0 s").count() == 1
    press(notebook, inspector.get_by_role("button", name="5 min later"))
    inspector.locator("svg text", has_text="now: 5 min").wait_for()
    press(notebook, inspector.get_by_role("button", name="1 h later"))
    inspector.locator("tr", has_text="nova-api").get_by_text("401").wait_for()


def test_a_text_that_is_no_token_is_answered_in_words(notebook):
    inspector = notebook.output("s05-inspector")
    field = inspector.get_by_label("or paste one")
    field.fill("gAAAAA-not-a-token")
    press(notebook, field)
    inspector.get_by_text("not a token").first.wait_for()
    inspector.get_by_label("User").select_option("anna")
    press(notebook, inspector.get_by_role("button", name="Issue a token"), "Space")
    inspector.get_by_text("= anna").wait_for()


def test_a_rule_is_rewritten_and_the_cells_that_changed_say_so(notebook):
    playground = notebook.output("s05-playground")
    field = playground.get_by_label("Check string")
    field.fill("role:admin")
    press(notebook, field)
    playground.locator("tr", has_text="delete the server").get_by_text("(was 204)").wait_for()
    field.fill("role:member and")
    press(notebook, field)
    playground.get_by_text("The last good rule stays in force.").wait_for()
    playground.get_by_role("button", name="Default rule").click()
    playground.locator("tr", has_text="delete the server").get_by_text("(was 403)").wait_for()


def test_keystone_is_stopped_and_only_warm_caches_go_on(notebook):
    playground = notebook.output("s05-playground")
    playground.get_by_label("Keystone").select_option("stopped, caches empty")
    playground.get_by_text("Keystone is stopped, caches empty.").wait_for()
    assert playground.get_by_text("503 (was 200)").count() > 3
    press(notebook, playground.get_by_label("Keystone"), "ArrowUp")
    playground.get_by_text("Keystone is stopped, caches warm.").wait_for()
    playground.get_by_label("Keystone").select_option("running")


def test_a_boot_is_walked_through(notebook):
    player = notebook.output("s05-boot-player")
    player.get_by_text("Step 1 of").wait_for()
    player.get_by_role("button", name="Next").click()
    player.get_by_text("Step 2 of").wait_for()
    notebook.page.keyboard.press("End")
    player.get_by_text("Step 31 of 31").wait_for()
    player.get_by_label("Step").fill("3")
    press(notebook, player.get_by_label("Step"))
    player.get_by_text("Step 3 of").wait_for()


def test_the_outage_is_walked_through_and_played_with_older_tokens(notebook):
    outage = notebook.output("s05-outage-view")
    outage.get_by_role("button", name="Minute 6").click()
    outage.get_by_text("Minute 6 after Keystone stopped").wait_for()
    notebook.page.keyboard.press("ArrowRight")
    outage.get_by_text("Minute 7 after Keystone stopped").wait_for()
    outage.get_by_label("Minute after the stop").fill("1")
    press(notebook, outage.get_by_label("Minute after the stop"))
    row = outage.locator("tr", has_text="list servers")
    row.get_by_text("works").wait_for()
    outage.get_by_label("Age of the tokens at the stop").fill("4")
    press(notebook, outage.get_by_label("Age of the tokens at the stop"))
    row.get_by_text("fails").wait_for()


def test_what_was_seen_is_written_down_and_explained(notebook):
    asked = notebook.output("s05-p1-observe").get_by_text("replace ... by what you saw")
    assert asked.count() == 2
    sheet = notebook.output("s05-p1-explain")
    sheet.get_by_label("Your words").fill("Nova's policy decides; Keystone only confirmed who Anna is.")
    sheet.get_by_role("button", name="Save").click()
    press(notebook, sheet.get_by_role("button", name="My text names this mechanism"))
    sheet.get_by_text("Confirmed: 1 point.").wait_for()


def test_a_question_is_answered_with_a_reason(notebook):
    question = notebook.output("s05-concept")
    question.get_by_role("button", name="Keystone, because it knows the roles").click()
    press(notebook, question.get_by_role("button", name="Answer"))
    question.get_by_text("It only says who you are").first.wait_for()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_in_the_outputs_is_a_barrier(notebook, dark):
    notebook.theme(dark)
    assert notebook.barriers() == []
    ink = notebook.output("s05-outage-view").locator("svg text").first.evaluate("e => getComputedStyle(e).fill")
    brightness = sum(int(part) for part in ink.strip("rgb()").split(","))
    assert brightness > 450 if dark else brightness < 300, ink
    for cell in ("s05-inspector", "s05-playground", "s05-boot-player", "s05-outage-view"):
        notebook.cell(cell).scroll_into_view_if_needed()
        notebook.screenshot(f"{cell}-{'dark' if dark else 'light'}")
