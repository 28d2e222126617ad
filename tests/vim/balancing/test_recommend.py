"""Balancing: what the metric says, which moves come out, and the reason for every move that is not made."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vim.balancing import HostLoad, VmLoad, imbalance, priority, recommend, target
from labkit.vim.balancing.checks import Limits, allowed, reason
from labkit.vim.balancing.grid import Grid
from labkit.vim.balancing.regulator import loads
from labkit.world.errors import LabError

IDLE = [VmLoad(f"idle{i}", "esx1", 1000 / 3) for i in range(3)]
BUSY = [VmLoad(f"busy{i}", "esx2", 10_000 / 3) for i in range(3)]
TWO = [HostLoad("esx1"), HostLoad("esx2")]
LIMITS = Limits(8, 300, 1192, "textbook", 1e-4)


def test_the_formulas_of_classic_drs():
    assert imbalance([0.9, 0.5]) == pytest.approx(0.2)
    assert priority(0.2, 2) == 3  # 6 − ⌈2.83⌉, the knowledge base's own example
    assert target(3, 4) == pytest.approx(0.1) and target(5, 9) == 0 and target(1, 9) == float("inf")
    assert priority(5, 4) == 2, "priority 1 is for rules"


def test_three_vms_on_either_host_are_not_balanced_if_three_of_them_are_busy():
    assert [round(load, 2) for load in loads(TWO, IDLE + BUSY)] == [0.1, 1.0]
    advice = recommend(TWO, IDLE + BUSY)
    assert [(move.vm, move.source, move.target, move.priority) for move in advice] == [("busy0", "esx2", "esx1", 2)]
    assert advice.before == pytest.approx(0.45) and advice.after == pytest.approx(0.1167, abs=1e-4)
    assert advice[0].why == "esx2 100% → 67%, esx1 10% → 43%; imbalance 0.450 → 0.117"


def test_a_balanced_pair_is_left_alone_and_says_so():
    advice = recommend(TWO, [VmLoad("a", "esx1", 4000), VmLoad("b", "esx2", 5000)])
    assert not advice.moves and advice.why == "the imbalance is 0.050, and nothing is moved up to 0.141"


def why(vm, target="esx2", hosts=TWO, others=(), **options):
    vms = [vm, VmLoad("load", "esx1", 5000, hot=True), *others]
    advice = recommend(hosts, vms, **options)
    assert not any(move.vm == vm.name for move in advice), advice
    return dict(advice.explain(vm.name))[target]


def test_every_refusal_has_its_reason():
    vm = VmLoad("web", "esx1", 3000)
    other = lambda **values: VmLoad("web", "esx1", 3000, **values)  # noqa: E731
    assert "hot memory" in why(other(hot=True))
    assert "does not converge" in why(other(dirty_mib_s=2000))
    assert why(other(datastore=None)) == "its disk lies on esx1 itself"
    assert "rests" in why(vm, resting=["web"])
    assert why(vm, hosts=[TWO[0], HostLoad("esx2", state="unknown")]) == "esx2 is unknown: nobody knows how it is"
    assert "in maintenance" in why(vm, hosts=[TWO[0], HostLoad("esx2", maintenance="in")])
    assert "CPU" in why(other(cpu_model="x86-64-v4"), hosts=[HostLoad("esx1", cpu_model="x86-64-v4"), TWO[1]])
    assert "not plugged into dmz" in why(other(networks=("dmz",)), hosts=[HostLoad("esx1", networks=("dmz",)), TWO[1]])
    assert "does not see its disk on san1" in why(vm, hosts=[TWO[0], HostLoad("esx2", datastores=frozenset())])
    assert why(vm, hosts=[TWO[0], HostLoad("esx2", memory_mib=1024)]) == "it needs 4096 MiB, esx2 has 1024 free"
    assert why(vm, hosts=[TWO[0], HostLoad("esx2", vcpus=0)]) == (
        "it needs 1 vCPUs, esx2 has 0 of 0 that may be promised"
    )
    assert "only on esx1" in why(other(only=frozenset({"esx1"})))
    assert "8 migrations under way" in why(vm, hosts=[TWO[0], HostLoad("esx2", migrations=8)])
    twin = VmLoad("db", "esx2", 100, apart=("pair",))
    assert why(other(apart=("pair",)), others=[twin]) == "rule pair: not on one host with db"
    stays = VmLoad("disk", "esx1", 100, together=("near",), hot=True)
    assert "stays with the others" in why(other(together=("near",)), others=[stays])
    assert "brings" in why(VmLoad("web", "esx1", 3000, memory_mib=60_000), stays_s=50)
    assert "the imbalance would be" in why(vm, others=[VmLoad("busy", "esx2", 9000, hot=True)], target="esx2", stop=0.1)
    assert "is unknown: a host that does not answer cannot be the source" in why(
        vm, hosts=[HostLoad("esx1", state="unknown"), TWO[1]]
    )


def test_a_rule_moves_a_vm_although_nothing_gets_more_even():
    pair = [VmLoad("db1", "esx1", 1000, apart=("db",)), VmLoad("db2", "esx1", 0, apart=("db",))]
    advice = recommend(TWO, pair, threshold=1)
    assert [(move.vm, move.target, move.priority) for move in advice] == [("db1", "esx2", 1)]
    assert "db is not kept on esx1" in advice[0].why and advice.why == "the rules are kept"
    exiled = recommend(TWO, [VmLoad("licensed", "esx1", 10, only=frozenset({"esx2"}))])
    assert [(move.vm, move.target) for move in exiled] == [("licensed", "esx2")]


def test_the_busiest_vm_is_left_where_it_is_when_its_memory_is_hot():
    vms = [VmLoad("hot", "esx1", 5000, dirty_mib_s=1500), VmLoad("cool", "esx1", 3000), VmLoad("idle", "esx2", 100)]
    assert [move.vm for move in recommend(TWO, vms)] == ["cool"]


def test_a_host_takes_part_in_no_more_migrations_than_it_may():
    hosts = [HostLoad("esx1", capacity_mhz=100_000, memory_mib=10**6), HostLoad("esx2", 100_000, 10**6)]
    vms = [VmLoad(f"vm{i}", "esx1", 1000) for i in range(60)]
    assert len(recommend(hosts, vms)) == 8, "documented default at 10 Gbit/s"
    assert len(recommend(hosts, vms, at_once=4)) == 4
    assert len(recommend(hosts, vms, most=2)) == 2


def test_in_company_a_vm_may_not_converge_that_would_alone():
    hosts = [HostLoad("esx1", capacity_mhz=20_000), HostLoad("esx2", 20_000)]
    vms = [VmLoad(f"vm{i}", "esx1", 4000, dirty_mib_s=800) for i in range(5)]
    assert len(recommend(hosts, vms)) == 1, "a second one would have half of the link: 596 MiB/s"


def test_figures_that_cannot_be_meant_are_refused():
    with pytest.raises(LabError, match="no host 'esx9'"):
        recommend(TWO, [VmLoad("a", "esx9", 1)])
    with pytest.raises(LabError, match="twice"):
        recommend([TWO[0], TWO[0]], [])
    with pytest.raises(LabError, match="threshold 6"):
        recommend(TWO, [], threshold=6)
    with pytest.raises(LabError, match="start late, stop early"):
        recommend(TWO, [], target=0.1, stop=0.2)
    with pytest.raises(LabError, match="demand_mhz of a"):
        VmLoad("a", "esx1", -1)


def cluster(luck, hosts, vms):
    some = [HostLoad(f"esx{i}", luck.choice((10_000, 20_000)), 32_768, migrations=luck.choice((0, 0, 7)))
            for i in range(hosts)]  # fmt: skip
    return some, [VmLoad(f"vm{i}", f"esx{luck.randrange(hosts)}", luck.randrange(3000), luck.choice((1024, 8192)),
                         luck.choice((0, 100, 1500)), apart=("a",) if luck.random() < 0.1 else ())
                  for i in range(vms)]  # fmt: skip


@settings(deadline=None, derandomize=True, max_examples=40)
@given(seed=st.integers(0, 10**6), hosts=st.integers(2, 9), vms=st.integers(1, 40))
def test_the_closed_form_says_what_adding_up_says_and_explain_says_what_the_arrays_say(seed, hosts, vms):
    some, load = cluster(random.Random(seed), hosts, vms)
    grid = Grid(some, load, LIMITS)
    after, good = grid.after(), allowed(grid, LIMITS)
    for row, vm in enumerate(grid.rows):
        for column, host in enumerate(grid.columns):
            assert bool(good[row, column]) == (reason(grid, LIMITS, vm, host) == "")
            if host == grid.at[vm]:
                continue
            there = [*loads(some, load)]
            here, mhz = grid.at[vm], load[vm].demand_mhz
            there[here] -= mhz / some[here].capacity_mhz
            there[host] += mhz / some[host].capacity_mhz
            assert after[row, column] == pytest.approx(imbalance(there), abs=1e-9)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(seed=st.integers(0, 10**6), hosts=st.integers(2, 9), vms=st.integers(1, 40))
def test_each_move_makes_it_more_even_and_no_host_overfull(seed, hosts, vms):
    some, load = cluster(random.Random(seed), hosts, vms)
    where = {vm.name: vm for vm in load}
    advice, before = recommend(some, load), imbalance(loads(some, load))
    assert advice.before == pytest.approx(before)
    for move in advice:
        assert where[move.vm].host == move.source
        where[move.vm] = VmLoad(move.vm, move.target, where[move.vm].demand_mhz, where[move.vm].memory_mib)
        used = sum(vm.memory_mib for vm in where.values() if vm.host == move.target)
        assert used <= 32_768
        now = imbalance(loads(some, where.values()))
        assert now < before or move.priority == 1
        before = now
    assert before == pytest.approx(advice.after, abs=1e-9)


def test_a_group_of_two_hundred_hosts_is_evened_out_by_its_extremes():
    luck = random.Random(5)
    hosts = [HostLoad(f"esx{i}", memory_mib=131_072) for i in range(200)]
    vms = [VmLoad(f"vm{i}", f"esx{luck.randrange(200)}", luck.choice((200, 600, 1200))) for i in range(2000)]
    advice = recommend(hosts, vms)
    assert len(advice) == 128, "documented default: so many at a time per datastore"
    assert advice.before > 0.24 and advice.after < 0.06
    again = recommend(hosts, vms, busy={"san1": 128})
    assert not again and "san1 has them" in dict(again.explain(advice[0].vm))[advice[0].target]
