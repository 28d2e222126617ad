"""Content trap 1, on disks: HA restarts, FT continues, replication copies mistakes, only a backup brings data back."""

from labkit.vim.failover import FourWays


def test_who_brings_back_what():
    ways = FourWays()
    assert str(ways["HA", "host crashes"]) == "today's data, memory lost"
    assert str(ways["fault tolerance", "host crashes"]) == "today's data, memory kept"
    assert [ways[way, "bad DELETE"].data for way in ("HA", "fault tolerance", "replication", "backup")] == [
        "deleted", "deleted", "deleted", "last night's data",
    ]  # fmt: skip
    assert ways.count("fire in room A", "gone") == 2 and ways["replication", "fire in room A"].data == "today's data"
