"""The balancer on a real VIM: it asks for migrations, heeds rules and refusals, and is nobody's data path."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.balancing import Balancer
from labkit.world import LabError, World


def center(hosts=2, seed=7, clusters=1, **options):
    w = World(seed=seed)
    return w, datacenter(w, hosts=hosts, clusters=clusters, balancer=Balancer(sample_s=20, **options))


def fill(vim, groups=()):
    for i in range(3):
        vim.create(f"idle{i}", spec=Spec(memory_mib=2048, datastore="san1", demand_mhz=333), host="esx1")
        busy = Spec(vcpus=2, memory_mib=2048, datastore="san1", demand_mhz=3333)
        vim.create(f"busy{i}", spec=busy, host="esx2", groups=groups)


def load(vim):
    return [round(host.demand_mhz / host.hardware.capacity_mhz, 2) for host in vim.hosts.values()]


def orders(w):
    return [(event.t, event.dst, event.detail["target"]) for event in w.trace.where(kind="vim")
            if event.what == "balancer migrates"]  # fmt: skip


def test_three_idle_and_three_busy_vms_are_ten_and_a_hundred_percent_until_the_first_pass():
    w, vim = center()
    fill(vim)
    w.run(until=290)
    assert load(vim) == [0.1, 1.0] and not vim.balancer.moves
    assert vim.balancer.explain("busy0")[0][1].startswith("nothing speaks against it")
    w.run(until=400)
    assert load(vim) == [0.43, 0.67] and orders(w) == [(300, "busy0", "esx1")]
    assert vim.vms["busy0"].host.name == "esx1" and "it rests" not in repr(vim.balancer)
    assert dict(vim.balancer.explain("busy0"))["esx2"] == "it was moved a short while ago and rests"


def test_manual_only_recommends_and_a_pinned_vm_stays():
    w, vim = center(automation="manual", pinned=("busy0",))
    fill(vim)
    w.run(until=400)
    assert load(vim) == [0.1, 1.0] and not orders(w)
    assert [move.vm for move in vim.balancer.advice[None]] == ["busy1"]


def test_rules_of_placement_are_kept():
    w, vim = center()
    fill(vim, groups=("licensed",))
    vim.placement.rules.on("licence", hosts=("esx2",), group="licensed")
    w.run(until=700)
    assert load(vim) == [0.1, 1.0]
    assert vim.balancer.explain("busy0") == [("esx1", "a rule says: only on esx2")]


def test_a_vim_that_is_down_balances_nothing_and_begins_anew_afterwards():
    w, vim = center()
    fill(vim)
    w.run(until=200)
    w.crash("vim")
    w.run(until=500)
    assert not orders(w)
    w.start("vim")
    w.run(until=790)
    assert not orders(w), "its samples are gone: a period begins anew"
    w.run(until=900)
    assert len(orders(w)) == 1 and load(vim) == [0.43, 0.67]


def test_a_host_that_is_silent_is_neither_source_nor_target():
    w, vim = center(hosts=3)
    fill(vim)
    w.run(until=100)
    w.cut("vim", "esx3-agent")
    w.run(until=400)
    assert vim.hosts["esx3"].state == "unknown"
    assert orders(w) and all(target != "esx3" for _, _, target in orders(w))


def test_nothing_moves_from_cluster_to_cluster():
    w, vim = center(hosts=4, clusters=2)
    for i in range(4):
        vim.create(f"busy{i}", spec=Spec(vcpus=2, memory_mib=1024, datastore="san1", demand_mhz=2200), host="esx1")
    w.run(until=700)
    assert {move.target for _, move in vim.balancer.moves} == {"esx2"} and load(vim)[2:] == [0, 0]


def test_a_world_with_a_balancer_can_be_played_again():
    w, vim = center()
    fill(vim)
    w.run(until=400)
    assert orders(w.fork()) == orders(w)


def test_what_cannot_be_meant_is_refused_with_the_next_step():
    w, vim = center()
    fill(vim)
    w.run(until=60)
    with pytest.raises(LabError, match="automation"):
        Balancer(automation="partial")
    with pytest.raises(LabError, match="threshold 7"):
        Balancer(threshold=7)
    with pytest.raises(LabError, match="there is no VM 'wbe'"):
        vim.balancer.explain("wbe")
    vim.stop("idle0")
    w.run(until=70)
    with pytest.raises(LabError, match="only what runs is balanced"):
        vim.balancer.explain("idle0")
