"""A class folder: whose notebook is where.

class/anna/05_keystone.ipynb      → anna       (a folder per student)
class/ben_05_keystone.ipynb       → ben        (or the name in the file's name)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Submission:
    """A student's notebook for one solution; `file` is None when there is none, `note` says what was odd."""

    student: str
    solution: str
    file: Path | None
    note: str = ""


def submissions(folder: Path, solutions: list[str]) -> list[Submission]:
    """One per student and solution (file stems) that anybody handed in, in the order of the students' names."""
    files: dict[tuple[str, str], list[Path]] = {}
    students = {child.name for child in folder.iterdir() if child.is_dir() and not child.name.startswith(".")}
    for path in sorted(folder.rglob("*.ipynb")):
        inner = path.relative_to(folder)
        if any(part.startswith(".") for part in inner.parts) or ".mine-" in path.name:
            continue
        stem = which(path.stem, solutions)
        student = inner.parts[0] if len(inner.parts) > 1 else owner(path.stem, stem)
        students.add(student)
        files.setdefault((student, stem), []).append(path)
    handed_in = sorted({stem for _, stem in files}) or solutions
    return [_one(student, stem, files.get((student, stem), [])) for stem in handed_in for student in sorted(students)]


def which(stem: str, solutions: list[str]) -> str:
    """The solution a file belongs to by its name; with one solution, every file does."""
    named = [name for name in solutions if name in stem]
    return max(named, key=len) if named else solutions[0] if len(solutions) == 1 else ""


def owner(stem: str, solution: str) -> str:
    """The student in a file's name: what is left without the solution's name."""
    stem = re.sub(r"\s*\(\d+\)$", "", stem)  # what a browser adds to a second download
    return stem.replace(solution, "").strip(" _-.") or stem if solution else stem


def _one(student: str, stem: str, paths: list[Path]) -> Submission:
    if not paths:
        return Submission(student, stem, None, "no notebook")
    exact = [path for path in paths if path.stem == stem]
    chosen = (exact or paths)[0]
    return Submission(student, stem, chosen, f"{len(paths)} notebooks, took {chosen.name}" if len(paths) > 1 else "")
