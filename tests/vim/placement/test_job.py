"""One whole vCenter through choose() and claim(): 40,000 VMs on 2,500 hosts land where CloudSim, a heap and a plain
walk put them, and so do the VMs of 100 hosts that fail."""

import pytest

from tests.benchmarks.vim_placement import AFTER_FAILING, AFTER_PLACING, VICTIMS, Heap, Ours, job


@pytest.mark.parametrize("contestant", [Ours, Heap])
def test_the_whole_job_has_its_checksums(contestant):
    _, _, sums, victims = job(contestant)
    assert (sums, victims) == ((AFTER_PLACING, AFTER_FAILING), VICTIMS)


def test_hosts_with_memory_but_no_cpu_do_not_change_the_answer():
    ours, heap = Ours(200, no_cpu=150), Heap(200, no_cpu=150)
    drawn = [3, 2, 0, 1, 3, 3, 0] * 60
    assert [ours.place(flavour) for flavour in drawn] == [heap.place(flavour) for flavour in drawn]
