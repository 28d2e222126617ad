"""The student's journal: what was predicted, seen, explained, checked and written, one line each, never changed.

    n  at (UTC)              kind     item    data (JSON)
    1  2026-03-02T08:00:12Z  predict  Q5.p1   {"choice": "a", "confidence": 4, "right": false, "belief": "Q5.m2"}

SQLite in WAL mode: a line that was written survives `kill -9`, and two notebooks may write at once. A reset is a line
as well: it hides the earlier lines of the item, the file keeps them.
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from labkit.lab.errors import Quiet

VERSION = 1
WAIT_S = 10.0
DAMAGED = "the file is damaged or not labkit's: move it away, labkit starts a new one"
SCHEMA = """CREATE TABLE entry (n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL,
item TEXT NOT NULL, data TEXT NOT NULL)"""


@dataclass(frozen=True)
class Entry:
    """One line of the journal."""

    n: int
    at: str
    kind: str
    item: str
    data: dict


class Journal:
    """The journal in the SQLite file at `path` (':memory:' for none). Quiet error when the file cannot be used."""

    def __init__(self, path: str):
        self.path = path
        try:
            if path != ":memory:":
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise Quiet(f"Your progress cannot be kept in {path} ({error}).", next_step=_cure(error)) from None

    def write(self, kind: str, item: str, **data) -> None:
        """Add one line; it is on disk when this returns."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            self._db.execute(
                "INSERT INTO entry (at, kind, item, data) VALUES (?, ?, ?, ?)", (now, kind, item, json.dumps(data))
            )
        except sqlite3.Error as error:
            raise Quiet(f"This could not be saved in {self.path} ({error}).", next_step=_cure(error)) from None

    def entries(self, kind: str | None = None, item: str | None = None) -> list[Entry]:
        """The lines in order, without those a later reset hides; optionally of one kind and one item."""
        rows = self._read()
        resets = [row for row in rows if row.kind == "reset"]
        return [
            row
            for row in rows
            if row.kind != "reset"
            and kind in (None, row.kind)
            and item in (None, row.item)
            and not any(reset.n > row.n and covers(reset.item, row.item) for reset in resets)
        ]

    def last(self, kind: str, item: str) -> Entry | None:
        """The latest line of this kind and item, or None."""
        return next(reversed(self.entries(kind, item)), None)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _read(self) -> list[Entry]:
        try:
            found = self._db.execute("SELECT n, at, kind, item, data FROM entry ORDER BY n")
            return [Entry(n, at, kind, item, json.loads(data)) for n, at, kind, item, data in found]
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise Quiet(f"Your progress cannot be read from {self.path} ({error}).", next_step=DAMAGED) from None

    def _prepare(self):
        self._wal()
        self._db.execute("BEGIN IMMEDIATE")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self._db.execute(SCHEMA)
            self._db.execute(f"PRAGMA user_version = {VERSION}")
        self._db.execute("COMMIT")
        if version > VERSION:
            raise Quiet(
                f"{self.path} was written by a newer labkit (schema {version}, this one knows {VERSION}).",
                next_step="update labkit, or set LABKIT_HOME to another folder",
            )

    def _wal(self):
        """Two notebooks that open a new file at the same moment: SQLite refuses the change of mode to one of them,
        once."""
        for patience in range(100):
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or patience == 99:
                    raise
                time.sleep(0.05)


def covers(reset: str, item: str) -> bool:
    """Does a reset of this item ('Q5', 'Q5.T1') hide that one?"""
    return item == reset or item.startswith(reset + ".")


def _cure(error) -> str:
    if "locked" in str(error):
        return "another program holds it open: end that one, or try again"
    if any(word in str(error) for word in ("not a database", "malformed", "already exists", "no column")):
        return DAMAGED
    return "is the folder writable and the disk not full? LABKIT_HOME names another folder"
