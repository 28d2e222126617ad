"""`labkit tasks`: every graded task with its points, families, kind of artefact, signature and misconceptions; and the
free texts, whose points a teacher confirms."""

from __future__ import annotations

import argparse
import json

from labkit.lab import cards, tasks
from labkit.lab.card import FreeText
from labkit.lab.task import Task

CONFIRMED = "points that the teacher confirms; not graded by labkit"


def main(args: list[str] | None = None) -> int:
    """Print the tasks as text, or with --json as a list. Exit code 0."""
    parser = argparse.ArgumentParser(prog="labkit tasks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="a JSON list instead of text")
    wanted = parser.parse_args(args)
    found = [as_dict(task) for task in tasks.all()]
    found += [text_as_dict(card.id, text) for card in cards.all() for text in card.freetexts]
    found.sort(key=lambda one: one["card"])
    print(json.dumps(found, indent=1, ensure_ascii=False) if wanted.json else "\n".join(map(in_words, found)))
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
        "misconceptions": {key: cards.belief(key) for key in task.beliefs},
    }


def text_as_dict(card: str, text: FreeText) -> dict:
    """A free text as plain values: its kind is 'text', and instead of families and a signature it has a question."""
    beliefs = dict.fromkeys(belief for point in text.rubric for belief in point.beliefs)
    return {
        "id": text.id,
        "card": card,
        "title": "In your words",
        "points": text.points,
        "kind": "text",
        "question": text.question,
        "misconceptions": {key: cards.belief(key) for key in beliefs},
    }


def in_words(one: dict) -> str:
    """A task or a free text in a few lines."""
    beliefs = "".join(f"\n    {key}: {text}" for key, text in one["misconceptions"].items())
    head = f"{one['id']}  {one['title']}"
    if one["kind"] == "text":
        return f"{head}  ({one['points']:g} {CONFIRMED})\n    text: {one['question']}{beliefs}"
    families = ", ".join(f"{name} {points:g}" for name, points in one["families"].items())
    return f"{head}  ({one['points']:g} points: {families})\n    {one['kind']}: {one['signature']}{beliefs}"
