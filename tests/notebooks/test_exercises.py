"""Exercises: derived from their solutions; unsolved they earn nothing and fail where a student has to write, solved
they earn everything."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from labkit.cli import main
from labkit.grading.cells import wanted
from labkit.grading.release import released
from labkit.lab import tasks
from labkit.lab.exercise import source
from tests.notebooks.nbval import ROOT, nbval

SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))


def exercise_of(solution: Path) -> Path:
    return ROOT / "exercises" / solution.name


def ids(path: Path) -> str:
    return path.stem


@pytest.fixture(params=SOLUTIONS, ids=ids)
def solution(request):
    return request.param


def test_there_is_an_exercise_for_each_solution_and_no_other():
    assert SOLUTIONS
    assert [path.name for path in SOLUTIONS] == sorted(path.name for path in (ROOT / "exercises").glob("*.ipynb"))


def test_the_exercise_is_its_solution_without_the_answers_byte_for_byte(solution):
    assert exercise_of(solution).read_text("utf-8") == released(solution)


def test_every_answer_has_a_check_and_a_task_with_points(solution):
    content = json.loads(solution.read_text("utf-8"))
    checks = [source(cell) for cell in content["cells"] if source(cell).startswith("check(")]
    assert checks == [f'check("{each.task}", {each.artefact})' for each in wanted(content)]
    assert all(tasks.get(each.task).points > 0 for each in wanted(content))


def test_unsolved_each_check_fails_in_words_and_nothing_else_does(solution, tmp_path):
    exercise, report = exercise_of(solution), tmp_path / "report.xml"
    ended = nbval("--nbval-lax", exercise, f"--junitxml={report}")
    cells = [cell for cell in json.loads(exercise.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    places = {number for number, cell in enumerate(cells) if source(cell).startswith("check(")}
    failed = re.findall(r"^FAILED .*::Cell (\d+)", ended.stdout, re.MULTILINE)
    assert {int(number) for number in failed} == places, ended.stdout[-3000:]
    for each in wanted(json.loads(solution.read_text("utf-8"))):
        assert f"{each.task} · Not yet." in report.read_text("utf-8")
    assert "Traceback (most recent call last)" not in ended.stdout


def test_unsolved_earns_nothing_and_solved_earns_everything_on_hidden_seeds(tmp_path):
    """One pass of the instructor's command over two students."""
    for student, folder in (("idle", "exercises"), ("busy", "solutions")):
        shutil.copytree(ROOT / folder, tmp_path / "class" / student)
    grades = tmp_path / "grades.csv"
    solutions = str(ROOT / "solutions")
    line = ["grade", str(tmp_path / "class"), "--out", str(grades), "--seed", "hidden", "--solutions", solutions]
    assert main(line) == 0
    with grades.open(encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    asked = [each.task for path in SOLUTIONS for each in wanted(json.loads(path.read_text("utf-8")))]
    full = sum(tasks.get(task).points for task in asked)
    assert {student: float(row["total"]) for student, row in rows.items()} == {"idle": 0, "busy": full}
