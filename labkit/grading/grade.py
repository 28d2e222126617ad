"""`labkit grade FOLDER --out grades.csv`: points per student and task on hidden seeds. Free texts are not graded here.

Submissions run in processes of their own but without isolation in this version: they can read files and use the
network.

Exit code 0: everything that was handed in was graded. 1: something could not be (its row says why). 2: the command
line is wrong.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import secrets
import sys
from pathlib import Path

from labkit.grading.folder import Submission, submissions
from labkit.grading.reader import Unreadable, read
from labkit.grading.submission import GRADED, Grade, Grader
from labkit.lab import cards

WARNING = (
    "labkit grade: submissions run without isolation in this version. "
    "Grade only notebooks of people you trust, or in a throw-away machine."
)


def main(args: list[str] | None = None) -> int:
    """Grade the folder, write the table, print a summary per task."""
    wanted = _parser().parse_args(args)
    if wanted.seed is None:
        wanted.seed = secrets.token_hex(8)
    try:
        graders = _graders(wanted)
        found = _submissions(wanted, list(graders))
    except (Unreadable, KeyError) as error:
        print(f"labkit grade: {error.args[0]}", file=sys.stderr)
        return 2
    print(WARNING, f"labkit grade: hidden scenarios of --seed {wanted.seed}", sep="\n", file=sys.stderr)
    grades = [(one, _grade(graders, one)) for one in found]
    try:
        write(wanted.out, table(grades))
    except OSError as error:
        print(f"labkit grade: {wanted.out} cannot be written: {error.strerror}", file=sys.stderr)
        return 2
    print("\n".join(summary(grades) + confirmed({one.solution for one, _ in grades})))
    return 0 if all(grade.whole for _, grade in grades) else 1


def _parser():
    parser = argparse.ArgumentParser(
        prog="labkit grade", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="a sub-folder per student, or files named after students"
    )
    parser.add_argument("--out", type=Path, default=Path("grades.csv"), help="the table (default: grades.csv)")
    parser.add_argument(
        "--seed",
        metavar="SECRET",
        help="secret of the hidden scenarios; the same secret gives the same ones (default: drawn, and printed)",
    )
    parser.add_argument(
        "--solutions", type=Path, default=Path("solutions"), help="folder of the solved notebooks (default: solutions)"
    )
    parser.add_argument(
        "--cell-timeout", type=float, default=30.0, metavar="S", help="real seconds for one cell (default: 30)"
    )
    parser.add_argument(
        "--call-timeout",
        type=float,
        default=10.0,
        metavar="S",
        help="real seconds for one call of an answer (default: 10)",
    )
    return parser


def _graders(wanted) -> dict[str, Grader]:
    """A grader per solution that has tasks."""
    graders = {
        path.stem: Grader(read(path), wanted.seed, wanted.cell_timeout, wanted.call_timeout)
        for path in sorted(wanted.solutions.glob("*.ipynb"))
    }
    graders = {stem: grader for stem, grader in graders.items() if grader.tasks}
    if not graders:
        raise Unreadable(
            f"there is no solved notebook with tasks in {wanted.solutions}; name the folder with --solutions"
        )
    return graders


def _submissions(wanted, stems: list[str]) -> list[Submission]:
    if not wanted.folder.is_dir():
        raise Unreadable(f"there is no folder {wanted.folder}")
    found = submissions(wanted.folder, stems)
    if not found:
        raise Unreadable(f"there is no notebook in {wanted.folder}")
    return found


def _grade(graders: dict[str, Grader], one: Submission) -> Grade:
    """Grade one submission and say so, because a class takes minutes."""
    if one.solution not in graders:
        grade = Grade(one.student)
        grade.put("", 0, f"which exercise is {one.file.name}? put the exercise's name into the file's name")
        return grade
    grade = graders[one.solution].grade(one.student, one.file)
    print(f"{one.student}: {sum(grade.points.values()):g}", file=sys.stderr)
    return grade


def table(grades: list[tuple[Submission, Grade]]) -> list[list]:
    """The rows: a student, points per task, total, verdict and reason."""
    columns = list(dict.fromkeys(task for _, grade in grades for task in grade.points if task))
    students: dict[str, list[tuple[Submission, Grade]]] = {}
    for one, grade in grades:
        students.setdefault(one.student, []).append((one, grade))
    rows: list[list] = [["student", *columns, "total", "verdict", "reason"]]
    for student, parts in students.items():
        points = {task: value for _, grade in parts for task, value in grade.points.items() if task}
        rows.append(
            [
                student,
                *(points.get(task, 0) for task in columns),
                sum(points.values()),
                _verdict(parts),
                _reasons(parts),
            ]
        )
    return rows


def _verdict(parts: list[tuple[Submission, Grade]]) -> str:
    words = [word for _, grade in parts for word in _words(grade.verdicts)]
    return "; ".join(words + [one.note for one, _ in parts if one.note and one.file]) or GRADED


def _words(verdicts: dict[str, str]) -> list[str]:
    """What was not graded; said once where it is the same for every task."""
    if len(set(verdicts.values())) == 1:
        return [verdict for verdict in list(verdicts.values())[:1] if verdict != GRADED]
    return [f"{task}: {verdict}" for task, verdict in verdicts.items() if verdict != GRADED]


def _reasons(parts: list[tuple[Submission, Grade]]) -> str:
    return " | ".join(reason for _, grade in parts for reason in grade.reasons.values() if reason)


def write(out: Path, rows: list[list]) -> None:
    """Write the CSV whole or not at all; cells that a spreadsheet would compute are made plain text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[harmless(cell) for cell in row] for row in rows])
    beside = out.with_name(out.name + ".new")
    beside.write_text(text.getvalue(), "utf-8")
    os.replace(beside, out)


def harmless(cell):
    """A text that begins with = + - @, a tab or a line end gets an apostrophe, so that no spreadsheet runs it."""
    return "'" + cell if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") and cell else cell


def summary(grades: list[tuple[Submission, Grade]]) -> list[str]:
    """One line per task: the mean, and how many have points."""
    by_task: dict[str, list[float]] = {}
    for _, grade in grades:
        for task, points in grade.points.items():
            if task:
                by_task.setdefault(task, []).append(points)
    lines = [
        f"{task}: mean {sum(p) / len(p):.2f}, {sum(x > 0 for x in p)} of {len(p)} students have points"
        for task, p in by_task.items()
    ]
    broken = sum(not grade.whole for _, grade in grades)
    return [*lines, f"{len(grades)} submissions, {broken} could not be graded in full"]


def confirmed(stems: set[str]) -> list[str]:
    """One line per free text of these notebooks: its points are not in the table."""
    texts = [text for card in cards.all() if card.notebook in stems for text in card.freetexts]
    return [f"{text.id}: not in the table; the teacher confirms its {text.points:g} points" for text in texts]
