"""An exercise notebook: derived from its solution by taking the answers out; and `reset`, which begins it anew.

In a solution, the lines between `# BEGIN ANSWER` and `# END ANSWER` of a cell tagged `answer` are the answer. In the
exercise `...` stands there, or the text `labkit.stub` of the cell's metadata. Cells tagged `solution-only` are left
out. Outputs are kept where they teach: above the first answer cell, and in cells tagged `keep-output`; below it they
would show what the answer gives.
"""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

from labkit.lab import cards, paper, session, tasks
from labkit.lab.errors import Quiet
from labkit.lab.lines import without_answer
from labkit.world.draw import escape


def derive(solution: dict) -> dict:
    """The exercise of a solved notebook (both as parsed JSON)."""
    exercise = copy.deepcopy(solution)
    exercise["cells"] = [cell for cell in exercise["cells"] if "solution-only" not in tags(cell)]
    answered = False
    for cell in exercise["cells"]:
        if "answer" in tags(cell):
            answered = True
            cell["source"] = without_answer(
                source(cell), cell["metadata"].get("labkit", {}).pop("stub", None)
            ).splitlines(keepends=True)
        if cell["cell_type"] == "code" and answered and "keep-output" not in tags(cell):
            cell["outputs"], cell["execution_count"] = [], None
    return exercise


def text_of(notebook: dict) -> str:
    """The bytes of a notebook file as nbformat writes them."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def tags(cell: dict) -> list[str]:
    """The tags of a cell."""
    return cell.get("metadata", {}).get("tags", [])


def source(cell: dict) -> str:
    """The text of a cell, which a notebook file stores as one string or as a list of lines."""
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def reset(exercise: str, *, restore: bool = False) -> None:
    """Begin anew: 'Q5.T1' one item, 'Q5' a card, '05_keystone' all cards of a notebook.

    With `restore=True` the exercise's file is put back as it was released, after your file was copied beside it.
    """
    prefixes = [card.id for card in cards.all() if card.notebook == exercise] or [exercise]
    known = (
        {card.id for card in cards.all()}
        | {task.id for task in tasks.all()}
        | {entry.item for entry in session.journal().entries()}
    )
    if not any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes for name in known):
        raise Quiet(
            f"There is nothing to reset under {exercise!r}.",
            next_step=f"known: {', '.join(sorted(known)) or 'nothing yet'}",
        )
    for prefix in prefixes:
        session.journal().write("reset", prefix)
    lines = [
        f"{', '.join(prefixes)}: begun anew. What was predicted, explained, tried and drafted counts no more; "
        "the journal keeps it."
    ]
    lines += (
        [_restore(prefixes[0])]
        if restore
        else [
            f'Your notebook is as it was. reset("{exercise}", restore=True) also puts the exercise file back '
            "and keeps a copy of yours."
        ]
    )
    paper.show(paper.card("Reset", *map(escape, lines)), "\n".join(lines))


def _restore(prefix: str) -> str:
    """Put the released exercise back, after a copy; says what was done."""
    card = next((card for card in cards.all() if card.id == prefix.partition(".")[0]), None)
    project = session.project()
    name = f"{card.notebook}.ipynb" if card else None
    if not (name and project and (project / "solutions" / name).is_file()):
        return (
            "The exercise file can only be put back inside the project folder: download it again, "
            "or run `git restore exercises`."
        )
    if session.headless():
        return "Headless run: the exercise file was left alone."
    file = project / "exercises" / name
    kept = keep_copy(file)
    file.write_text(
        text_of(derive(json.loads((project / "solutions" / name).read_text("utf-8")))), "utf-8", newline="\n"
    )
    copied = f"; yours is kept as {kept.name}" if kept else ""
    return f"exercises/{name} is as released{copied}. Close its tab without saving and open it again."


def keep_copy(file: Path) -> Path | None:
    """Copy a file to the first free `name.mine-1.ipynb`, `-2` …; None when there is no file."""
    if not file.exists():
        return None
    number = 1
    while (kept := file.with_suffix(f".mine-{number}.ipynb")).exists():
        number += 1
    shutil.copy2(file, kept)
    return kept
