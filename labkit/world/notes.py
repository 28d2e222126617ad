"""How an argument is noted so that it can be found again in another world.

    plain data            as a copy; a frozen dataclass of plain data as it is
    world, node, component  by name
    an earlier result     by the number of the call that returned it
    a bound method        by its owner and its name
    a function            as it is: it takes the world as an argument. One that holds on to something of this world by
                          a closure or a global name would change *this* world from another one: it is refused at replay
    anything else         only if it has `__replay__(world)`, which makes its twin for another world
"""

import functools
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from pathlib import PurePath
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from labkit.world.fixed import Fixed

FIXED = (str, int, float, bool, type(None), bytes, date, timedelta, Enum, PurePath, frozenset, type, Fixed)


class Ref(NamedTuple):
    """Where to find a thing in another world. of: world, node, component, result, method, twin, lost (key: why)."""

    of: str
    key: Any = None
    owner: Any = None


def note(world, value):
    """What stands for `value` in any world that plays the journal of `world`."""
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(note(world, item) for item in value)
    if type(value) is list:
        return [note(world, item) for item in value]
    if type(value) is dict:
        return {key: note(world, item) for key, item in value.items()}
    return value if isinstance(value, FIXED) else _note_thing(world, value)


def _note_thing(world, value):
    if isinstance(value, MethodType):
        return Ref("method", value.__name__, note(world, value.__self__))
    if isinstance(value, functools.partial):
        words = {key: note(world, item) for key, item in value.keywords.items()}
        return functools.partial(note(world, value.func), *note(world, value.args), **words)
    if isinstance(value, FunctionType):
        return _note_function(world, value)
    if _is_frozen(value):
        return value
    place = _place(world, value)
    if place is None and hasattr(value, "__replay__"):
        return Ref("twin", value)
    return place or Ref("lost", f"{type(value).__name__} object, which belongs to this world only")


def _is_frozen(value):
    """True for what can belong to any world because nobody can change it: a frozen dataclass of such things."""
    if isinstance(value, tuple):
        return all(map(_is_frozen, value))
    if not is_dataclass(value) or not type(value).__dataclass_params__.frozen:
        return isinstance(value, FIXED)
    return all(_is_frozen(getattr(value, field.name)) for field in fields(value))


def _place(world, thing):
    """A Ref to a thing of `world`, or None."""
    if thing is world:
        return Ref("world")
    name = getattr(thing, "name", None)
    if isinstance(name, str) and world.nodes.get(name) is thing:
        return Ref("node", name)
    if isinstance(name, str) and world.components.get(name) is thing:
        return Ref("component", name)
    number = world.journal.number_of(thing)
    return None if number is None else Ref("result", number)


def _note_function(world, function):
    for name, value in _held(function):
        if _place(world, value) is not None or getattr(value, "world", None) is world:
            return Ref("lost", f"function {function.__name__}, which holds on to {name!r} of this world; "
                               "let it take the world as its argument instead (lambda w: w.crash('keystone'))")
    return function


def _held(function):
    """(name, value) of all a function reaches without being given it: closure, defaults, globals; one level deep."""
    code, held = function.__code__, []
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        try:
            held.append((name, cell.cell_contents))
        except ValueError:   # not bound yet
            continue
    held += [(f"default {place}", value) for place, value in enumerate(function.__defaults__ or ())]
    held += [(name, function.__globals__[name]) for name in sorted(_names(code)) if name in function.__globals__]
    for name, value in list(held):
        if isinstance(value, (list, tuple, set, frozenset, dict)):
            held += [(name, item) for item in (value.values() if isinstance(value, dict) else value)]
    return held


def _names(code):
    inner = [constant for constant in code.co_consts if hasattr(constant, "co_names")]
    return set(code.co_names).union(*map(_names, inner))


def refs(value):
    """All Refs inside a note."""
    if isinstance(value, Ref):
        yield value
        value = value.owner
    if isinstance(value, functools.partial):
        value = (value.func, value.args, value.keywords)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from refs(item)


def find(world, twins, value):
    """The thing of `world` that a note stands for; containers are copied. `twins`: those made so far for this world."""
    again = functools.partial(find, world, twins)
    if isinstance(value, Ref):
        return _find_thing(world, twins, value)
    if isinstance(value, functools.partial):
        words = {key: again(item) for key, item in value.keywords.items()}
        return functools.partial(again(value.func), *again(value.args), **words)
    if isinstance(value, tuple):
        return tuple(again(item) for item in value)
    if type(value) is list:
        return [again(item) for item in value]
    if type(value) is dict:
        return {key: again(item) for key, item in value.items()}
    return value


def _find_thing(world, twins, ref):
    if ref.of == "node":
        return world.network.find(ref.key)
    if ref.of == "component":
        return world.component(ref.key)
    if ref.of == "result":
        return world.journal.entries[ref.key].result
    if ref.of == "method":
        return getattr(find(world, twins, ref.owner), ref.key)
    if ref.of == "twin":
        if id(ref.key) not in twins:
            twins[id(ref.key)] = ref.key.__replay__(world)
        return twins[id(ref.key)]
    return world
