"""The report: first failing layer, shortest counterexample, points per family."""

import pytest

from labkit.lab import tasks
from labkit.lab.judging import RULE_NAMES, judge_task
from labkit.lab.task import Failure, Scenario, Task


def test_the_reference_passes_and_half_is_enough_meets_the_smallest_tie(quorum):
    assert judge_task(quorum.TASK, quorum.is_quorate).points == 3
    report = judge_task(quorum.TASK, quorum.half)
    assert report.failure.scenario.title == "2 nodes, 1 of them together"
    assert (report.failure.layer, report.failure.belief) == ("safety", "X1.m2")
    assert (report.points, report.families["odd"].points, report.families["even"].points) == (1, 1, 0)


def test_only_the_first_failing_layer_is_reported(quorum):
    def mixed(expected, part):
        if expected == 2:
            return False
        return "yes" if expected == 5 else 2 * len(part) >= expected

    assert judge_task(quorum.TASK, mixed).failure.layer == "type"


def test_layers_come_in_order_even_when_a_later_one_fails_first():
    def judge(scenario, artefact):
        return Failure(scenario.data["layer"], "rule", "did")

    def scenarios(seed):
        return [Scenario("f", seed, layer, {"layer": layer}) for layer in ("economy", "liveness", "safety")]

    task = Task("X2.T1", "X2", "t", {"f": 1}, "plan", "plan", scenarios, judge, reference=[])
    assert judge_task(task, []).failure.layer == "safety"


def test_nothing_handed_in_is_an_import_failure_and_scores_nothing(quorum):
    for nothing in (None, ...):
        report = judge_task(quorum.TASK, nothing)
        assert (report.points, report.failure.layer) == (0, "import")
        assert "write it in the answer cell" in report.failure.did


def test_an_artefact_that_never_ends_is_not_tried_forty_times(quorum):
    calls = []

    def endless(expected, part):
        calls.append(expected)
        while True:
            pass

    report = judge_task(quorum.TASK, endless)
    assert len(calls) == 3
    assert report.points == 0 and report.failure.rule == "every call ends"


def test_a_report_is_plain_and_reproducible(quorum):
    first, second = (judge_task(quorum.TASK, quorum.half, 5).as_dict() for _ in range(2))
    assert first == second
    assert first["failure"]["scenario"] == {"family": "even", "seed": 5, "title": "2 nodes, 1 of them together"}


def test_a_task_names_what_it_lacks():
    with pytest.raises(KeyError, match="There is no task 'Q9.T9'"):
        tasks.get("Q9.T9")
    with pytest.raises(ValueError, match="none of import, type"):
        Failure("style", "rule", "did")


def test_a_renamed_argument_is_a_rule_of_its_own(quorum):
    failure = judge_task(quorum.TASK, lambda nodes, part: True).failure
    assert failure.rule == RULE_NAMES and "keep the names: expected, part" in failure.did


def test_a_configuration_of_three_dots_is_an_answer_cell_as_it_was_released():
    stub = {"interval_s": ..., "misses": ..., "fencing": ..., "replication": ..., "redirect": ..., "drill_days": ...}
    report = judge_task(tasks.get("S10.T2"), stub)
    assert report.points == 0 and report.failure.layer == "import"
    assert "there is no configuration yet" in report.failure.did


def test_a_design_without_services_is_told_what_is_missing():
    failure = judge_task(tasks.get("Q3.T1"), lambda services, budget, prices: {"nodes": 3}).failure
    assert failure.did == "you returned {'nodes': 3}: 'services' is not in it"
