"""A VM moves while it runs: what the host does, what a client sees, and what is refused with everything as it was."""

import pytest
from two_hosts import begin, count, never_two, pair, running

from labkit.vmm import Host, Vmm
from labkit.vmm.disks import Datastore
from labkit.world import LabError, Unanswered, World


def test_it_moves_with_its_memory_and_the_phases_are_libvirts():
    w, one, two, san = pair()
    never_two(w, one, two)
    began = len(w.trace)
    told = one.migrate_to("web", "vmm2", policy="textbook")
    assert (told["host"], told["ended"], told["rounds"]) == ("vmm2", "stopped", 2)
    assert w.ask("admin", "web", "rest", "GET /") == 2, "its RAM came along"
    steps = [event.what for event in w.trace[began:] if event.kind in ("libvirt", "migration")]
    assert [step for step in steps if "domainMigrate" in step or step.startswith("web: ")] == [
        "domainMigratePerform3",
        "web: begin",
        "domainMigratePrepare3",
        "web: paused (migration)",  # at the target: an empty process that waits
        "web: round 1",
        "web: round 2",
        "web: paused (migration)",  # at the source: the stop
        "web: stop-and-copy",
        "domainMigrateFinish3",
        "web: running (migrated)",
        "web: confirm: it runs there",
        "web: shutoff (migrated)",
    ]
    assert one.domains == {} and two.domains["web"].persistent
    assert (san.disks["web"].lease.owner, san.disks["web"].lease.generation) == ("vmm2", 2)


def test_the_rounds_of_the_mechanism_are_those_of_the_model():
    w, one, _, _ = pair(memory_mib=8192, dirty_mib_s=512)
    told = one.migrate_to("web", "vmm2", policy="textbook")
    assert (told["rounds"], round(told["live_s"], 1)) == (5, 15.5)
    sent = [event.detail["mib"] for event in w.trace.where(kind="migration", what=lambda what: "web: round" in what)]
    assert sent == pytest.approx([8192, 4096, 2048, 1024, 512], rel=0.01)


def test_a_client_misses_it_during_the_stop_only():
    w, one, two, _ = pair(memory_mib=8192, dirty_mib_s=512)
    lost_s = []

    def client(world):
        while world.now < 60:
            asked_s = world.now
            try:
                yield world.call("admin", "web", "rest", "GET /", 0.01)
            except Unanswered:
                lost_s.append(asked_s)
            yield world.timeout(0.01)

    w.process(client)
    began_s = w.now
    begin(w, policy="textbook")
    w.run(until=70)
    halted = w.trace.where(src="vmm1", since=began_s, what="web: paused (migration)")[0].t
    runs = w.trace.where(src="vmm2", since=began_s, what="web: running (migrated)")[0].t
    assert lost_s and halted - 0.02 <= lost_s[0] and lost_s[-1] <= runs
    assert runs - halted == pytest.approx(0.31, abs=0.02) and running(one, two) == ["vmm2"]


def test_auto_converge_slows_the_guest_until_it_can_move():
    w, one, two, _ = pair(memory_mib=2048, dirty_mib_s=1500)
    told = one.migrate_to("web", "vmm2", policy="qemu auto-converge")
    throttles = [event.detail["throttle"] for event in w.trace.where(what=lambda what: "web: round" in what)]
    assert throttles[0] == 0 < throttles[-1] and told["ended"] == "stopped"


def test_nova_gives_up_and_the_vm_stays():
    w, one, two, san = pair(memory_mib=2048, dirty_mib_s=1500)
    with pytest.raises(LabError, match="aborted: limit hit: 1600 s"):
        one.migrate_to("web", "vmm2", policy="nova")
    w.run(until=w.now + 1)
    assert running(one, two) == ["vmm1"] and two.domains == {} and san.disks["web"].lease.generation == 1


def test_it_can_be_cancelled_at_any_time_until_the_target_runs():
    w, one, two, _ = pair()
    answer = begin(w, policy="qemu")
    w.run(until=w.now + 1)
    one.abort_job("web")
    w.run(until=w.now + 2)
    assert "cancelled" in str(answer.value) and running(one, two) == ["vmm1"] and two.domains == {}
    assert w.ask("admin", "web", "rest", "GET /") == 2
    with pytest.raises(LabError, match="no job"):
        one.abort_job("web")
    one.migrate_to("web", "vmm2")
    assert running(one, two) == ["vmm2"], "and it can be tried again"


def test_nobody_goes_back_from_post_copy():
    w, one, two, _ = pair()
    begin(w, policy="qemu post-copy", bandwidth_mib_s=256)
    while not w.trace.where(what="web: running (post-copy)"):
        w.run(until=w.now + 0.1)
    w.run(until=w.now + 0.1)
    with pytest.raises(LabError, match="no host has all of it"):
        one.abort_job("web")
    assert running(one, two) == ["vmm2"]


def test_who_does_not_know_may_take_the_disk_back_and_the_target_never_runs():
    """The target is silent after `finish`; the administrator cancels: the lease decides."""
    w, one, two, san = pair(delay_s=0.2)
    never_two(w, one, two)
    begin(w, policy="textbook")
    while not w.trace.where(what="domainMigrateFinish3"):
        w.run(until=w.now + 0.1)
    w.stop("vmm2-libvirtd"), w.cut("vmm1-libvirtd", "vmm2-libvirtd")
    w.run(until=w.now + 100)
    assert running(one, two) == [] and one.domains["web"].state == "paused"
    one.abort_job("web")
    w.heal(), w.start("vmm2-libvirtd")
    w.run(until=w.now + 100)
    assert running(one, two) == ["vmm1"] and san.disks["web"].lease.generation == 2


def test_three_at_once_share_the_link():
    w, one, two, _ = pair(memory_mib=2048, dirty_mib_s=100)
    for name in ("db", "mail"):
        one.define(name, memory_mib=2048, dirty_mib_s=100)
        one.start(name)
    answers = [w.call("admin", "vmm1-libvirtd", "libvirt", "domainMigratePerform3", 3600, name=name, target="vmm2")
               for name in ("web", "db", "mail")]  # fmt: skip
    w.run(until=w.now + 60)
    assert all(answer.value["live_s"] > 5.5 for answer in answers), "2 s alone, at least three times that together"
    assert sorted(two.domains) == ["db", "mail", "web"] and one.domains == {}


def test_a_paused_vm_is_moved_and_stays_paused():
    w, one, two, _ = pair(dirty_mib_s=5000)
    one.pause("web")
    one.migrate_to("web", "vmm2")
    assert (two.domains["web"].state, two.domains["web"].reason) == ("paused", "user")
    two.resume("web")
    assert w.ask("admin", "web", "rest", "GET /") == 2


def test_both_definitions_may_stay_but_the_disk_lets_one_run():
    w, one, two, _ = pair()
    one.migrate_to("web", "vmm2", undefine_source=False)
    assert one.domains["web"].state == "shutoff"
    with pytest.raises(LabError, match="in use by vmm2"):
        one.start("web")


def test_what_is_refused_changes_nothing():
    w, one, two, san = pair(memory_mib=4096, cpu_model="x86-64-v3")
    Vmm(w, "small", Host(memory_mib=2048), datastore=san)
    Vmm(w, "old", Host(cpu_model="x86-64-v2"), datastore=san)
    Vmm(w, "alone", Host())
    Vmm(w, "dead", Host(), datastore=san)
    w.crash("dead")
    before = repr(one.domains)
    for target, why in {
        "vmm1": "itself",
        "vmm9": "no libvirtd on a host 'vmm9'",
        "small": "4096 MiB",
        "old": "lacks features",
        "alone": "cannot be reached",
        "dead": "no answer",
        None: "name one",
    }.items():
        with pytest.raises(LabError, match=why):
            one.migrate_to("web", target)
        w.run(until=w.now + 1)
        assert repr(one.domains) == before and not one.domains["web"].job, target
    for options in ({"policy": "zen"}, {"bandwidth_mib_s": 0}, {"speed": 5}):
        with pytest.raises(LabError):
            one.migrate_to("web", "vmm2", **options)
        assert not one.domains["web"].job
    one.pause("web"), one.resume("web"), one.kill("web")
    with pytest.raises(LabError, match="not running"):
        one.migrate_to("web", "vmm2")
    assert two.domains == {}


def test_two_migrations_of_one_vm_at_once_are_refused():
    w, one, two, _ = pair()
    first = begin(w)
    w.run(until=w.now + 1)
    with pytest.raises(LabError, match="busy"):
        one.migrate_to("web", "vmm2")
    w.run(until=w.now + 60)
    assert first.ok and running(one, two) == ["vmm2"]


def test_a_vm_of_that_name_at_the_target_is_not_overwritten():
    w, one, two, _ = pair()
    two.define("web", memory_mib=512)
    with pytest.raises(LabError, match="already has a VM 'web'"):
        one.migrate_to("web", "vmm2")
    assert running(one, two) == ["vmm1"] and two.domains["web"].definition.memory_mib == 512


def test_the_world_with_a_migration_can_be_forked_in_the_middle():
    w, one, two, _ = pair()
    begin(w)
    w.run(until=w.now + 1)
    other = w.fork()
    w.run(until=w.now + 30), other.run(until=other.now + 30)
    assert other.trace.digest() == w.trace.digest()
    assert running(*(other.components[name] for name in ("vmm1", "vmm2"))) == ["vmm2"]


def test_a_power_button_that_was_pressed_just_before_is_felt_at_the_target():
    w, one, two, _ = pair(memory_mib=1024, dirty_mib_s=250, powers_off_s=1.1)  # the stop lasts from 1.0 to 1.3 s
    one.shutdown("web")
    begin(w)
    w.run(until=w.now + 60)
    assert one.domains == {} and (two.domains["web"].state, two.domains["web"].reason) == ("shutoff", "shutdown")


def test_a_guest_that_ends_in_the_middle_ends_the_migration():
    for what, reason in (("poweroff", "shutdown"), ("panic", "crashed")):
        w, one, two, _ = pair()
        answer = begin(w)
        w.run(until=w.now + 1)
        one.in_guest("web", what)
        w.run(until=w.now + 60)
        assert "the VM was stopped" in str(answer.value) and two.domains == {}
        assert (one.domains["web"].state, one.domains["web"].reason) == ("shutoff", reason)


def test_esxi_hosts_have_a_swap_file_each_until_it_is_over():
    w = World(seed=1)
    san = Datastore(w, "san", capacity_gib=500)
    one, two = (Vmm(w, name, Host(), setup="esxi", datastore=san) for name in ("vmm1", "vmm2"))
    one.define("web", memory_mib=2048, serve=count)
    one.start("web")
    one.migrate_to("web", "vmm2", policy="vmotion")
    assert running(one, two) == ["vmm2"] and [file for file in san.files if "vswp" in file] == ["web-vmm2.vswp"]


def test_snapshots_would_be_forgotten_so_they_forbid_it():
    w, one, two, _ = pair()
    one.snapshot("web", "s1")
    with pytest.raises(LabError, match="with 1 snapshots"):
        one.migrate_to("web", "vmm2")
