"""S8.T1 and S8.T2: what earns nothing, and right answers that look different from the reference."""

import pytest

from labkit.lab import tasks
from labkit.lab.judging import judge_task

SEEDS = (1, 5, 1_000_003)


def points(task, artefact, seed):
    return judge_task(tasks.get(task), artefact, seed).points


def first_fit(dead, vms, free):
    """Another right plan: tuples, and the first host with room."""
    steps, left = [("fence", dead)], dict(free)
    for vm in sorted(vms, key=lambda vm: vm["priority"]):
        host = next((host for host in left if left[host] >= vm["memory_gib"]), None)
        if vm["disk"] == "shared" and host:
            left[host] -= float(vm["memory_gib"])
            steps.append(("start", vm["name"], host))
    return tuple(steps)


def starts(dead, vms, free):
    return first_fit(dead, vms, free)[1:]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "plan",
    [
        lambda dead, vms, free: [],
        lambda dead, vms, free: [["fence", dead]],
        lambda dead, vms, free: [["fence", host] for host in [dead, *free]],
        starts,
    ],
)
def test_a_plan_that_does_nothing_or_half_earns_nothing(plan, seed):
    assert points("S8.T1", plan, seed) == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_another_right_plan_gets_full_points(seed):
    assert points("S8.T1", first_fit, seed) == 5


def sum_of_free_memory(hosts, vms, k):
    return sum(vm["memory_gib"] for vm in vms) <= sum(sorted(hosts.values())[: len(hosts) - k])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "rule", [lambda hosts, vms, k: True, lambda hosts, vms, k: False, lambda hosts, vms, k: k < 2, sum_of_free_memory]
)
def test_no_family_is_won_without_looking_at_the_pieces(rule, seed):
    assert points("S8.T2", rule, seed) == 0
