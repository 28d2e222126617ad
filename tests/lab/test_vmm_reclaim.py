"""VMM.T3: who may win which points, and that no answer upsets the judge."""

import pytest

from labkit.lab.judging import judge_task
from labkit.lab.tasks.vmm_reclaim import TASK
from labkit.lab.tasks.vmm_reclaim_mutants import altered

PRICES = {"first": lambda vm: 0, "largest": lambda vm: -vm["held_mib"], "busiest": lambda vm: -vm["active"]}
ANSWERS = [
    [], [1, 2, 3], ["swap"], "swap", ["swap", "web", 0], ["swap", "web", -1], ["swap", "web", 1e9],
    ["swap", "nobody", 1], ["steal", "web", 1], [["swap"], {"a": 1}, 1], ["swap", ["web"], 1], ["swap", "web", True],
    ["swap", "web", "1"], 7,
]  # fmt: skip


@pytest.mark.parametrize("price", PRICES)
@pytest.mark.parametrize("seed", range(1, 6))
def test_the_price_counts_only_where_points_are_given_for_it(price, seed):
    report = judge_task(TASK, altered(price=PRICES[price]), seed)
    families = {name: family.points for name, family in report.families.items()}
    assert families == {"one means after the other": 1, "what was promised": 1, "who gives first": 0}


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
def test_a_strange_answer_is_named_and_earns_nothing(answer):
    report = judge_task(TASK, lambda host, vms: answer)
    assert report.points == 0 and report.failure.layer == "type"


@pytest.mark.parametrize("step", [200, 64])
def test_small_steps_are_allowed(step):
    report = judge_task(TASK, altered(amount=lambda host, missing, room: min(step, missing, room)))
    assert report.points == 3


def test_whole_mib_will_do():
    report = judge_task(TASK, altered(amount=lambda host, missing, room: int(min(512, missing, room)) or 1))
    assert report.points == 3


def test_endless_little_steps_do_not_reach_the_target():
    report = judge_task(TASK, altered(amount=lambda host, missing, room: min(0.01, missing, room)))
    assert report.points == 0 and "still missing" in report.failure.did


def test_a_counterexample_can_be_replayed_step_by_step():
    report = judge_task(TASK, altered(order=("share", "balloon", "compress")))
    steps = [event.what for event in report.trace.where(kind="memory")]
    assert steps and steps[0].startswith(("share", "balloon"))
    assert all(event.detail["freed_mib"] >= 0 for event in report.trace.where(kind="memory"))


def test_none_means_stop_and_says_nothing_about_what_somebody_believes():
    failure = judge_task(TASK, lambda host, vms: print("thinking")).failure
    assert failure.belief is None and "returned None before the first step, which means 'stop'" in failure.did


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda vm: ["ballon", vm["name"], 1], "no action 'ballon'; the actions are share, balloon, compress, swap"),
        (lambda vm: ["swap", "nobody", 1], "no VM 'nobody'; the VMs are web"),
        (lambda vm: ["swap", vm, 1], "the whole dict of web; only its name"),
    ],
)
def test_an_unknown_action_and_an_unknown_vm_are_told_apart(answer, words):
    assert words in judge_task(TASK, lambda host, vms: answer(vms[0])).failure.did
