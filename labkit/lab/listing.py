"""`labkit tasks`: every graded task with its points, families, kind of artefact, signature and misconceptions."""

from __future__ import annotations

import argparse
import json

from labkit.lab import tasks
from labkit.lab.task import Task


def main(args: list[str] | None = None) -> int:
    """Print the tasks as text, or with --json as a list. Exit code 0."""
    parser = argparse.ArgumentParser(prog="labkit tasks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="a JSON list instead of text")
    wanted = parser.parse_args(args)
    found = tasks.all()
    print(
        json.dumps([as_dict(task) for task in found], indent=1, ensure_ascii=False)
        if wanted.json
        else "\n".join(map(as_text, found))
    )
    return 0


def as_dict(task: Task) -> dict:
    """A task as plain values."""
    return {
        "id": task.id,
        "card": task.card,
        "title": task.title,
        "points": task.points,
        "families": dict(task.families),
        "kind": task.kind,
        "signature": task.signature,
        "misconceptions": dict(task.misconceptions),
    }


def as_text(task: Task) -> str:
    """A task in a few lines."""
    families = ", ".join(f"{name} {points:g}" for name, points in task.families.items())
    beliefs = "".join(f"\n    {key}: {text}" for key, text in task.misconceptions.items())
    return f"{task.id}  {task.title}  ({task.points:g} points: {families})\n    {task.kind}: {task.signature}{beliefs}"
