"""The vCenter view: a tree by keyboard, belief beside truth, acts by the API alone, and a vpxd that is down."""

import re

import pytest

from labkit.views import VCenterView
from labkit.views.vcenter import DOORS
from labkit.views.vcenter_rows import WINDOW
from labkit.vim import Spec
from labkit.vsphere import VCenter
from labkit.world import World


@pytest.fixture()
def view():
    vc = VCenter(World(seed=7), clusters={"prod": 2, "test": 1}, lean=True)
    vc.create_vm("erp", host="esx2", running=True, demand_mhz=1800).wait()
    vc.create_vm("web", host="esx2").wait()
    vc.world.run(until=40)
    return VCenterView(vc)


def said(view):
    """The sentence that a button leaves."""
    heard = []
    view.refresh = lambda sentence="": heard.append(sentence)
    return heard


def row(view, name):
    """The line of the text picture that speaks of a thing."""
    return next(line.strip() for line in view.text().splitlines() if line.strip().startswith(f"{name}: "))


def test_the_tree_has_aria_roles_levels_and_one_row_that_takes_the_focus(view):
    html = view.html()
    assert html.count('role="tree"') == 1 and html.count('role="treeitem"') == 9
    assert html.count('tabindex="0" data-lk-keep="tree"') == html.count('aria-selected="true"') == 1
    erp = re.search(r'<div role="treeitem"[^>]*data-lk="vm:erp"[^>]*>', html)[0]
    assert 'aria-level="4" aria-setsize="2" aria-posinset="1"' in erp and "aria-expanded" not in erp
    esx2 = re.search(r'<div role="treeitem"[^>]*data-lk="host:esx2"[^>]*>', html)[0]
    assert 'aria-expanded="true"' in esx2
    assert view.text().splitlines() == [
        "vCenter at 40 s", "  datacenter1: datacenter", "    prod: cluster", "      esx1: connected",
        "      esx2: connected", "        erp: powered on", "        web: powered off", "    test: cluster",
        "      esx3: connected", "    san1: datastore",
    ]  # fmt: skip


def test_keys_walk_open_and_close(view):
    path = (("ArrowDown", "cluster:prod"), ("ArrowRight", "host:esx1"), ("ArrowRight", "host:esx1"),
            ("ArrowDown", "host:esx2"), ("ArrowRight", "vm:erp"), ("ArrowRight", "vm:erp"), ("ArrowLeft", "host:esx2"),
            ("ArrowLeft", "host:esx2"), ("ArrowDown", "cluster:test"), ("End", "store:san1"), ("Home", view.chosen),
            ("ArrowUp", view.chosen), ("PageDown", "store:san1"), ("PageUp", view.chosen))  # fmt: skip
    for key, chosen in path:
        view.heard(key)
        assert view.chosen == chosen, key
    view.heard("Enter")
    assert view.html().count('role="treeitem"') == 1, "the datacenter is closed"
    view.heard("Enter")
    assert "esx1" in view.text() and "erp" not in view.text(), "what was closed below stays closed"
    view.clicked("host:esx2")
    assert view.chosen == "host:esx2" and "erp" not in view.text()
    view.clicked("host:esx2")
    assert "erp: powered on" in view.text(), "a second click opens"


def test_a_button_is_a_task_of_vpxd_and_time_must_pass(view):
    heard = said(view)
    view.find("erp")
    view.doing("suspend")()
    assert re.fullmatch(r"task-\d+, VirtualMachine.suspend of erp: running", heard[-1])
    assert row(view, "erp") == "erp: powered on, pausing …" and "VirtualMachine.suspend" in view.html()
    view.pass_time()
    assert row(view, "erp") == "erp: suspended"
    view.doing("suspend")()
    assert heard[-1].startswith("InvalidPowerState")
    view.doing("power_on")()
    view.pass_time()
    view.turn("target")(" esx3 ")
    view.migrate()
    view.pass_time()
    view.pass_time()
    assert view.vcenter.vim.vms["erp"].host.name == "esx3"


def test_what_does_not_fit_is_said(view):
    heard = said(view)
    view.heard("Home")
    for act, words in ((view.doing("power_on"), "choose a VM"), (view.doing("enter_maintenance", "host"), "a host"),
                       (lambda: view.find("erq"), "did you mean 'erp'?"), (view.migrate, "choose a VM"),
                       (lambda: view.clicked("vm:ghost"), "no thing in the tree")):  # fmt: skip
        act()
        assert words in heard[-1], heard[-1]


def test_the_same_words_for_a_dead_host_and_a_dead_agent_and_the_truth_beside_them(view):
    view.find("esx1")
    view.turn("part")("host")
    view.break_it()
    view.find("erp")
    view.turn("part")("vpxa")
    view.break_it()
    view.turn("step_s")(100)
    view.pass_time()
    assert row(view, "esx1") == "esx1: not responding" and row(view, "esx2") == "esx2: not responding"
    assert row(view, "erp") == "erp: disconnected"
    html = view.html()
    assert html.count("Host connection and power state") == 2 and "so it is" not in html
    assert html.count("lk-badge lk-bad") == 2, "an alarm at each of the two hosts"
    assert "unknown: the host is silent" in html, "and no bar that says 0"
    view.turn("truth")(True)
    html = view.html()
    assert "so it is: machine crashed" in html and "so it is: machine runs, vpxa stopped" in html
    assert "so it is: runs on esx2" in html
    view.mend()
    view.pass_time()
    assert row(view, "esx2") == "esx2: connected"


def test_two_copies_are_said_aloud_and_a_cut_is_seen():
    vc = VCenter(World(seed=6), hosts=3)
    vc.create_vm("erp", host="esx1", running=True).wait()
    vc.world.run(until=60)
    vc.isolate("esx1", storage=True)
    vc.world.run(until=180)
    html = VCenterView(vc, truth=True).html()
    assert "so it is: runs on esx1 AND runs on esx2" in html and "machine runs, cut off from vpxd" in html


def test_without_vpxd_the_tree_greys_and_the_host_client_still_works(view):
    heard = said(view)
    view.find("web")
    view.html()
    view.break_it()
    html = view.html()
    assert 'aria-disabled="true"' in html and "vpxd is down" in html and "Recent tasks" not in html
    assert row(view, "web") == "web: powered off" and "vpxd is down" in view.text()
    view.doing("power_on")()
    assert "vpxd refused the connection" in heard[-1]
    view.turn("door")(DOORS[1])
    view.doing("power_on")()
    assert heard[-1] == "esx2-hostd has done it: power on web"
    assert row(view, "web") == "web: powered off", "vpxd does not know, so its page does not"
    assert view.vcenter.vmms["esx2"].domains["web"].active
    view.migrate()
    assert "vMotion needs somebody who speaks to both hosts" in heard[-1]
    view.find("erp")
    assert "vpxd is down" in heard[-1]
    view.heard("ArrowUp")
    view.heard("ArrowUp")
    assert view.chosen == "host:esx2"
    view.heard("ArrowLeft")
    assert "vpxd is down" in heard[-1], "a branch that is not read cannot be opened or closed"
    view.mend()
    view.turn("step_s")(30)
    view.pass_time()
    assert row(view, "web") == "web: powered on", "now it has heard"


def test_a_vcenter_that_is_down_from_the_beginning():
    vc = VCenter(World(seed=7), hosts=2, lean=True)
    vc.world.run(until=20)
    vc.world.stop("vpxd")
    view = VCenterView(vc)
    assert "vpxd is down" in view.html()
    vc.world.start("vpxd")
    view.heard("ArrowRight")
    assert "cluster1" in view.text()


def test_only_opened_branches_and_one_window_of_rows_are_drawn():
    vc = VCenter(World(seed=7, journal=False), clusters={"a": 60, "b": 60}, lean=True, ha=False)
    spec = Spec(memory_mib=64, disk_gib=1, datastore="san1")
    vc.vim.create_many([{"name": f"vm{at}", "spec": spec} for at in range(600)])
    vc.world.run(until=40)
    view = VCenterView(vc)
    assert view.html().count('role="treeitem"') == 4
    view.find("vm300")
    assert view.html().count('role="treeitem"') == WINDOW and 'data-lk="vm:vm300"' in view.html()
    view.tree.opened.update([*(f"cluster:{name}" for name in "ab"), *(f"host:{name}" for name in vc.vim.hosts)])
    html = view.html()
    assert html.count('role="treeitem"') == WINDOW and len(view.tree.rows) == 724 and "more above" in html
    view.heard("End")
    assert "▲ 700 more above" in view.html() and "more below" not in view.html()


def test_vcs_alarms_and_those_that_were_written(view):
    view.vcenter.vim.monitoring.alarm("VM CPU", "cpu_percent", above=10, for_s=0, below=5, clear_s=0)
    view.vcenter.world.run(until=80)
    assert "Alarms (1)" in view.html() and "VM CPU" in view.html()


def test_looking_changes_nothing_and_is_the_same_each_time(view):
    world = view.vcenter.world
    before = world.trace.digest(), world.now
    assert view.html() == view.html()
    VCenterView(view.vcenter, truth=True).html()
    assert (world.trace.digest(), world.now) == before


def test_every_control_has_a_name(view):
    words = [widget.description for row in view.controls() for widget in row]
    assert all(words) and {"Power on", "Migrate", "Break it", "Let time pass", "Show"} <= set(words)
    assert {"ArrowDown", "Enter", "End"} <= set(view.keys)
