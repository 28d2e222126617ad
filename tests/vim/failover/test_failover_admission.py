"""Admission control: what is refused today for tomorrow's sake, with the arithmetic in words."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.failover import Dedicated, Disabled, FailoverSystem, Percentage, Slots, can_tolerate
from labkit.vmm import Host
from labkit.world import LabError, World


def center(rule, hosts=3, memory_mib=65536):
    w = World(seed=5)
    system = FailoverSystem(detect_s=30, admission=rule)
    return w, datacenter(w, hosts=hosts, host=Host(pcpus=16, memory_mib=memory_mib), failover=system)


def fill(vim, spec, many=100):
    """How many are admitted before the first refusal, and its words."""
    for number in range(many):
        try:
            vim.create(f"vm{number}", spec=spec)
        except LabError as error:
            return number, error
    return many, None


RESERVED = Spec(memory_mib=16384, memory_reservation_mib=16384, datastore="san1")


def test_slots_are_as_large_as_the_largest_reservation_and_one_host_is_left_out():
    w, vim = center(Slots())
    admitted, error = fill(vim, RESERVED)
    assert admitted == 6, "3 slots of 16 GiB and overhead on each of two hosts"
    assert error.code == 507 and "InsufficientFailoverResources" in error.message and "3 + 3 + 3 slots" in error.message


def test_one_greedy_vm_makes_every_slot_huge():
    w, vim = center(Slots())
    vim.create("db", spec=Spec(memory_mib=40960, memory_reservation_mib=40960, datastore="san1"))
    admitted, error = fill(vim, Spec(memory_mib=1024, memory_reservation_mib=1024, datastore="san1"))
    assert admitted == 1, "one slot of 40 GiB on each of two hosts"
    w, vim = center(Slots(most_mib=8192))
    vim.create("db", spec=Spec(memory_mib=40960, memory_reservation_mib=40960, datastore="san1"))
    assert fill(vim, Spec(memory_mib=1024, memory_reservation_mib=1024, datastore="san1"))[0] == 10, "it takes 6 of 16"


def test_a_percentage_is_failures_by_hosts():
    w, vim = center(Percentage())
    admitted, error = fill(vim, RESERVED)
    assert admitted == 7 and "33.3 % must be" in error.message
    w.run(until=60)
    hosts = dict.fromkeys(vim.hosts, 64)
    vms = [{"name": vm.name, "memory_gib": 16, "host": vm.host.name} for vm in vim.vms.values()]
    assert can_tolerate(hosts, vms, 1)


def test_vms_without_reservations_are_nearly_free_unless_whole_sizes_are_counted():
    plain = Spec(memory_mib=16384, datastore="san1")
    w, vim = center(Slots())
    assert fill(vim, plain)[0] == 100
    w, vim = center(Percentage(count="configured"))
    assert fill(vim, plain)[0] == 7
    w, vim = center(Disabled())
    assert fill(vim, plain)[0] == 100


def test_a_vm_that_is_created_off_is_counted_when_it_starts():
    w, vim = center(Slots())
    for i in range(8):
        vim.create(f"vm{i}", spec=RESERVED, running=False)
    w.run(until=60)
    for i in range(6):
        vim.start(f"vm{i}")
    with pytest.raises(LabError, match="7 would be taken"):
        vim.start("vm6")
    w.run(until=120)
    with pytest.raises(LabError, match="7 would be taken"):
        vim.start("vm7")
    vim.stop("vm0").wait()
    vim.start("vm7").wait()


def test_a_refusal_changes_nothing():
    w, vim = center(Slots())
    fill(vim, RESERVED)
    before = list(vim.vms)
    with pytest.raises(LabError):
        vim.create_many([{"name": "x", "spec": RESERVED}, {"name": "y", "spec": RESERVED}])
    assert list(vim.vms) == before


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (Slots(failures=3), "none is left"),
        (Percentage(failures=3), "100 %"),
        (Percentage(memory=100), "100 %"),
        (Slots(most_mib=0), "slot of nothing"),
        (Dedicated("esx1", "esx2", "esx3"), "every host is kept free"),
        (Dedicated("esx9"), "no host 'esx9'"),
        (Slots(count="sizes"), "count is"),
    ],
)
def test_a_rule_that_nothing_satisfies_is_refused_when_it_is_written(rule, why):
    w, vim = center(Disabled())
    with pytest.raises(LabError, match=why):
        vim.failover.set_admission(rule)
    assert vim.failover.guard.rule == Disabled()


def test_a_dedicated_host_stays_empty_until_another_is_lost():
    w, vim = center(Dedicated("esx3"))
    for i in range(4):
        vim.create(f"vm{i}", spec=Spec(datastore="san1"))
    w.run(until=60)
    assert not vim.hosts["esx3"].vms
    w.crash("esx1")
    w.run(until=200)
    assert all(vm.seen == "running" for vm in vim.vms.values()) and vim.hosts["esx3"].vms
