"""Keystone's database: one SQLite file (or memory) that outlives the process.

    with db.transaction():          all or nothing; on disk before the answer leaves
        db.run("UPDATE user SET enabled = ? WHERE id = ?", (0, user_id))

Write-ahead log and `synchronous=FULL`: what was acknowledged survives `kill -9` and a power loss. Several Keystone
nodes may share one Database object, or one file from several processes.
"""

import sqlite3
from contextlib import contextmanager

from labkit.world.errors import LabError

LARGEST_MEMORY = 10_000   # remembered answers; then start anew


class Database:
    """One SQLite connection with transactions that nest, and counters of reads and writes.

    `path` is a file name or ":memory:". Raises sqlite3.Error for what SQLite refuses.
    """

    def __init__(self, path=":memory:"):
        self.path = str(path)
        self.connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        self.connection.row_factory = sqlite3.Row
        self.depth = self.rollbacks = self.reads = self.writes = 0
        self._memory, self._seen = {}, None
        self.shared = self.path != ":memory:"
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=OFF"):
            self.connection.execute(f"PRAGMA {pragma}")

    def create(self, schema):
        """Create what a file's SCHEMA names ("CREATE TABLE IF NOT EXISTS …; …")."""
        self.connection.executescript(schema)

    def one(self, sql, args=()):
        """The first row as sqlite3.Row, or None."""
        self.reads += 1
        return self.connection.execute(sql, args).fetchone()

    def all(self, sql, args=()):
        """All rows, as a list of sqlite3.Row."""
        self.reads += 1
        return self.connection.execute(sql, args).fetchall()

    def run(self, sql, args=()):
        """Insert, update or delete; returns the number of rows concerned. Outside a transaction it is on disk at
        once."""
        self.writes += 1
        return self.connection.execute(sql, args).rowcount

    @contextmanager
    def transaction(self):
        """All or nothing. An inner transaction joins the outer one."""
        if self.depth == 0:
            self.connection.execute("BEGIN IMMEDIATE")
        self.depth += 1
        try:
            yield self
            if self.depth == 1:
                self.connection.execute("COMMIT")   # may fail, too: a full disk, another process that reads for long
        except BaseException:
            self.depth -= 1
            self._undo()
            raise
        self.depth -= 1

    def _undo(self):
        self.rollbacks += 1
        if self.depth == 0 and self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    @contextmanager
    def aside(self):
        """For questions 'what if': whatever is written, counted or remembered inside is undone, as if nobody had
        asked."""
        before = self.reads, self.writes, self.rollbacks, self._memory, self._seen
        self._memory = dict(self._memory)
        self.connection.execute("BEGIN IMMEDIATE")
        self.depth += 1
        try:
            yield self
        finally:
            self.depth -= 1
            self.connection.execute("ROLLBACK")
            self.reads, self.writes, self.rollbacks, self._memory, self._seen = before

    def memo(self, key, make):
        """`make()`, remembered under `key` until anything is written to the database. What raises is not remembered."""
        version = self.version()
        if version != self._seen or len(self._memory) > LARGEST_MEMORY:
            self._memory, self._seen = {}, version
        if key not in self._memory:
            value = make()
            if self.version() != version:
                return value
            self._memory[key] = value
        return self._memory[key]

    def version(self):
        """A value that changes with every write, by us or (for a file) by another process: what caches compare."""
        other = self.connection.execute("PRAGMA data_version").fetchone()[0] if self.shared else 0
        return self.writes + self.rollbacks, other

    def close(self):
        self.connection.close()

    def __replay__(self, world):
        """The database of the same system in another world: empty, because everything that was done is done again
        there."""
        if self.shared:
            raise LabError(f"a world whose state lies in {self.path} cannot be forked or rewound",
                           next_step="keep the database in memory for what-if questions")
        return Database()
