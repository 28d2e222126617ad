"""Notebooks as they arrive: encodings, old formats, missing ids, double cells."""

import json

import pytest

from labkit.grading.cells import plan, wanted
from labkit.grading.folder import submissions
from labkit.grading.reader import Unreadable, read
from labkit.grading.worker import without_magics


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_are_tolerated(tmp_path, encoding):
    text = json.dumps({"cells": [{"cell_type": "code", "source": ["x = 'é'\n", "y"]}]}, ensure_ascii=False)
    (tmp_path / "a.ipynb").write_bytes(text.encode(encoding))
    assert read(tmp_path / "a.ipynb")["cells"][0] == {
        "cell_type": "code",
        "source": "x = 'é'\ny",
        "id": None,
        "metadata": {},
    }


def test_format_3_is_read(tmp_path):
    (tmp_path / "a.ipynb").write_text(
        json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1", "metadata": None}]}]})
    )
    assert read(tmp_path / "a.ipynb")["cells"][0]["source"] == "x = 1"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "is empty"),
        (b"hello", "not JSON"),
        (b"[1]", "is not a notebook"),
        (b'{"cells": 3}', "no list of cells"),
        (b'{"cells": [3]}', "no list of cells"),
        (b"[" * 100_000, "not a notebook"),
        (b"\xff\xfe\x00", "not a notebook"),
    ],
)
def test_what_is_no_notebook_says_so(tmp_path, raw, why):
    (tmp_path / "a.ipynb").write_bytes(raw)
    with pytest.raises(Unreadable, match=why):
        read(tmp_path / "a.ipynb")


def cell(id, source, **metadata):
    return {"cell_type": "code", "id": id, "source": source, "metadata": metadata}


SOLUTION = {
    "cells": [
        cell("s", "import json"),
        cell("a", "answer", tags=["answer"], labkit={"task": "X1.T1", "artefact": "f"}),
        cell("c", "check()"),
    ]
}


def run_order(*cells):
    return [(one.source, one.answer) for one in plan(SOLUTION, {"cells": list(cells)})]


def test_the_plan_takes_answers_and_added_cells_of_the_student_and_the_rest_of_the_instructor():
    student = [
        cell(None, "first"),
        cell("s", "hacked"),
        cell("new", "helper"),
        cell("a", "mine"),
        cell("c", "print('passed')"),
    ]
    assert run_order(*student) == [
        ("first", False),
        ("import json", False),
        ("helper", False),
        ("mine", True),
        ("check()", False),
    ]


def test_a_deleted_answer_is_no_answer_and_a_copied_one_runs_last():
    assert run_order(cell("s", "import json")) == [("import json", False), ("check()", False)]
    assert run_order(cell("a", "old"), cell("a", "new"))[1:3] == [("old", True), ("new", True)]


def test_without_ids_an_answer_is_found_by_its_task_and_the_instructors_cells_by_their_text():
    student = [cell(None, "import json"), cell(None, "mine", labkit={"task": "X1.T1"}), cell(None, "check()")]
    assert run_order(*student) == [("import json", False), ("mine", True), ("check()", False)]
    assert wanted(SOLUTION)[0].artefact == "f"


def test_magics_keep_the_line_numbers():
    assert without_magics("%time\nif x:\n    !ls\ny = 1") == "pass\nif x:\n    pass\ny = 1\n"
    assert without_magics("%%bash\nrm -rf /") == ""


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"cells": {}},
        {"cells": [1]},
        {"worksheets": 5},
        {"worksheets": [1]},
        {"worksheets": [{"cells": 5}]},
        [],
        "cells",
    ],
)
def test_json_that_is_no_notebook_says_so(odd, tmp_path):
    file = tmp_path / "odd.ipynb"
    file.write_text(json.dumps(odd), "utf-8")
    with pytest.raises(Unreadable, match="is not a notebook"):
        read(file)


def test_labels_of_the_wrong_type_are_no_labels(tmp_path):
    file = tmp_path / "odd.ipynb"
    cell = {"cell_type": "code", "source": "f = 1", "id": [1], "metadata": {"labkit": {"task": ["X1.T1"]}, "tags": 5}}
    file.write_text(json.dumps({"cells": [cell, {**cell, "source": None, "metadata": []}]}), "utf-8")
    assert [found.source for found in plan(SOLUTION, read(file))][:2] == ["f = 1", ""]


def test_students_are_found_by_folder_or_by_file_name(tmp_path):
    for name in (
        "anna/05_keystone.ipynb",
        "anna/.ipynb_checkpoints/05_keystone.ipynb",
        "anna/05_keystone.mine-1.ipynb",
        "ben/deep/keystone.ipynb",
        "carl-05_keystone.ipynb",
        "dora/05_keystone.ipynb",
        "dora/05_keystone-Copy1.ipynb",
        "emil/notes.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    found = submissions(tmp_path, ["05_keystone"])
    assert [(one.student, one.file and str(one.file.relative_to(tmp_path)), one.note) for one in found] == [
        ("anna", "anna/05_keystone.ipynb", ""),
        ("ben", "ben/deep/keystone.ipynb", ""),
        ("carl", "carl-05_keystone.ipynb", ""),
        ("dora", "dora/05_keystone.ipynb", "2 notebooks, took 05_keystone.ipynb"),
        ("emil", None, "no notebook"),
    ]
