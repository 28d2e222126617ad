"""Co-scheduling: the same job on the same host under three policies."""

import pytest

from labkit.vmm.scheduling import CpuAllocation, Scheduler, Vm, bursts, job, steady
from labkit.vmm.scheduling.coscheduling import lead_ms

BUSY = [Vm(f"vm{n}", load=steady(start_ms=3 * n)) for n in range(4)]
CHATTY = [Vm(f"vm{n}", load=bursts(2 + n % 3, (2 + n % 3) * 2 + n % 2, start_ms=n)) for n in range(6)]


def build(vcpus, policy, others, seconds=10):
    """The host after a job of 4 s of CPU time ran beside `others`."""
    vms = [*others, Vm("build", vcpus, load=job(4000, start_ms=50))]
    return Scheduler(vms, pcpus=4, policy=policy).run(seconds)


def test_strict_four_cpus_that_become_free_one_by_one_are_never_four():
    times = [build(vcpus, "strict", BUSY).finished_s("build") for vcpus in (1, 2, 4)]
    assert times == [4.999, None, None]
    line = build(4, "strict", BUSY).top()["build"]
    assert line["%RUN"] == 0 and line["%CSTP"] > 390


def test_strict_keeps_a_reservation_all_the_same():
    """A promise is a promise: for a reservation that is behind, CPUs wait until there are four."""
    for reserved in (3000, 6000):
        quad = Vm("quad", 4, CpuAllocation(reservation_mhz=reserved))
        host = Scheduler([*BUSY, quad], pcpus=4, policy="strict").run(10)
        assert host.used_mhz()["quad"] >= 0.98 * reserved


def test_relaxed_and_independent_use_each_cpu_that_comes():
    for policy in ("relaxed", "independent"):
        one, two, four = (build(vcpus, policy, BUSY).finished_s("build") for vcpus in (1, 2, 4))
        assert one > two > four == pytest.approx(2, abs=0.01)


def test_strict_with_gaps_two_vcpus_are_faster_than_four():
    one, two, four = (build(vcpus, "strict", CHATTY).finished_s("build") for vcpus in (1, 2, 4))
    assert two < four < one
    relaxed = build(4, "relaxed", CHATTY).finished_s("build")
    assert build(4, "independent", CHATTY).finished_s("build") < relaxed < 0.7 * four


def test_relaxed_keeps_siblings_within_the_threshold_and_independent_does_not():
    worst = {}
    for policy in ("relaxed", "independent"):
        host = Scheduler([Vm("trio", 3), Vm("a"), Vm("b")], pcpus=3, policy=policy)
        worst[policy] = 0
        for _ in range(2000):
            host.tick()
            worst[policy] = max(worst[policy], *(lead_ms(vcpu) for vcpu in host.groups["trio"].vcpus))
    assert worst["relaxed"] == 4  # 3 ms, and the millisecond in which it is noticed
    assert worst["independent"] >= 10


def test_an_idle_sibling_holds_nobody_back():
    host = Scheduler([Vm("quad", 4, load=steady(threads=1)), *BUSY], pcpus=4, policy="relaxed").run(5)
    assert host.top()["quad"]["%CSTP"] == 0


def test_one_vcpu_is_never_co_stopped():
    for policy in ("strict", "relaxed", "independent"):
        host = Scheduler([Vm(f"vm{n}", load=bursts(5, n + 1)) for n in range(6)], pcpus=2, policy=policy).run(2)
        assert all(line["%CSTP"] == 0 for line in host.top().rows.values())


def test_without_contention_all_policies_are_one():
    spans = {policy: build(4, policy, [], seconds=2).finished_s("build") for policy in ("strict", "relaxed")}
    assert set(spans.values()) == {1.0}


def test_the_picture_says_in_words_what_it_shows():
    host = build(4, "strict", BUSY, seconds=0.2)
    picture = host.picture(100, 130)
    assert str(picture).splitlines()[0].startswith("CPU 0 (ms): vm0/0 100–130")
    assert "build" not in str(picture)
    assert 'role="img"' in picture._repr_html_() and "strict co-scheduling" in picture._repr_html_()
