"""Where nobody can answer: nbclient, nbval, or plain Python. The outputs are the same each time."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import labkit
from labkit.lab import predict, session
from labkit.lab.errors import CheckFailed, Quiet

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CELLS = [
    "from labkit.lab import *\nimport quorum; _ = quorum.register()",
    'predict("H.p1", "Which?", a="this", b="that")',
    'observe("H.p1", truth={"n": 2}, n=...)',
    'explain("H.p1", "Why?")',
    'check("X1.T1", quorum.is_quorate)',
    "progress()",
]


def execute(cells, folder, monkeypatch):
    """Run cells under nbclient; the executed notebook."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(HERE)]))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    return NotebookClient(
        notebook, timeout=30, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()


def texts(notebook):
    return [
        output["data"]["text/plain"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]


def test_nbclient_runs_the_whole_loop_by_itself_and_says_so(tmp_path, monkeypatch):
    first, second = (execute(CELLS, tmp_path, monkeypatch) for _ in range(2))
    assert texts(first) == texts(second)
    said = texts(first)
    assert "nobody was there to predict, so one was drawn" in said[0]
    assert "nobody was there to look (headless run); the trace shows 2" in said[1]
    assert "Headless run: nobody was there to explain." in said[2]
    assert said[3] == "X1.T1 · Visible scenarios passed: even, odd. Hidden ones are drawn when you hand in."
    assert not list(tmp_path.rglob("progress.db"))


def test_nbclient_stops_at_a_failing_check_with_one_clear_line(tmp_path, monkeypatch):
    with pytest.raises(CellExecutionError) as error:
        execute([CELLS[0], 'check("X1.T1", quorum.half)'], tmp_path, monkeypatch)
    assert "X1.T1 · Not yet. 2 nodes, 1 of them together" in str(error.value)
    assert "feedback.py" not in str(error.value)


def test_nbval_counts_a_check_cell_as_pass_or_fail(tmp_path):
    cells = [CELLS[0], 'check("X1.T1", quorum.is_quorate)', 'check("X1.T1", quorum.half)', "1 + 1"]
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), tmp_path / "x.ipynb"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)])}
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--nbval-lax",
            "--nbval-current-env",
            "-p",
            "no:cacheprovider",
            "-q",
            "x.ipynb",
        ],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "1 failed, 3 passed" in run.stdout
    assert "Not yet. 2 nodes, 1 of them together" in run.stdout


def test_without_a_kernel_everything_is_printed(capsys, quorum):
    labkit.predict("H.p2", "Which?", a="this", b="that")
    labkit.check("X1.T1", quorum.is_quorate)
    with pytest.raises(CheckFailed, match="half is enough"):
        labkit.check("X1.T1", quorum.half)
    labkit.replay("X1.T1")
    labkit.progress()
    said = capsys.readouterr().out
    assert "nobody was there to predict" in said
    assert "you → task return: true" in said


def test_an_unsolved_exercise_fails_with_a_friendly_line(quorum):
    with pytest.raises(CheckFailed, match="There is no function yet: write it in the answer cell above"):
        labkit.check("X1.T1", ...)


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"n": 3}, "Seen\nn: 3, yes."),
        ({"n": 4}, "Look again\nn: you wrote 4, the trace shows 3."),
        ({"who": " Nova "}, "Seen\nwho: ' Nova ', yes."),
        ({"nodes": {2, 1}}, "Seen"),
        ({"nodes": [1]}, "Look again"),
        ({"ok": 1}, "Look again"),
        ({"t": 301.0}, "Look again"),
    ],
)
def test_an_observation_is_compared_with_the_trace_at_once(capsys, given, answer):
    truth = {"n": 3, "who": "nova", "nodes": {1, 2}, "ok": True, "t": lambda world: 300.0}
    labkit.observe("H.p3", None, truth=truth, **given)
    assert capsys.readouterr().out.startswith(answer)


def test_an_observation_that_the_experiment_does_not_have_is_refused():
    with pytest.raises(Quiet, match="takes n=….*not m"):
        labkit.observe("H.p4", truth={"n": 3}, m=3)


def test_importing_the_lab_is_cheap():
    names = {'ipywidgets', 'IPython', 'simpy', 'requests', 'matplotlib'}
    heavy = f"import sys, labkit.lab, labkit; print(sorted(set(sys.modules) & {names}))"
    run = subprocess.run(
        [sys.executable, "-c", heavy],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"


def test_somebody_at_a_terminal_is_asked_and_not_drawn_for(tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    answers = iter(["a", "4"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
    predict("H.p9", "Which?", a="this", b="that")
    (entry,) = session.journal().entries("predict")
    assert (entry.data["choice"], entry.data["confidence"]) == ("a", 4)
    session.journal().close()
