"""`labkit judge`: one artefact from a Python or JSON file, judged by the same judge as in the notebook.

Exit code 0: passed. 1: not passed. 2: the task or the file is not there, or the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import runpy
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from labkit.lab import tasks
from labkit.lab.feedback import as_text
from labkit.lab.judging import Report, judge_task, not_imported
from labkit.lab.player import said
from labkit.lab.task import Task


class NotThere(Exception):
    """The file cannot be read; the message says why and what to do."""


def main(args: list[str] | None = None) -> int:
    """Judge and print the report as text or JSON."""
    wanted = _parser().parse_args(args)
    try:
        task = tasks.get(wanted.task)
        report = judge_file(task, wanted.file, wanted.seed)
    except (KeyError, NotThere) as error:
        print(f"labkit judge: {error.args[0]}", file=sys.stderr)
        return 2
    print(json.dumps(report.as_dict(), indent=1, ensure_ascii=False) if wanted.json else in_words(task, report))
    return 0 if report.passed else 1


def _parser():
    parser = argparse.ArgumentParser(
        prog="labkit judge", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", metavar="TASK", help="such as Q5.T1 (see `labkit tasks`)")
    parser.add_argument(
        "file",
        metavar="FILE[:name]",
        help="a Python file that defines `name` (default: the name in the task's signature), or a JSON file",
    )
    parser.add_argument("--seed", type=int, help="draw other scenarios (default: the visible ones)")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    return parser


def judge_file(task: Task, place: str, seed: int | None) -> Report:
    """Judge what lies at 'file' or 'file:name'. NotThere when there is no such file."""
    path, name = split(place)
    if not path.is_file():
        raise NotThere(f"there is no file {path}")
    if path.suffix == ".json":
        return judge_task(task, _json(path), seed)
    with redirect_stdout(sys.stderr):  # what the file prints must not mix with the report
        try:
            names = runpy.run_path(str(path), run_name="artefact")
        except (Exception, SystemExit) as error:
            return not_imported(
                task,
                task.visible_seed if seed is None else seed,
                f"the file {path.name} {said(error).removeprefix('your function ')}",
            )
    return judge_task(task, _pick(task, names, name, path), seed)


def split(place: str) -> tuple[Path, str | None]:
    """'answers.py:middleware' → the path and the name; a drive letter is no name."""
    head, colon, name = place.rpartition(":")
    return (Path(head), name) if colon and name.isidentifier() and len(head) > 1 else (Path(place), None)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8-sig"))
    except ValueError as error:
        raise NotThere(f"{path} is not JSON: {error}") from None


def _pick(task: Task, names: dict, name: str | None, path: Path) -> Any:
    """The object called `name`; without a name the one the signature names, else the only one the file defines."""
    own = [
        key
        for key, value in names.items()
        if not key.startswith("_") and getattr(value, "__module__", "artefact") == "artefact"
    ]
    name = name or next((key for key in (task.signature.partition("(")[0].strip(), *own) if key in names), None)
    if name not in names:
        raise NotThere(
            f"{path} defines no {name or 'artefact'!r}; it defines: {', '.join(own) or 'nothing'}. Write FILE:name."
        )
    return names[name]


def in_words(task: Task, report: Report) -> str:
    """The report as text: points per family, then the counterexample."""
    families = [
        f"  {name}: {f.points:g} of {f.of:g} points "
        f"({f'{f.passed} of {f.scenarios} scenarios' if f.scenarios else 'not tried'})"
        for name, f in report.families.items()
    ]
    verdict = "passed" if report.passed else "not passed"
    told = [] if report.passed else [as_text(task, report)]
    return "\n".join(
        [f"{task.id} · seed {report.seed} · {verdict} · {report.points:g} of {report.of:g} points", *families, *told]
    )
