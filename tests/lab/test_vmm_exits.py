"""VMM.T1: an answer of the wrong form is told what to return instead."""

import pytest

from labkit.lab.judging import judge_task
from labkit.lab.tasks.vmm_exits import TASK

handle = TASK.reference


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda exit, vcpu, devices: (handle(exit, vcpu, devices), True), "return only the vcpu"),
        (lambda exit, vcpu, devices: {**handle(exit, vcpu, devices), "if_": 0}, "There is no such key; its keys are"),
        (lambda exit, vcpu, devices: None, "None, not the vcpu"),
    ],
    ids=["a tuple", "a new key", "nothing"],
)
def test_an_answer_of_the_wrong_form_is_named(answer, words):
    failure = judge_task(TASK, answer).failure
    assert failure.layer == "type" and words in failure.did
