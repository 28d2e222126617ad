"""The same judge, the same artefact: in this process and behind a pipe."""

import time
from pathlib import Path

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


ASKS_FOR_EVER = """
import gc
def f(keystone):
    worker = next(thing for thing in gc.get_objects() if type(thing).__name__ == "Worker")
    while True:
        worker._ask({"handle": "keystone", "method": "validate", "arguments": ["x"], "keywords": {}})
"""

FLOODS = """
import gc, sys
def f():
    sys.settrace(None)
    worker = next(thing for thing in gc.get_objects() if type(thing).__name__ == "Worker")
    while True:
        worker._send({"returned": "forged", "more": "x" * 1000})
"""


def test_a_worker_that_asks_without_end_is_lost():
    with Pipe(call_s=1) as pipe:
        pipe.run("a", ASKS_FOR_EVER)
        with pytest.raises(Lost, match="did not end within 1 s"):
            pipe.artefact("f", 10**9).call(keystone=Handle("keystone", {"validate": lambda token: None}))


def test_a_worker_that_writes_without_being_asked_fills_its_own_pipe_only():
    with Pipe() as pipe:
        pipe.run("a", FLOODS)
        assert pipe.artefact("f", 20_000).call() == "forged", "an answer of the student's, to be judged like any other"
        assert pipe._replies.qsize() <= 8
        pipe.has("f")


def test_a_question_that_makes_no_sense_is_lost():
    source = ASKS_FOR_EVER.replace('"validate"', "7")
    with Pipe() as pipe:
        pipe.run("a", source)
        with pytest.raises(Lost, match="asked for something that does not exist"):
            pipe.artefact("f", 20_000).call(keystone=Handle("keystone", {"validate": lambda token: None}))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_what_a_submission_started_ends_with_it():
    source = "import subprocess\nchild = subprocess.Popen(['sleep', '600'])\ndef f():\n    return child.pid"
    with Pipe() as pipe:
        pipe.run("a", source)
        child = Path(f"/proc/{pipe.artefact('f', 20_000).call()}/stat")
        assert child.exists()
    for _ in range(500):
        if not child.exists() or child.read_text().split()[2] in "ZX":
            return
        time.sleep(0.01)
    pytest.fail("it still runs")


def test_the_worker_has_a_home_of_its_own(tmp_path):
    with Pipe() as pipe:
        pipe.run(
            "a", "import os\ndef f():\n    return [os.environ['LABKIT_HOME'], os.path.expanduser('~'), os.getcwd()]"
        )
        home, user, folder = pipe.artefact("f", 20_000).call()
    assert home == user == folder
    assert pipe._process.poll() is not None
