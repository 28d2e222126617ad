"""What happens to those who take an order for a deed: the script, beside the VIM, with the same lost messages."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.audit import audit
from labkit.vim.script import scripted
from labkit.vim.truth import running, twice
from labkit.world import LabError, World

NAMES = [f"vm{number}" for number in range(1, 21)]


def test_ordered_once_some_are_missing_and_ordered_again_some_run_twice():
    once, again, vim_world = (World(seed=7) for _ in range(3))
    scripted(once, "once", loss=0.2).create(*NAMES)
    scripted(again, "again", loss=0.2).create(*NAMES)
    vim = datacenter(vim_world, hosts=3)
    for host in vim.hosts:
        vim_world.link("vim", f"{host}-agent", loss=0.2)
    vim.create_many([{"name": name, "spec": Spec()} for name in NAMES])
    for world in (once, again, vim_world):
        world.run(until=300)
    assert len(running(once)) < 20 and twice(once) == {}
    assert len(running(again)) == 20 and twice(again)
    assert len(running(vim_world)) == 20 and twice(vim_world) == {}


def test_after_a_restart_who_starts_makes_a_copy_and_who_asks_does_not():
    def copies(way):
        world = World(seed=8)
        script = scripted(world, way)
        world.run(until=1)
        script.create("vm7")
        world.run(until=1.0025)
        world.crash("script")
        world.start("script")
        world.run(until=60)
        return len(running(world)["vm7"])

    assert (copies("again"), copies("ask")) == (2, 1)


def test_a_script_works_in_one_of_three_ways():
    with pytest.raises(LabError, match="once, again, ask"):
        scripted(World(), "twice")


def test_a_vim_pools_and_is_no_cloud():
    vim = datacenter(World(seed=7), hosts=3)
    found = {name: answer for name, answer, _ in audit(vim)}
    assert found == {
        "on-demand self-service": "no",
        "broad network access": "no",
        "resource pooling": "yes",
        "rapid elasticity": "partly",
        "measured service": "no",
    }
    assert vim.vms == {}  # what it tried is gone again
