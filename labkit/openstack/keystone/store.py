"""How a resource lies in SQLite: its known attributes as columns, everything else a client sent as JSON in `extra`.

Real Keystone keeps unknown attributes of most resources and gives them back at the top level; so do we.
"""

import json
import sqlite3

from labkit.openstack.errors import BadRequest, Conflict, NotFound

TRUE_WORDS = {"1", "t", "true", "on", "y", "yes"}


class Table:
    """One kind of resource: `columns` (name → SQLite type), of which `flags` are booleans and `documents` are JSON;
    `longest`: name → characters.

    `kind` is the word of 404 and 409 answers. A duplicate key or name raises Conflict, a missing id NotFound.
    """

    def __init__(self, name, kind, columns, flags=(), documents=(), unique=(), longest=(), extra=True):
        self.name, self.kind, self.columns = name, kind, columns
        self.flags, self.documents, self.longest, self.extra = (
            frozenset(flags),
            frozenset(documents),
            dict(longest),
            extra,
        )
        self.schema = self._schema(unique)

    def _schema(self, unique):
        columns = dict(self.columns, extra="TEXT NOT NULL DEFAULT '{}'") if self.extra else self.columns
        body = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        indexes = "".join(f'CREATE UNIQUE INDEX IF NOT EXISTS "{self.name}_{i}" ON "{self.name}" ({expression});\n'
                          for i, expression in enumerate(unique))
        return f'CREATE TABLE IF NOT EXISTS "{self.name}" ({body});\n{indexes}'

    def read(self, row):
        """A row as the dict a client sees."""
        ref = json.loads(row["extra"]) if self.extra else {}
        for name in self.columns:
            ref[name] = self._value(name, row[name])
        return ref

    def _value(self, name, stored):
        if name in self.documents:
            return json.loads(stored)
        return bool(stored) if name in self.flags and stored is not None else stored

    def _stored(self, name, value):
        if name in self.documents:
            return json.dumps(value, sort_keys=True)
        return as_boolean(value) if name in self.flags and value is not None else value

    def row(self, ref):
        """A dict as a row: columns, and the rest in `extra`. Raises BadRequest for a text that is too long for its
        column."""
        for name, characters in self.longest.items():
            if isinstance(ref.get(name), str) and len(ref[name]) > characters:
                raise BadRequest(
                    f"String length exceeded. The length of string '{ref[name]}' exceeds the limit of column "
                    f"{name}(CHAR({characters}))."
                )
        row = {name: self._stored(name, ref.get(name)) for name in self.columns}
        if self.extra:
            row["extra"] = json.dumps(self.extras(ref))
        return row

    def extras(self, ref):
        """The attributes that are not columns."""
        return {name: value for name, value in ref.items() if name not in self.columns}

    def get(self, db, key, kind=None):
        """The resource with this id; raises NotFound."""
        found = self.find(db, key)
        if found is None:
            raise NotFound(kind or self.kind, key)
        return found

    def find(self, db, key):
        """The resource with this id, or None."""
        row = db.one(f'SELECT * FROM "{self.name}" WHERE id = ?', (key,))
        return self.read(row) if row else None

    def select(self, db, **where):
        """All resources whose columns equal these values (None: is null; a list: one of), in the order of creation."""
        clauses, values = _clauses(where)
        return [self.read(row) for row in db.all(f'SELECT * FROM "{self.name}"{clauses} ORDER BY rowid', values)]

    def insert(self, db, ref, details=None):
        """Store a new resource and return it as a client sees it; `details` replaces the text of the 409."""
        row = self.row(ref)
        names = ", ".join(f'"{name}"' for name in row)
        self._write(
            db, f'INSERT INTO "{self.name}" ({names}) VALUES ({", ".join("?" * len(row))})', row.values(), ref, details
        )
        return {**ref, **{name: self._value(name, row[name]) for name in self.columns}}

    def update(self, db, key, changes, details=None, kind=None):
        """Merge `changes` into a resource; an option set to None is removed. Returns the whole resource."""
        old = self.get(db, key, kind)
        new = {**old, **changes, "id": key}
        if "options" in changes and "options" in self.columns:
            new["options"] = without_none({**old["options"], **changes["options"]})
        row = self.row(new)
        sets = ", ".join(f'"{name}" = ?' for name in row)
        self._write(db, f'UPDATE "{self.name}" SET {sets} WHERE id = ?', [*row.values(), key], changes, details)
        return {**new, **{name: self._value(name, row[name]) for name in self.columns}}

    def _write(self, db, sql, values, ref, details):
        try:
            db.run(sql, tuple(values))
        except sqlite3.IntegrityError as refused:
            raise Conflict(self.kind, details or duplicate(ref)) from refused

    def delete(self, db, **where):
        """Remove what equals these values; returns how many there were."""
        clauses, values = _clauses(where)
        return db.run(f'DELETE FROM "{self.name}"{clauses}', values)


def _clauses(where):
    parts, values = [], []
    for name, value in where.items():
        if value is None:
            parts.append(f'"{name}" IS NULL')
        elif isinstance(value, (list, tuple)):
            parts.append(f'"{name}" IN ({", ".join("?" * len(value))})')
            values += value
        else:
            parts.append(f'"{name}" = ?')
            values.append(value)
    return (" WHERE " + " AND ".join(parts) if parts else ""), tuple(values)


def duplicate(ref):
    """What a 409 says about the thing that is there already."""
    field, name = ("name", ref["name"]) if "name" in ref else ("ID", ref.get("id"))
    domain = ref.get("domain_id")
    if name and domain:
        return f"Duplicate entry found with {field} {name} at domain ID {domain}"
    if name:
        return f"Duplicate entry found with {field} {name}"
    return f"Duplicate entry at domain ID {domain}" if domain else "Duplicate entry"


def as_boolean(value):
    """true, 'True', '1', 'on', 'yes' … are true; every other word is false."""
    return value if isinstance(value, bool) else str(value).strip().lower() in TRUE_WORDS


def without_none(options):
    return {name: value for name, value in options.items() if value is not None}


def normalised(ref):
    """A created resource's attribute names: ':' and '-' become '_'."""
    return {name.replace(":", "_").replace("-", "_"): value for name, value in ref.items()}
