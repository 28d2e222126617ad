"""Content trap 34, the half about memory: who has not enough CPU is slower, who has not enough memory is swapped or
killed."""

from labkit.vmm.memory.allocation import MemoryAllocation
from labkit.vmm.memory.host_memory import HostMemory
from labkit.world import World

CPU_SHARE = 1 / 1.5  # six busy vCPUs on four cores: each gets two thirds, exactly, for ever


def overcommitted(setup, busy, **more):
    """Six VMs of 4 GiB on 16 GiB, 1.5 : 1; after two minutes: the host."""
    memory = HostMemory(World(seed=34), "vmm1", memory_mib=16384, setup=setup, **more)
    for name in "abcdef":
        memory.power_on(name, 4096, MemoryAllocation())
        memory.demand(name, 3800 if busy else 1200, 3500 if busy else 400)
    memory.world.run(until=120)
    return memory


def test_as_long_as_not_all_are_busy_nobody_notices():
    for setup in ("esxi", "kvm"):
        memory = overcommitted(setup, busy=False)
        assert [memory.speed(name) for name in "abcdef"] == [1.0] * 6


def test_esxi_swaps_and_that_is_far_below_the_fair_share():
    memory = overcommitted("esxi", busy=True)
    speeds = [memory.speed(name) for name in "abcdef"]
    assert max(speeds) < CPU_SHARE / 4
    assert memory.world.trace.where(kind="memory", action="swap in")


def test_a_slower_disk_makes_it_worse_and_no_scheduler_can_help():
    ssd, hdd = (overcommitted("esxi", busy=True, disk=disk) for disk in ("ssd", "hdd"))
    assert max(hdd.speed(name) for name in "abcdef") < min(ssd.speed(name) for name in "abcdef")


def test_on_linux_the_end_of_swap_is_the_end_of_a_vm():
    memory = overcommitted("kvm", busy=True)
    assert len(memory.vms) < 6
    assert memory.world.trace.where(kind="memory", action="kill")
