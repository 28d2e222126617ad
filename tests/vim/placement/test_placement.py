"""Placement as an operator meets it: a VM goes where most memory is free, unless something speaks against it."""

import pytest

from labkit.vim.placement import Placement, Request
from labkit.vim.spec import Spec
from labkit.vmm import Host
from labkit.world import LabError
from tests.vim.placement.datacenter import record, records, vm

WEB = Spec(memory_mib=2048)


def fill(placement, count, spec=WEB):
    """Choose and claim `count` times; the names of the hosts."""
    chosen = []
    for _ in range(count):
        host = placement.choose(Request(spec))
        placement.claim(host, spec)
        chosen.append(host.name)
    return chosen


def refusal(call, *args, **kwargs):
    with pytest.raises(LabError) as error:
        call(*args, **kwargs)
    return error.value


def test_spread_goes_round_and_pack_fills_up():
    assert fill(Placement(records(3)), 4) == ["esx1", "esx2", "esx3", "esx1"]
    packed = fill(Placement(records(3), prefer="pack"), 10)
    assert packed == ["esx1"] * 8 + ["esx2"] * 2  # 16 GiB take eight of 2 GiB; memory is not overcommitted by default


def test_cpu_is_promised_four_times_over_and_memory_once():
    """4 cores are 16 virtual CPUs; the memory that is there is all that is promised."""
    small = Spec(memory_mib=512, disk_gib=1)
    assert len(fill(Placement(records(1)), 16, small)) == 16
    placement = Placement(records(1))
    fill(placement, 16, small)
    assert "1 by vCPUs" in refusal(placement.choose, Request(small)).message
    honest = Placement(records(1), ratios={"cpu": 1.0})
    fill(honest, 4, small)
    assert refusal(honest.choose, Request(small)).code == 507


def test_a_host_in_maintenance_or_unheard_of_takes_nothing_until_it_is_back():
    hosts = records(3)
    placement = Placement(hosts)
    hosts[0].maintenance, hosts[1].state = "entering", "unknown"
    placement.changed(hosts[0]), placement.changed(hosts[1])
    assert fill(placement, 2) == ["esx3", "esx3"]
    hosts[0].maintenance = None
    placement.changed(hosts[0])
    assert fill(placement, 1) == ["esx1"]


def test_a_host_whose_hardware_is_not_reported_yet_has_no_room():
    host = record(0)
    host.hardware = None
    placement = Placement([host])
    assert refusal(placement.choose, Request(WEB)).code == 507
    host.hardware = Host()
    placement.changed(host)
    assert fill(placement, 1) == ["esx1"]


def test_the_guest_is_shown_a_cpu_that_the_host_must_have():
    hosts = [record(0, cpu_model="x86-64-v2", memory_mib=65536), record(1, cpu_model="x86-64-v4")]
    assert Placement(hosts).choose(Request(Spec(cpu_model="x86-64-v3"))).name == "esx2"


def test_networks_and_clusters():
    hosts = [record(0, cluster="old"), record(1, cluster="new", networks=("lan", "dmz")), record(2, cluster="new")]
    placement = Placement(hosts)
    assert placement.choose(Request(Spec(networks=("dmz",)))).name == "esx2"
    assert placement.choose(Request(WEB, within="new")).name == "esx2"
    assert refusal(placement.choose, Request(WEB, within="nwe")).next_step == "did you mean 'new'?"
    assert refusal(placement.choose, Request(Spec(networks=("dmz",)), within="old")).code == 507


def test_own_disks_and_a_shared_datastore_are_counted_apart():
    """60 GiB on san1 are used up by three VMs of 20 GiB, wherever these run; the hosts' own disks are untouched."""
    placement = Placement(records(2, datastores=("san1",)), shared={"san1": 60})
    shared = Spec(disk_gib=20, datastore="san1")
    assert fill(placement, 3, shared) == ["esx1", "esx2", "esx1"]
    assert "2 by room on it" in refusal(placement.choose, Request(shared)).message
    assert [placement.free(host)["disk_gib"] for host in placement.capacity.hosts] == [200, 200]
    assert fill(placement, 1, Spec(disk_gib=20)) == ["esx2"]
    placement.release(placement.capacity.hosts[0], shared)
    assert fill(placement, 1, shared) == ["esx1"]


def test_the_own_disk_fills_up_before_the_memory_does():
    placement = Placement(records(2))
    large = Spec(memory_mib=512, disk_gib=120)
    assert fill(placement, 2, large) == ["esx1", "esx2"]
    assert "2 by own disk" in refusal(placement.choose, Request(large)).message
    assert fill(placement, 1, Spec(memory_mib=512, disk_gib=80)) == ["esx1"]


def test_a_datastore_of_unknown_size_takes_nothing_before_somebody_says_it():
    placement = Placement(records(1, datastores=("san1",)))
    request = Request(Spec(datastore="san1"))
    placement.claim(placement.capacity.hosts[0], request.spec)  # found there after a restart
    assert "not known yet" in str(placement.explain(request))
    placement.datastore("san1", 25)
    assert placement.choose(request).name == "esx1" and placement.capacity.shared["san1"][1] == 15 * 1024


def test_a_reservation_is_never_overcommitted():
    """Memory may be promised twice over, reserved memory only once."""
    placement = Placement(records(1), ratios={"memory": 2.0})
    reserved = Spec(memory_mib=6144, memory_reservation_mib=6144, disk_gib=1)
    fill(placement, 2, reserved)
    assert "1 by reserved memory" in refusal(placement.choose, Request(reserved)).message
    assert fill(placement, 1, Spec(memory_mib=6144, disk_gib=1)) == ["esx1"]


def test_claims_are_counted_even_where_nobody_would_have_placed_them():
    """What an administrator started by hand is there; afterwards nothing more fits."""
    placement = Placement(records(1))
    host = placement.capacity.hosts[0]
    for _ in range(9):
        placement.claim(host, WEB)
    assert placement.free(host) == {"vcpus": 7, "memory_mib": -2048, "disk_gib": 110, "vms": 9}
    assert refusal(placement.choose, Request(Spec(memory_mib=4))).code == 507


def test_asked_for_and_excluded_hosts():
    placement = Placement(records(3))
    assert placement.choose(Request(WEB, hosts=("esx3", "esx2"))).name == "esx2"
    assert placement.choose(Request(WEB, excluded=("esx1", "gone"))).name == "esx2"
    assert refusal(placement.choose, Request(WEB, hosts=("esx4",))).code == 404
    assert [host.name for host in placement.valid(Request(WEB, excluded=("esx2",)))] == ["esx1", "esx3"]


def test_several_weighers_are_normalised_and_summed():
    hosts = [record(0, pcpus=2, memory_mib=32768), record(1, pcpus=16, memory_mib=16384), record(2, memory_mib=8192)]
    assert Placement(hosts, weighers={"memory": 1.0, "cpu": 0.5}).choose(Request(WEB)).name == "esx1"  # 1 + 0
    assert Placement(hosts, weighers={"memory": 1.0, "cpu": 1.0}).choose(Request(WEB)).name == "esx2"  # 0.33 + 1
    fewest = Placement(hosts, weighers={"vms": -1.0})
    assert fill(fewest, 4) == ["esx1", "esx2", "esx3", "esx1"]


def test_what_cannot_be_meant_is_refused():
    assert refusal(Placement, records(1), prefer="random").code == 400
    assert refusal(Placement, records(1), weighers={"luck": 1.0}).next_step == "one of memory, cpu, disk, vms"
    assert refusal(Placement, records(1), weighers={"memory": 0}).code == 400
    assert refusal(Placement, records(1), ratios={"ram": 1.5}).code == 400
    assert refusal(Placement, records(1), ratios={"cpu": 0}).code == 400
    assert refusal(Request, WEB, hosts="esx1").code == 400
    assert refusal(Placement([]).choose, Request(WEB)).message == "no valid host: there are no hosts at all"


def test_a_vm_larger_than_any_host_is_told_so():
    error = refusal(Placement(records(3)).choose, Request(Spec(memory_mib=65536), vm="whale"))
    assert "larger than any host" in str(error) and "needs 65,536 MiB, the largest has 16,384" in str(error)
    assert error.message.endswith("of 3 hosts dropped 3 by memory") and error.code == 507 and error.definite


def test_hosts_that_join_are_used_and_a_restart_begins_with_nothing_claimed():
    placement = Placement(records(1), shared={"san1": 100}, prefer="pack")
    placement.rules.apart("web apart", group="web")
    placement.add(record(1))
    placement.claim(placement.capacity.hosts[0], WEB, vm("web1", WEB, groups=("web",)))
    request = Request(WEB, vm="web2", groups=("web",))
    assert placement.choose(request).name == "esx2"
    again = placement.again(records(2))
    assert again.choose(request).name == "esx1" and again.capacity.shared["san1"] == [102400, 102400]
    assert again.weighers == {"memory": -1.0}
