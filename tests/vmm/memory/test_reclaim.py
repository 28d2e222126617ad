"""Taking memory from a VM: nothing gets lost, nothing promised is taken, and whose page is cheapest."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vmm.memory import guest_side
from labkit.vmm.memory.admission import admit, overhead_mib, swap_file_mib
from labkit.vmm.memory.allocation import MemoryAllocation
from labkit.vmm.memory.reclaim import ORDER, reclaim, room
from labkit.vmm.memory.tax import poorest, rho
from labkit.vmm.memory.vm_memory import VmMemory
from labkit.world.errors import LabError


def busy(reservation_mib=0, **traits):
    """A VM of 4096 MiB that has touched all of it and now uses 3000, 1000 of them all the time."""
    vm = VmMemory("web", 4096, MemoryAllocation(reservation_mib=reservation_mib), **traits)
    vm.wanted_mib = (4096.0, 1000.0)
    guest_side.settle(vm, 1, 1e9, 1e9)
    vm.wanted_mib = (3000.0, 1000.0)
    guest_side.settle(vm, 1, 1e9, 1e9)
    return vm


def test_what_the_guest_frees_the_host_does_not_get_back():
    vm = busy()
    assert vm.guest_view()["free"] == pytest.approx(1096)
    assert vm.host_view()["in frames"] == pytest.approx(4096)


def test_a_balloon_takes_what_the_guest_does_not_need_and_looks_like_memory_in_use():
    vm = busy()
    assert reclaim(vm, "balloon", 1000) == pytest.approx(1000)
    view = vm.guest_view()
    assert (view["free"], view["balloon"], view["swap used"]) == (pytest.approx(96), pytest.approx(1000), 0)
    assert vm.speed() == 1.0


def test_a_larger_balloon_makes_the_guest_page_out_but_nothing_that_it_needs_now():
    vm = busy()
    reclaim(vm, "balloon", 2000)
    assert vm.guest_view()["swap used"] == pytest.approx(904)
    assert vm.speed() == 1.0


def test_swapping_hits_what_the_guest_needs_now_and_what_it_threw_away():
    vm = busy()
    reclaim(vm, "swap", 1000)
    rows = {row: vm.pages.get((row, "swapped"), 0.0) for row in ("active", "idle", "free")}
    assert rows["active"] == pytest.approx(1000 * 1000 / 4096)
    assert min(rows.values()) > 0
    assert vm.speed("hdd") < vm.speed("ssd") < 0.15


def test_compression_saves_half_of_the_pages_that_fit():
    vm = busy()
    before = vm.frames_mib
    assert reclaim(vm, "compress", 100) == pytest.approx(100)
    assert (vm.column("compressed"), before - vm.frames_mib) == (pytest.approx(200), pytest.approx(100))
    assert room(vm, "compress") <= 0.10 * 4096


@pytest.mark.parametrize(("action", "traits", "why"), [
    ("balloon", {"driver": False}, "no balloon driver"),
    ("share", {}, "salting"),
    ("swap", {"reservation_mib": 3500}, "reservation of 3500"),
    ("balloon", {"reservation_mib": 3500}, "reservation of 3500"),
    ("balloon", {}, "65%"),
])  # fmt: skip
def test_what_may_not_be_taken_is_refused_and_nothing_changes(action, traits, why):
    vm = busy(**traits)
    before = dict(vm.pages)
    with pytest.raises(LabError, match=why):
        reclaim(vm, action, 3000)
    assert vm.pages == before


@given(
    reservation=st.integers(0, 4096),
    steps=st.lists(st.tuples(st.sampled_from(ORDER), st.floats(0, 1)), max_size=12),
    wants=st.tuples(st.floats(0, 4096), st.floats(0, 1)),
)
@settings(deadline=None, derandomize=True, max_examples=150)
def test_whatever_is_taken_nothing_is_lost_and_the_promises_are_kept(reservation, steps, wants):
    vm = busy(reservation_mib=reservation)
    granted = vm.granted_mib
    for action, part in steps:
        reclaim(vm, action, part * room(vm, action))
        assert sum(vm.pages.values()) == pytest.approx(4096)
        assert min(vm.pages.values()) > -1e-6
        assert vm.granted_mib >= min(granted, reservation) - 1e-3
        assert vm.row("balloon") <= 0.65 * 4096 + 1e-3
    used = vm.used_mib
    vm.wanted_mib = (wants[0], wants[0] * wants[1])
    guest_side.settle(vm, 1, 512, 512)
    guest_side.touch(vm, 1, 512, "ssd")
    assert sum(vm.pages.values()) == pytest.approx(4096)
    assert min(used, wants[0]) - 1e-3 <= vm.used_mib <= max(used, wants[0]) + 1e-3
    assert vm.active_mib <= vm.used_mib + 1e-6


def test_idle_pages_count_four_times():
    assert rho(1000, 100, 1.0) == 10
    assert rho(1000, 100, 0.0) == 2.5
    assert rho(1000, 100, 0.0, tax=0) == 10
    assert rho(1000, 0, 0.5) == float("inf")
    with pytest.raises(LabError):
        rho(1000, 100, 0.5, tax=1)


def test_the_tax_turns_the_order_round():
    hoarder, worker = busy(), busy()
    hoarder.name, hoarder.allocation, hoarder.seen_active = "hoarder", MemoryAllocation("high"), 0.1
    worker.seen_active = 0.9

    def price(tax):
        return lambda vm: rho(vm.allocation.share_count(vm.memory_mib), vm.granted_mib, vm.seen_active, tax)

    assert poorest([hoarder, worker], price(0.0)) is worker
    assert poorest([hoarder, worker], price(0.75)) is hoarder


def test_shares():
    assert [MemoryAllocation(level).share_count(1024) for level in ("low", "normal", "high")] == [5120, 10240, 20480]
    assert MemoryAllocation(300).share_count(1024) == 300
    for wrong in ("hight", 0, -5, 2.5, True, None):
        with pytest.raises(LabError):
            MemoryAllocation(wrong)
    with pytest.raises(LabError, match="lies below the reservation"):
        MemoryAllocation(reservation_mib=100, limit_mib=50)
    with pytest.raises(LabError, match="only 1024"):
        MemoryAllocation(reservation_mib=2048).fits(1024)


class Wish:
    def __init__(self, name, memory_mib, memory, vcpus=1):
        self.name, self.memory_mib, self.memory, self.vcpus = name, memory_mib, memory, vcpus


def test_power_on_asks_for_what_is_promised_not_for_what_is_configured():
    running = [Wish(f"vm{i}", 8192, MemoryAllocation()) for i in range(10)]
    admit(16384, running, Wish("more", 8192, MemoryAllocation()))
    reserved = [Wish("db", 16384, MemoryAllocation(reservation_mib=15000))]
    with pytest.raises(LabError, match="unreserved") as refusal:
        admit(16384, reserved, Wish("web", 2048, MemoryAllocation(reservation_mib=1024)))
    assert (refusal.value.code, refusal.value.definite) == (409, True)


def test_the_swap_file_must_have_room_before_the_vm_starts():
    assert swap_file_mib(4096, MemoryAllocation(reservation_mib=1024)) == 3072
    assert swap_file_mib(4096, MemoryAllocation(limit_mib=2048)) == 4096  # a limit makes it no smaller
    with pytest.raises(LabError, match="swap file") as refusal:
        admit(16384, [], Wish("web", 4096, MemoryAllocation()), datastore_free_mib=4000)
    assert refusal.value.code == 507
    admit(16384, [], Wish("web", 4096, MemoryAllocation(reservation_mib=4096)), datastore_free_mib=0)


@pytest.mark.parametrize(("memory_mib", "vcpus", "table"), [
    (256, 1, 20.3), (1024, 1, 25.9), (4096, 1, 48.6), (16384, 1, 139.6), (4096, 4, 60.7), (16384, 2, 144.0),
])  # fmt: skip
def test_the_overhead_follows_the_documented_table(memory_mib, vcpus, table):
    assert overhead_mib(memory_mib, vcpus) == pytest.approx(table, abs=0.6)
