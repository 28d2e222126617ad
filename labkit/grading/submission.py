"""Grading one submission: its answers run in a worker, the judge plays hidden scenarios, and no notebook stops the
class."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from pathlib import Path

from labkit.grading.bench import Bench
from labkit.grading.cells import Wanted, plan, wanted
from labkit.grading.pipe import Lost
from labkit.grading.reader import Unreadable, read
from labkit.lab import tasks
from labkit.lab.feedback import as_text
from labkit.lab.judging import judge_task
from labkit.lab.task import Task

GRADED, NOTHING = "graded", "nothing handed in"


@dataclass
class Grade:
    """A student's points, verdict and reason per task id. Verdict 'graded': the judge played to the end."""

    student: str
    points: dict[str, float] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Could everything that was handed in be graded?"""
        return set(self.verdicts.values()) <= {GRADED, NOTHING}

    def put(self, task: str, points: float, verdict: str, reason: str = "") -> None:
        """Set the outcome of one task."""
        self.points[task], self.verdicts[task], self.reasons[task] = points, verdict, reason


def hidden_seed(secret: str, task: str, student: str) -> int:
    """The seed of a student's hidden scenarios: the same each time, and nobody without the secret can compute it."""
    digest = hmac.new(secret.encode(), f"{task}\0{student}".encode(), hashlib.sha256).digest()
    return 1_000 + int.from_bytes(digest[:6], "big")


class Grader:
    """Grades submissions for one solution (parsed notebook); `cell_s` and `call_s` limit a cell and a call in real
    seconds."""

    def __init__(self, solution: dict, secret: str, cell_s: float = 30.0, call_s: float = 10.0):
        self.solution, self.secret, self.cell_s, self.call_s = solution, secret, cell_s, call_s
        self.tasks: list[tuple[Wanted, Task]] = [(want, tasks.get(want.task)) for want in wanted(solution)]

    def grade(self, student: str, file: Path | None) -> Grade:
        """The student's grade; what cannot be read or run has 0 points and says why."""
        grade = Grade(student)
        try:
            if file is None:
                raise Unreadable("no notebook")
            with Bench(plan(self.solution, read(file)), self.cell_s, self.call_s) as bench:
                for want, task in self.tasks:
                    self._one(grade, want, task, bench)
        except Unreadable as error:
            self._nothing(grade, str(error))
        except Exception as error:  # a notebook nobody thought of must not take the class with it
            self._nothing(grade, f"could not be graded: {type(error).__name__}: {error}")
        return grade

    def _nothing(self, grade: Grade, why: str) -> None:
        for _, task in self.tasks:
            grade.put(task.id, 0, why)

    def _one(self, grade: Grade, want: Wanted, task: Task, bench: Bench) -> None:
        try:
            pipe = bench.pipe()
            if not pipe.has(want.artefact):
                grade.put(task.id, 0, *self._missing(want, bench))
                return
            report = judge_task(
                task, pipe.artefact(want.artefact, task.steps), hidden_seed(self.secret, task.id, grade.student)
            )
        except Lost as error:
            bench.close()
            grade.put(task.id, 0, str(error))
            return
        except Exception as error:  # a judge that breaks must not take the class with it
            bench.close()
            grade.put(task.id, 0, f"the judge failed: {type(error).__name__}: {error}")
            return
        grade.put(task.id, report.points, GRADED, "" if report.passed else as_text(task, report))

    @staticmethod
    def _missing(want: Wanted, bench: Bench) -> tuple[str, str]:
        """Why there is no artefact: (verdict, reason)."""
        if want.cell in bench.dropped:
            return f"the answer cell {bench.dropped[want.cell]}", ""
        if want.cell in bench.raised:
            return f"the answer cell {bench.raised[want.cell]}", ""
        return NOTHING, ""
