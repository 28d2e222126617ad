"""Walks that really read entries: how many references, whose fault it is, and what shadow tables cost."""

import pytest

from labkit.vmm.memory.guest import BASE, Guest, forking, one_walk, steady
from labkit.vmm.memory.mmu import Native, Nested
from labkit.vmm.memory.page_table import PageFault, PageTable, walk
from labkit.vmm.memory.physical import LARGE_PAGE, PAGE, PhysicalMemory
from labkit.vmm.memory.shadow import Shadow
from labkit.world.errors import LabError

KINDS = (Native, Nested, Shadow)


def references_of_one_walk(mmu, size=PAGE):
    one_walk(mmu, size)
    mmu.tlb.flush()
    before = mmu.host.references
    mmu.access(BASE)
    assert mmu.host.references - before == len(mmu.trail)
    return len(mmu.trail)


@pytest.mark.parametrize("n", [4, 5])
@pytest.mark.parametrize("m", [4, 5])
def test_a_nested_walk_reads_n_times_m_plus_n_plus_m_entries(n, m):
    assert references_of_one_walk(Native(levels=n)) == n
    assert references_of_one_walk(Shadow(levels=n)) == n
    assert references_of_one_walk(Nested(levels=n, ept_levels=m)) == n * m + n + m


def test_twenty_four_and_thirty_five():
    assert references_of_one_walk(Nested()) == 24
    assert references_of_one_walk(Nested(levels=5, ept_levels=5)) == 35


def test_large_pages_shorten_the_walk_in_each_dimension():
    assert references_of_one_walk(Native(), LARGE_PAGE) == 3
    assert references_of_one_walk(Nested(), LARGE_PAGE) == 3 * 4 + 3 + 4 == 19
    assert references_of_one_walk(Nested(page=LARGE_PAGE)) == 4 * 3 + 4 + 3 == 19
    assert references_of_one_walk(Nested(page=LARGE_PAGE), LARGE_PAGE) == 15


def test_what_the_tlb_remembers_costs_nothing():
    mmu = Nested()
    guest = Guest(mmu)
    guest.spawn(4)
    guest.touch(0)
    before = mmu.counts()
    for _ in range(100):
        guest.touch(0)
    after = mmu.counts()
    assert after["accesses"] - before["accesses"] == 100
    assert after["references"] == before["references"]


@pytest.mark.parametrize("kind", KINDS)
def test_different_pages_have_different_frames_and_keep_them(kind):
    guest = Guest(kind(tlb_entries=2))
    guest.spawn(16)
    first = [guest.touch(page, write=True) for page in range(16)]
    assert len(set(first)) == 16
    assert [guest.touch(page) for page in range(16)] == first


@pytest.mark.parametrize("kind", KINDS)
def test_after_a_fork_both_read_the_same_frame_until_one_writes(kind):
    guest = Guest(kind())
    parent = guest.spawn(4)
    before = guest.touch(1, write=True)
    child = guest.fork(parent)
    guest.switch(child)
    assert guest.touch(1) == before
    mine = guest.touch(1, write=True)
    assert mine != before
    guest.switch(parent)
    assert guest.touch(1) == before


def test_whose_fault_it_is():
    """The first touch of a page: once the guest's kernel is asked (it has no entry), once the VMM (it has no frame)."""
    nested = Nested()
    guest = Guest(nested)
    guest.spawn(4)
    guest.touch(0)
    violations = nested.exits["EPT violation"]
    guest.touch(1)
    assert (nested.guest_faults, nested.exits["EPT violation"] - violations) == (2, 1)


def test_a_guests_page_fault_exits_only_under_shadow_tables():
    for kind, exits in ((Nested, 0), (Shadow, 3)):
        mmu = kind()
        Guest(mmu).spawn(4)
        with pytest.raises(PageFault):
            mmu.access(BASE)
        with pytest.raises(PageFault):
            mmu.access(BASE)
        assert mmu.guest_faults == 2
        assert sum(number for why, number in mmu.exits.items() if why != "EPT violation") == exits


def test_the_trade_off_comes_out_of_the_mechanism():
    """A program that runs and runs is better off with shadow tables, one that starts programs with nested ones."""
    cost = {}
    for work in (steady, forking):
        for kind in KINDS:
            mmu = kind()
            work(Guest(mmu))
            cost[work.__name__, mmu.kind] = (mmu.counts()["references"], mmu.counts()["exits"], mmu.cost_us())
    for work in ("steady", "forking"):
        native, nested, shadow = (cost[work, kind] for kind in ("native", "nested", "shadow"))
        assert native[1] == 0 and native[0] < shadow[0] < nested[0]
        assert shadow[1] > 2 * nested[1]
    assert cost["steady", "shadow"][2] < cost["steady", "nested"][2]
    assert cost["forking", "shadow"][2] > 2 * cost["forking", "nested"][2]


def test_the_guest_notices_no_difference():
    faults = []
    for kind in KINDS:
        mmu = kind()
        forking(Guest(mmu))
        faults.append((mmu.guest_faults, mmu.accesses))
    assert faults[0] == faults[1] == faults[2]


def test_a_write_to_a_guests_page_table_exits_once_it_is_known_as_one():
    mmu = Shadow()
    guest = Guest(mmu)
    process = guest.spawn(4)
    guest.touch(0)
    assert mmu.exits["page-table write"] == 0  # before the first walk nobody can know that this page is a table
    guest.touch(1)
    assert mmu.exits["page-table write"] == 1
    process.tables.clear(BASE)
    assert mmu.exits["page-table write"] == 2
    with pytest.raises(PageFault):
        mmu.access(BASE)


def test_a_walk_through_tables_built_by_hand():
    memory = PhysicalMemory(16)
    table = PageTable(memory.peek, memory.write, memory.allocate)
    table.map(0x7F00_1234_5000, 0x9000, writable=False)
    leaf = walk(memory.read, table.root, 0x7F00_1234_5678)
    assert (leaf.at(0x7F00_1234_5678), leaf.writable, memory.references) == (0x9678, False, 4)
    with pytest.raises(PageFault, match="level 1, write to a read-only page"):
        walk(memory.read, table.root, 0x7F00_1234_5678, write=True)
    with pytest.raises(PageFault, match="level 4, no entry"):
        walk(memory.read, table.root, 0x1000)
    with pytest.raises(LabError, match="not aligned"):
        table.map(0x1234, 0x9000)


def test_memory_ends_and_says_so():
    with pytest.raises(LabError, match="used up"):
        guest = Guest(Nested(PhysicalMemory(1)))
        guest.spawn(1000)
        for page in range(1000):
            guest.touch(page)
    guest = Guest(Native(), memory_mib=4)
    guest.spawn(4)
    with pytest.raises(LabError, match="pages 0 to 3"):
        guest.touch(4)
