"""Which cells of a submission run: the instructor's own, and of the student's only the answers and what was added.

    instructor's notebook   setup · answer T1 · check · answer T2 · check
    student's notebook      setup (changed) · helper (added) · answer T1 · check (deleted) · answer T2 · check
    what runs               instructor's setup · helper · student's T1 · student's T2

So a changed check, a deleted check or a forged output changes nothing. Calls of check, predict and the like are left
out everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """A cell to run: its id, its source, and whether it is an answer of the student's."""

    id: str
    source: str
    answer: bool = False


@dataclass(frozen=True)
class Wanted:
    """What the instructor's notebook asks for: the task's id and the name of the artefact."""

    task: str
    artefact: str
    cell: str


def wanted(solution: dict) -> list[Wanted]:
    """The tasks of a solved notebook, from the metadata of its answer cells."""
    found = []
    for cell in solution["cells"]:
        labels = cell["metadata"].get("labkit", {})
        if "task" in labels:
            found.append(Wanted(labels["task"], labels.get("artefact", ""), cell["id"]))
    return found


def plan(solution: dict, submission: dict) -> list[Cell]:
    """The cells to run, in order."""
    places = _Places(solution)
    added: dict[str | None, list[Cell]] = {}
    answers: dict[str, list[Cell]] = {}
    after = None
    for number, cell in enumerate(submission["cells"]):
        place = places.of(cell)
        if place is not None:
            after = place
        if cell["cell_type"] != "code":
            continue
        if place in places.answers:
            answers.setdefault(place, []).append(Cell(place, cell["source"], answer=True))
        elif place is None:
            added.setdefault(after, []).append(Cell(f"added-{number}", cell["source"]))
    return added.get(None, []) + [cell for own in solution["cells"] for cell in _at(own, places, answers, added)]


def _at(own: dict, places: _Places, answers, added) -> list[Cell]:
    """What runs at the place of one of the instructor's cells."""
    if own["id"] in places.answers:
        here = answers.get(own["id"], [])
    else:
        here = [Cell(own["id"], own["source"])] if own["cell_type"] == "code" else []
    return here + added.get(own["id"], [])


class _Places:
    """Finds the instructor's cell that a student's cell stands for."""

    def __init__(self, solution: dict):
        cells = solution["cells"]
        self.ids = {cell["id"] for cell in cells}
        self.answers = {cell["id"] for cell in cells if "answer" in cell["metadata"].get("tags", [])}
        self._by_task = {
            cell["metadata"].get("labkit", {}).get("task"): cell["id"] for cell in cells if cell["id"] in self.answers
        }
        self._by_source = {cell["source"]: cell["id"] for cell in cells if cell["source"].strip()}

    def of(self, cell: dict) -> str | None:
        """By id; where an old tool dropped the ids, by the task in the metadata, then by equal text; None: the cell
        was added."""
        if cell["id"] in self.ids:
            return cell["id"]
        labels = cell["metadata"].get("labkit")
        task = labels.get("task") if isinstance(labels, dict) else None
        return (self._by_task.get(task) if isinstance(task, str) else None) or self._by_source.get(cell["source"])
