"""Stories of snapshots, clones and what they are not."""

import pytest

from labkit.vmm.disks import MAX_DELTAS, Broken, Datastore
from labkit.world import LabError, World

KIB64 = 64 * 1024


@pytest.fixture()
def store():
    return Datastore(World(seed=7), "local", capacity_gib=100)


@pytest.fixture()
def web(store):
    web = store.create("web", gib=1)
    web.fill(0, 64, b"A")
    return web


def test_after_a_snapshot_a_write_goes_into_the_new_file_and_the_rest_of_the_cluster_is_copied(web):
    web.snapshot("s1")
    web.write(100, b"new")
    assert (web.where(100), web.where(KIB64)) == ("web-000001.img", "web.img")
    assert web.last.copied_kib == (KIB64 - 3) / 1024
    web.write(200, b"again")
    assert web.last.copied_kib == 0, "the newest file has this cluster now"
    assert web.read(98, 7) == b"AAnewAA"


def test_every_delta_is_one_more_place_to_look(web):
    asked = []
    for number in range(4):
        web.read(KIB64, 10)
        asked.append(web.last.layers)
        web.snapshot(f"s{number}")
    assert asked == [1, 2, 3, 4]
    web.write(KIB64, b"here")
    web.read(KIB64, 10)
    assert web.last.layers == 1


def test_revert_says_before_what_it_throws_away(web):
    web.snapshot("s1")
    web.fill(0, 2, b"B")
    assert web.loss("s1") == "2 MiB written since snapshot 's1' will be lost."
    web.revert("s1")
    assert web.read(0, 2) == b"AA" and web.current == "s1"


def test_a_tree_of_snapshots_with_two_branches(web):
    web.snapshot("s1")
    web.write(0, b"left")
    web.snapshot("s2")
    web.revert("s1")
    web.write(0, b"right")
    assert "what the snapshots s2 hold stays" in web.loss("s1")
    assert "stays: 2 files stand on it" in str(web.delete("s1"))
    assert web.read(0, 5) == b"right"
    assert web.consolidate().copied_mib == 0, "two branches stand on the nameless file"
    web.delete("s2")
    assert web.consolidate().copied_mib == 1 / 16
    assert (web.chain, web.read(0, 5)) == (["web.img"], b"right")


def test_no_more_than_32_deltas(web):
    for number in range(MAX_DELTAS):
        web.snapshot(f"s{number}")
    before = web.chain
    with pytest.raises(LabError, match="32 deltas"):
        web.snapshot("one more")
    assert web.chain == before
    assert web.advice() == ["32 deltas in the chain: 2 to 3 are recommended, 32 are the end"]


def test_an_old_snapshot_is_named(web):
    web.snapshot("before the update")
    web.world.run(until=73 * 3600)
    assert web.advice() == ["snapshot before the update is 73 h old: 72 h at most"]


def test_memory_lies_beside_the_snapshot(web, store):
    free = store.free_mib
    saved = web.snapshot("running", memory_mib=2048)
    assert free - store.free_mib == pytest.approx(2048, abs=0.2) and saved.memory_mib == 2048
    assert web.snapshot("flushed", quiesce=True).quiesced
    with pytest.raises(LabError, match="not both"):
        web.snapshot("both", memory_mib=1, quiesce=True)
    web.delete("running")
    assert not [file for file in store.files if file.endswith(".vmsn")]


def test_space_of_linked_and_of_full_clones(web, store):
    web.snapshot("golden")
    linked = [web.linked_clone(f"linked{number}", snapshot="golden") for number in range(3)]
    for clone in linked:
        clone.fill(0, 4, b"C")
    base, frame = 64, 0.25
    assert sum(clone.used_mib for clone in linked) == pytest.approx(3 * 4, abs=3 * frame)
    full = [web.full_clone(f"full{number}", snapshot="golden") for number in range(3)]
    assert sum(clone.used_mib for clone in full) == pytest.approx(3 * base, abs=3 * frame)
    assert all(clone.read(0, 1) == b"C" for clone in linked) and full[0].read(0, 1) == b"A"


def test_the_parent_of_linked_clones_must_stay(web, store):
    web.snapshot("golden")
    for name in ("b", "a"):
        web.linked_clone(name, snapshot="golden")
    before = dict(store.files)
    for wish in (lambda: web.delete("golden"), web.destroy):
        with pytest.raises(LabError, match="the linked clones a, b stand on it"):
            wish()
    assert store.files == before
    store.disks["a"].pull(), store.disks["b"].destroy()
    web.destroy()
    assert store.disks["a"].read(0, 3) == b"AAA"


def test_rm_asks_nobody(web, store):
    web.snapshot("golden")
    a, alone = web.linked_clone("a", snapshot="golden"), web.full_clone("alone")
    a.fill(0, 2, b"C")
    store.lose("web.img")
    with pytest.raises(Broken, match=r"a.img → web.img: the file web.img is missing") as broken:
        a.read(0, 1)
    assert broken.value.file == "web.img" and broken.value.chain == ["a.img", "web.img"]
    damage = a.damage()
    assert (damage.certain_mib, damage.doubtful_mib, damage.missing) == (2, 0, ("web.img",))
    assert alone.read(0, 1) == b"A"


def test_a_parent_that_was_changed_is_noticed_by_its_content_id(web, store):
    web.snapshot("golden")
    a = web.linked_clone("a", snapshot="golden")
    a.fill(0, 1, b"C")
    store.overwrite("web.img", 10 * KIB64, b"a clean-up of the template")
    with pytest.raises(Broken, match="web.img has been changed since a.img was put upon it"):
        a.read(0, 1)
    assert (a.damage().certain_mib, a.damage().doubtful_mib) == (1, 63)


def test_a_damaged_sector_costs_what_lay_on_it(web, store):
    web.snapshot("s1")
    store.corrupt("web.img", 5 * KIB64)
    assert web.read(0, 5 * KIB64) == b"A" * 5 * KIB64
    with pytest.raises(Broken, match="I/O error, cluster 5"):
        web.read(5 * KIB64, 1)
    with pytest.raises(Broken):
        web.full_clone("copy")
    assert web.damage().unreadable == (5,) and "copy" not in store.disks
    web.write(5 * KIB64, bytes(KIB64))
    assert web.read(5 * KIB64, 2) == b"\0\0"


def test_a_snapshot_is_no_backup(web, store):
    other = Datastore(store.world, "tape", capacity_gib=100)
    web.snapshot("monday")
    web.full_clone("web-monday", store=other)
    store.lose()
    with pytest.raises(Broken, match="missing"):
        web.revert("monday")
        web.read(0, 1)
    assert other.disks["web-monday"].read(0, 1) == b"A"


def test_a_template_is_a_master_and_does_not_start(web):
    web.acquire("vmm1")
    with pytest.raises(LabError, match="runs on vmm1"):
        web.mark_template()
    web.release("vmm1")
    web.mark_template()
    for wish in (lambda: web.acquire("vmm1"), lambda: web.write(0, b"x"), lambda: web.snapshot("s")):
        with pytest.raises(LabError, match="template"):
            wish()
    clone = web.linked_clone("clone")
    assert clone.read(0, 1) == b"A"
    with pytest.raises(LabError, match="the linked clones clone stand"):
        web.unmark_template()
    clone.destroy()
    web.unmark_template()
    assert web.acquire("vmm1") == 2


def test_a_pull_down_to_a_snapshot_keeps_the_zeros_above_it(web):
    web.snapshot("s1")
    web.discard(0, KIB64)
    web.fill(1, 1, b"B")
    web.snapshot("s2")
    assert web.pull(keep="s1").copied_mib == 1
    assert web.chain == ["web-000002.img", "web.img"] and web.current == "s1"
    assert (web.read(0, 1), web.read(1024 * 1024, 1), web.read(2 * 1024 * 1024, 1)) == (b"\0", b"B", b"A")


def test_zeros_hide_what_lies_beneath_and_give_room_back(web, store):
    used = store.used_mib
    web.discard(0, 10 * KIB64)
    assert used - store.used_mib == 10 / 16
    web.snapshot("s1")
    web.fill(1, 1, b"B")
    used = store.used_mib
    web.discard(1024 * 1024, 16 * KIB64)
    assert used - store.used_mib == 1 and web.read(1024 * 1024, 3) == b"\0\0\0"
    web.delete("s1")
    assert web.read(1024 * 1024, 3) == b"\0\0\0", "not the A of before"
