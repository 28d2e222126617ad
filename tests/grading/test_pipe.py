"""The same judge, the same artefact: in this process and behind a pipe."""

import pytest

from labkit.grading.pipe import Lost, Pipe
from labkit.lab.artefact import ArtefactError, Handle, State, in_process
from labkit.lab.judging import judge_task

SOURCE = """
def door(token, keystone, cache):
    if token in cache:
        return ["cached", cache[token]]
    try:
        cache[token] = keystone.validate(token)
    except ConnectionError as error:
        return ["down", str(error)]
    return ["asked", cache[token]]
"""


def validate(token):
    if token == "late":
        raise ConnectionError("no answer")
    return {"user": token}


def story(artefact):
    """What a judge does, and the trace of it."""
    keystone = Handle("keystone", {"validate": validate})
    answers = [artefact.call(token=token, keystone=keystone, cache=State("cache")) for token in ("a", "a", "late")]
    return answers, artefact.world.trace.dumps()


def test_both_sides_of_the_pipe_tell_the_same_story():
    names: dict = {}
    exec(SOURCE, names)
    with Pipe() as pipe:
        assert pipe.run("a", SOURCE) is None
        assert pipe.has("door") and not pipe.has("window")
        assert story(pipe.artefact("door", 20_000)) == story(in_process(names["door"]))


def test_a_report_is_the_same_through_the_pipe(quorum):
    with Pipe() as pipe:
        pipe.run("a", "def f(expected, part):\n    return 2 * len(part) >= expected")
        assert (
            judge_task(quorum.TASK, pipe.artefact("f", 20_000), 5).as_dict()
            == judge_task(quorum.TASK, quorum.half, 5).as_dict()
        )


def test_an_exception_names_the_students_own_line():
    with Pipe() as pipe:
        pipe.run("a", "def f(x):\n    return x['y']")
        with pytest.raises(ArtefactError, match=r"your function raised KeyError: 'y' in line 2: `return x\['y'\]`"):
            pipe.artefact("f", 1000).call(x={})
        assert pipe.run("b", "1 / 0") == "raised ZeroDivisionError: division by zero in line 1: `1 / 0`"


def test_a_worker_that_is_gone_or_silent_is_lost():
    with Pipe(cell_s=1) as pipe, pytest.raises(Lost, match="did not end within 1 s"):
        pipe.run("a", "while True: pass")
    with Pipe() as pipe:
        with pytest.raises(Lost, match="ended the process"):
            pipe.run("a", "import os; os._exit(3)")
        with pytest.raises(Lost):
            pipe.has("x")


def test_the_worker_has_a_home_of_its_own(tmp_path):
    with Pipe() as pipe:
        pipe.run(
            "a", "import os\ndef f():\n    return [os.environ['LABKIT_HOME'], os.path.expanduser('~'), os.getcwd()]"
        )
        home, user, folder = pipe.artefact("f", 20_000).call()
    assert home == user == folder
    assert pipe._process.poll() is not None
