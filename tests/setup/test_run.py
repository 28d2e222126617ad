"""`run.py` as a newcomer meets it: the first start, the second, and all that may go wrong between them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.setup.tiny_project import ROOT, TinyProject

posix = pytest.mark.skipif(os.name == "nt", reason="signals and moved scripts are POSIX matters")
VERSION = (0, "labkit 0.1.0\n")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    return tmp_path_factory.mktemp("wheels")


@pytest.fixture(scope="module")
def installed(tmp_path_factory, wheels):
    """A clone after its first start; in a folder with a space and a letter that is not ASCII."""
    project = TinyProject.make(tmp_path_factory.mktemp("first") / "mein Übungsordner", wheels)
    status, printed, said = project.run("--version")
    assert (status, printed) == VERSION, said
    assert "installing" in said
    return project


@pytest.fixture
def bare(tmp_path, wheels):
    """A clone before its first start."""
    return TinyProject.make(tmp_path / "clone", wheels)


def wait_for(path, seconds=60.0):
    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until, f"{path} never came"
        time.sleep(0.01)


def test_second_start_installs_nothing_and_passes_the_exit_status_on(installed):
    assert installed.run("--version") == (*VERSION, "")
    assert installed.run("no-such-command")[0] == 2
    assert installed.python("import labkit; print(labkit.__file__)") == str(installed.folder / "labkit" / "__init__.py")


def test_a_copied_folder_is_mended_without_a_network(installed, tmp_path):
    moved = installed.copy_to(tmp_path / "kopiert & verschoben")
    status, printed, said = moved.run("--version", PIP_FIND_LINKS="", UV_FIND_LINKS="")
    assert (status, printed) == VERSION
    assert "moved" in said
    assert moved.python("import labkit; print(labkit.__file__)").startswith(str(moved.folder))
    if os.name != "nt":
        assert subprocess.check_output([moved.venv / "bin" / "labkit", "--version"], text=True) == VERSION[1]
    assert moved.run("--version") == (*VERSION, "")


def test_tests_part_is_added_once_and_the_lab_does_not_have_it(installed, tmp_path):
    project = installed.copy_to(tmp_path / "clone")
    there = "from importlib.util import find_spec; print(find_spec('tiny') is not None)"
    project.run("--version")
    assert project.python(there) == "False"
    status, _, said = project.run("test", "--version")
    assert "installing about 1 packages for 'test'" in said
    assert status == 1 and "No module named pytest" in said  # not in the tiny lock: the status is python's own
    assert project.python(there) == "True"
    assert "installing" not in project.run("test")[2]


@posix
def test_an_installation_killed_halfway_is_repaired_by_the_next_start(bare):
    child = bare.start("--version")
    wait_for(bare.venv / "labkit.json")
    child.kill()
    child.communicate()
    assert json.loads((bare.venv / "labkit.json").read_text())["unfinished"] == "lab"
    status, printed, said = bare.run("--version")
    assert (status, printed) == VERSION
    assert "interrupted" in said


@posix
def test_ctrl_c_leaves_nothing_half_made(bare):
    child = bare.start("--version")
    wait_for(bare.venv / "labkit.json")
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130 and "Traceback" not in said
    assert not bare.venv.exists()


def test_a_killed_test_part_leaves_the_lab_whole_and_is_made_anew(installed, tmp_path):
    project = installed.copy_to(tmp_path / "clone")
    project.run("--version")
    stamp = project.venv / "labkit.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "unfinished": "test"}))
    assert project.run("--version") == (*VERSION, "")
    said = project.run("test")[2]
    assert "interrupted" in said and "No module named pytest" in said


def test_no_network_says_what_to_do_and_leaves_nothing(bare, tmp_path):
    (tmp_path / "empty").mkdir()
    status, _, said = bare.run("lab", PIP_FIND_LINKS=str(tmp_path / "empty"), UV_FIND_LINKS=str(tmp_path / "empty"))
    assert status == 1
    assert "no network" in said and "HTTPS_PROXY" in said and "pip download" in said and "Traceback" not in said
    assert not bare.venv.exists()


def test_a_file_that_is_not_the_locked_one_is_refused(bare):
    lock = bare.folder / "requirements.lock"
    lock.write_text(re.sub("sha256:.*", "sha256:" + 64 * "0", lock.read_text()))
    status, _, said = bare.run("lab")
    assert status == 1 and not bare.venv.exists()
    assert "not the one that was locked" in said


def test_a_new_lock_that_cannot_be_fetched_leaves_the_old_environment(installed, tmp_path):
    """After `git pull` in a train: the start fails with the cure, and nothing that worked is lost."""
    project = installed.copy_to(tmp_path / "clone")
    project.run("--version")
    lock = project.folder / "requirements.lock"
    old = lock.read_text()
    lock.write_text(old.replace("flit-core==", "flit-core==99."))
    assert project.run("--version")[0] == 1
    lock.write_text(old)
    assert project.run("--version") == (*VERSION, "")


def test_a_venv_of_somebody_else_is_not_touched(bare):
    (bare.venv / "lib").mkdir(parents=True)
    status, _, said = bare.run("lab")
    assert status == 1 and "did not make" in said
    assert (bare.venv / "lib").is_dir()


@posix
def test_two_starts_at_once_wait_for_each_other(bare):
    import fcntl

    with (bare.folder / ".venv.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        child = bare.start("--version")
        assert "another start is installing" in child.stderr.readline()
        assert not bare.venv.exists()
    assert child.communicate(timeout=120)[0] == VERSION[1]


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(bare):
    bare.folder.chmod(0o555)
    status, _, said = bare.run("lab")
    bare.folder.chmod(0o755)
    assert status == 1 and "folder of your own" in said


def test_without_ensurepip_the_pip_of_this_python_helps(bare):
    """Debian without python3-venv."""
    status, printed, said = bare.run("--version", without="ensurepip")
    assert (status, printed) == VERSION, said


@pytest.mark.skipif(shutil.which("uv") is not None, reason="uv needs no venv module")
def test_without_venv_the_cure_is_named(bare):
    status, _, said = bare.run("--version", without="venv")
    assert status == 1 and "sudo apt install python3-venv" in said
    assert not bare.venv.exists()


def test_help_is_the_first_thing_said():
    said = subprocess.check_output([sys.executable, ROOT / "run.py"], text=True)
    assert "python3 run.py lab" in said and "python3 run.py test" in said
