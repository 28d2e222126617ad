"""Every notebook runs headless in a kernel of its own; the stored outputs of solutions are compared.

The same as `pytest --nbval solutions/` and `pytest --nbval-lax notebooks/`, but one test a notebook, so that one run of
the suite ends with one line.
"""

import json
import re
from pathlib import Path

import pytest

from tests.notebooks.nbval import ROOT, nbval

SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))


def passes(mode: str, notebook: Path) -> None:
    """Fails with the end of nbval's report."""
    ended = nbval(mode, notebook)
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-1000:]


@pytest.mark.parametrize("notebook", SOLUTIONS, ids=lambda path: path.name)
def test_solution_runs_and_its_stored_outputs_are_true(notebook):
    passes("--nbval", notebook)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_runs(notebook):
    passes("--nbval-lax", notebook)


@pytest.mark.parametrize("notebook", NOTEBOOKS + EXERCISES + SOLUTIONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_notebook_is_fit_to_be_committed(notebook):
    """Stable ids, the plain kernel, no error left in it, and nothing of the machine it was run on."""
    text = notebook.read_text(encoding="utf-8")
    content = json.loads(text)
    ids = [cell["id"] for cell in content["cells"]]
    assert len(ids) == len(set(ids))
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    outputs = [output for cell in content["cells"] for output in cell.get("outputs", [])]
    assert [output["ename"] for output in outputs if output["output_type"] == "error"] == []
    assert not re.search(r"/(home|root|Users|tmp)/", text)


@pytest.mark.parametrize("notebook", NOTEBOOKS + SOLUTIONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_cells_are_short_enough_to_be_read(notebook):
    """One idea a cell: six lines of code at most, none wider than the window; no code is hidden in helpers."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        lines = "".join(cell["source"]).splitlines()
        if cell["cell_type"] == "code":
            answer = "answer" in cell["metadata"].get("tags", [])
            assert answer or len(lines) <= 6, cell["id"]
            assert max(map(len, lines)) <= 105, cell["id"]
        else:
            assert len(lines) <= 40, cell["id"]
