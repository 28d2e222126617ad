"""The journal survives kill -9 and two writers, and says what to do when its file cannot be used."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.lab import session
from labkit.lab.errors import Quiet
from labkit.lab.journal import Journal

ROOT = Path(__file__).parent.parent.parent
WRITE = """
import sys
from labkit.lab.journal import Journal
journal = Journal(sys.argv[1])
for number in range(int(sys.argv[3])):
    journal.write("check", sys.argv[2], number=number)
print("written", flush=True)
if sys.argv[4] == "wait":
    sys.stdin.read()
"""


def writer(path, item, count, then="end"):
    """Another process that writes."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", WRITE, str(path), item, str(count), then],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_two_notebooks_write_at_once_and_nothing_is_lost(tmp_path):
    path = tmp_path / "new" / "progress.db"
    both = [writer(path, item, 150) for item in ("A.T1", "B.T1")]
    assert [process.wait(30) for process in both] == [0, 0]
    journal = Journal(str(path))
    for item in ("A.T1", "B.T1"):
        assert [entry.data["number"] for entry in journal.entries("check", item)] == list(range(150))


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of Unix")
def test_what_was_written_survives_kill_9(tmp_path):
    path = tmp_path / "progress.db"
    process = writer(path, "A.T1", 20, "wait")
    assert process.stdout.readline().strip() == b"written"
    os.kill(process.pid, signal.SIGKILL)
    process.wait(30)
    journal = Journal(str(path))
    assert len(journal.entries()) == 20
    journal.write("check", "A.T1", number=20)
    assert journal.last("check", "A.T1").data == {"number": 20}


def test_a_reset_hides_an_item_or_a_card_and_keeps_the_lines(tmp_path):
    path = tmp_path / "progress.db"
    journal = Journal(str(path))
    for item in ("Q5.T1", "Q5.T10", "Q5.p1", "Q50.p1"):
        journal.write("check", item)
    journal.write("reset", "Q5.T1")
    assert [entry.item for entry in journal.entries()] == ["Q5.T10", "Q5.p1", "Q50.p1"]
    journal.write("reset", "Q5")
    journal.write("check", "Q5.T1", again=True)
    assert [entry.item for entry in journal.entries()] == ["Q50.p1", "Q5.T1"]
    assert sqlite3.connect(path).execute("SELECT count(*) FROM entry").fetchone() == (7,)


def test_a_damaged_file_says_what_to_do_and_is_left_alone(tmp_path):
    path = tmp_path / "progress.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(Quiet, match="move it away"):
        Journal(str(path))
    assert path.read_bytes().startswith(b"this is no database")


def test_damage_that_shows_when_reading_says_what_to_do(tmp_path):
    path = tmp_path / "progress.db"
    journal = Journal(str(path))
    for _ in range(100):
        journal.write("check", "Q5.T1", rule="x" * 500)
    journal.close()
    pages = bytearray(path.read_bytes())
    pages[3 * 4096 : 12 * 4096] = b"\xa5" * 9 * 4096
    path.write_bytes(pages)
    with pytest.raises(Quiet, match="move it away"):
        Journal(str(path)).entries()


def test_a_database_of_somebody_else_is_left_alone(tmp_path):
    path = tmp_path / "progress.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE entry (mine INTEGER)")
    db.close()
    with pytest.raises(Quiet, match="not labkit's: move it away"):
        Journal(str(path))


def test_a_file_of_a_newer_labkit_is_not_touched(tmp_path):
    path = tmp_path / "progress.db"
    Journal(str(path)).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(Quiet, match="schema 9, this one knows 1"):
        Journal(str(path))


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Quiet, match="LABKIT_HOME names another folder"):
        Journal(str(tmp_path / "file" / "progress.db"))


def test_progress_lies_in_the_project_folder_above_or_in_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("LABKIT_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "user")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(sys, "platform", "linux")
    inner = tmp_path / "course" / "notebooks" / "deep"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert session.home() == tmp_path / "data" / "labkit"
    (tmp_path / "course" / "labkit").mkdir()
    (tmp_path / "course" / "labkit" / "__init__.py").write_text("")
    assert session.home() == tmp_path / "course" / ".labkit"
    (inner / ".labkit").mkdir()
    assert session.home() == inner / ".labkit"
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "told"))
    assert session.home() == tmp_path / "told"
