"""The entitlement widget: every change is answered with a number and a reason; an empty promise is refused."""

import pytest

from labkit.lab import session
from labkit.views import Entitlement
from labkit.views.entitlement import START
from labkit.world import LabError


@pytest.fixture
def view():
    return Entitlement()


@pytest.fixture()
def student(monkeypatch):
    """Somebody sits at the notebook."""
    events = type("Events", (), {"register": lambda *a: None, "unregister": lambda *a: None})()
    monkeypatch.setattr(session, "headless", lambda: False)
    monkeypatch.setattr(session, "shell", lambda: type("Shell", (), {"events": events})())


def gets(view):
    return {name: round(one.amount) for name, one in view.settled().items()}


def test_at_first_every_reason_can_be_seen(view):
    assert {name: one.why for name, one in view.settled().items()} == {
        "web": "share",
        "db": "share",
        "mail": "reservation",
        "build": "limit",
        "idle": "demand",
    }
    assert sum(gets(view).values()) == 10_000


def test_the_reason_is_told_in_rounds(view):
    view.choose("web")
    assert view.why()[0] == "Round 1: 10,000 MHz for 11,000 shares: 0.909 MHz per share."
    assert view.why()[-1] == f"web gets its share, {gets(view)['web']:,} MHz."


def test_power_on_is_refused_with_what_is_missing_and_nothing_changes(view):
    before = gets(view)
    view.choose("erp")
    view.power()
    assert "1000 MHz are missing" in view.refused and gets(view) == before
    assert 'role="alert"' in view.html() and "Refused: erp" in view.text()
    view.promise(reservation_mhz=4500)
    view.power()
    assert view.refused == "" and gets(view)["erp"] >= 4500


def test_that_the_reserving_vm_idles_does_not_help_at_power_on_but_its_mhz_are_used(view):
    view.choose("db")
    view.demand(0)
    assert gets(view)["db"] == 0 and sum(gets(view).values()) == 4000 + 2500 + 1500 + 200
    view.choose("erp")
    view.power()
    assert "1000 MHz are missing" in view.refused


def test_without_its_reservation_mail_has_its_share_only(view):
    view.choose("mail")
    assert view.why()[-1].startswith("mail would get less than its reservation")
    view.promise(reservation_mhz=0)
    assert view.settled()["mail"].why == "share" and gets(view)["mail"] < 1500


def test_promises_that_contradict_each_other_are_refused(view):
    view.choose("build")
    view.promise(reservation_mhz=2000)
    assert "below the reservation" in view.refused
    view.choose("mail")
    view.promise(reservation_mhz=9000)
    assert "can use only 2500 MHz" in view.refused


def test_keys_choose_a_vm_and_change_its_demand(view):
    view.heard("ArrowLeft")
    assert view.chosen == "erp" and "powered off" in view.why()[0]
    view.heard("ArrowRight")
    view.heard("ArrowDown")
    assert view.demands["web"] == 3900
    for _ in range(20):
        view.heard("ArrowUp")
    assert view.demands["web"] == 5000, "two vCPUs cannot use more"


def test_fields_follow_the_chosen_vm_and_orders_come_from_them(view, student):
    view.live()
    view._vm.value = "build"
    assert (view._limit.value, view._demand.value) == (1500, 5000)
    view._limit.value = 0
    assert view.vms["build"].cpu.limit_mhz is None and view.settled()["build"].why == "share"
    view._reserved.value = 9000
    assert view.refused and view._reserved.value == 0, "the field shows what is in force"


def test_the_picture_says_in_words_what_it_shows(view):
    html = view.html()
    assert "<desc>web demands 4,000 and gets" in html and "erp is powered off." in html
    assert html == Entitlement(START).html()


def test_without_a_vm_there_is_nothing_to_show():
    with pytest.raises(LabError, match="no VM"):
        Entitlement(vms=())
