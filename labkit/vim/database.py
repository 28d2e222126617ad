"""The VIM's database: what must not be forgotten. It survives a crash of the VIM's process.

    table vm     what was ordered (name, spec, desired, priority, groups, project, template) and the last order about it
                 (host, target, also, n, what)
    table host   name, its place in the order, cluster, maintenance, hardware, and the boot that was heard last
    table spec   each spec once
    table part   what was written in a subsystem (policies, rules of placement, templates, alarms, instances), as JSON

Written in one transaction per pass, *before* the orders of that pass are sent: an order that somebody may have received
is never one that the VIM does not know; policies and the like at once, as soon as they are written. What was observed
is not in it: after a restart that is learnt anew.

What the real one does differently: vCenter keeps statistics, events and tasks in its PostgreSQL, too (documentation
only); Nova writes every change of a server's state to its MySQL database.
"""

import json
import sqlite3
from functools import lru_cache
from os import PathLike

from labkit.world.errors import LabError

SCHEMA = """
CREATE TABLE IF NOT EXISTS spec (id INTEGER PRIMARY KEY, spec TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS vm (
  place INTEGER PRIMARY KEY, name TEXT, spec INTEGER, desired TEXT, host TEXT, target TEXT, also TEXT, n INTEGER,
  what TEXT, priority TEXT, groups TEXT, project TEXT, template TEXT);
CREATE TABLE IF NOT EXISTS host (name TEXT PRIMARY KEY, place INTEGER, cluster TEXT, maintenance TEXT, boot INTEGER,
  power INTEGER, state TEXT, hardware TEXT);
CREATE TABLE IF NOT EXISTS counter (n INTEGER);
CREATE TABLE IF NOT EXISTS part (kind TEXT PRIMARY KEY, written TEXT) WITHOUT ROWID;
"""
PART = "INSERT OR REPLACE INTO part VALUES (?,?)"


class Database:
    """One SQLite connection; `path` is a file or ':memory:'. LabError (400) for what is no path or no database, (507)
    when nothing can be written any more."""

    def __init__(self, path=":memory:"):
        if not isinstance(path, (str, PathLike)) or not str(path):
            raise LabError(f"a database is a file's path or ':memory:', not {path!r}", 400, True)
        self.path, self.specs, self.written = str(path), {}, 0
        try:
            self.connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self.connection.executescript(SCHEMA)
        except sqlite3.Error as error:
            why = f"{self.path} cannot be a VIM's database: {error}"
            raise LabError(why, 400, True, "name a file of an earlier run, or a new one") from None

    def save(self, vms, gone, hosts, n, parts=()):
        """One transaction: these VmRecords and HostRecords as they are now, the VMs of those places forgotten, the
        counter at n, and what was written in subsystems [(kind, JSON), …]."""
        execute = self.connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            rows = map(self._row, vms)
            self.connection.executemany("INSERT OR REPLACE INTO vm VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", rows)
            self.connection.executemany("DELETE FROM vm WHERE place = ?", [(place,) for place in gone])
            self.connection.executemany("INSERT OR REPLACE INTO host VALUES (?,?,?,?,?,?,?,?)", map(_host_row, hosts))
            self.connection.executemany(PART, parts)
            execute("DELETE FROM counter")
            execute("INSERT INTO counter VALUES (?)", (n,))
            execute("COMMIT")
        except BaseException as error:
            if self.connection.in_transaction:
                execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise unwritten(error) from None
            raise
        self.written += 1

    def keep(self, kind, written):
        """What was written in a subsystem (JSON), in a transaction of its own."""
        try:
            self.connection.execute(PART, (kind, written))
        except sqlite3.Error as error:
            raise unwritten(error) from None

    def parts(self):
        """{kind: JSON}: what was written in subsystems."""
        return dict(self.connection.execute("SELECT kind, written FROM part ORDER BY kind"))

    def _row(self, vm):
        return (
            vm.index, vm.name, self.specs.get(vm.spec) or self._spec(vm.spec), vm.desired, vm.host and vm.host.name,
            vm.target and vm.target.name, ",".join(vm.also), vm.n, vm.order, vm.priority, "\n".join(vm.groups),
            vm.project, vm.template,
        )  # fmt: skip

    def _spec(self, spec):
        text = json.dumps(spec.as_json(), sort_keys=True)
        self.connection.execute("INSERT OR IGNORE INTO spec (spec) VALUES (?)", (text,))
        number = self.connection.execute("SELECT id FROM spec WHERE spec = ?", (text,)).fetchone()[0]
        self.specs[spec] = number
        return number

    def hosts(self):
        """Rows (name, cluster, maintenance, boot, power, state, hardware as JSON) in the order of adding."""
        return self.connection.execute(
            "SELECT name, cluster, maintenance, boot, power, state, hardware FROM host ORDER BY place"
        ).fetchall()

    def vms(self):
        """Rows (name, place, spec as JSON, desired, host, target, also, n, what, priority, groups, project, template)
        in the order of creation."""
        return self.connection.execute(
            "SELECT name, place, spec.spec, desired, host, target, also, n, what, priority, groups, project, template "
            "FROM vm JOIN spec ON spec.id = vm.spec ORDER BY place"
        ).fetchall()

    @property
    def n(self):
        """The counter: no order has a higher number."""
        row = self.connection.execute("SELECT n FROM counter").fetchone()
        return row[0] if row else 0


def unwritten(error):
    """The LabError (507) of a write that SQLite refuses: a full disk, most of the time."""
    why = f"the VIM's database cannot be written: {error}"
    return LabError(why, 507, True, "make room on its disk: nothing is ordered meanwhile")


def _host_row(host):
    hardware = _hardware(host.hardware, host.datastores)
    return (
        host.name,
        host.index,
        host.cluster,
        host.maintenance,
        host.boot,
        host.power,
        "unknown" if host.guessed else host.state,
        hardware,
    )


@lru_cache(maxsize=1024)
def _hardware(hardware, datastores):
    """A host's hardware as JSON; most hosts of a data centre are alike."""
    return json.dumps({**hardware.__dict__, "datastores": sorted(datastores)}, sort_keys=True)
