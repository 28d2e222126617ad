"""What happened, in order: a list of events that every picture, table, meter and check reads.

    t=0.000 laptop → keystone  rest GET /v3          n=0
    t=0.001 laptop → keystone  net  delivered        n=1  cause=0
    t=0.001 keystone → laptop  rest 200              n=2  cause=1

`kind` says which language was spoken (rest, rpc.call, sql, heartbeat, fault …). Kind `net` is the network's own: what
became of a message (delivered, lost, late, refused, closed, unsent, timeout); its cause is the message. The trace is
the world's truth. Components must not read it: they know only what messages told them.
"""

import hashlib
import json
from typing import NamedTuple

from labkit.world.errors import LabError
from labkit.world.fixed import Fixed

NOTHING = None   # a row's detail when there is none: a tuple without a dict costs the garbage collector nothing
PLAIN = frozenset((str, int, bool, type(None), Fixed))   # cannot be changed: need not be copied
TEXT = frozenset((str,))


def plain(value, where="detail"):
    """A deep copy of JSON-able `value` (tuples become lists). LabError for anything else: objects, bytes, NaN."""
    kind = type(value)
    if kind in PLAIN:
        return value
    if kind is float and value - value == 0:
        return value
    if kind is list or kind is tuple:
        if PLAIN.issuperset(map(type, value)):   # most are flat, and are copied at once
            return list(value)
        return [list(item) if type(item) is list and PLAIN.issuperset(map(type, item)) else plain(item, where)
                for item in value]   # rows of a table, too
    if kind is dict or isinstance(value, dict):
        if TEXT.issuperset(map(type, value)):
            if PLAIN.issuperset(map(type, value.values())):
                return dict(value)
            return {key: plain(item, f"{where}.{key}") for key, item in value.items()}
        raise LabError(f"{where} has a key that is not a string", next_step="use string keys, as JSON does")
    raise LabError(f"{where} holds {value!r}, which is not JSON",
                   next_step="send plain data: text, numbers, lists, dicts")


class Event(NamedTuple):
    """One thing that happened at virtual second `t`. `n` is its place in the whole trace, `cause` the n of what led to
    it (or None), `step` the learner's step number (or None), `detail` a JSON-able dict."""

    n: int
    t: float
    src: str
    dst: str | None
    kind: str
    what: str
    cause: int | None
    step: int | None
    detail: dict

    def __str__(self):
        to = f" → {self.dst}" if self.dst not in (None, self.src) else ""
        return f"{seconds(self.t)} {self.src}{to} {self.kind}: {self.what}"

    def as_json(self):
        """One canonical JSON line: sorted keys, no spaces, ASCII."""
        return json.dumps(self._asdict(), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def as_event(row):
    """The Event of a row of the log."""
    return Event._make(row) if row[8] is not NOTHING else Event(*row[:8], {})


def seconds(t):
    """Virtual seconds for people: at most milliseconds, no trailing zeros ('0.001', '5')."""
    return f"{t:.3f}".rstrip("0").rstrip(".")


class Trace:
    """A list of events, or a selection of one: index, slice, iterate, filter, show.

    `rows` is the world's whole log (plain tuples: a million events stay cheap), `picks` the n of the selected ones or
    None for all. A selection is a snapshot; the whole trace grows with its world.
    """

    def __init__(self, rows=None, picks=None):
        self._rows = [] if rows is None else rows
        self._picks = picks

    def __len__(self):
        return len(self._rows) if self._picks is None else len(self._picks)

    def __iter__(self):
        rows = self._rows if self._picks is None else (self._rows[n] for n in self._picks)
        return map(as_event, rows)

    def __getitem__(self, index):
        picks = range(len(self._rows)) if self._picks is None else self._picks
        if isinstance(index, slice):
            return Trace(self._rows, picks[index])
        try:
            return as_event(self._rows[picks[index]])
        except IndexError:
            raise IndexError(f"the trace has {len(self)} events, there is none at {index}") from None

    def __eq__(self, other):
        return isinstance(other, Trace) and list(self) == list(other)

    __hash__ = None

    # -- asking ------------------------------------------------------------------------------------------------
    def where(self, kind=None, src=None, dst=None, what=None, step=None, since=None, until=None, **detail):
        """The events that match everything given. A value matches when it is equal, a list, tuple or set when it holds
        the event's value, a function when it says so; since ≤ t < until in seconds. Other names look into `detail`."""
        fields = {"kind": kind, "src": src, "dst": dst, "what": what, "step": step}
        tests = [(Event._fields.index(name), _test(want)) for name, want in fields.items() if want is not None]
        inner = [(name, _test(want)) for name, want in detail.items()]
        low = float("-inf") if since is None else since
        high = float("inf") if until is None else until
        picks = range(len(self._rows)) if self._picks is None else self._picks
        return Trace(self._rows, [n for n in picks if _matches(self._rows[n], tests, inner, low, high)])

    def causes(self, event):
        """What led to `event`: a trace from the first cause to the event itself."""
        n, chain = _place(event, self._rows), []
        while n is not None:
            chain.append(n)
            n = self._rows[n][6]
        return Trace(self._rows, chain[::-1])

    def effects(self, event):
        """Everything that followed from `event`, directly or not, in order (without the event itself)."""
        found = {_place(event, self._rows)}
        first = min(found)
        for row in self._rows[first + 1:]:
            if row[6] in found:
                found.add(row[0])
        return Trace(self._rows, sorted(found - {first}))

    def effects_of(self, ns):
        """The direct effects of the events with these n, in order."""
        return map(as_event, (row for row in self._rows[min(ns, default=0):] if row[6] in ns)) if ns else iter(())

    def cause_of(self, event):
        """The Event that led to `event`, or None."""
        return None if event.cause is None else as_event(self._rows[event.cause])

    # -- telling -----------------------------------------------------------------------------------------------
    def short(self):
        """One line of words per event, for stories and tests: ['0 laptop → keystone rest: GET /v3', …]."""
        return [str(event) for event in self]

    def dumps(self):
        """Canonical JSON lines: same seed, same bytes, on every Python version."""
        return "".join(event.as_json() + "\n" for event in self)

    def digest(self):
        """SHA-256 of `dumps()` as hex."""
        total = hashlib.sha256()
        for event in self:
            total.update(event.as_json().encode() + b"\n")
        return total.hexdigest()

    def table(self, limit=200):
        """The events as a table: text with print(), HTML in a notebook. At most `limit` rows, and it says so."""
        from labkit.world.table import Table
        return Table(self, limit)

    def sequence(self, limit=60, title=None):
        """A message-sequence picture (SVG with a text alternative). At most `limit` events, and it says so."""
        from labkit.world.sequence import Sequence
        return Sequence(self, limit, title)

    def __repr__(self):
        span = f", {seconds(self[0].t)}–{seconds(self[-1].t)} s" if len(self) else ""
        return f"<Trace of {len(self)} events{span}; .table() shows it, .where(kind=…) selects, .sequence() draws>"

    def _repr_html_(self):
        return self.table(limit=20)._repr_html_()


def _test(want):
    if callable(want):
        return want
    if isinstance(want, (list, tuple, set, frozenset)):
        return lambda value: value in want
    return lambda value: value == want


def _matches(row, tests, inner, low, high):
    return (low <= row[1] < high and all(test(row[at]) for at, test in tests)
            and all(row[8] and name in row[8] and test(row[8][name]) for name, test in inner))


def _place(event, rows):
    n = event.n if isinstance(event, Event) else event
    if not isinstance(n, int) or not 0 <= n < len(rows):
        raise LabError(f"{event!r} is no event of this trace", next_step="hand in an Event or its n")
    return n
