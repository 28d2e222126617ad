"""A student at a real kernel: the lock, the cards, the checks; and nobody at the same kernel."""

import pytest

PREDICT = 'predict("{0}", "Where can you still start a VM?", a="in both rooms", b="in neither")'


def test_a_prediction_locks_the_cells_below_until_it_is_committed(student):
    status, text = student.run(PREDICT.format("K.p1"))
    assert (status, text.startswith("Predict: Where can you still start a VM?")) == ("ok", True)

    status, text = student.run("1 + 1")
    assert (status, text) == (
        "error",
        "Predict first: choose an answer and how sure you are in the card K.p1 above, press Commit, "
        "then run this cell again.",
    )
    assert student.run("x = predict")[0] == student.run("print(progress())")[0] == "error"
    for usable in ("progress()", "from labkit.lab import observe", 'import labkit; labkit.reset("X1.T1")', ""):
        assert student.run(usable)[0] == "ok", usable

    student.press("a) in both rooms")
    with pytest.raises(StopIteration):
        student.press("Commit")  # how sure? is still open
    student.press("4 · certain")
    student.press("Commit")
    assert "Committed. Now run the next cell" in student.shown()
    assert student.run("1 + 1") == ("ok", "2")


def test_a_prediction_stays_until_it_is_reset(student):
    student.run(PREDICT.format("K.p2"))
    student.press("b) in neither")
    student.press("1 · guessing")
    student.press("Commit")
    status, text = student.run(PREDICT.format("K.p2"))
    assert (status, text.splitlines()[1]) == ("ok", "You predicted: b) in neither (how sure: 1 · guessing)")
    student.run('reset("K.p2")')
    assert student.run(PREDICT.format("K.p2"))[1].startswith("Predict:")
    assert (
        student.run(PREDICT.format("K.p2").replace(")", ', choice="a", confidence=3)'))[1].splitlines()[1]
        == "Committed: a) in both rooms (how sure: 3 · rather sure)"
    )
    assert student.run("1 + 1") == ("ok", "2")


def test_a_headless_request_never_waits_and_never_touches_the_students_progress(student):
    first = student.run(PREDICT.format("K.p3"), allow_stdin=False)
    assert first[0] == "ok" and "Headless run: nobody was there to predict, so one was drawn" in first[1]
    assert student.run(PREDICT.format("K.p3"))[1].startswith("Predict:")  # the student is still asked
    student.run(PREDICT.format("K.p3").replace(")", ', choice="a")'))


def test_a_failing_check_tells_a_student_and_stops_a_headless_run(student):
    assert student.run('check("X1.T1", quorum.half)', allow_stdin=False)[0] == "error"
    status, text = student.run('check("X1.T1", quorum.half)')
    assert status == "ok"
    assert text == (
        "X1.T1 · Not yet. 2 nodes, 1 of them together: you let 1 of 2 act, and the rest by the same rule. "
        "What must hold: two parts never act at the same time. Belief behind it: half is enough (X1.m2). "
        'Replay this case: replay("X1.T1", seed=1). '
        "Families passed: even 1 of 4, odd 3 of 3."
    )


def test_after_a_failed_check_one_click_says_which_rule_was_broken_and_the_next_attempt_has_a_new_seed(student):
    student.run('reset("X1.T1")')
    student.run('check("X1.T1", quorum.half)')
    assert (
        student.run('check("X1.T1", quorum.never)')[1]
        == "X1.T1: which rule did the last attempt break? (one click in the notebook)"
    )
    student.press("a majority acts")
    assert "It was another one: two parts never act at the same time" in student.shown()
    assert "seed=2" in student.shown()
    student.run('check("X1.T1", quorum.is_quorate)')
    student.press("a majority acts")
    assert "Yes, that rule." in student.shown()
    assert "X1.T1 · Visible scenarios passed: even, odd." in student.shown()
    status, text = student.run('check("X1.T1", quorum.is_quorate)')
    assert (status, text) == (
        "ok",
        "X1.T1 · Visible scenarios passed: even, odd. Hidden ones are drawn when you hand in.",
    )


def test_replay_shows_the_counterexample_of_the_latest_check(student):
    student.run('reset("X1.T1")\ncheck("X1.T1", quorum.half)')
    status, text = student.run('reset("X1.T1")\ncheck("X1.T1", quorum.half)\nreplay("X1.T1", seed=1)')
    assert status == "ok"
    assert "task → you call: call" in text and "you → task return: true" in text


def test_an_explanation_is_saved_then_compared_then_confirmed(student):
    student.run('explain("S1.p1")')
    student.press("Save")
    assert "Nothing to save yet" in student.shown()
    student.type("Your words", "It cannot tell a cut cable from a dead server.")
    student.press("Save")
    assert "Saved. Compare" in student.shown()
    student.press("My text names this mechanism")
    assert "Confirmed: 1 point." in student.shown()
    assert "explanation  1 of 1   confirmed" in student.run("progress()")[1]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('check("X9.T9", len)', "There is no task 'X9.T9'. Known tasks:"),
        ('reset("nothing")', "There is nothing to reset under 'nothing'."),
        ('observe("nothing", n=1)', "There is no experiment 'nothing' to observe."),
        ('concept("nothing")', "There is no question 'nothing'."),
        ('predict("K.p9", "?", a="one")', "predict('K.p9') needs at least two options."),
        ('replay("Q5.T1")', "Nothing was checked for Q5.T1"),
        ('explain("nothing")', "There is no question 'nothing' to explain."),
        ('freetext("nothing")', "There is no free-text question 'nothing'."),
    ],
)
def test_a_mistake_gets_a_short_answer_without_a_traceback(student, call, said):
    status, text = student.run(call)
    assert status == "error"
    assert text.startswith(said)
    assert len(text.splitlines()) == 1 and "Traceback" not in text


def test_a_free_text_goes_from_draft_to_the_teachers_answer(student):
    assert student.run('freetext("Q5.f1")')[0] == "ok"
    student.press("Save draft")
    assert "There is nothing to save yet" in student.shown()
    student.type("Your answer", "Every service asks Keystone.")
    student.press("Save draft")
    assert "Grade this first example" in student.shown()
    student.press("Done grading")
    assert "The example before: you agree with the teacher on" in student.shown()
    student.press("Done grading")
    assert "Now grade your own draft" in student.shown()
    student.press("Done grading")
    student.press("Save revision")
    assert "Saved. The teacher confirms or samples your points." in student.shown()
    assert "Your answer: <blockquote>Every service asks Keystone.</blockquote>" in student.shown()


def test_a_wrong_answer_to_a_question_names_the_belief_and_offers_a_second_version(student):
    student.run('concept("Q5.c1")')
    wrong = next(
        state["description"]
        for state in student.models.values()
        if "Keystone" in state.get("description", "") and state["description"][1:2] == ")"
    )
    student.press(wrong)
    student.press("Answer")
    assert "Not this one." in student.shown() and "Belief behind it:" in student.shown()
    before = student.shown()
    student.press("Try a second version")
    assert student.shown() != before
    assert "Beliefs to look at again:" in student.run("progress()")[1]


def test_an_observation_after_a_later_cell_took_the_name_says_so(student):
    student.run("from labkit.lab import observe")
    status, text = student.run('observe("S8.p2", ["of", "another"], isolated_s=46, nowhere_s=77)')
    assert status == "error" and "Traceback" not in text
    assert "behind this name now: list" in text and "run the cells of this experiment again" in text
