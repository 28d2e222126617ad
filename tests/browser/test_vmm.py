"""Notebook 02 as a student meets it in JupyterLab: one window for all tests, each at another part of the notebook."""

import pytest

from tests.browser.student import press, reading

pytestmark = pytest.mark.browser
VIEWS = ("stepper", "entitlement", "pressure-view", "chain", "precopy", "who-view", "p9-walk")


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """The whole notebook has run, after the first prediction was made by mouse."""
    # in a notebook this long the refused cell does not stop those that are in the queue already
    first = {"first": "VMM.p1", "cell": "s02-p1", "option": "b) only suspend frees them; both"}
    with reading(lab, browser, "02_vmm", **first, most_refused=float("inf")) as opened:
        yield opened


def fill(notebook, view, label, value):
    """Type a number into a field and leave it by Enter."""
    field = view.get_by_label(label)
    field.fill(str(value))
    press(notebook, field)


def test_every_cell_runs_once_the_predictions_are_made(notebook):
    assert notebook.errors() == []
    assert notebook.output("s02-alone-list").get_by_text("a VMM knows one host").count() == 1


def test_a_guest_is_stepped_forward_and_back(notebook):
    stepper = notebook.output("s02-stepper")
    stepper.get_by_role("button", name="Next exit").click()
    stepper.get_by_text("Step 6 of 38").wait_for()
    assert stepper.get_by_text("the VMM", exact=True).count() == 1
    notebook.page.keyboard.press("ArrowLeft")
    stepper.get_by_text("Step 5 of 38").wait_for()
    notebook.page.keyboard.press("End")
    stepper.get_by_text("Step 38 of 38").wait_for()
    notebook.page.keyboard.press("Home")
    stepper.get_by_text("Step 0 of 38").wait_for()
    stepper.get_by_label("Policy").select_option("hardware")
    stepper.get_by_text("A guest under the VMM: hardware").wait_for()


def test_a_reservation_is_counted_although_its_owner_idles(notebook):
    view = notebook.output("s02-entitlement")
    view.get_by_label("VM", exact=True).select_option("erp")
    view.get_by_role("button", name="Power on or off").click()
    view.locator("tr", has_text="erp").get_by_text("0 MHz").wait_for()
    view.get_by_label("VM", exact=True).select_option("db")
    fill(notebook, view, "Demand MHz", 0)
    view.locator("tr", has_text="web").get_by_text("4,000 MHz").wait_for()
    view.locator("tr", has_text="mail").get_by_text("2,500 MHz").wait_for()
    notebook.page.keyboard.press("ArrowUp")  # in a number field the arrows count
    view.locator("tr", has_text="db").get_by_text("500 MHz").wait_for()


def test_a_host_runs_short_of_memory(notebook):
    view = notebook.output("s02-pressure-view")
    fill(notebook, view, "wants MiB", 4000)
    for _ in range(2):
        press(notebook, view.get_by_role("button", name="Start another VM"), "Space")
    view.get_by_role("button", name="5 s").click()
    view.get_by_text("second 15").first.wait_for()
    notebook.page.keyboard.press("ArrowRight")
    view.get_by_text("second 16").first.wait_for()
    view.get_by_label("VM", exact=True).select_option("db")
    fill(notebook, view, "reserved MiB", 3900)
    view.locator("tr", has_text="db").get_by_text("3900 reserved").wait_for()


def test_a_disk_grows_a_chain(notebook):
    view = notebook.output("s02-chain")
    view.get_by_role("button", name="Take a snapshot").click()
    view.get_by_text("Snapshot s2: the file below is frozen").wait_for()
    notebook.page.keyboard.press("ArrowRight")
    view.get_by_text("Block 1 of vm is read from vm.img: 3 files asked").first.wait_for()
    press(notebook, view.get_by_role("button", name="Write this block"))
    view.get_by_text("copied up with it").wait_for()
    view.get_by_label("Snapshot", exact=True).select_option("s1")
    view.get_by_role("button", name="Linked clone of it").click()
    view.get_by_text("ready at once, it stands on").wait_for()


def test_a_migration_that_never_ends_and_one_that_does(notebook):
    view = notebook.output("s02-precopy")
    view.get_by_label("Stop rule").select_option("qemu")
    fill(notebook, view, "The guest writes (MiB/s)", 2000)
    view.get_by_text("Pre-copy, qemu").wait_for()
    view.get_by_text("would go on for ever", exact=True).wait_for()
    fill(notebook, view, "… in at most (MiB, 0: all)", 200)
    view.get_by_text("moved", exact=True).wait_for()
    view.get_by_label("Stop rule").select_option("textbook")
    view.get_by_text("Pre-copy, textbook").wait_for()


def test_an_event_is_followed_through_the_parts_of_a_host(notebook):
    view = notebook.output("s02-who-view")
    view.get_by_role("button", name="Next").click()
    view.get_by_text("Step 2 of 6").wait_for()
    notebook.page.keyboard.press("End")
    view.get_by_text("Step 6 of 6").wait_for()
    view.get_by_label("Event").select_option("a vCPU gets its time slice")
    view.get_by_label("Set-up").select_option("VirtualBox on a desktop system")
    view.get_by_text("browser and the music player").first.wait_for()


def test_a_walk_is_there_reference_by_reference(notebook):
    walk = notebook.output("s02-p9-walk")
    assert walk.get_by_text("One walk on nested tables: 24 references to memory").count() == 1
    assert walk.locator("svg text", has_text="EPT").count() >= 20


def test_what_was_seen_is_written_down_and_explained(notebook):
    asked = notebook.output("s02-p1-observe").get_by_text("replace ... by what you saw")
    assert asked.count() == 3
    sheet = notebook.output("s02-p1-explain")
    sheet.get_by_label("Your words").fill("Paused it stays in RAM; suspended it lies in a file on the disk.")
    sheet.get_by_role("button", name="Save").click()
    press(notebook, sheet.get_by_role("button", name="My text names this mechanism"))
    sheet.get_by_text("Confirmed: 1 point.").wait_for()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_in_the_outputs_is_a_barrier(notebook, dark):
    notebook.theme(dark)
    assert notebook.barriers() == []
    ink = notebook.output("s02-precopy").locator("svg text").first.evaluate("e => getComputedStyle(e).fill")
    brightness = sum(int(part) for part in ink.strip("rgb()").split(","))
    assert brightness > 450 if dark else brightness < 300, ink
    for view in VIEWS:
        notebook.cell(f"s02-{view}").scroll_into_view_if_needed()
        notebook.screenshot(f"s02-{view}-{'dark' if dark else 'light'}")
