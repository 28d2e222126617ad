"""Every notebook runs headless in a kernel of its own; the stored outputs of solutions are compared.

The same as `pytest --nbval solutions/` and `pytest --nbval-lax notebooks/`, but one test a notebook, so that one run of
the suite ends with one line.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))


def nbval(mode: str, notebook: Path) -> None:
    """Run nbval on one notebook; fails with the end of its report."""
    outer = ("PYTEST_XDIST", "PYTEST_CURRENT_TEST", "PYTEST_ADDOPTS")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", mode, str(notebook.relative_to(ROOT))]
    ended = subprocess.run(line, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-1000:]


@pytest.mark.parametrize("notebook", SOLUTIONS, ids=lambda path: path.name)
def test_solution_runs_and_its_stored_outputs_are_true(notebook):
    nbval("--nbval", notebook)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_runs(notebook):
    nbval("--nbval-lax", notebook)


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
