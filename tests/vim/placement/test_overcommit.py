"""S7.m6 and content trap 34: allocated is not used. A VIM counts promises; what they are worth shows on the host."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.placement import Placement
from labkit.vmm import Host
from labkit.world import World

HOST = Host(pcpus=4, mhz=2500, memory_mib=16384)


def crowded(spec, count, setup="kvm", **ratios):
    """A full Vmm 'esx1' with as many VMs as the VIM has put there, and its VIM."""
    world = World(seed=7)
    placement = Placement(ratios=ratios)
    vim = datacenter(world, hosts=1, host=HOST, lean=False, setup=setup, placement=placement)
    vim.create_many([{"name": f"vm{i:02}", "spec": spec} for i in range(count)])
    world.run(until=60)
    return vim, world.component("esx1")


def work(vim, vmm, **load):
    """Every guest works like this for four minutes; info() of each."""
    for name in vmm.domains:
        vmm.load(name, **load)
    vim.world.run(until=vim.world.now + 240)
    return [vmm.info(name) for name in vmm.domains]


def test_cpu_four_to_one_is_fine_on_average_and_a_quarter_at_the_peak():
    vim, esx1 = crowded(Spec(memory_mib=896, disk_gib=5), 17)
    assert len(esx1.domains) == 16 and vim.placement.free(vim.hosts["esx1"])["vcpus"] == 0
    average, peak = work(vim, esx1, demand_mhz=500), work(vim, esx1, demand_mhz=2500)
    assert {info["entitled_mhz"] for info in average} == {500}
    assert [info["entitled_mhz"] / 2500 for info in peak] == pytest.approx([0.25] * 16)
    assert {info["state"] for info in peak} == {"running"}


@pytest.mark.parametrize("setup, ended", [("kvm", 2), ("esxi", 0)])
def test_memory_one_and_a_half_to_one_is_fine_until_it_is_used(setup, ended):
    """KVM: swap, and then the kernel ends somebody. ESXi: balloon, compression and swap, and nobody computes."""
    vim, esx1 = crowded(Spec(memory_mib=2048, disk_gib=5), 13, setup, memory=1.5)
    assert len(esx1.domains) == 12 and vim.placement.free(vim.hosts["esx1"])["memory_mib"] == 0
    idle = work(vim, esx1, used_mib=1200, active_mib=1200, demand_mhz=500)
    assert {info["memory_speed"] for info in idle} == {1.0}
    full = work(vim, esx1, used_mib=1900, active_mib=1900, demand_mhz=500)
    running = [info for info in full if info["state"] == "running"]
    assert len(full) - len(running) == ended
    assert all(info["memory_speed"] < 0.1 and info["swapped_mib"] > 100 for info in running)


def test_promised_once_nothing_of_that_happens():
    vim, esx1 = crowded(Spec(memory_mib=2048, disk_gib=5), 12)
    assert len(esx1.domains) == 8  # the ninth finds no host
    full = work(vim, esx1, used_mib=1900, active_mib=1900, demand_mhz=500)
    assert {info["state"] for info in full} == {"running"} and min(info["memory_speed"] for info in full) > 0.9
