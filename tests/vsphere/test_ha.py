"""vSphere HA: the documented time lines come out of the agents; vCenter is not needed; a lock decides who may write."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vsphere import VCenter
from labkit.vsphere.outages import runs
from labkit.world import World

BEAT_S = 1.0


def cluster(hosts=3, response="leave", **options):
    vc = VCenter(World(seed=7), hosts=hosts, lean=True, response=response, **options)
    for number in range(1, hosts + 1):
        vc.create_vm(f"vm{number}", host=f"esx{number}", memory_mib=2048, running=True).wait()
    vc.world.run(until=60.2)
    return vc


def story(vc, since_s):
    """What the agents say, with seconds since the accident."""
    events = vc.world.trace.where(kind="fdm", since=since_s)
    return [
        (event.t - since_s, event.src, event.what) for event in events if event.what not in ("configure", "election")
    ]


def when(told, what):
    """The first second at which somebody says this."""
    return next(t for t, _, words in told if words == what)


def test_one_primary_the_highest_moref_as_text():
    vc = cluster(hosts=12)
    references = {vc.references.give("host", host): host for host in vc.vmms}
    best = references[max(references)]
    assert len(max(references)) < max(map(len, references))  # host-7 beats host-13
    assert {host for host, fdm in vc.fdms.items() if fdm.role == "primary"} == {best}
    assert {fdm.primary for fdm in vc.fdms.values()} == {best}


def test_a_secondary_fails_unreachable_at_10_dead_at_18():
    vc = cluster()
    vc.world.crash("esx1")
    vc.world.run(until=60.2 + 100)
    told = story(vc, 60.2)
    assert when(told, "esx1 is unreachable") == pytest.approx(10, abs=BEAT_S)
    assert when(told, "esx1 is dead") == pytest.approx(18, abs=BEAT_S)
    assert when(told, "vm1 restarted on esx2") == pytest.approx(18, abs=BEAT_S)
    assert runs(vc, "vm1") == ["esx2"]


def test_without_heartbeat_datastores_dead_at_15():
    vc = cluster()
    for fdm in vc.fdms.values():
        fdm.config = {**fdm.config, "datastores": []}
    vc.ha.tick = lambda: None  # nobody puts it right
    vc.world.run(until=70.2)
    for fdm in vc.fdms.values():
        fdm.config = {**fdm.config, "datastores": []}
    vc.world.stop("vpxd")
    vc.world.crash("esx1")
    vc.world.run(until=100)
    assert when(story(vc, 70.2), "esx1 is dead") == pytest.approx(15, abs=BEAT_S)


def test_the_primary_fails_election_at_10_new_one_at_25_unreachable_35_dead_50():
    vc = cluster()
    primary = next(host for host, fdm in vc.fdms.items() if fdm.role == "primary")
    vm = f"vm{primary[-1]}"
    vc.world.crash(primary)
    vc.world.run(until=60.2 + 100)
    told = story(vc, 60.2)
    assert when(told, "is election") == pytest.approx(10, abs=BEAT_S)
    assert when(told, "is primary") == pytest.approx(25, abs=BEAT_S)
    assert when(told, f"{primary} is unreachable") == pytest.approx(35, abs=BEAT_S)
    assert when(told, f"{primary} is dead") == pytest.approx(50, abs=BEAT_S)
    assert len(runs(vc, vm)) == 1 and runs(vc, vm) != [primary]


def test_an_isolated_secondary_knows_it_at_30_and_leaves_its_vms_on():
    vc = cluster()
    vc.isolate("esx1")
    vc.world.run(until=60.2 + 200)
    told = story(vc, 60.2)
    own = [(t, words) for t, who, words in told if who == "esx1-fdm"]
    assert next(t for t, words in own if words == "is election") == pytest.approx(10, abs=BEAT_S)
    assert next(t for t, words in own if words == "is primary") == pytest.approx(25, abs=BEAT_S)
    assert next(t for t, words in own if words == "is isolated") == pytest.approx(30, abs=BEAT_S)
    assert runs(vc, "vm1") == ["esx1"]
    assert not any("dead" in words.split(",")[0] for _, _, words in told)
    assert any(words == "esx1 is isolated, not dead" for _, _, words in told)


def test_an_isolated_primary_knows_it_at_5():
    vc = cluster()
    primary = next(host for host, fdm in vc.fdms.items() if fdm.role == "primary")
    vc.isolate(primary)
    vc.world.run(until=60.2 + 20)
    assert when(story(vc, 60.2), "is isolated") == pytest.approx(5, abs=1.5 * BEAT_S)


@pytest.mark.parametrize("response", ["power off", "shut down"])
def test_the_isolation_response_ends_its_vms_and_others_start_them(response):
    vc = cluster(response=response)
    vc.isolate("esx1")
    vc.world.run(until=60.2 + 120)
    assert runs(vc, "vm1") == ["esx2"]


def test_ha_goes_on_without_vcenter_and_vcenter_learns_it_afterwards():
    vc = cluster()
    vc.world.stop("vpxd")
    vc.world.run(until=120)
    vc.world.crash("esx2")
    vc.world.run(until=135)
    assert runs(vc, "vm2") == []
    vc.world.run(until=300)
    assert runs(vc, "vm2") == ["esx1"]
    vc.world.start("vpxd")
    vc.world.run(until=340)
    assert vc.vim.vms["vm2"].host.name == "esx1"


def test_what_was_powered_on_while_vcenter_was_down_is_not_protected():
    vc = cluster()
    vc.create_vm("late", host="esx1", memory_mib=1024).wait()
    vc.world.run(until=90)
    vc.world.stop("vpxd")
    vc.host_client("esx1").power_on("late")
    vc.world.run(until=120)
    vc.world.crash("esx1")
    vc.world.run(until=300)
    assert (runs(vc, "vm1"), runs(vc, "late")) == (["esx2"], [])


def test_a_vm_that_somebody_powered_off_is_not_restarted():
    vc = cluster()
    vc.world.stop("vpxd")
    vc.host_client("esx1").power_off("vm1")
    vc.world.run(until=90)
    vc.world.crash("esx1")
    vc.world.run(until=300)
    assert runs(vc, "vm1") == []


def test_the_most_important_first_and_what_finds_no_room_waits():
    vc = VCenter(World(seed=7), hosts=2, lean=True, tolerates=0)
    for name, priority in (("low", "low"), ("high", "high"), ("medium", "medium")):
        vc.create_vm(name, host="esx1", memory_mib=5000, memory_reservation_mib=5000, priority=priority,
                     running=True).wait()  # fmt: skip
    vc.create_vm("own", host="esx2", memory_mib=4000, memory_reservation_mib=4000, running=True).wait()
    vc.world.run(until=60)
    vc.world.crash("esx1")
    vc.world.run(until=100)
    told = [event.what for event in vc.world.trace.where(kind="fdm", since=60) if "restarted" in event.what]
    assert told == ["high restarted on esx2", "medium restarted on esx2",
                    "low not restarted: no live host has room for it"]  # fmt: skip
    vc.host_client("esx2").power_off("high")
    vc.world.run(until=220)
    assert runs(vc, "low") == ["esx2"]  # the second try, after two minutes


def test_agents_that_are_only_stopped_are_no_reason_to_restart():
    vc = cluster()
    vc.world.stop("esx1-fdm")
    vc.world.run(until=200)
    assert runs(vc, "vm1") == ["esx1"]


def test_a_host_that_comes_back_gives_up_what_runs_elsewhere():
    vc = cluster()
    vc.world.crash("esx1")
    vc.world.run(until=120)
    vc.world.start("esx1")
    vc.world.run(until=160)
    assert "vm1" not in vc.vmms["esx1"].domains
    assert runs(vc, "vm1") == ["esx2"]


def test_cut_from_network_and_disks_its_copy_computes_on_and_ends_when_it_sees_the_lock():
    """vSphere has no STONITH: two copies in memory, one on the disk, until the paths are back."""
    vc = cluster()
    vc.isolate("esx1", storage=True)
    vc.world.run(until=120)
    assert runs(vc, "vm1") == ["esx1", "esx2"]
    assert vc.datastores[0].holder("vm1") == "esx2"  # esx1 cannot write
    vc.rejoin("esx1")
    vc.world.run(until=130)
    assert runs(vc, "vm1") == ["esx2"]


def test_admission_control_counts_reservations_not_use():
    vc = VCenter(World(seed=7), hosts=3, lean=True)
    for number in range(1, 7):
        vc.create_vm(f"vm{number}", memory_mib=8192, running=True).wait()  # 48 GiB on 3 × 16: nothing is reserved
    assert all(len(runs(vc, f"vm{number}")) == 1 for number in range(1, 7))
    vc = VCenter(World(seed=7), hosts=3, lean=True)
    refused = []
    for number in range(1, 5):
        vc.create_vm(f"vm{number}", memory_mib=8192, memory_reservation_mib=8192).wait()
        try:
            vc.power_on(f"vm{number}").wait()
        except Exception as error:
            refused.append((number, str(error).split(":")[0]))
    assert refused == [(4, "InsufficientFailoverResourcesFault")]


FAULTS = st.lists(
    st.tuples(
        st.sampled_from(["crash", "isolate", "isolate+storage", "vpxd", "vpxa", "hostd", "fdm", "heal", "san"]),
        st.sampled_from(["esx1", "esx2", "esx3"]),
        st.integers(5, 60),
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(FAULTS, st.sampled_from(["leave", "power off"]))
def test_never_two_copies_that_reach_the_disk(schedule, response):
    vc = cluster(response=response)
    world = vc.world
    for what, host, wait_s in schedule:
        if what == "heal":
            world.heal()
            for node in list(world.nodes.values()):
                if node.state != "running" and node.name in ("vpxd", *vc.vmms):
                    world.start(node)
        elif what == "crash":
            world.crash(host)
        elif what == "san":
            world.cut(host, "san1")
        elif what.startswith("isolate"):
            vc.isolate(host, storage=what.endswith("storage"))
        else:
            world.stop("vpxd" if what == "vpxd" else f"{host}-{what}")
        before = {}
        for _ in range(wait_s // 5):
            world.run(until=world.now + 5)
            for vm in ("vm1", "vm2", "vm3"):
                reach = [host for host in runs(vc, vm) if not world.network.link(host, "san1").is_cut]
                assert (
                    len(reach) < 2 or len(before.get(vm, ())) < 2
                )  # it takes one heartbeat to see that a lock is lost
                before[vm] = reach
    world.heal()
    for node in list(world.nodes.values()):
        if node.state != "running" and node.name in ("vpxd", *vc.vmms):
            world.start(node)
    world.run(until=world.now + 60)
    assert all(len(runs(vc, vm)) <= 1 for vm in ("vm1", "vm2", "vm3"))


def test_vcenter_knows_where_ha_has_restarted_a_vm_before_its_own_minute_is_over():
    vc = cluster()
    vc.world.crash("esx1")
    vc.world.run(until=95)
    assert (vc.vim.hosts["esx1"].state, vc.vim.vms["vm1"].host.name) == ("unknown", "esx2")
    vc.world.start("esx1")
    vc.world.run(until=200)
    assert (vc.vim.vms["vm1"].seen, vc.vim.vms["vm1"].host.name) == ("running", "esx2")


def test_a_host_that_was_off_for_a_moment_has_lost_its_vms_and_gets_them_back():
    vc = cluster()
    vc.world.crash("esx1")
    vc.world.run(until=65)
    vc.world.start("esx1")  # before anybody has called it unreachable
    vc.world.run(until=120)
    assert runs(vc, "vm1") == ["esx1"]
    assert vc.vim.vms["vm1"].seen == "running"


def test_without_ha_a_vm_stays_off_when_its_host_comes_back():
    vc = cluster(ha=False)
    vc.world.crash("esx1")
    vc.world.run(until=100)
    vc.world.start("esx1")
    vc.world.run(until=200)
    assert (runs(vc, "vm1"), vc.vim.vms["vm1"].desired) == ([], "off")
