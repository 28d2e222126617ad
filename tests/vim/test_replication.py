"""Replication of VMs, of disks and of a running machine: what is there twice, and what that does not help against."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vim import Spec, datacenter
from labkit.vim.failover import FailoverSystem
from labkit.vim.replication import Array, Backup, Mirror, Replication, Twin
from labkit.vmm import Vmm
from labkit.vmm.disks import Datastore
from labkit.world import LabError, Unanswered, World


# -- instances ---------------------------------------------------------------------------------------------------------
def farm(hosts=4, shared=("san1",), **options):
    w = World(seed=11)
    vim = datacenter(w, hosts=hosts, shared=shared, **options)
    vim.use(replication=Replication(w))
    return w, vim


def alive(vim, name="web"):
    return {vm.name: vm.host.name for vm in vim.replication.instances(name) if vm.seen == "running"}


def test_instances_are_kept_on_different_hosts_and_become_more_or_fewer():
    w, vim = farm()
    vim.replication.keep("web", 3, spec=Spec(datastore="san1"))
    w.run(until=60)
    assert len(set(alive(vim).values())) == 3
    vim.replication.keep("web", 4)
    w.run(until=120)
    assert set(alive(vim)) == {"web-1", "web-2", "web-3", "web-4"}
    vim.replication.keep("web", 1)
    w.run(until=180)
    assert set(alive(vim)) == {"web-1"} == set(vim.vms)


def test_a_released_one_is_replaced_and_a_name_is_never_used_twice():
    w, vim = farm()
    vim.replication.keep("web", 2, spec=Spec())
    w.run(until=60)
    vim.terminate("web-1")
    w.run(until=120)
    assert set(alive(vim)) == {"web-2", "web-3"}


def test_one_on_a_silent_host_is_not_doubled():
    w, vim = farm()
    vim.replication.keep("web", 2, spec=Spec())
    w.run(until=60)
    host = vim.vms["web-1"].host.name
    w.cut("vim", f"{host}-agent")
    w.run(until=600)
    assert set(vim.vms) == {"web-1", "web-2"} and vim.vms["web-1"].seen == "unknown"
    w.heal()
    w.run(until=660)
    assert set(alive(vim)) == {"web-1", "web-2"}


def test_one_whose_host_is_fenced_comes_again_through_failover_or_as_another_if_its_disk_is_gone():
    for datastore, names in (("san1", {"web-1", "web-2"}), (None, {"web-2", "web-3"})):
        w, vim = farm(failover=FailoverSystem())
        vim.replication.keep("web", 2, spec=Spec(datastore=datastore))
        w.run(until=60)
        dead = vim.vms["web-1"].host.name
        w.crash(dead)
        w.run(until=300)
        assert set(alive(vim)) == names and dead not in alive(vim).values()


def test_more_instances_than_hosts_wait_and_do_not_pile_up():
    w, vim = farm(hosts=2)
    vim.replication.keep("web", 3, spec=Spec())
    w.run(until=170)
    assert len(alive(vim)) == 2 and len(vim.jobs) < 10


# -- disks -------------------------------------------------------------------------------------------------------------
def mirrored(mode, **options):
    w = World(seed=12)
    w.node("db")
    near, far = (Array(w, Datastore(w, name, 50)) for name in ("san1", "san2"))
    near.store.create("db", 1)
    w.link("san1-array", "san2-array", delay_s=0.02)
    return w, near, far, Mirror(w, near, "db", far, mode=mode, **options)


def write(w, offset, data, array="san1-array"):
    before = w.now
    w.ask("db", array, "iscsi", "write", 30, disk="db", offset=offset, data=data)
    return w.now - before


def on(array, length=4):
    return array.store.disk("db").read(0, length).decode()


def test_a_synchronous_write_waits_for_the_farther_copy_and_loses_nothing():
    w, near, far, mirror = mirrored("sync")
    assert write(w, 0, "1234") == pytest.approx(2 * 0.001 + 2 * 0.02)
    assert on(far) == "1234" and mirror.behind == 0
    w.crash("san1-array")
    assert mirror.fail_over(fenced=True) == {"lost_writes": 0, "lost_s": 0.0}
    write(w, 0, "5", "san2-array")
    assert on(far) == "5234"


def test_an_asynchronous_write_does_not_wait_and_the_newest_are_lost():
    w, near, far, mirror = mirrored("async", every_s=60)
    assert write(w, 0, "12") == pytest.approx(0.002)
    w.run(until=100)
    write(w, 2, "34")
    w.run(until=110)
    assert (
        (on(near), on(far)) == ("1234", "12\0\0") and mirror.behind == 1 and mirror.lag_s == pytest.approx(10, abs=0.1)
    )
    w.crash("san1-array")
    lost = mirror.fail_over(fenced=True)
    assert lost["lost_writes"] == 1 and on(far) == "12\0\0"


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_delete_is_a_write_and_only_the_backup_does_not_follow(mode):
    w, near, far, mirror = mirrored(mode, every_s=60)
    backup = Backup(w, near, "db", Datastore(w, "tape", 50))
    write(w, 0, "1234")
    backup.take()
    w.run(until=100)
    write(w, 0, "----")
    w.run(until=200)
    assert on(near) == on(far) == "----" and mirror.behind == 0
    assert backup.read(0, 4) == b"1234"
    assert backup.restore() == pytest.approx(0, abs=0.1) and on(near) == "1234"


def test_without_its_copy_a_synchronous_mirror_goes_on_alone_and_catches_up():
    w, near, far, mirror = mirrored("sync", timeout_s=5)
    w.cut("san1-array", "san2-array")
    assert write(w, 0, "12") == pytest.approx(5.002)
    assert write(w, 2, "34") == pytest.approx(0.002) and mirror.behind == 2
    w.heal()
    w.run(until=60)
    assert on(far) == "1234" and mirror.behind == 0
    assert write(w, 0, "9") == pytest.approx(0.042)


def test_a_silent_original_is_not_a_dead_one_and_the_old_one_must_stop_when_it_hears():
    w, near, far, mirror = mirrored("async", every_s=60)
    w.cut(["san1-array"], ["san2-array"])
    with pytest.raises(LabError, match="that is not 'it writes no more'") as error:
        mirror.fail_over()
    assert error.value.code == 409 and not mirror.copy.promoted
    mirror.fail_over(fenced=True)  # a lie: san1 still serves
    write(w, 0, "old", "san1-array")
    write(w, 0, "new", "san2-array")
    assert on(near, 3) == "old" and on(far, 3) == "new"  # two writers, two truths
    w.heal()
    w.run(until=w.now + 120)
    assert on(far, 3) == "new" and w.trace.where(kind="disk", what="mirror of db: is not the original any more")


def test_a_planned_fail_over_hands_over_what_is_missing_and_the_copy_is_not_written_before():
    w, near, far, mirror = mirrored("async", every_s=600)
    write(w, 0, "1234")
    with pytest.raises(LabError, match="is a copy"):
        write(w, 0, "x", "san2-array")
    assert mirror.fail_over() == {"lost_writes": 0, "lost_s": 0.0} and on(far) == "1234"
    with pytest.raises(LabError, match="served by san2-array"):
        write(w, 0, "x", "san1-array")


def test_writes_that_arrive_twice_are_done_once():
    w, near, far, mirror = mirrored("sync")
    w.link("san1-array", "san2-array", duplicate=1.0, jitter_s=0.5)
    for number, letter in enumerate("abcdefgh"):
        write(w, number, letter)
    w.run(until=60)
    assert on(far, 8) == "abcdefgh" and mirror.copy.applied == 8


@settings(max_examples=40, deadline=None, derandomize=True)
@given(mode=st.sampled_from(["sync", "async"]), loss=st.sampled_from([0, 0.3]), duplicate=st.sampled_from([0, 0.5]),
       story=st.lists(st.sampled_from(["write", "write", "cut", "heal", "wait", "restart"]), max_size=25))  # fmt: skip
def test_the_copy_is_always_the_original_of_an_earlier_moment_and_catches_up(mode, loss, duplicate, story):
    w, near, far, mirror = mirrored(mode, every_s=20, timeout_s=2)
    w.link("san1-array", "san2-array", loss=loss, duplicate=duplicate, jitter_s=0.5)
    history = ["\0" * 30]
    for number, what in enumerate(story):
        if what == "write":
            place = number % 7
            write(w, place, chr(97 + number))
            history.append(history[-1][:place] + chr(97 + number) + history[-1][place + 1 :])
            assert mirror.behind == 0 or mode == "async" or not mirror.attached
        elif what == "wait":
            w.run(until=w.now + 15)
        elif what == "restart":
            w.crash("san2-array")
            w.start("san2-array")
        else:
            w.cut("san1-array", "san2-array") if what == "cut" else w.heal()
        assert on(far, 30) == history[mirror.copy.applied]
    w.heal()
    w.link("san1-array", "san2-array", loss=0)
    w.run(until=w.now + 120)
    assert on(far, 30) == on(near, 30) == history[-1]


# -- a twin ------------------------------------------------------------------------------------------------------------
def till(message, memory):
    memory["sum"] = memory.get("sum", 0) + message.detail.get("add", 0)
    return memory["sum"]


def twins():
    w = World(seed=13)
    w.node("client")
    array = Array(w, Datastore(w, "san1", 50))
    hosts = [Vmm(w, name) for name in ("esx1", "esx2")]
    twin = Twin(w, "till", *hosts, till, array)
    w.link("esx1-ft-till", "esx2-ft-till", delay_s=0.005)
    return w, twin


def add(w, amount, timeout_s=2):
    return w.ask("client", "till", "rest", "POST", timeout_s, add=amount)


def test_the_twin_goes_on_with_the_memory_of_the_dead_one():
    w, twin = twins()
    assert [add(w, n) for n in (1, 2, 3)] == [1, 3, 6]
    w.crash("esx1")
    w.run(until=w.now + 1)
    assert add(w, 4) == 10 and twin.alone
    assert w.trace.where(kind="ft", what="till takes over on esx2")


def test_every_answer_waits_for_the_other_host():
    w, twin = twins()
    before = w.now
    add(w, 1)
    assert w.now - before == pytest.approx(0.012)
    w.crash("esx2")
    w.run(until=w.now + 2)
    before = w.now
    add(w, 1)
    assert w.now - before == pytest.approx(0.002) and twin.alone


def test_what_was_answered_is_never_forgotten_whenever_the_host_dies():
    for at_ms in range(0, 40, 3):
        w, twin = twins()
        add(w, 1)
        w.at(w.now + at_ms / 1000, w.crash, "esx1")
        answered = 1
        with suppress(Unanswered):
            answered = add(w, 1, 0.04)
        w.run(until=w.now + 2)
        assert add(w, 0) >= answered


def test_when_only_the_link_is_cut_one_of_them_ends_itself():
    w, twin = twins()
    add(w, 5)
    w.cut("esx1-ft-till", "esx2-ft-till")
    w.run(until=w.now + 5)
    assert add(w, 1) == 6
    running = [half.host for half in twin.halves if half.node.state == "running"]
    assert running == [twin.primary.host] and w.nodes["esx1"].state == w.nodes["esx2"].state == "running"


@pytest.mark.parametrize(("make", "code"), [
    (lambda w, a, b: Mirror(w, a, "db", a), 400),
    (lambda w, a, b: Mirror(w, a, "db", b, mode="often"), 400),
    (lambda w, a, b: Mirror(w, a, "nothing", b), 404),
    (lambda w, a, b: Backup(w, a, "db", a.store), 400),
    (lambda w, a, b: Backup(w, a, "db", b.store).restore(), 404),
    (lambda w, a, b: Replication(w).keep("web", 3, spec=Spec()), 409),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused(make, code):
    w = World(seed=1)
    a, b = (Array(w, Datastore(w, name, 50)) for name in ("a", "b"))
    a.store.create("db", 1)
    with pytest.raises(LabError) as error:
        make(w, a, b)
    assert error.value.code == code


def test_worlds_with_mirrors_twins_and_instances_can_be_forked():
    w, near, far, mirror = mirrored("async", every_s=60)
    write(w, 0, "1234")
    w.run(until=70)
    write(w, 0, "56")
    other = w.fork()
    assert other.components["db-mirror"].behind == mirror.behind == 1
    w, twin = twins()
    add(w, 5)
    w.crash("esx1")
    w.run(until=3)
    assert w.fork().ask("client", "till", "rest", "POST", 2, add=1) == 6
    w, vim = farm()
    vim.replication.keep("web", 2, spec=Spec())
    w.run(until=60)
    assert set(alive(w.fork().components["vim"])) == {"web-1", "web-2"}
