"""Content trap 34, the half about CPU: who has not enough CPU is slower, as much as everybody else; nothing breaks."""

import pytest

from labkit.vmm.scheduling import Scheduler, Vm, job, steady


def overcommitted(busy, seconds=10, vms=6):
    """Six VMs of one vCPU on four CPUs, 1.5 : 1."""
    return Scheduler([Vm(name, load=steady(busy)) for name in "abcdefghijklmnop"[:vms]], pcpus=4).run(seconds)


def test_as_long_as_not_all_are_busy_everybody_gets_what_it_wants():
    host = overcommitted(busy=0.5)
    assert host.used_mhz() == pytest.approx(dict.fromkeys("abcdef", 1250), rel=0.01)


def test_when_all_are_busy_each_gets_two_thirds_and_nobody_is_killed():
    host = overcommitted(busy=1)
    assert host.used_mhz() == pytest.approx(dict.fromkeys("abcdef", 2500 * 4 / 6), rel=0.01)
    assert sum(host.used_mhz().values()) == 4 * 2500


def test_even_at_four_to_one_the_loss_is_exactly_the_share():
    """Belief S7.m6's other side: 25 % speed at the peak, and not a MHz of the host is lost."""
    host = overcommitted(busy=1, vms=16)
    assert host.used_mhz() == pytest.approx(dict.fromkeys("abcdefghijklmnop", 625), rel=0.01)
    assert sum(host.used_mhz().values()) == 4 * 2500


def test_when_the_others_are_done_full_speed_is_back_at_once():
    vms = [Vm("web"), *(Vm(f"batch{n}", load=job(1000)) for n in range(3))]
    host = Scheduler(vms, pcpus=1, mhz=2500).run(4)
    before = host.groups["web"].total_ms("run")
    host.run(1)
    assert host.groups["web"].total_ms("run") - before == 1000
