"""The picture of a host under pressure: two views of each VM, and what the student does to them."""

import pytest

from labkit.lab import session
from labkit.views.memory_bars import parts_of
from labkit.views.memory_pressure import MemoryPressure
from labkit.vmm.memory.allocation import MemoryAllocation


@pytest.fixture()
def view():
    return MemoryPressure()


@pytest.fixture()
def student(monkeypatch):
    """Somebody sits at the notebook."""
    events = type("Events", (), {"register": lambda *a: None, "unregister": lambda *a: None})()
    monkeypatch.setattr(session, "headless", lambda: False)
    monkeypatch.setattr(session, "shell", lambda: type("Shell", (), {"events": events})())


def busy(view):
    for name in list(view.host.vms):
        view.choose(name)
        view.want(3900)
        view.use(3000)
    view.start()
    view.later(15)


def test_both_views_of_a_vm_are_equally_long(view):
    busy(view)
    for vm in view.host.vms.values():
        guest, host = parts_of(vm)
        assert sum(guest.values()) == pytest.approx(sum(host.values())) == pytest.approx(4096)


def test_a_headless_run_gets_the_picture_alone_and_always_the_same():
    bundles = []
    for _ in range(2):
        view = MemoryPressure()
        busy(view)
        bundles.append(view._repr_mimebundle_())
    assert sorted(bundles[0]) == ["text/html", "text/plain"]
    assert bundles[0] == bundles[1]


def test_the_picture_says_who_is_reclaimed_and_how(view):
    assert "state high" in view.html() and "nothing to do" in view.html()
    busy(view)
    said = view.text()
    assert view.host.state.name in ("soft", "hard", "low") and f"State {view.host.state.name}" in said
    assert "swap" in said and "the guest sees" in said and "the host keeps" in said


def test_keys_let_time_pass_and_change_what_is_wanted(view, student):
    view.live()
    view.heard("ArrowRight")
    assert view.host.world.now == 11
    view.heard("ArrowUp")
    assert view.host.vm("web").wanted_mib[0] == 1756
    view.heard("ArrowDown")
    assert view.host.vm("web").wanted_mib[0] == 1500


def test_the_fields_follow_the_chosen_vm(view, student):
    view.host.allocate("db", MemoryAllocation(shares=1234, reservation_mib=512))
    view.live()
    view.choose("db")
    assert (view._shares.value, view._reserved.value) == (1234, 512)
    view._reserved.value = 1024
    assert view.host.vm("db").allocation == MemoryAllocation(shares=1234, reservation_mib=1024)
    view._vm.value = "web"
    assert view.chosen == "web" and view._reserved.value == 0
    assert view.host.vm("db").allocation.reservation_mib == 1024


def test_a_promise_that_cannot_be_kept_is_a_sentence_not_a_traceback(view, student):
    view.live()
    for name in view.host.vms:
        view.choose(name)
        view.reserve(4000)
    assert "unreserved" in view._said.value
    for _ in range(6):
        view.act(view.start)
    assert "There are enough VMs" in view._said.value


@pytest.mark.parametrize("chosen", ["web", "build"])
def test_a_vm_that_is_killed_is_told_and_another_one_is_looked_after(student, chosen):
    view = MemoryPressure(setup="kvm")
    view.live()
    view.choose(chosen)
    busy(view)
    view.start()
    view.start()
    for _ in range(10):
        view.act(lambda: view.later(30))
        view.heard("ArrowUp")
    assert "Ended by the OOM killer: " in view.text() and "OOM killer" in view.html()
    assert view.chosen in view.host.vms
    for name in list(view.host.vms):
        view.host.power_off(name)
    view.heard("ArrowUp")
    assert view.chosen is None and view.html() and view.controls()


def test_kvm_offers_no_promises_and_the_host_refuses_them(student):
    view = MemoryPressure(setup="kvm")
    view.live()
    assert "KVM promises no memory" in view.html()
    view.share("high")
    assert "no shares, reservation or limit" in view._said.value
