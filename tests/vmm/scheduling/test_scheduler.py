"""The scheduler: nobody computes MHz, and yet everybody comes to what it is entitled to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vmm.scheduling import CpuAllocation, Cpus, Scheduler, Vm, bursts, job, phases, steady
from labkit.vmm.scheduling.vcpu import STATES
from labkit.world import LabError, World

MIXES = {
    "shares": [Vm("low", cpu=CpuAllocation("low")), Vm("normal"), Vm("high", cpu=CpuAllocation("high"))],
    "reservation below the share": [Vm("a", cpu=CpuAllocation(reservation_mhz=500)), Vm("b"), Vm("c"), Vm("d")],
    "reservation above the share": [
        Vm("sure", cpu=CpuAllocation("low", reservation_mhz=2000)),
        *(Vm(f"vm{n}") for n in range(5)),
    ],
    "limit": [Vm("capped", cpu=CpuAllocation("high", limit_mhz=700)), Vm("a"), Vm("b")],
    "one vCPU cannot use its shares": [Vm("rich", cpu=CpuAllocation(50_000)), *(Vm(f"vm{n}") for n in range(6))],
    "demands below the share": [Vm("calm", load=steady(0.2)), Vm("a"), Vm("b"), Vm("c", cpu=CpuAllocation("high"))],
    "several vCPUs": [Vm("quad", 2, CpuAllocation(1000)), Vm("a", cpu=CpuAllocation(3000)), Vm("b"), Vm("c")],
    "all together": [
        Vm("sure", cpu=CpuAllocation(reservation_mhz=1500)),
        Vm("capped", cpu=CpuAllocation(limit_mhz=300)),
        Vm("calm", load=steady(0.1)),
        Vm("high", cpu=CpuAllocation("high")),
        Vm("rest"),
    ],
}


@pytest.mark.parametrize("policy", ["independent", "relaxed"])
@pytest.mark.parametrize("mix", MIXES)
def test_in_the_long_run_use_is_entitlement(mix, policy):
    """Within 2 % of the host after ten seconds."""
    host = Scheduler(MIXES[mix], pcpus=2, mhz=2500, policy=policy).run(10)
    entitled = host.entitled_mhz()
    for name, used in host.used_mhz().items():
        assert used == pytest.approx(entitled[name], abs=0.02 * 5000), name


@st.composite
def hosts(draw):
    """(number of CPUs, VMs with odd shares, reservations that fit, and limits)."""
    pcpus, vms = draw(st.integers(1, 3)), []
    for at in range(draw(st.integers(1, 6))):
        vcpus = draw(st.integers(1, pcpus))
        reserved = draw(st.sampled_from((0, 0, 200, 333)))
        limit = draw(st.sampled_from((None, None, reserved + 150, reserved + 777)))
        shares = draw(st.sampled_from(("low", "high", 70, 1234, 9999)))
        load = draw(st.sampled_from((steady(), steady(0.37), bursts(13, 9), job(700, start_ms=50), steady(threads=1))))
        vms.append(Vm(f"vm{at}", vcpus, CpuAllocation(shares, reserved, limit), load))
    return pcpus, vms


@settings(max_examples=40, deadline=None, derandomize=True)
@given(hosts(), st.sampled_from(("independent", "relaxed", "strict")))
def test_whoever_runs_where_the_accounts_are_right(host, policy):
    """No CPU carries two, the states add up to 100 % per vCPU, limits hold, nobody computes what never arrived."""
    pcpus, vms = host
    scheduler = Scheduler(vms, pcpus, 2500, policy)
    for _ in range(700):
        scheduler.tick()
        on = [vcpu for vcpu in scheduler.on if vcpu is not None]
        assert len(set(on)) == len(on) == sum(vcpu.state == "run" for vcpu in scheduler.vcpus)
    for vm in vms:
        line, used = scheduler.top()[vm.name], scheduler.groups[vm.name].total_ms("run")
        assert line["%RUN"] + line["%RDY"] + line["%CSTP"] + line["%WAIT"] == pytest.approx(100 * vm.vcpus)
        assert line["%MLMTD"] <= line["%RDY"]
        assert used <= (scheduler.groups[vm.name].limit or vm.vcpus) * 700 + vm.vcpus
        assert used <= vm.load.busy(vm.vcpus) * 700 + vm.load.job_ms + 13 * vm.vcpus


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from((50, 500, 777, 1000, 3333)), min_size=3, max_size=7), st.integers(1, 3), st.booleans())
def test_odd_shares_converge_too(shares, pcpus, reserved):
    vms = [Vm(f"vm{at}", cpu=CpuAllocation(count)) for at, count in enumerate(shares)]
    if reserved:
        vms[0] = Vm("vm0", cpu=CpuAllocation(shares[0], reservation_mhz=900))
    host = Scheduler(vms, pcpus, 2500, "independent").run(8)
    assert host.used_mhz() == pytest.approx(host.entitled_mhz(), abs=0.02 * pcpus * 2500)


@pytest.mark.parametrize("mix", MIXES)
def test_every_millisecond_of_every_vcpu_is_accounted_for_once(mix):
    host = Scheduler(MIXES[mix], pcpus=2).run(1)
    assert all(sum(vcpu.ms.values()) == 1000 and set(vcpu.ms) == set(STATES) for vcpu in host.vcpus)
    assert sum(vcpu.ms["run"] for vcpu in host.vcpus) <= 2 * 1000


def test_no_cpu_idles_while_somebody_wants_it():
    host = Scheduler([Vm("a"), Vm("b"), Vm("c", cpu=CpuAllocation("low"))], pcpus=2, policy="independent").run(2)
    assert sum(host.used_mhz().values()) == 5000


def test_ready_time_is_not_seen_from_inside():
    """A VM that wants one CPU and gets a third: 33 % run, 67 % ready, and the guest believes it was busy throughout."""
    host = Scheduler([Vm("web"), Vm("a"), Vm("b")], pcpus=1).run(9)
    web = host.top()["web"]
    assert (round(web["%RUN"]), round(web["%RDY"]), web["guest sees"]) == (33, 67, "100 % busy")


def test_alone_on_the_host_there_is_no_ready_time():
    assert Scheduler([Vm("web")], pcpus=1).run(1).top()["web"]["%RDY"] == 0


def test_a_limit_is_kept_in_every_window_on_an_idle_host():
    host = Scheduler([Vm("capped", cpu=CpuAllocation(limit_mhz=1000))], pcpus=4, mhz=2500).run(1)
    line = host.top()["capped"]
    assert (line["%RUN"], line["%RDY"], line["%MLMTD"]) == (40, 60, 60)
    assert host.picture(0, 300).stays == [(0, "capped/0", start, start + 40) for start in (0, 100, 200)]


def test_a_reservation_is_lent_while_its_owner_sleeps_and_there_when_it_wakes():
    sure = Vm("sure", cpu=CpuAllocation("low", reservation_mhz=2000), load=phases((1000, 0), (1000, 1)))
    host = Scheduler([sure, *(Vm(f"vm{n}") for n in range(4))], pcpus=1, mhz=2500)
    host.run(1)
    assert host.used_mhz()["sure"] == 0 and sum(host.used_mhz().values()) == 2500
    host.run(1)
    assert host.groups["sure"].total_ms("run") == pytest.approx(800, abs=20)


def test_who_slept_has_saved_nothing():
    """Ten seconds of sleep do not become ten seconds of precedence."""
    host = Scheduler([Vm("sleeper", load=steady(start_ms=10_000)), Vm("worker")], pcpus=1).run(10)
    host.run(1)
    assert host.groups["sleeper"].total_ms("run") == pytest.approx(500, abs=20)


def test_a_job_ends_and_its_time_is_known():
    host = Scheduler([Vm("build", 2, load=job(1000, start_ms=200))], pcpus=2).run(1)
    assert host.finished_s("build") == 0.5
    assert Scheduler([Vm("build", load=job(5000))]).run(1).finished_s("build") is None


def test_a_guest_with_one_busy_thread_does_not_use_its_second_vcpu():
    host = Scheduler([Vm("web", 4, load=steady(threads=1))], pcpus=4).run(1)
    assert [vcpu.ms["run"] for vcpu in host.vcpus] == [1000, 0, 0, 0]


def test_the_same_again_is_the_same():
    one, two = (Scheduler([Vm("a", load=bursts(7, 5)), Vm("b", 2), Vm("c")], pcpus=2).run(2) for _ in range(2))
    assert one.spans == two.spans and str(one.top()) == str(two.top())


def test_in_a_world_every_coming_and_leaving_is_an_event():
    w = World(seed=1)
    Cpus(w, "vmm1", [Vm("web"), Vm("db")], pcpus=1)
    w.run(until=0.025)
    assert w.trace.where(kind="sched").short() == [
        "0 vmm1 sched: web/0 runs on CPU 0",
        "0.01 vmm1 sched: web/0 leaves CPU 0 (ready)",
        "0.01 vmm1 sched: db/0 runs on CPU 0",
        "0.02 vmm1 sched: db/0 leaves CPU 0 (ready)",
        "0.02 vmm1 sched: web/0 runs on CPU 0",
    ]
    assert w.fork().trace.digest() == w.trace.digest()


def test_in_a_world_a_job_comes_to_its_end_and_so_does_the_run():
    w = World(seed=1)
    host = Cpus(w, "vmm1", [Vm("a", load=job(300, start_ms=20)), Vm("b", load=job(500))], pcpus=1)
    w.run()
    assert w.now == pytest.approx(0.8, abs=0.005)
    assert [host.scheduler.finished_s(name) for name in "ab"] == pytest.approx([0.58, 0.8], abs=0.03)
    assert w.trace.where(kind="sched")[-1].what.endswith("leaves CPU 0 (wait)")


def test_a_fork_and_a_way_back_go_on_alike():
    w = World(seed=1)
    Cpus(w, "vmm1", [Vm("a", load=bursts(7, 5)), Vm("b", 2), Vm("c", cpu=CpuAllocation("high"))], pcpus=2)
    w.run(until=0.3)
    twin, back = w.fork(), w.rewind(0.1)
    for world in (w, twin, back):
        world.run(until=0.5)
    assert w.trace.digest() == twin.trace.digest() == back.trace.digest()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: Scheduler([Vm("a"), Vm("a")]), "two VMs are called 'a'"),
        (lambda: Scheduler([Vm("a", 5)], pcpus=4), "5 vCPUs, the host has 4"),
        (lambda: Scheduler([Vm("a")], policy="relax"), "did you mean 'relaxed'"),
        (lambda: Scheduler([Vm("a")], pcpus=0), "between 1 and"),
        (lambda: Scheduler([Vm("a")]).run(-1), "between 0 and 3600"),
        (lambda: Scheduler([Vm("a")]).run(1e9), "between 0 and 3600"),
        (lambda: Vm("a", cpu="high"), "CpuAllocation"),
        (lambda: Vm("a", load=0.5), "steady"),
        (lambda: Scheduler([Vm("a")]).finished_s("b"), "no VM 'b'"),
        (lambda: bursts(2.5, 1), "whole number"),
        (lambda: steady(1.5), "between 0 and 1"),
        (lambda: phases(), "without a phase"),
        (lambda: Vm("a", 0), "between 1 and"),
    ],
)
def test_bad_input(wrong, said):
    with pytest.raises(LabError, match=said):
        wrong()
