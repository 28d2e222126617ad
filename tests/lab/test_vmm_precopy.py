"""VMM.T4: what is drawn can be decided, what a student would write is right, and the sentences are in domain words."""

import json

import pytest

from labkit.lab import tasks
from labkit.lab.judging import judge_task
from labkit.lab.tasks import vmm_precopy, vmm_precopy_cases

TASK = tasks.get("VMM.T4")


def test_points_and_scenarios():
    assert TASK.points == 3
    for seed in range(20):
        assert len(TASK.scenarios(seed)) == 30


def test_a_seed_draws_the_same_guests_and_another_one_others():
    drawn = [json.dumps([vars(scenario) for scenario in TASK.scenarios(seed)]) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_guests_that_settle_can_be_moved_and_those_that_never_do_cannot():
    for seed in range(20):
        for scenario in TASK.scenarios(seed):
            can = vmm_precopy_cases.reachable(scenario.data)
            assert scenario.family == vmm_precopy_cases.CHANGES or can == (scenario.family == vmm_precopy_cases.SETTLES)


def test_the_same_rule_in_other_words_is_right():
    def other(rounds, limits):
        last, spent = rounds[-1], sum(one["seconds"] for one in rounds)
        next_s = last["dirty_mib"] / (last["sent_mib"] / last["seconds"])
        if next_s <= limits["downtime_s"]:
            return "stop"
        flat = [one["dirty_mib"] >= 0.9 * one["sent_mib"] for one in rounds]
        if flat[-3:] == [True] * 3 or spent + next_s > limits["copy_s"]:
            return "post-copy" if limits["post_copy"] else "abort"
        return "continue"

    for seed in range(10):
        assert judge_task(TASK, other, seed).passed


def test_the_counterexample_tells_the_round_the_stop_and_the_limit():
    failure = judge_task(TASK, TASK.mutants["stops at once"].artefact).failure
    assert (failure.layer, failure.belief, failure.rule) == ("safety", "VMM.m18", vmm_precopy.DOWNTIME)
    assert failure.did.startswith("After round 1 (4096 MiB in 4.00 s) 1024.04 MiB were dirty. You stopped the guest:")


@pytest.mark.parametrize("answer", vmm_precopy.WORDS)
def test_the_same_answer_to_everything_scores_nothing(answer):
    assert [judge_task(TASK, lambda rounds, limits: answer, seed).points for seed in range(5)] == [0] * 5


@pytest.mark.parametrize("nonsense", [None, True, "Stop", "migrate", ["stop"], 1])
def test_it_says_what_it_wants(nonsense):
    assert judge_task(TASK, lambda rounds, limits: nonsense).failure.layer == "type"
