"""A host that dies at any moment of a consolidation, a datastore that is full, two hosts at one disk, and bad input."""

import pytest

from labkit.vmm.disks import Datastore, NoSpace
from labkit.world import LabError, World

KIB64 = 64 * 1024
LENGTH = 6 * KIB64


def tree(seed=7):
    """web.img (s1) ◀ 000001 (s2) ◀ 000004 (newest), and 000002 (s3) on s2, too; data and zeros in each."""
    store = Datastore(World(seed), "local", capacity_gib=1)
    web = store.create("web", gib=1 / 16)
    web.write(0, b"0" * LENGTH)
    web.snapshot("s1")
    web.write(0, b"1" * 2 * KIB64)
    web.discard(2 * KIB64, KIB64)
    web.snapshot("s2")
    web.write(KIB64, b"2" * KIB64)
    web.snapshot("s3")
    web.revert("s2")
    web.write(3 * KIB64 + 5, b"newest")
    return web


def seen(web, *names):
    """What is read now and would be read after a revert to each of these snapshots."""
    views = [web.read(0, LENGTH)]
    for name in names:
        twin = web.__replay__(web.world.fork())
        twin.revert(name)
        views.append(twin.read(0, LENGTH))
    return views


def test_a_commit_that_is_cut_off_at_any_step_loses_nothing():
    """Deleting s1 copies s2's file down; two files stand on s2's and are turned to the other one."""
    steps, wanted = 0, seen(tree(), "s2", "s3")
    while True:
        web = tree()
        job = web.begin_delete("s1")
        for _ in range(steps):
            more = job.step()
        web.crash()
        assert web.read(0, LENGTH) == wanted[0], f"readable at once, after {steps} steps"
        web.recover()
        assert seen(web, "s2", "s3") == wanted, steps
        assert web.chain == ["web-000004.img", "web.img"] and sorted(web.store.files) == [
            "web-000002.img", "web-000004.img", "web.img"]  # fmt: skip
        web.recover()
        assert seen(web, "s2", "s3") == wanted, "once more does no harm"
        if steps and not more:
            break
        steps += 1
    assert steps > 6


def test_the_guest_writes_while_its_newest_file_is_committed():
    web = tree()
    web.delete("s3")
    job = web.begin_delete("s2")
    for number in range(3):
        web.write(3 * KIB64 + 5, f"note{number}".encode())
        job.step()
    with pytest.raises(LabError, match="the consolidation of web-000004.img into web-000001.img is still running"):
        web.snapshot("meanwhile")
    web.consolidate()
    assert web.read(3 * KIB64 + 5, 5) == b"note2" and web.chain == ["web-000001.img", "web.img"]


def test_a_delta_grows_until_the_datastore_is_full_and_the_write_waits():
    store = Datastore(World(7), "local", capacity_gib=1 / 256)  # 4 MiB
    web, told = store.create("web", gib=1), []
    web.fill(0, 2, b"A")
    web.snapshot("s1")
    web.on_ioerror = lambda disk: told.append(disk.name)
    web.fill(0, 1, b"B")
    with pytest.raises(NoSpace, match="no space left on datastore local: web-000001.img wants 1 MiB more") as full:
        web.fill(1, 1, b"B")
    assert full.value.code == 507 and told == ["web"] and web.read(1024 * 1024, 1) == b"A"
    assert store.free_mib < 1, "room for some of it, and none of it was taken"
    with pytest.raises(LabError, match="paused: an earlier write waits"):
        web.write(0, b"x")
    with pytest.raises(NoSpace):
        web.resume()
    store.capacity_bytes += 1024 * 1024  # the administrator enlarges it
    web.resume()
    assert web.read(1024 * 1024, 1) == b"B" and not web.waiting
    assert [event.what for event in store.world.trace.where(kind="disk", src="web")][-3:] == [
        "write", "I/O goes on", "read"]  # fmt: skip


def test_a_write_that_finds_room_for_its_first_half_only_writes_nothing():
    store = Datastore(World(7), "local", capacity_gib=1 / 512)  # 2 MiB
    web = store.create("web", gib=1)
    before = store.files
    with pytest.raises(NoSpace):
        web.write(0, b"A" * 3 * 1024 * 1024)
    assert store.files == before and web.read(0, 1) == b"\0" and len(web.waiting) == 1


def test_thin_is_a_promise():
    store = Datastore(World(7), "local", capacity_gib=10)
    disks = [store.create(f"vm{number}", gib=4) for number in range(5)]
    assert store.used_mib < 1 and store.provisioned_mib > 2 * 10 * 1024 * 0.99
    thick = store.create("thick", gib=4, thin=False)
    used = store.used_mib
    thick.fill(0, 1024, b"A")
    assert store.used_mib == used, "its room was taken at the beginning"
    with pytest.raises(NoSpace):
        disks[0].fill(0, 4096), disks[1].fill(0, 4096)


def test_a_lease_has_one_owner_and_survives_its_death():
    web = tree()
    assert web.acquire("vmm1") == web.acquire("vmm1") == 1
    with pytest.raises(LabError, match="in use by vmm1"):
        web.acquire("vmm2")
    web.crash()
    with pytest.raises(LabError, match="in use by vmm1"):
        web.acquire("vmm2")
    assert web.hand_over("vmm1", "vmm2") == 2
    with pytest.raises(LabError, match="vmm1 has lost the lease of the disk 'web': generation 2 belongs to vmm2"):
        web.write(0, b"late", by="vmm1")
    assert web.break_lease("vmm3") == 3
    web.release("vmm2")
    assert web.lease.owner == "vmm3"
    web.write(0, b"mine", by="vmm3")
    assert web.read(0, 4) == b"mine"


@pytest.mark.parametrize(("wish", "said"), [
    (lambda web: web.snapshot("s1"), "has a snapshot 's1' already"),
    (lambda web: web.revert("s33"), "there is no snapshot 's33' – did you mean 's3'"),
    (lambda web: web.delete("gone"), "there is no snapshot 'gone'"),
    (lambda web: web.read(2**26 - 1, 2), "outside the disk 'web' – it has 67108864 bytes"),
    (lambda web: web.write(-1, b"x"), "offset must be at least 0"),
    (lambda web: web.write(0.5, b"x"), "whole number of bytes"),
    (lambda web: web.write(0, "abc"), "a disk holds bytes, not the text 'abc' – b'…', or text.encode()"),
    (lambda web: web.write(0, 5), "a disk holds bytes, not 5"),
    (lambda web: web.fill(0, 1, "A"), "a disk holds bytes, not the text 'A'"),
    (lambda web: web.store.overwrite("web.img", 0, "abc"), "a disk holds bytes, not the text 'abc'"),
    (lambda web: web.store.disk("wbe").snapshot("s"), "there is no disk 'wbe' – did you mean 'web'?"),
    (lambda web: web.discard(0, -1), "length must be at least 0"),
    (lambda web: web.fill(0.01, 1), "whole clusters"),
    (lambda web: web.linked_clone("b"), "take a snapshot and name it"),
    (lambda web: web.linked_clone("web", snapshot="s1"), "already a disk 'web'"),
    (lambda web: web.snapshot("x", memory_mib=-1), "memory_mib must be at least 0"),
    (lambda web: web.pull(keep="s3"), "does not stand on the snapshot 's3'"),
    (lambda web: web.store.create("a", gib=-1), "gib must be at least"),
    (lambda web: web.store.create("web", gib=1), "already a disk 'web'"),
    (lambda web: web.store.lose("web-00001.img"), "did you mean 'web-00000"),
    (lambda web: web.store.give_back("web.img"), "part of the disk 'web'"),
    (lambda web: web.store.take("web.img", 1), "already a file"),
    (lambda web: web.hand_over("vmm1", "vmm2"), "held by nobody"),
])  # fmt: skip
def test_bad_input_is_refused_and_changes_nothing(wish, said):
    web = tree()
    before = web.store.files, web.read(0, LENGTH), sorted(web.snapshots), web.lease.generation
    with pytest.raises(LabError) as refused:
        wish(web)
    assert said in str(refused.value)
    assert (web.store.files, web.read(0, LENGTH), sorted(web.snapshots), web.lease.generation) == before


def test_a_fork_has_the_same_disks_and_goes_its_own_way():
    web = tree()
    twin = web.__replay__(web.world.fork())
    twin.revert("s1")
    assert web.current == "s2" and twin.current == "s1"
    assert twin.world.fork().trace.digest() == twin.world.trace.digest()
