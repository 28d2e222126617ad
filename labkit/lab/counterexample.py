"""replay: see the counterexample of a check as a message diagram."""

from __future__ import annotations

from typing import Any

from labkit.lab import paper, session
from labkit.lab.errors import Quiet
from labkit.lab.feedback import as_html, as_text, task_of
from labkit.lab.judging import judge_task

MISSING = object()


def replay(task_id: str, seed: int | None = None, artefact: Any = MISSING) -> None:
    """Play the scenarios of `seed` (default: of the latest check) again with the artefact of the latest check (or the
    one given) and show the failing one."""
    task = task_of(task_id)
    artefact = session.handed_in.get(task.id, MISSING) if artefact is MISSING else artefact
    if artefact is MISSING:
        raise Quiet(
            f"Nothing was checked for {task.id} since this notebook's kernel started.",
            next_step="run the check cell first",
        )
    last = session.journal().last("check", task.id)
    report = judge_task(task, artefact, last.data["seed"] if seed is None and last else seed)
    paper.show(as_html(task, report), as_text(task, report))
    if report.trace:  # a configuration may fail without a message being sent
        picture = report.trace.sequence(title=report.failure.scenario.title)
        paper.show(picture._repr_html_(), "\n".join(report.trace.short()))
