"""Admission at power-on, and the three numbers it counts: promises are checked when they are made."""

from types import SimpleNamespace

import pytest

from labkit.vmm.scheduling import CpuAllocation, Vm, admit, unreserved_mhz
from labkit.world.errors import LabError

HOST = SimpleNamespace(pcpus=4, mhz=2500)


def vm(name, reservation_mhz=0, vcpus=2):
    return Vm(name, vcpus, CpuAllocation(reservation_mhz=reservation_mhz))


def test_reservations_are_added_up_and_the_refusal_says_what_is_missing():
    running = [vm("db", 5000), vm("erp", 4000)]
    assert unreserved_mhz(HOST, running) == 1000
    assert admit(HOST, running, vm("web", 1000)) == 0
    with pytest.raises(LabError, match="500 MHz are missing") as refused:
        admit(HOST, running, vm("web", 1500))
    assert refused.value.code == 409 and refused.value.definite


def test_what_the_hypervisor_needs_for_itself_cannot_be_promised():
    with pytest.raises(LabError, match="only 9750 MHz are not promised"):
        admit(HOST, [], vm("web", 10_000, vcpus=4), overhead_mhz=250)


def test_a_host_full_of_vms_without_reservations_admits_one_more():
    assert admit(HOST, [vm(f"vm{n}") for n in range(500)], vm("last")) == 10_000


def test_no_more_vcpus_than_cpus():
    with pytest.raises(LabError, match="5 vCPUs, the host has 4 logical CPUs"):
        admit(HOST, [], vm("wide", vcpus=5))


def test_no_more_reserved_than_the_vcpus_can_use():
    with pytest.raises(LabError, match="can use only 5000 MHz"):
        admit(HOST, [], vm("web", 6000))


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"shares": "hihg"}, "did you mean 'high'"),
        ({"shares": 0}, "whole number from 1"),
        ({"shares": True}, "whole number from 1"),
        ({"reservation_mhz": -5}, "at least 0"),
        ({"limit_mhz": float("nan")}, "finite"),
        ({"reservation_mhz": 500, "limit_mhz": 400}, "below the reservation"),
    ],
)
def test_an_allocation_that_cannot_be_meant(numbers, said):
    with pytest.raises(LabError, match=said):
        CpuAllocation(**numbers)


def test_a_level_of_shares_grows_with_the_vm_and_a_number_does_not():
    assert CpuAllocation("high").share_count(4) == 8000
    assert CpuAllocation(3000).share_count(4) == 3000


def test_the_same_ratio_in_the_words_of_linux():
    low, normal, high = (CpuAllocation(level).weight(1) for level in ("low", "normal", "high"))
    assert (low, normal, high) == (50, 100, 200)
    assert CpuAllocation(1).weight(1) == 1 and CpuAllocation(10**6).weight(1) == 10_000
