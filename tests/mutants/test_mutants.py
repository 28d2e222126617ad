"""Every grader is proved: the reference gets full points, and each wrong solution fails with a message of its own."""

import pytest

from labkit.lab import tasks
from labkit.lab.judging import judge_task
from labkit.lab.task import LAYERS

TASKS = tasks.all()
MUTANTS = [(task, name) for task in TASKS for name in task.mutants]
SEEDS = (1, 2, 1_000_003, 281_474_976_710_655)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_gets_full_points(task, seed):
    report = judge_task(task, task.reference, seed)
    assert report.passed, report.failure
    assert report.points == report.of == task.points


@pytest.mark.parametrize(("task", "name"), MUTANTS, ids=[f"{task.id}-{name}" for task, name in MUTANTS])
@pytest.mark.parametrize("seed", SEEDS[1::2])
def test_a_mutant_fails_with_its_belief(task, name, seed):
    mutant = task.mutants[name]
    report = judge_task(task, mutant.artefact, seed)
    assert not report.passed, f"the mutant '{name}' survives seed {seed}"
    assert report.points < task.points
    assert report.failure.layer in LAYERS
    if mutant.belief:  # an ordinary slip may look like a belief
        assert report.failure.belief == mutant.belief


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_each_mutant_has_its_own_message(task):
    said = {name: judge_task(task, mutant.artefact).failure for name, mutant in task.mutants.items()}
    messages = [(failure.rule, failure.scenario.title, failure.did) for failure in said.values()]
    assert len(set(messages)) == len(messages) >= 6


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_a_task_is_played_in_at_least_twenty_scenarios_and_every_family_is_played(task):
    for seed in SEEDS:
        scenarios = task.scenarios(seed)
        assert len(scenarios) >= 20
        assert {scenario.family for scenario in scenarios} == set(task.families)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_nothing_handed_in_scores_nothing(task):
    assert judge_task(task, None).points == judge_task(task, ...).points == 0


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_the_same_seed_gives_the_same_verdict(task):
    mutant = next(iter(task.mutants.values()))
    first, second = (judge_task(task, mutant.artefact, 7).as_dict() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_every_rule_that_a_mutant_breaks_is_among_the_choices_of_the_question(task):
    for mutant in task.mutants.values():
        failure = judge_task(task, mutant.artefact).failure
        assert failure.rule in task.rules
