"""The vCenter view in a real JupyterLab: walked by keyboard, used by mouse, and its letters stay its own."""

import json

import pytest

pytestmark = pytest.mark.browser
CELLS = {
    "vcenter-world": "from labkit.views import VCenterView\nfrom labkit.vsphere import VCenter\n"
    "from labkit.world import World\n\nw = World(seed=7)\nvc = VCenter(w, clusters={'prod': 2, 'test': 1}, lean=True)\n"
    "vc.create_vm('erp', host='esx2', running=True, demand_mhz=1800).wait()\nw.run(until=40)",
    "vcenter-view": "VCenterView(vc)",
    "vcenter-after": "len(vc.vim.vms)",
}


@pytest.fixture(scope="module")
def notebook(lab, browser):
    cells = [
        {"cell_type": "code", "id": name, "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for name, source in CELLS.items()
    ]
    kernel = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    written = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (lab.folder / "vcenter.ipynb").write_text(json.dumps(written))
    context = browser.new_context(viewport={"width": 1280, "height": 1300})
    context.set_default_timeout(30_000)
    opened = lab.open(context.new_page(), "vcenter.ipynb")
    opened.run_all()
    assert opened.errors() == []
    yield opened
    context.close()


def test_the_tree_is_walked_by_keyboard_and_keeps_the_focus(notebook):
    view, keys = notebook.output("vcenter-view"), notebook.page.keyboard
    view.get_by_role("treeitem", name="datacenter1").focus()
    for key, now in (("ArrowDown", "prod"), ("ArrowDown", "esx1"), ("End", "san1"), ("Home", "datacenter1")):
        keys.press(key)
        view.locator(f"[role=treeitem][aria-selected=true]:focus:has-text('{now}')").wait_for()
    keys.press("ArrowDown")
    view.locator("[role=treeitem]:focus:has-text('prod')").wait_for()
    keys.press("Enter")
    view.locator("[role=treeitem][aria-expanded=false]:focus:has-text('prod')").wait_for()
    assert view.get_by_role("treeitem", name="esx1").count() == 0
    keys.press("ArrowRight")
    view.get_by_role("treeitem", name="erp").wait_for()


def test_letters_do_not_reach_jupyterlab(notebook):
    view, cells = notebook.output("vcenter-view"), notebook.panel.locator(".jp-Notebook .jp-Cell")
    before = cells.count()
    view.get_by_role("treeitem", name="esx1").click()
    view.locator("[role=treeitem]:focus:has-text('esx1')").wait_for()
    for letter in "abxddm":
        notebook.page.keyboard.press(letter)
    assert cells.count() == before
    view.locator("[role=treeitem]:focus:has-text('esx1')").wait_for()


def test_a_vm_is_suspended_and_vpxd_is_stopped_by_buttons(notebook):
    view = notebook.output("vcenter-view")
    view.get_by_role("treeitem", name="erp").click()
    suspend = view.get_by_role("button", name="Suspend")
    suspend.focus()
    notebook.page.keyboard.press("Enter")
    view.get_by_text("VirtualMachine.suspend of erp: running").wait_for()
    view.get_by_role("button", name="Let time pass").click()
    view.get_by_role("treeitem", name="erp suspended").wait_for()
    view.get_by_role("button", name="Break it").click()
    view.locator("[role=tree][aria-disabled=true]").wait_for()
    view.get_by_role("button", name="Start it again").click()
    view.locator("[role=tree]:not([aria-disabled])").wait_for()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_in_it_is_a_barrier(notebook, dark):
    view = notebook.output("vcenter-view")
    view.get_by_label("Show").select_option("and what is so")
    notebook.theme(dark)
    assert notebook.barriers() == []
    view.get_by_role("button", name="Break it").click()
    view.locator("[role=tree][aria-disabled=true]").wait_for()
    assert notebook.barriers() == []
    notebook.screenshot(f"vcenter-{'dark' if dark else 'light'}")
    view.get_by_role("button", name="Start it again").click()
    view.locator("[role=tree]:not([aria-disabled])").wait_for()
    view.get_by_role("button", name="Let time pass").click()
    notebook.screenshot(f"vcenter-up-{'dark' if dark else 'light'}")
