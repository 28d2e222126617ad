"""A VIM's database that cannot be opened, or cannot be written any more: said in words, and nothing is ordered."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.truth import running
from labkit.world import LabError, World


def test_what_can_be_no_database_is_refused_in_words(tmp_path):
    other = tmp_path / "letter.txt"
    other.write_text("Dear database, " * 100)
    for path in (tmp_path / "no folder" / "vim.db", other):
        with pytest.raises(LabError, match="cannot be a VIM's database") as refused:
            datacenter(World(seed=1), 2, database=path)
        assert refused.value.code == 400


def test_while_nothing_can_be_saved_nothing_is_ordered_and_then_it_is(tmp_path):
    world = World(seed=1, journal=False)
    vim = datacenter(world, 2, database=tmp_path / "vim.db")
    world.run(until=20)
    vim.database.connection.execute("PRAGMA query_only = ON")
    vim.create("web", spec=Spec())
    world.run(until=40)
    assert running(world) == {}
    said = vim.events.where(what="database cannot be written")
    assert len(said) >= 3 and "make room on its disk" in said[0].detail["error"]
    vim.database.connection.execute("PRAGMA query_only = OFF")
    world.run(until=60)
    assert running(world) == {"web": ["esx1"]}
