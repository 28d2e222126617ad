"""`labkit release`: derive exercises/*.ipynb from solutions/*.ipynb, byte for byte the same each time.

Exit code 0: written (or, with --check, all equal). 1: with --check, some differ. 2: a solution cannot be released.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from labkit.lab.exercise import derive, tags, text_of


class NotReleasable(Exception):
    """A solution with a mistake; the message names file and cell."""


def main(args: list[str] | None = None) -> int:
    """Write the exercises, or compare them with --check."""
    parser = argparse.ArgumentParser(
        prog="labkit release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing; say which exercises differ")
    parser.add_argument(
        "--solutions", type=Path, default=Path("solutions"), help="folder of the solved notebooks (default: solutions)"
    )
    parser.add_argument(
        "--exercises", type=Path, default=Path("exercises"), help="folder of the exercises (default: exercises)"
    )
    wanted = parser.parse_args(args)
    try:
        fresh = {path.name: released(path) for path in sorted(wanted.solutions.glob("*.ipynb"))}
        if not fresh:
            raise NotReleasable(f"there is no notebook in {wanted.solutions}")
    except NotReleasable as error:
        print(f"labkit release: {error}", file=sys.stderr)
        return 2
    return compare(fresh, wanted.exercises) if wanted.check else write(fresh, wanted.exercises)


def released(path: Path) -> str:
    """The text of the exercise of a solution file. NotReleasable for unpaired markers, missing or double cell ids."""
    try:
        solution = json.loads(path.read_text("utf-8"))
        _ids(solution, path)
        return text_of(derive(solution))
    except (ValueError, KeyError) as error:
        raise NotReleasable(f"{path.name}: {error}") from None


def _ids(solution: dict, path: Path) -> None:
    """Grading finds answers by cell id: each cell has one, and none twice; an answer says which task it answers."""
    seen = set()
    for number, cell in enumerate(solution["cells"]):
        if not cell.get("id") or cell["id"] in seen:
            raise NotReleasable(
                f"{path.name}: cell {number} has {'the id of an earlier cell' if cell.get('id') else 'no id'}"
            )
        seen.add(cell["id"])
        if "answer" in tags(cell) and not {"task", "artefact"} <= set(cell["metadata"].get("labkit", {})):
            raise NotReleasable(f"{path.name}: answer cell {cell['id']} lacks metadata labkit.task and labkit.artefact")


def compare(fresh: dict[str, str], folder: Path) -> int:
    """Say which exercises differ from what would be released; exit code."""
    differ = [
        name
        for name, text in fresh.items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != text.encode("utf-8")
    ]
    extra = [path.name for path in sorted(folder.glob("*.ipynb")) if path.name not in fresh]
    for name in differ:
        print(f"{folder / name} differs from its solution: run `labkit release`")
    for name in extra:
        print(f"{folder / name} has no solution")
    if not differ and not extra:
        print(f"{len(fresh)} of {len(fresh)} exercises are as their solutions say")
    return 1 if differ or extra else 0


def write(fresh: dict[str, str], folder: Path) -> int:
    """Write the exercises; exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in fresh.items():
        (folder / name).write_bytes(text.encode("utf-8"))
        print(f"wrote {folder / name}")
    return 0
