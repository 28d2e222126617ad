"""Entitlement: documented examples, and what must hold for any VMs on any host."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vmm.scheduling import Claim, CpuAllocation, Vm, claims, entitlement, rounds, story
from labkit.vmm.scheduling.rounds import settle
from labkit.world.errors import LabError

LOTS = 100_000
PLAY = settings(max_examples=300, deadline=None, derandomize=True)
amounts = st.one_of(st.sampled_from([0, 100, 500, 1000, 2500]), st.floats(0, 5000))


@st.composite
def situations(draw, at_least=1):
    """(capacity, claims): as many as can be guaranteed."""
    made = []
    for n in range(draw(st.integers(at_least, 7))):
        reservation = draw(amounts)
        limit = draw(st.one_of(st.none(), amounts.map(lambda more, base=reservation: base + more)))
        made.append(
            Claim(f"vm{n}", draw(amounts), draw(st.sampled_from([1, 500, 1000, 2000, 3300])), reservation, limit)
        )
    return sum(claim.floor for claim in made) + draw(amounts), made


def test_the_example_of_the_vsphere_manual():
    """8 GHz: two equal VMs get 4 GHz each; with a third that has high shares it is 4, 2, 2."""
    normal = [Claim("vm1", LOTS), Claim("vm2", LOTS)]
    assert entitlement(8000, normal) == {"vm1": 4000, "vm2": 4000}
    assert entitlement(8000, [*normal, Claim("vm3", LOTS, shares=2000)]) == {"vm1": 2000, "vm2": 2000, "vm3": 4000}


def test_the_example_of_the_mclock_paper():
    """1,200 IOPS for weights 1:2:3. By shares RD would get 200; its reservation is a floor of 250, not 250 on top."""
    vms = [
        Claim("RD", LOTS, shares=100, reservation=250),
        Claim("OLTP", LOTS, shares=200, reservation=250),
        Claim("DM", LOTS, shares=300, limit=1000),
    ]
    assert entitlement(1200, vms) == pytest.approx({"RD": 250, "OLTP": 380, "DM": 570})
    assert entitlement(2400, vms)["DM"] == 1000


def test_shares_say_nothing_while_there_is_enough():
    assert entitlement(10_000, [Claim("low", 4000, shares=500), Claim("high", 4000, shares=2000)]) == {
        "low": 4000,
        "high": 4000,
    }


def test_an_idle_vm_leaves_its_reservation_to_the_others():
    idle, busy = Claim("idle", demand=50, reservation=3000), Claim("busy", demand=LOTS)
    assert entitlement(4000, [idle, busy]) == {"idle": 50, "busy": 3950}
    awake = Claim("idle", demand=LOTS, reservation=3000)
    assert entitlement(4000, [awake, busy]) == {"idle": 3000, "busy": 1000}


def test_a_limit_counts_on_an_empty_host():
    assert entitlement(10_000, [Claim("alone", LOTS, limit=800)]) == {"alone": 800}


@PLAY
@given(situations())
def test_never_more_than_there_is_and_nothing_left_while_somebody_could_use_it(situation):
    capacity, vms = situation
    total = sum(entitlement(capacity, vms).values())
    assert total <= capacity * (1 + 1e-9) + 1e-9
    assert total == pytest.approx(min(capacity, sum(vm.ceiling for vm in vms)), abs=1e-6)


@PLAY
@given(situations())
def test_everybody_stands_between_floor_and_ceiling(situation):
    capacity, vms = situation
    got = entitlement(capacity, vms)
    for vm in vms:
        assert min(vm.reservation, vm.demand) <= got[vm.name] <= vm.demand
        assert vm.limit is None or got[vm.name] <= vm.limit


@PLAY
@given(situations(at_least=2))
def test_those_on_the_level_have_the_same_per_share_and_nobody_above_it_took_it_from_them(situation):
    capacity, vms = situation
    got = entitlement(capacity, vms)
    free = [vm for vm in vms if vm.floor + 1e-6 < got[vm.name] < vm.ceiling - 1e-6]
    for one in free:
        for other in vms:
            if got[other.name] > other.floor + 1e-6:  # it has more than what is guaranteed to it
                assert got[other.name] / other.shares <= got[one.name] / one.shares * (1 + 1e-6)


@PLAY
@given(situations(at_least=2), st.integers(2, 5))
def test_more_shares_are_never_less(situation, times):
    capacity, vms = situation
    first = vms[0]
    richer = Claim(first.name, first.demand, first.shares * times, first.reservation, first.limit)
    before, after = entitlement(capacity, vms), entitlement(capacity, [richer, *vms[1:]])
    assert after[first.name] >= before[first.name] - 1e-6
    assert all(after[vm.name] <= before[vm.name] + 1e-6 for vm in vms[1:])


@PLAY
@given(situations(), st.randoms(use_true_random=False))
def test_the_order_of_the_vms_does_not_matter_at_all(situation, luck):
    capacity, vms = situation
    mixed = vms[:]
    luck.shuffle(mixed)
    assert entitlement(capacity, mixed) == entitlement(capacity, vms)


@PLAY
@given(situations())
def test_the_water_level_is_what_the_rounds_come_to(situation):
    capacity, vms = situation
    told = {name: one.amount for step in rounds(capacity, vms) for name, one in step.settled.items()}
    assert told == pytest.approx(entitlement(capacity, vms), abs=1e-6)


def test_floors_are_settled_before_ceilings_when_they_cost_more():
    """At 1.5 per share 'small' is above its ceiling; when the reservation is paid, the level is 0.5 and it is not."""
    vms = [Claim("sure", LOTS, 1000, reservation=3500), Claim("small", 1200, 1000), Claim("big", LOTS, 1000)]
    assert list(settle(4500, 1.5, vms)) == ["sure"]
    assert entitlement(4500, vms) == {"sure": 3500, "small": 500, "big": 500}


def test_a_story_says_why():
    played = rounds(6000, [Claim("idle", 300), Claim("web", LOTS), Claim("db", LOTS, 2000, limit=3000)])
    assert story("web", played) == [
        "Round 1: 6,000 MHz for 4,000 shares: 1.5 MHz per share.",
        "Settled: idle. web waits for the next round.",
        "Round 2: 5,700 MHz for 3,000 shares: 1.9 MHz per share.",
        "Settled: db. web waits for the next round.",
        "Round 3: 2,700 MHz for 1,000 shares: 2.7 MHz per share.",
        "web gets its share, 2,700 MHz.",
    ]
    assert story("db", played)[-1].startswith("db would get more than its limit")


def test_a_large_host_adds_up_to_the_last_mhz():
    luck = random.Random(3).random
    vms = [Claim(f"vm{n}", luck() * 4000, 500 + n % 4 * 500, luck() * 100) for n in range(5000)]
    assert sum(entitlement(1_000_000, vms).values()) == pytest.approx(1_000_000, rel=1e-12)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ({"demand": -1}, "at least 0"),
        ({"demand": float("nan")}, "finite"),
        ({"demand": 1, "shares": 0}, "no shares"),
        ({"demand": 1, "reservation": 5, "limit": 4}, "below its reservation"),
    ],
)
def test_what_cannot_be_meant_is_refused(claim, said):
    with pytest.raises(LabError, match=said):
        Claim("web", **claim)


def test_more_guaranteed_than_there_is_cannot_be_divided():
    with pytest.raises(LabError, match="3000 are guaranteed, and there are 2000"):
        entitlement(2000, [Claim("a", LOTS, reservation=1500), Claim("b", LOTS, reservation=1500)])
    with pytest.raises(LabError, match="same name"):
        entitlement(2000, [Claim("a", 1), Claim("a", 2)])


def test_claims_of_a_hosts_vms_use_what_vcpus_can_use():
    class Host:
        mhz = 2500

    class Definition(Vm):
        demand_mhz = 9999

    made = claims(Host, [Definition("web", 2, CpuAllocation("high", 500, 4000))])
    assert made == [Claim("web", demand=5000, shares=4000, reservation=500, limit=4000)]
