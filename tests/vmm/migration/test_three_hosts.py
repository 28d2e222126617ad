"""A VM that is sent round three hosts while links and hosts fail, its management is restarted, and an administrator
kills it, pauses it, calls the move off or sends it elsewhere; and the stories of what went wrong once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from two_hosts import begin, count, never_two, pair, running

from labkit.vmm import Host, Vmm
from labkit.vmm.disks import Datastore, NoSpace
from labkit.vmm.migration import Load, together
from labkit.world import LabError, World

HOSTS = ("vmm1", "vmm2", "vmm3")
POLICIES = ("textbook", "qemu", "qemu post-copy", "qemu auto-converge", "nova", "clark", "vmotion")
HOST, SECOND = st.sampled_from(HOSTS), st.floats(0, 60)
FAULT = st.tuples(SECOND, st.sampled_from(["crash", "stop", "manager", "cut", "one way", "slow", "lossy", "doubling"]),
                  HOST, HOST, st.sampled_from([0.5, 3, 10, 40, 70]))  # fmt: skip
CALLS = ("domainAbortJob", "domainDestroy", "domainSuspend", "domainResume", "domainShutdown", "domainReboot",
         "poweroff", "sleep", "panic", "work")  # fmt: skip
DEED = st.tuples(SECOND, st.sampled_from(CALLS), HOST)
ENDS = {"domainDestroy", "domainShutdown", "poweroff", "panic"}
MOVES = st.lists(st.tuples(st.sampled_from(POLICIES), st.sampled_from([64, 256]), st.booleans(),
                           st.sampled_from([3, 8, 15, 40])), min_size=1, max_size=4)  # fmt: skip


class Ring:
    """Three hosts on one datastore; web runs on the first and is to go round."""

    def __init__(self, seed, disk_gib, setup, dirty_mib_s):
        self.w = w = World(seed=seed, delay_s=0.4)
        self.san = Datastore(w, "san", capacity_gib=100)
        self.vmms = [Vmm(w, name, Host(memory_mib=4096), setup=setup, datastore=self.san) for name in HOSTS]
        self.vmms[0].define("web", memory_mib=512, dirty_mib_s=dirty_mib_s, disk_gib=disk_gib, serve=count)
        self.vmms[0].start("web")
        w.run(until=30)
        never_two(w, *self.vmms)

    def manager(self, host):
        return next(vmm.manager.name for vmm in self.vmms if vmm.name == host)

    def call(self, host, what, **detail):
        return self.w.call("admin", self.manager(host), "libvirt", what, 3600, name="web", **detail)

    def do(self, what, host):
        vmm = next(vmm for vmm in self.vmms if vmm.name == host)
        if what.startswith("domain"):
            self.call(host, what)
        elif "web" in vmm.domains and vmm.domains["web"].computing:
            vmm.load("web", dirty_mib_s=300) if what == "work" else vmm.in_guest("web", what)

    def links(self, **values):
        for a in HOSTS:
            for b in HOSTS:
                for near in (a, self.manager(a)):
                    for far in (b, self.manager(b)) if a != b else ():
                        self.w.link(near, far, **values)

    def fault(self, what, host, other):
        w, ends = self.w, ([host, self.manager(host)], [other, self.manager(other)])
        if what in ("crash", "stop"):
            getattr(w, what)(host)
        elif what == "manager":
            w.stop(self.manager(host))
        elif what in ("lossy", "doubling"):
            self.links(**({"loss": 0.3} if what == "lossy" else {"duplicate": 0.5, "jitter_s": 0.5}))
        elif host != other:
            w.slow(*ends, 12) if what == "slow" else w.cut(*ends, both_ways=what == "cut")

    def mend(self, what=None, host=None):
        if what in ("crash", "stop"):
            self.w.start(host)
        elif what == "manager" and self.w.nodes[host].state == "running":
            self.w.start(self.manager(host))
        else:
            self.w.heal(), self.links(loss=0.0, duplicate=0.0, jitter_s=0.0)


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(moves=MOVES, faults=st.lists(FAULT, max_size=4), deeds=st.lists(DEED, max_size=3), seed=st.integers(0, 10**6),
       disk_gib=st.sampled_from([10, 0]), setup=st.sampled_from(["kvm", "esxi"]),
       dirty_mib_s=st.sampled_from([0, 60, 400]))  # fmt: skip
def test_round_three_hosts_there_is_never_a_second_one(moves, faults, deeds, seed, disk_gib, setup, dirty_mib_s):
    ring, at_s = Ring(seed, disk_gib, setup, dirty_mib_s), 30.0
    w, vmms = ring.w, ring.vmms
    for number, (policy, bandwidth, keep, pause_s) in enumerate(moves):
        source, target = HOSTS[number % 3], HOSTS[(number + 1) % 3]
        options = {"policy": policy, "bandwidth_mib_s": bandwidth, "undefine_source": not keep, "target": target}
        w.at(at_s, lambda w, source=source, options=options: ring.call(source, "domainMigratePerform3", **options))
        at_s += pause_s
    for late_s, what, host, other, lasts_s in faults:
        w.at(30 + late_s, lambda w, a=(what, host, other): ring.fault(*a))
        w.at(30 + late_s + lasts_s, lambda w, a=(what, host): ring.mend(*a))
    for late_s, what, host in deeds:
        w.at(30 + late_s, lambda w, a=(what, host): ring.do(*a))
    w.run(until=at_s + 140)
    ring.mend()
    for node in (*HOSTS, *map(ring.manager, HOSTS)):
        w.start(node)
    w.run(until=w.now + 200)
    for vmm in vmms:
        if "web" in vmm.domains and vmm.domains["web"].job:
            ring.call(vmm.name, "domainAbortJob")  # those that would go on for ever
    w.run(until=w.now + 100)
    domains, story = [vmm.domains["web"] for vmm in vmms if "web" in vmm.domains], w.trace[-20:].short()
    active = [vmm.name for vmm in vmms if "web" in vmm.domains and vmm.domains["web"].active]
    assert len(active) <= 1 and domains and not any(domain.job for domain in domains), story
    may_end = {what for _, what, *_ in faults} & {"crash", "stop"} or {what for _, what, _ in deeds} & ENDS
    assert active or may_end, story
    assert not disk_gib or ring.san.disks["web"].lease.owner == (active[0] if active else None), story
    swap = [f"web-{active[0]}.vswp"] if active and setup == "esxi" else []
    assert [file for file in ring.san.files if file.endswith("vswp")] == swap
    if running(*vmms):
        assert w.ask("admin", "web", "rest", "GET /", 30)


def test_a_second_hop_can_be_called_off_and_survives_a_restart_of_the_management():
    """The host knows two migrations of this VM, one that came and one that goes: the job says which is meant."""
    ring = Ring(1, 10, "kvm", 400)
    w, (one, two, three) = ring.w, ring.vmms
    one.load("web", dirty_mib_s=0)
    one.migrate_to("web", "vmm2")
    two.load("web", dirty_mib_s=400)
    for disturb in (lambda: two.abort_job("web"), lambda: (w.stop("vmm2-libvirtd"), w.start("vmm2-libvirtd"))):
        ring.call("vmm2", "domainMigratePerform3", target="vmm3", bandwidth_mib_s=256)
        w.run(until=w.now + 10)
        assert "web" in three.domains
        disturb()
        w.run(until=w.now + 5)
        assert running(*ring.vmms) == ["vmm2"] and three.domains == {} and not two.domains["web"].job


def test_pausing_it_is_the_last_way_to_an_end():
    """virsh migrate --timeout-suspend: nothing more is written, the rest is sent, and it goes on at the target."""
    w, one, two, _ = pair(dirty_mib_s=2000)
    answer = begin(w, policy="qemu")
    w.run(until=w.now + 20)
    assert not answer.triggered
    assert one.pause("web")["reason"] == "migration"
    w.run(until=w.now + 10)
    assert answer.value["ended"] == "stopped" and running(one, two) == ["vmm2"]
    assert 2 < answer.value["downtime_s"] < 5 and w.ask("admin", "web", "rest", "GET /") == 2


def test_a_guest_that_begins_to_write_less_is_noticed():
    w, one, two, _ = pair(dirty_mib_s=2000)
    answer = begin(w, policy="qemu")
    w.run(until=w.now + 20)
    one.load("web", dirty_mib_s=10)
    w.run(until=w.now + 10)
    assert answer.ok and running(one, two) == ["vmm2"]


def test_a_full_datastore_pauses_it_where_it_runs_and_the_write_goes_on_at_the_target():
    w, one, two, san = pair()
    begin(w)
    w.run(until=w.now + 1)
    disk = san.disks["web"]
    san.take("an.iso", san.free_mib - 100)
    with pytest.raises(NoSpace):
        disk.fill(0, 200, b"A", by="vmm1")
    assert (one.domains["web"].state, one.domains["web"].reason) == ("paused", "I/O error")
    w.run(until=w.now + 30)
    assert (two.domains["web"].state, two.domains["web"].reason) == ("paused", "I/O error")
    san.give_back("an.iso")
    two.resume("web")
    assert running(one, two) == ["vmm2"] and disk.read(2**20, 1) == b"A"


def test_after_the_hand_over_a_cut_makes_it_wait_and_a_killed_source_loses_it():
    for killed in (False, True):
        w, one, two, _ = pair()
        never_two(w, one, two)
        begin(w, policy="qemu post-copy", bandwidth_mib_s=64)
        while not w.trace.where(what=lambda what: "pages on demand" in what):
            w.run(until=w.now + 0.5)
        left_mib = w.trace.where(what=lambda what: "pages on demand" in what)[-1].detail["left_mib"]
        w.cut(["vmm1", "vmm1-libvirtd"], ["vmm2", "vmm2-libvirtd"])
        w.run(until=w.now + 100)
        assert [(vmm.domains["web"].state, vmm.domains["web"].reason) for vmm in (one, two)] == [
            ("paused", "post-copy failed"), ("running", "post-copy failed")]  # fmt: skip
        with pytest.raises(LabError):
            w.ask("admin", "web", "rest", "GET /", 5)
        if killed:
            one.kill("web")
        w.heal()
        w.run(until=w.now + 100)
        sent = sum(event.detail["mib"] for event in w.trace.where(what=lambda what: "pages on demand" in what))
        if killed:
            assert running(one, two) == [] and two.domains["web"].reason == "crashed"
        else:
            assert running(one, two) == ["vmm2"] and one.domains == {} and sent >= 2048 > left_mib
            assert two.domains["web"].reason == "migrated" and w.ask("admin", "web", "rest", "GET /", 5)


def test_three_at_once_take_as_long_as_the_model_says():
    w, one, _, _ = pair(dirty_mib_s=100)
    for name in ("db", "mail"):
        one.define(name, memory_mib=2048, dirty_mib_s=100)
        one.start(name)
    answers = [w.call("admin", "vmm1-libvirtd", "libvirt", "domainMigratePerform3", 3600, name=name, target="vmm2")
               for name in ("web", "db", "mail")]  # fmt: skip
    w.run(until=w.now + 60)
    model = together([Load(2048, 100)] * 3, 1024, "qemu")
    for answer, told in zip(answers, model, strict=True):
        assert answer.value["rounds"] == told.live_rounds
        assert answer.value["live_s"] == pytest.approx(told.live_s, rel=0.01)


def test_a_definition_that_lay_at_the_target_is_back_after_a_failure():
    w, one, two, _ = pair()
    one.migrate_to("web", "vmm2", undefine_source=False)
    two.load("web", dirty_mib_s=5000)
    one.define("web", memory_mib=777)
    w.call("admin", "vmm2-libvirtd", "libvirt", "domainMigratePerform3", 3600, name="web", target="vmm1")
    w.run(until=w.now + 5)
    two.abort_job("web")
    w.run(until=w.now + 5)
    assert one.domains["web"].definition.memory_mib == 777 and running(one, two) == ["vmm2"]
