"""Any VMs, any demands, second by second: what must hold on every host at every tick, and that every run comes to an
end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vmm.memory import host_memory
from labkit.vmm.memory.admission import HYPERVISOR_MIB, overhead_mib
from labkit.vmm.memory.allocation import MemoryAllocation
from labkit.vmm.memory.host_memory import HostMemory
from labkit.vmm.memory.states import ESXI_5, ESXI_6
from labkit.world import World
from labkit.world.errors import LabError

SIZES = (512, 1024, 4096, 8192)
parts = st.sampled_from((0.0, 0.1, 0.3, 0.7, 1.0))


@st.composite
def vms(draw):
    """(size, shares, reservation, limit or None, has a driver) of some VMs."""
    made = []
    for _ in range(draw(st.integers(1, 6))):
        size = draw(st.sampled_from(SIZES))
        reserved = size * draw(st.sampled_from((0.0, 0.0, 0.25, 1.0)))
        limit = draw(st.sampled_from((None, None, max(reserved, size / 4))))
        made.append((size, draw(st.sampled_from(("low", "high"))), reserved, limit, draw(st.booleans())))
    return made


orders = st.lists(st.tuples(st.integers(0, 5), parts, parts), min_size=3, max_size=8)


def filled(setup, machine, **more):
    """A host on which as many of these VMs were powered on as it admits."""
    memory = HostMemory(World(seed=5), "vmm1", memory_mib=8192, setup=setup, **more)
    for at, (size, shares, reserved, limit, driver) in enumerate(machine):
        try:
            memory.power_on(f"vm{at}", size, MemoryAllocation(shares, reserved, limit), driver=driver)
        except LabError as refused:
            assert refused.code == 409
    return memory


def must_hold(memory, held_before):
    """What no pressure may break; `held_before`: MiB each VM held a second ago."""
    frames = sum(vm.frames_mib + overhead_mib(vm.memory_mib, vm.vcpus) for vm in memory.vms.values())
    assert HYPERVISOR_MIB + frames <= memory.memory_mib + 1e-3  # not a frame more than the host has
    assert memory.swap_free_mib >= -1e-3
    for name, vm in memory.vms.items():
        assert sum(vm.pages.values()) == pytest.approx(vm.memory_mib)
        assert min(vm.pages.values()) >= -1e-6
        assert vm.row("balloon") <= 0.65 * vm.memory_mib + 1e-3
        assert vm.column("compressed") / 2 <= 0.10 * vm.memory_mib + 1e-3
        assert vm.paged_active_mib + vm.paged_idle_mib <= vm.guest_swap_mib + 1e-3
        if memory.setup == "esxi":
            promised = min(vm.allocation.reservation_mib, held_before[name])
            assert vm.granted_mib >= promised - 1e-3
            assert vm.granted_mib <= vm.allocation.cap_mib(vm.memory_mib) + 1e-3


@given(vms(), orders, st.sampled_from((("esxi", ESXI_6), ("esxi", ESXI_5), ("kvm", None))))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_no_pressure_breaks_a_promise(machine, ordered, kind):
    setup, ladder = kind
    memory = filled(setup, machine, ladder=ladder)
    for which, used, active in ordered:
        if f"vm{which}" in memory.vms:
            size = memory.vm(f"vm{which}").memory_mib
            memory.demand(f"vm{which}", used * size, used * active * size)
        for _ in range(4):
            held = {name: vm.granted_mib for name, vm in memory.vms.items()}
            memory.world.run(until=memory.world.now + 1)
            must_hold(memory, held)


@given(vms(), st.sampled_from(("esxi", "kvm")), st.sampled_from(("ssd", "hdd")))
@settings(deadline=None, derandomize=True, max_examples=15)
def test_every_run_ends_even_if_all_thrash(machine, setup, disk):
    memory = filled(setup, machine * 2, disk=disk)
    for name, vm in memory.vms.items():
        memory.demand(name, vm.memory_mib, vm.memory_mib)
    memory.world.run()
    assert memory.world.now <= host_memory.PATIENCE_S + 1 or not memory.world.trace.where(action="thrashing")


def test_who_thrashes_is_told_so_and_gets_well_when_less_is_wanted():
    memory = filled("kvm", [(4096, "low", 0, None, True)] * 3)
    for name in memory.vms:
        memory.demand(name, 3600, 3500)
    memory.world.run()
    assert memory.world.trace[-1].what.startswith("thrashing for 30 min")
    assert max(memory.speed(name) for name in memory.vms) < 0.5
    for name in memory.vms:
        memory.demand(name, 1500, 1000)
    memory.world.run()
    assert min(memory.speed(name) for name in memory.vms) > 0.99


def test_the_host_is_moved_by_faults_not_by_wishes():
    """A guest that will want everything, but has not touched a page of it, has asked for nothing."""
    memory = filled("esxi", [(8192, "low", 0, None, True)])
    memory.demand("vm0", 7000, 6000)
    assert memory.asked_mib == 0
    memory.world.run(until=2)
    assert memory.asked_mib > 0


def test_what_the_host_believes_to_be_active_comes_near_to_the_truth():
    memory = filled("esxi", [(4096, "low", 0, None, True)])
    memory.demand("vm0", 3500, 3000)
    memory.world.run()
    memory.demand("vm0", 1000, 500)
    memory.world.run()
    assert memory.host_view("vm0")["touched"] == 3500
    assert memory.host_view("vm0")["active (estimate)"] == pytest.approx(500, abs=150)


@pytest.mark.parametrize("setup", ["esxi", "kvm"])
def test_the_rules_decide_without_knowing_what_the_guests_will_want(setup):
    done = []
    for secret in ((0.0, 0.0), (4096.0, 4096.0)):
        memory = filled(setup, [(4096, "low", 0, None, True), (4096, "high", 0, None, False)])
        for name in memory.vms:
            memory.demand(name, 3900, 2000)
        memory.world.run(until=8)
        for vm in memory.vms.values():
            memory._live(vm, 1.0, 200.0)
            vm.wanted_mib = secret
        done.append(memory._rules(memory, 1.0))
    assert done[0] == done[1] and done[0]
