"""The outage matrix: nothing is shown before somebody has said it; then the world decides."""

from labkit.views import OutageMatrix
from labkit.vsphere.outages import OPERATIONS, OTHER, OUTAGES


def test_nothing_is_told_before_it_was_said():
    view = OutageMatrix()
    assert "works" not in view.html().split("<tbody>")[1]
    assert view.text() == "What still works, with a VM of esx1? Nothing said yet."


def test_a_cell_is_played_when_it_was_said_and_what_was_said_stays():
    view = OutageMatrix()
    view.choose(outage="vpxd", operation="HA restart")
    view.say(False)
    view.say(True)
    assert view.played["vpxd", "HA restart", "this host"].worked
    assert "you: does not" in view.html() and "0 of 1 right." in view.html()
    assert "vpxd dead, HA restart: works (web1 runs on" in view.text()


def test_the_other_hosts_are_a_table_of_their_own():
    view = OutageMatrix(where=OTHER)
    view.choose(outage="vpxa", operation="power on via vCenter")
    view.say(True)
    assert "1 of 1 right." in view.text()
    view.choose(where="this host")
    view.say(True)
    assert "1 of 2 right." in view.text()


def test_the_picture_says_who_is_dead():
    view = OutageMatrix()
    assert "Dead: vpxd." in view.html()
    view.choose(outage="ESXi")
    assert "Dead: ESXi, vpxa, hostd, VMs, fdm." in view.html()


def test_the_arrow_keys_go_round():
    view = OutageMatrix()
    view.heard("ArrowUp")
    view.heard("ArrowLeft")
    assert (view.outage, view.operation) == (OUTAGES[-1], list(OPERATIONS)[-1])
    for key in ("ArrowDown", "ArrowRight"):
        view.heard(key)
    assert (view.outage, view.operation) == (OUTAGES[0], next(iter(OPERATIONS)))


def test_the_controls_have_names():
    view = OutageMatrix()
    rows = view.controls()
    assert all(widget.description for row in rows for widget in row)
