"""A solved notebook with the small quorum task, and students' notebooks made from it."""

import copy
import json
import sys
from pathlib import Path

import pytest

LAB = Path(__file__).parent.parent / "lab"
sys.path.insert(0, str(LAB))


def code(id, source, **metadata):
    """A code cell with an output, as in a notebook that was executed."""
    return {
        "cell_type": "code",
        "id": id,
        "metadata": metadata,
        "source": source.splitlines(keepends=True),
        "execution_count": 1,
        "outputs": [{"name": "stdout", "output_type": "stream", "text": ["done\n"]}],
    }


ANSWER = """def is_quorate(expected, part):
    "May this part act?"
    # BEGIN ANSWER
    return len(part) >= majority(expected)
    # END ANSWER
"""


@pytest.fixture
def solution():
    """setup · demonstration · answer · check · explanation for the teacher."""
    cells = [
        code("setup", "from labkit.lab import check\nprint('set up')"),
        code("helper", "def majority(expected):\n    return expected // 2 + 1"),
        {"cell_type": "markdown", "id": "text", "metadata": {}, "source": ["Now you."]},
        code("answer-1", ANSWER, tags=["answer"], labkit={"task": "X1.T1", "artefact": "is_quorate"}),
        code("check-1", 'check("X1.T1", is_quorate)'),
        {"cell_type": "markdown", "id": "why", "metadata": {"tags": ["solution-only"]}, "source": ["More than half."]},
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def quorum(monkeypatch):
    """The small task, registered for one test."""
    import quorum as module

    from labkit.lab import tasks

    tasks.all()
    monkeypatch.setitem(tasks._tasks, module.TASK.id, module.TASK)
    return module


@pytest.fixture
def hand_in(solution):
    """hand_in(path, answer) writes a student's notebook with this answer; None leaves it as released."""
    from labkit.lab.exercise import derive

    def write(path, answer, more=None, **cells):
        notebook = copy.deepcopy(derive(solution))
        for cell in notebook["cells"]:
            if cell["id"] == "answer-1" and answer is not None:
                cell["source"] = answer
            if cell["id"] in cells:
                cell["source"] = cells[cell["id"]]
        if more:
            notebook["cells"].insert(3, code("mine", more))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook), "utf-8")
        return path

    return write
