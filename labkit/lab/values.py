"""Plain values: what may travel between judge and artefact, whether they share a process or not.

Plain is what JSON can say: None, True/False, whole and finite numbers, text, lists and dicts with text keys.
"""

from __future__ import annotations

import inspect
import math

DEPTH, ITEMS, CHARACTERS, DIGITS = 20, 10_000, 200_000, 20


class NotPlain(ValueError):
    """A value that cannot travel; the message says which part and what to hand over instead."""


def plain(value, where: str = "the value"):
    """A copy of `value` made of plain values only; NotPlain when it is not finite, too big, too deep or of another
    type."""
    return _Copy().of(value, where, 0)


class _Copy:
    """One copy in progress: counts items and characters so that a huge value is refused early."""

    def __init__(self):
        self.items = self.characters = 0

    def of(self, value, where, depth):
        self.items += 1
        if depth > DEPTH:
            raise NotPlain(f"{where} is nested more than {DEPTH} levels deep (does it contain itself?)")
        if self.items > ITEMS:
            raise NotPlain(f"{where} has more than {ITEMS} items")
        if value is None or isinstance(value, bool):
            return value
        for kind, copy in ((str, self._text), (int, self._whole), (float, self._real), (dict, self._dict)):
            if isinstance(value, kind):
                return copy(value, where, depth)
        if isinstance(value, (list, tuple)):
            if 0 < len(value) < ITEMS - self.items and _simple(value):
                self.items += len(value)
                return list(value)
            return [self.of(item, f"{where}[{i}]" if depth < 3 else where, depth + 1) for i, item in enumerate(value)]
        raise NotPlain(f"{where} is {a_kind(value)}{_advice(value)}")

    def _text(self, value, where, depth):
        self.characters += len(value)
        if self.characters > CHARACTERS:
            raise NotPlain(f"{where} has more than {CHARACTERS} characters of text")
        return str.__str__(value)

    def _whole(self, value, where, depth):
        if int.bit_length(value) > DIGITS * 4:
            raise NotPlain(f"{where} is a number of more than {DIGITS} digits")
        return int.__int__(value)

    def _real(self, value, where, depth):
        if not math.isfinite(value):
            raise NotPlain(f"{where} is {float.__repr__(value)}, which is not a number one can compare or count with")
        return float.__float__(value)

    def _dict(self, value, where, depth):
        copy = {}
        for key in dict.keys(value):
            if not isinstance(key, str):
                raise NotPlain(f"{where} has the key {_short(key)}; keys must be text")
            copy[self._text(key, where, depth)] = self.of(
                dict.__getitem__(value, key), f"{where}[{_short(key)}]" if depth < 3 else where, depth + 1
            )
        return copy


def _simple(values) -> bool:
    """Only truth values, or only finite numbers with a point: copied at once, most long lists are like that."""
    kinds = set(map(type, values))
    return kinds == {bool} or kinds == {float} and math.isfinite(sum(map(abs, values)))


def a_kind(value) -> str:
    """The type of a value with its article: 'an int', 'a numpy.bool'."""
    kind = type(value)
    name = kind.__name__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__name__}"
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def _advice(value) -> str:
    if type(value).__module__ == "numpy":
        return "; turn it into a plain value with .tolist()"
    if inspect.isgenerator(value) or inspect.iscoroutine(value):
        return "; a plain value was expected (`return`, not `yield` or `async`)"
    if isinstance(value, (set, frozenset)):
        return "; use a sorted list instead"
    if isinstance(value, (bytes, bytearray)):
        return "; use text instead"
    if callable(value):
        return "; a plain value was expected (did you forget to call it?)"
    return "; use None, numbers, text, lists and dicts"


def _short(value, limit: int = 40) -> str:
    text = repr(value) if type(value) in (str, int, float, bool, type(None), tuple) else type(value).__name__
    return text if len(text) <= limit else text[: limit - 1] + "…"
