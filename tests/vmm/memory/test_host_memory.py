"""One host under pressure, second by second: fine until all are busy."""

import pytest

from labkit.vmm.memory.allocation import MemoryAllocation
from labkit.vmm.memory.host_memory import HostMemory
from labkit.vmm.memory.states import ESXI_5
from labkit.world import World
from labkit.world.errors import LabError

NAMES = ("a", "b", "c", "d", "e", "f")


def host(setup="esxi", vms=NAMES, allocations=(), **more):
    memory = HostMemory(World(seed=7), "vmm1", memory_mib=16384, setup=setup, **more)
    for name in vms:
        memory.power_on(name, 4096, dict(allocations).get(name))
    return memory


def later(memory, seconds):
    memory.world.run(until=memory.world.now + seconds)


def everybody(memory, used_mib, active_mib):
    for name in memory.vms:
        memory.demand(name, used_mib, active_mib)


def actions(memory):
    return [event.detail["action"] for event in memory.world.trace.where(kind="memory")]


def test_configured_memory_costs_nothing_until_it_is_touched():
    memory = host()
    assert memory.overcommitment == 1.5
    assert memory.state.name == "high" and memory.free_mib > 15000


def test_overcommitted_and_idle_is_fine():
    memory = host()
    everybody(memory, 1500, 500)
    memory.world.run()  # ends by itself: nothing is left to happen
    assert memory.state.name == "high"
    assert {memory.speed(name) for name in NAMES} == {1.0}
    assert set(actions(memory)) == {"power on"}


def test_overcommitted_and_busy_goes_down_the_ladder():
    memory = host()
    everybody(memory, 3900, 3700)
    later(memory, 60)
    seen = actions(memory)
    assert seen.index("share") < seen.index("compress") < seen.index("swap")
    states = {event.detail["state"] for event in memory.world.trace.where(kind="memory", action="state")}
    assert "low" in states
    assert all(memory.speed(name) < 0.3 for name in NAMES)
    assert memory.free_mib >= 0


def test_a_slow_rise_is_met_by_the_balloon_and_nobody_is_slow():
    memory = host()
    for used in range(1500, 3001, 50):
        everybody(memory, used, 800)
        later(memory, 4)
    assert "balloon" in actions(memory) and "swap" not in actions(memory)
    assert min(memory.speed(name) for name in NAMES) > 0.99
    assert memory.state.name in ("soft", "clear", "high")


def test_a_reservation_keeps_its_owner_fast():
    memory = host(allocations={"a": MemoryAllocation(reservation_mib=4096)})
    everybody(memory, 3500, 2500)
    later(memory, 25)
    assert memory.speed("a") > 0.9
    assert memory.host_view("a")["swapped"] == 0
    assert sum(memory.speed(name) for name in NAMES[1:]) / 5 < 0.6


def test_a_limit_counts_while_half_of_the_host_is_free():
    memory = host(vms=("a",), allocations={"a": MemoryAllocation(limit_mib=1024)})
    memory.demand("a", 3000, 2500)
    later(memory, 60)
    assert memory.free_mib > 8192
    assert memory.vm("a").granted_mib <= 1024
    assert memory.swap_free_mib > 0  # the swap file has room for what lies above the limit
    assert memory.speed("a") < 0.2
    assert memory.guest_view("a")["total"] == 4096  # the guest knows nothing of the limit


def test_the_idle_pay_although_they_have_more_shares():
    memory = host(vms=())
    for name, shares, used, active in (("idle", "high", 4000, 100), ("busy", "normal", 4000, 3900)):
        memory.power_on(name, 4096, MemoryAllocation(shares), alike=0.0)
        memory.demand(name, used, active)
    memory.power_on("third", 8192, alike=0.0)
    for used in range(5000, 7601, 100):
        memory.demand("third", used, used)
        later(memory, 4)
    assert memory.host_view("idle")["balloon"] > 100
    assert memory.host_view("busy")["balloon"] == 0


def test_without_a_driver_what_others_give_by_balloon_is_swapped():
    memory = host()
    for vm in memory.vms.values():
        vm.driver = False
    for used in range(1500, 3501, 100):
        everybody(memory, used, 800)
        later(memory, 4)
    assert "balloon" not in actions(memory) and "swap" in actions(memory)


def test_the_balloon_is_let_down_when_there_is_room_again():
    memory = host()
    for used in range(1500, 3001, 50):
        everybody(memory, used, 800)
        later(memory, 4)
    assert sum(vm.row("balloon") for vm in memory.vms.values()) > 0
    for name in NAMES[2:]:
        memory.power_off(name)
    later(memory, 60)
    assert sum(vm.row("balloon") for vm in memory.vms.values()) == 0


def test_linux_has_no_states_but_an_oom_killer():
    died = []
    memory = host("kvm", on_kill=died.append)
    everybody(memory, 3900, 3800)
    later(memory, 120)
    killed = [event.detail["vm"] for event in memory.world.trace.where(kind="memory", action="kill")]
    assert killed and died == killed and not set(killed) & set(memory.vms)
    assert "balloon" not in actions(memory)


def test_ksm_shares_between_all_and_is_off_by_default():
    for ksm in (False, True):
        memory = host("kvm", ksm=ksm)
        everybody(memory, 1500, 500)
        later(memory, 30)
        assert (memory.vm("a").column("shared") > 300) is ksm


def test_on_kvm_somebody_must_set_the_balloon():
    memory = host("kvm")
    everybody(memory, 1500, 500)
    later(memory, 30)
    memory.set_balloon("a", 2000)
    assert memory.guest_view("a")["balloon"] == 2000
    memory.set_balloon("a", 0)
    assert memory.guest_view("a")["balloon"] == 0
    with pytest.raises(LabError, match="VMkernel moves"):
        host().set_balloon("a", 100)


def test_on_kvm_nobody_keeps_a_promise_about_memory():
    memory = host("kvm", vms=("a",))
    with pytest.raises(LabError, match="no shares, reservation or limit"):
        memory.allocate("a", MemoryAllocation(reservation_mib=1024))
    assert memory.vm("a").allocation == MemoryAllocation()


def test_power_on_is_refused_when_a_promise_cannot_be_kept():
    memory = host(vms=(), allocations={})
    memory.power_on("db", 12288, MemoryAllocation(reservation_mib=12288))
    with pytest.raises(LabError, match="unreserved"):
        memory.power_on("web", 8192, MemoryAllocation(reservation_mib=8192))
    assert set(memory.vms) == {"db"}
    with pytest.raises(LabError, match="swap file"):
        host(vms=(), datastore_mib=1000).power_on("web", 4096)


def test_changing_the_allocation_of_a_running_vm_is_checked_too():
    memory = host(vms=("a", "b"))
    memory.allocate("a", MemoryAllocation("high", reservation_mib=1000))
    with pytest.raises(LabError):
        memory.allocate("b", MemoryAllocation(reservation_mib=5000))
    assert memory.vm("b").allocation == MemoryAllocation()


def test_the_older_ladder_can_be_tried():
    memory = host(ladder=ESXI_5)
    everybody(memory, 3500, 2500)
    later(memory, 20)
    names = {event.detail["state"] for event in memory.world.trace.where(kind="memory", action="state")}
    assert "clear" not in names and "low" in names


@pytest.mark.parametrize("setup", ["esxi", "kvm"])
def test_the_same_seed_gives_the_same_history_and_so_does_a_fork(setup):
    def told(world):
        return [(event.t, event.what) for event in world.trace.where(kind="memory")]

    worlds = []
    for _ in range(2):
        memory = host(setup)
        everybody(memory, 3600, 2500)
        later(memory, 20)
        worlds.append(memory.world)
    assert told(worlds[0]) == told(worlds[1])
    twin = worlds[0].fork()
    for world in (worlds[0], twin):
        world.run(until=world.now + 10)
    assert told(twin) == told(worlds[0])


def test_bad_input():
    memory = host(vms=("a",))
    for wrong in (lambda: memory.demand("a", -1), lambda: memory.demand("a", 100, 200), lambda: memory.demand("x", 1),
                  lambda: memory.power_on("a", 100), lambda: memory.power_on("b", 0), lambda: memory.power_off("b"),
                  lambda: host(setup="xen"), lambda: memory.allocate("a", 5),
                  lambda: HostMemory(World(seed=1), None), lambda: host(disk="tape"),
                  lambda: memory.step(-1), lambda: memory.step("1"),
                  lambda: HostMemory(World(seed=1), memory_mib=100)):  # fmt: skip
        with pytest.raises(LabError):
            wrong()
    assert set(memory.vms) == {"a"}


@pytest.mark.parametrize(("wrong", "said"), [
    ({"reservation_mib": 100}, "reservation_mib is a promise of the host – say MemoryAllocation(reservation_mib=…)"),
    ({"ballon": True}, "a VM's memory has no 'ballon' – it has alike, alike_others, compressible, driver"),
    ({"pages": {}}, "a VM's memory has no 'pages'"),
    ({"allocation": 100}, "the allocation must be a MemoryAllocation, not 100"),
    ({"allocation": {"reservation_mib": 100}}, "the allocation must be a MemoryAllocation"),
    ({"alike": "many"}, "alike must be a number"),
    ({"compressible": 2}, "compressible must be between 0 and 1"),
    ({"driver": "yes"}, "driver is True or False, not 'yes'"),
    ({"guest_swap_mib": -1}, "guest_swap_mib must be at least 0"),
    ({"vcpus": "two"}, "vcpus must be a number"),
])  # fmt: skip
def test_a_vm_whose_memory_cannot_be_meant_is_not_powered_on(wrong, said):
    memory = host(vms=("a",))
    free_mib = memory.free_mib
    with pytest.raises(LabError) as refused:
        memory.power_on("b", 100, **wrong)
    assert said in str(refused.value) and set(memory.vms) == {"a"} and memory.free_mib == free_mib


def test_many_idle_hosts_cost_nothing():
    world = World(seed=1, journal=False)
    for number in range(100):
        memory = HostMemory(world, f"vmm{number}", memory_mib=65536)
        for name in range(16):
            memory.power_on(f"vm{name}", 4096)
    world.run()
    assert world.now == 0
