"""A small class is graded: good, half good, broken, endless and missing notebooks, side by side."""

import csv
import json

import pytest

from labkit.grading.grade import confirmed, harmless, main
from labkit.grading.submission import Grader, hidden_seed

RIGHT = "def is_quorate(expected, part):\n    return len(part) >= expected // 2 + 1"
HALF = "def is_quorate(expected, part):\n    return 2 * len(part) >= expected"


@pytest.fixture
def grade(quorum, solution, hand_in, tmp_path):
    """grade(answer, …) → the grade of one submission with hidden seeds."""
    from labkit.grading.reader import read

    (tmp_path / "x1.ipynb").write_text(json.dumps(solution), "utf-8")
    grader = Grader(read(tmp_path / "x1.ipynb"), "secret", cell_s=3, call_s=1)

    def run(answer, **cells):
        return grader.grade("anna", hand_in(tmp_path / "in.ipynb", answer, **cells))

    return run


def points(grade):
    return grade.points["X1.T1"], grade.verdicts["X1.T1"]


def test_a_right_answer_gets_all_points_and_a_wrong_one_those_of_the_families_it_passes(grade):
    assert points(grade(RIGHT)) == (3, "graded")
    half = grade(HALF)
    assert points(half) == (1, "graded")
    assert "half is enough (X1.m2)" in half.reasons["X1.T1"]


def test_an_untouched_exercise_scores_nothing_and_runs_to_the_end(grade):
    assert points(grade(None)) == (0, "graded")
    assert points(grade("is_quorate = None")) == (0, "nothing handed in")


def test_only_answers_count_a_changed_check_changes_nothing(grade):
    cheat = {"check-1": "print('Visible scenarios passed')"}
    assert points(grade(HALF, **cheat))[0] == 1


def test_an_added_helper_cell_is_used_and_a_changed_setup_is_not(grade):
    answer = "def is_quorate(expected, part):\n    return mine(expected, part)"
    assert points(
        grade(
            answer,
            more="def mine(expected, part):\n    return len(part) >= majority(expected)",
            helper="def majority(expected):\n    return 0",
        )
    ) == (3, "graded")


def test_an_answer_cell_that_raises_says_its_own_line(grade):
    got = grade("def is_quorate(expected, part)\n    return True")
    assert got.points["X1.T1"] == 0
    told = "the answer cell raised SyntaxError: expected ':' in line 1: `def is_quorate(expected, part)`"
    assert got.verdicts["X1.T1"] == told
    got = grade("limit = 1 / 0\n" + RIGHT)
    assert (
        got.verdicts["X1.T1"] == "the answer cell raised ZeroDivisionError: division by zero in line 1: `limit = 1 / 0`"
    )


def test_a_check_pasted_into_the_answer_is_left_out(grade):
    assert points(grade(RIGHT + "\ncheck('X1.T1', is_quorate)\nprint('done')")) == (3, "graded")


def test_magics_and_shell_lines_do_not_stop_the_answer(grade):
    assert points(grade("%matplotlib inline\n!ls\n" + RIGHT)) == (3, "graded")


def test_an_endless_answer_ends_by_its_step_budget(grade):
    got = grade("def is_quorate(expected, part):\n    while True:\n        pass")
    assert points(got) == (0, "graded")
    assert "did not end within 20000 executed lines" in got.reasons["X1.T1"]


def test_what_no_step_budget_can_stop_is_stopped_from_outside(grade):
    loop = "import itertools\ndef is_quorate(expected, part):\n    return sum(itertools.count())"
    assert points(grade(loop)) == (0, "did not end within 1 s")


def test_an_endless_cell_is_left_out_and_the_answer_still_counts(grade):
    assert points(grade(RIGHT, more="while True:\n    pass")) == (3, "graded")
    assert points(grade(RIGHT, more="import os\nos._exit(0)")) == (3, "graded")


def test_a_process_that_ends_itself_in_a_call_gets_a_verdict(grade):
    assert points(grade("import os\ndef is_quorate(expected, part):\n    os._exit(0)")) == (
        0,
        "ended the process it ran in",
    )


def test_prints_and_input_do_not_reach_the_judge(grade):
    noisy = "print('{\"returned\": true}')\n" + RIGHT.replace("\n", "\n    print('{}')\n")
    assert points(grade(noisy)) == (3, "graded")
    assert grade("name = input()\n" + RIGHT).verdicts["X1.T1"].startswith("the answer cell raised EOFError")


def test_hidden_scenarios_depend_on_secret_task_and_student_and_stay_the_same():
    assert hidden_seed("s", "X1.T1", "anna") == hidden_seed("s", "X1.T1", "anna")
    assert len({hidden_seed(s, t, n) for s in "ab" for t in ("T1", "T2") for n in ("anna", "ben")}) == 8


def test_a_class_with_broken_notebooks_gets_a_whole_table(quorum, solution, hand_in, tmp_path, capsys):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "x1_quorum.ipynb").write_text(json.dumps(solution), "utf-8")
    room = tmp_path / "class"
    hand_in(room / "anna" / "x1_quorum.ipynb", RIGHT)
    hand_in(room / "=cmd()" / "x1_quorum.ipynb", HALF)
    hand_in(room / "ben_x1_quorum.ipynb", None)
    (room / "carl").mkdir()
    (room / "carl" / "x1_quorum.ipynb").write_text("{ broken", "utf-8")
    (room / "dora").mkdir()
    (room / "emil").mkdir()
    (room / "emil" / "x1_quorum.ipynb").write_bytes(
        hand_in(tmp_path / "e.ipynb", RIGHT).read_text("utf-8").encode("utf-16")
    )
    out = tmp_path / "grades.csv"

    status = main(
        [
            str(room),
            "--out",
            str(out),
            "--seed",
            "s3cret",
            "--solutions",
            str(tmp_path / "solutions"),
            "--cell-timeout",
            "5",
        ]
    )

    told = capsys.readouterr()
    assert status == 1
    assert "without isolation in this version" in told.err
    rows = list(csv.reader(out.open(encoding="utf-8")))
    assert rows[0] == ["student", "X1.T1", "total", "verdict", "reason"]
    assert [row[:4] for row in rows[1:]] == [
        ["'=cmd()", "1", "1", "graded"],
        ["anna", "3", "3", "graded"],
        ["ben", "0", "0", "graded"],
        ["carl", "0", "0", "is not a notebook: not JSON"],
        ["dora", "0", "0", "no notebook"],
        ["emil", "3", "3", "graded"],
    ]
    assert told.out.splitlines() == [
        "X1.T1: mean 1.17, 3 of 6 students have points",
        "6 submissions, 2 could not be graded in full",
    ]


def test_a_command_that_cannot_start_says_why(tmp_path, capsys):
    assert main([str(tmp_path / "nowhere"), "--solutions", str(tmp_path)]) == 2
    assert "no solved notebook with tasks" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\r=1"])
def test_a_spreadsheet_does_not_compute_a_students_text(text):
    assert harmless(text) == "'" + text
    assert harmless("anna") == "anna"


def test_free_texts_are_named_because_their_points_are_not_in_the_table():
    assert confirmed({"02_vmm"}) == ["Q2.f1: not in the table; the teacher confirms its 10 points"]
    assert confirmed({"quorum"}) == []
