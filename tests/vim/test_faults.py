"""Messages are lost, doubled and late, hosts, agents and the VIM crash and return: no VM ever runs twice, and when
peace has come everything is as it was ordered, and the VIM is silent."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.vmm.disks.lease import Lease
from tests.vim.chaos import ACTS, act, astray, calm, center, twice, weather

STEPS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.002, 0.005, 0.3, 2.0, 7.0, 35.0, 70.0]), st.sampled_from(sorted(ACTS)),
              st.integers(0, 2), st.integers(0, 3)),
    min_size=4, max_size=22,
)  # fmt: skip
WEATHER = st.tuples(st.sampled_from([0, 0.2, 0.5]), st.sampled_from([0, 0.3]), st.sampled_from([0, 0.01, 3.0]))


def play(seed, sky, steps):
    """Two VMs, then the steps, then peace: a host that was fenced at last is switched on, then two quiet minutes."""
    world, vim = center(seed)
    weather(world, *sky)
    act(world, vim, "create", 0, 0)
    act(world, vim, "create", 0, 1)
    world.run(until=1)
    for wait_s, what, a, b in steps:
        world.run(until=world.now + wait_s)
        act(world, vim, what, a, b)
    for quiet_s in (60, 120):
        calm(world)
        world.run(until=world.now + quiet_s)
    return world, vim


def check(world, vim):
    assert twice(world) == []
    assert astray(world, vim) == []
    before = vim.outbox.sent
    world.run(until=world.now + 30)
    assert vim.outbox.sent == before, "a converged world needs no orders"


def trust(self, owner):
    """Locks of a file system that has none: whoever wants the disk gets it."""
    return self.generation if self.owner == owner else self._to(owner)


COMMON = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=500, **COMMON)
@given(seed=st.integers(0, 10**6), sky=WEATHER, steps=STEPS)
def test_never_twice_and_at_last_as_ordered_although_no_disk_is_locked(seed, sky, steps):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lease, "acquire", trust)
        check(*play(seed, sky, steps))


@settings(max_examples=100, **COMMON)
@given(seed=st.integers(0, 10**6), sky=WEATHER, steps=STEPS)
def test_locked_disks_are_no_obstacle(seed, sky, steps):
    check(*play(seed, sky, steps))


@pytest.mark.parametrize(
    ("seed", "sky", "steps"),
    [  # what random stories have found
        (96, (0.2, 0.3, 3.0), [(0.3, "create there", 1, 0), (2.0, "cut", 2, 0), (80.0, "terminate", 1, 1)]),
        (2551, (0.5, 0, 0), [(0.0, "crash host", 0, 0), (0.0, "pause", 0, 1), (70.0, "crash host", 0, 0)]),
        (3290, (0.2, 0.3, 0), [(35.0, "migrate", 2, 1), (0.3, "start libvirtd", 0, 2), (35.0, "create there", 2, 2)]),
        (1669, (0, 0, 3.0), [(35.0, "migrate there", 1, 0), (2.0, "shut down", 2, 3), (0.0, "crash host", 0, 0)]),
    ],
)
def test_stories_that_once_went_wrong(seed, sky, steps):
    check(*play(seed, sky, steps))
