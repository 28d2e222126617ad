"""One whole vCenter through the public VIM: 40,000 VMs on 2,500 hosts end where CloudSim and a bare heap put them, and
so do the VMs of 100 hosts that die; and nothing of it happens twice."""

import pytest

from tests.benchmarks.vim_datacenter import play
from tests.benchmarks.vim_placement import AFTER_FAILING, AFTER_PLACING, FAIL_EVERY, HOSTS, VICTIMS, VMS_EACH
from tests.vim.chaos import twice


@pytest.fixture(scope="module")
def played():
    """(checksums, victims, world) of the whole job."""
    return play()[1:]


def test_every_vm_is_where_the_job_wants_it_before_and_after_the_failure(played):
    sums, victims, _ = played
    assert (sums, victims) == ((AFTER_PLACING, AFTER_FAILING), VICTIMS)


def test_no_vm_runs_twice_at_any_moment_and_each_was_started_as_often_as_it_must(played):
    _, victims, world = played
    assert not twice(world, {f"esx{number}" for number in range(1, HOSTS + 1)})
    boots = sum(row[4] == "libvirt" and row[5].endswith(": running (booted)") for row in world.rows)
    assert boots == HOSTS * VMS_EACH + victims


def test_nothing_starts_elsewhere_before_every_lost_host_is_known_to_be_off(played):
    _, victims, world = played
    lost = [row for row in world.rows if row[4:6] == ("fault", "crash") and "-" not in row[2]]
    fenced = {row[3]: row[0] for row in world.rows if row[4:6] == ("vim", "host is fenced")}
    asked = {row[2] for row in world.rows if row[4:6] == ("ipmi", "reply") and row[8] == {"power": "off"}}
    again = [row[0] for row in world.rows if row[4:6] == ("disk", "lease broken")]
    assert {row[2] for row in lost} == set(fenced) == {name.removesuffix("-bmc") for name in asked}
    assert len(lost) == HOSTS // FAIL_EVERY and len(again) == victims
    assert lost[-1][0] < max(fenced.values()) < min(again)


def test_the_small_one_goes_the_same_way():
    sums, victims, world = play(hosts=75)[1:]
    assert victims > 0 and not twice(world, {f"esx{number}" for number in range(1, 76)})
    assert play(hosts=75, monitored=True)[1:3] == (sums, victims)
