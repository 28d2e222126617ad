"""Exercises are derived from solutions, byte for byte, and a student's file is never lost."""

import json
import shutil

import pytest

from labkit.grading.release import main
from labkit.lab import cards, exercise, session
from labkit.lab.card import Card
from labkit.lab.errors import Quiet
from labkit.lab.exercise import derive, reset, source, text_of
from labkit.lab.lines import without_answer


@pytest.fixture
def course(tmp_path, solution):
    """A folder with one solved notebook; (command, folder)."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "x1.ipynb").write_text(json.dumps(solution), "utf-8")
    places = ["--solutions", str(tmp_path / "solutions"), "--exercises", str(tmp_path / "exercises")]
    return (lambda *options: main([*options, *places])), tmp_path


def test_answers_leave_and_everything_else_stays(solution):
    cells = {cell["id"]: cell for cell in derive(solution)["cells"]}
    assert source(cells["answer-1"]) == 'def is_quorate(expected, part):\n    "May this part act?"\n    ...'
    assert cells["answer-1"]["metadata"] == {"tags": ["answer"], "labkit": {"task": "X1.T1", "artefact": "is_quorate"}}
    assert list(cells) == ["setup", "helper", "text", "answer-1", "check-1"]
    assert source(cells["check-1"]) == 'check("X1.T1", is_quorate)'


def test_outputs_stay_where_they_teach_and_go_where_they_would_tell(solution):
    solution["cells"].append({**solution["cells"][4], "id": "picture", "metadata": {"tags": ["keep-output"]}})
    kept = {cell["id"]: bool(cell["outputs"]) for cell in derive(solution)["cells"] if cell["cell_type"] == "code"}
    assert kept == {"setup": True, "helper": True, "answer-1": False, "check-1": False, "picture": True}


@pytest.mark.parametrize(
    ("text", "stub", "released"),
    [
        ("a = 1\n# BEGIN ANSWER\na = 2\n# END ANSWER\nb = 3", None, "a = 1\n...\nb = 3"),
        (
            "def f():\n    # BEGIN ANSWER\n    return 1\n    # END ANSWER",
            "return None  # yours\n",
            "def f():\n    return None  # yours",
        ),
        ("x = 1", None, "..."),
        ("x = {1: 2}", "x = {}", "x = {}"),
    ],
)
def test_the_stub_stands_where_the_answer_stood(text, stub, released):
    assert without_answer(text, stub) == released


@pytest.mark.parametrize(
    "text", ["# BEGIN ANSWER\n1", "1\n# END ANSWER", "# BEGIN ANSWER\n# BEGIN ANSWER\n# END ANSWER"]
)
def test_a_marker_without_its_partner_is_refused(text):
    with pytest.raises(ValueError, match="without its partner"):
        without_answer(text)


def test_release_is_the_same_each_time_and_check_says_what_differs(course, capsys):
    release, folder = course
    file = folder / "exercises" / "x1.ipynb"
    assert release("--check") == 1
    assert release() == 0
    first = file.read_bytes()
    assert release() == 0
    assert file.read_bytes() == first and first.endswith(b"}\n")
    assert release("--check") == 0
    file.write_bytes(first + b" ")
    (folder / "exercises" / "old.ipynb").write_text("{}")
    capsys.readouterr()
    assert release("--check") == 1
    told = capsys.readouterr().out
    assert "x1.ipynb differs from its solution" in told and "old.ipynb has no solution" in told


def test_a_solution_that_grading_could_not_use_is_not_released(course, solution, capsys):
    release, folder = course
    solution["cells"][1]["id"] = "setup"
    (folder / "solutions" / "x1.ipynb").write_text(json.dumps(solution), "utf-8")
    assert release() == 2
    assert "x1.ipynb: cell 1 has the id of an earlier cell" in capsys.readouterr().err
    solution["cells"][1]["id"] = "helper"
    del solution["cells"][3]["metadata"]["labkit"]["artefact"]
    (folder / "solutions" / "x1.ipynb").write_text(json.dumps(solution), "utf-8")
    assert release() == 2
    assert "answer cell answer-1 lacks metadata" in capsys.readouterr().err


@pytest.fixture
def desk(course, monkeypatch):
    """A student's project folder with the released exercise, and a card that belongs to it."""
    release, folder = course
    release()
    (folder / "notebooks").mkdir()
    (folder / "labkit").mkdir()
    (folder / "labkit" / "__init__.py").write_text("")
    cards.all()
    monkeypatch.setitem(cards._cards, "X1", Card("X1", "Test", "x1"))
    monkeypatch.setenv("LABKIT_HOME", str(folder / "home"))
    monkeypatch.setattr(session, "_journals", {})
    monkeypatch.setattr(session, "headless", lambda: False)
    monkeypatch.chdir(folder / "exercises")
    return folder


def test_reset_begins_anew_and_leaves_the_file_unless_asked(desk, capsys):
    session.journal().write("check", "X1.T1", passed=False)
    mine = desk / "exercises" / "x1.ipynb"
    mine.write_text("my work")
    reset("x1")
    assert session.journal().entries() == []
    assert mine.read_text() == "my work"
    assert 'reset("x1", restore=True)' in capsys.readouterr().out


def test_restore_keeps_a_copy_of_the_students_file_each_time(desk, capsys, solution):
    mine = desk / "exercises" / "x1.ipynb"
    for work in ("first", "second"):
        mine.write_text(work)
        reset("x1", restore=True)
        assert mine.read_text("utf-8") == text_of(derive(solution))
    assert (desk / "exercises" / "x1.mine-1.ipynb").read_text() == "first"
    assert (desk / "exercises" / "x1.mine-2.ipynb").read_text() == "second"
    assert "yours is kept as x1.mine-2.ipynb. Close its tab without saving" in capsys.readouterr().out


def test_where_the_released_exercise_is_not_at_hand_reset_says_how_to_get_it(desk, capsys):
    shutil.rmtree(desk / "solutions")
    reset("X1", restore=True)
    assert "git restore exercises" in capsys.readouterr().out


def test_a_reset_of_something_unknown_is_told(desk):
    with pytest.raises(Quiet, match="nothing to reset under 'y9'"):
        exercise.reset("y9")
