"""`labkit tasks` and `labkit judge`."""

import json

import pytest

from labkit.lab.handed_in import main, split
from labkit.lab.listing import main as listing


@pytest.fixture
def judge(quorum, tmp_path, capsys):
    """judge(text, *options) → (exit code, output, errors) for a file `answer.py`."""

    def run(text, *options, name="answer.py", pick=""):
        (tmp_path / name).write_text(text, "utf-8")
        status = main(["X1.T1", f"{tmp_path / name}{pick}", *options])
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


RIGHT = "def is_quorate(expected, part):\n    return len(part) >= expected // 2 + 1\n"


def test_a_right_answer(judge):
    status, out, _ = judge(RIGHT)
    assert (status, out.splitlines()[0]) == (0, "X1.T1 · seed 1 · passed · 3 of 3 points")


def test_a_wrong_answer_as_json(judge):
    status, out, _ = judge(
        "print('noise')\ndef half(expected, part):\n    return 2 * len(part) >= expected\n",
        "--json",
        "--seed",
        "9",
        pick=":half",
    )
    report = json.loads(out)
    assert (status, report["seed"], report["points"], report["failure"]["belief"]) == (1, 9, 1, "X1.m2")


def test_a_file_that_does_not_import_fails_in_the_first_layer(judge):
    status, out, _ = judge("import nothing_like_this", "--json")
    assert (status, json.loads(out)["failure"]["layer"]) == (1, "import")
    assert "answer.py raised ModuleNotFoundError" in json.loads(out)["failure"]["did"]


def test_what_is_not_there_is_told(judge, capsys):
    assert judge("x = 1", pick=":y")[0] == 2
    assert main(["X1.T1", "nowhere.py"]) == 2
    assert main(["X9.T1", "nowhere.py"]) == 2
    assert "There is no task 'X9.T1'" in capsys.readouterr().err
    assert judge("{", name="answer.json")[0] == 2


def test_a_windows_path_is_not_a_name():
    assert [str(part) for part in split("a.py:f")] == ["a.py", "f"]
    assert split("C:thing.py")[1] is None


def test_the_list_of_tasks(quorum, capsys):
    assert listing(["--json"]) == 0
    found = {task["id"]: task for task in json.loads(capsys.readouterr().out)}
    assert found["X1.T1"] == {
        "id": "X1.T1",
        "card": "X1",
        "title": "Quorum",
        "points": 3,
        "families": {"even": 2, "odd": 1},
        "kind": "function",
        "signature": "is_quorate(expected, part) -> bool",
        "misconceptions": {"X1.m2": "half is enough"},
    }
    assert listing([]) == 0
    assert "X1.T1  Quorum  (3 points: even 2, odd 1)" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_told_by_its_own_name_and_line(judge):
    status, out, _ = judge("def is_quorate(expected, part)\n    return 1\n")
    assert status == 1 and "The file answer.py raised SyntaxError: " in out
    assert "in line 1: `def is_quorate(expected, part)`." in out and "not tried" in out and "0 of 0" not in out


def test_the_list_names_free_texts_and_the_beliefs_that_mutants_stand_for(capsys):
    assert listing(["--json"]) == 0
    found = {one["id"]: one for one in json.loads(capsys.readouterr().out)}
    assert {one["kind"] for one in found.values()} == {"function", "configuration", "text"}
    assert all(text for one in found.values() for text in one["misconceptions"].values())
    assert {"VMM.m6", "VMM.m9"} <= set(found["VMM.T2"]["misconceptions"])
    assert sum(found[name]["points"] for name in ("VMM.T1", "VMM.T2", "VMM.T3", "VMM.T4", "Q2.T1", "Q2.f1")) == 26
    assert listing([]) == 0
    assert "10 points that the teacher confirms" in capsys.readouterr().out
