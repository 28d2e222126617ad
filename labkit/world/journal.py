"""What was done from outside, so that a world can be played again.

A world is decided by its seed and by what was done to it from outside: the journal. Each outermost call of a method
marked `@action` is noted with its time; what such a call does inside is not, for it will happen again by itself.
An argument is noted so that it can be found again in another world: plain data as a copy, world, nodes and components
by name, earlier results by number, functions as they are (they take the world as an argument; one that holds on to a
world, node or component by a closure or a global name would change the old world, so it is refused at replay).
"""

import functools
from datetime import date, timedelta
from enum import Enum
from pathlib import PurePath
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from labkit.world.clock import Horizon
from labkit.world.errors import LabError

FIXED = (str, int, float, bool, type(None), bytes, date, timedelta, Enum, PurePath, frozenset, type)


class Ref(NamedTuple):
    """Where to find a thing in another world. of: world, node, component, result, method, twin or lost."""

    of: str
    key: Any = None
    owner: Any = None


class Entry:
    """One call from outside at virtual second `t`; `raised` if it ended with an error, `result` if that may be named later."""

    __slots__ = ("t", "target", "name", "args", "kwargs", "raised", "result")

    def __init__(self, t, target, name, args, kwargs):
        self.t, self.target, self.name, self.args, self.kwargs = t, target, name, args, kwargs
        self.raised, self.result = False, None


class Journal:
    """The entries of one world, in order."""

    def __init__(self, world):
        self.world, self.entries, self.results = world, [], {}

    def act(self, owner, method, args, kwargs):
        """Note an outermost call and make it."""
        world = self.world
        target = type(owner) if method.__name__ == "__init__" else self.note(owner)
        entry = Entry(world.now, target, method.__name__, self.note(args), self.note(kwargs))
        self.entries.append(entry)
        world.inside = True
        try:
            result = method(owner, *args, **kwargs)
        except BaseException:
            entry.raised = True
            raise
        finally:
            world.inside = False
        result_of = owner if method.__name__ == "__init__" else result
        if not isinstance(result_of, FIXED):
            entry.result = result_of
            self.results[id(result_of)] = len(self.entries) - 1
        return result

    # -- noting -------------------------------------------------------------------------------------------------
    def note(self, value):
        """What stands for `value` in any world that plays this journal."""
        if isinstance(value, Ref):
            return Ref("lost", "a reference of the journal itself")
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return tuple(self.note(item) for item in value)
        if type(value) is list:
            return [self.note(item) for item in value]
        if type(value) is dict:
            return {key: self.note(item) for key, item in value.items()}
        if isinstance(value, FIXED):
            return value
        return self._note_thing(value)

    def _note_thing(self, value):
        if value is self.world:
            return Ref("world")
        if isinstance(value, MethodType):
            return Ref("method", value.__name__, self.note(value.__self__))
        place = self.world.place_of(value)
        if place is not None:
            return place
        if id(value) in self.results:
            return Ref("result", self.results[id(value)])
        if isinstance(value, (FunctionType, functools.partial)):
            return self._note_function(value)
        if hasattr(value, "__replay__"):
            return Ref("twin", value)
        return Ref("lost", f"{type(value).__name__} object: it belongs to this world only")

    def _note_function(self, function):
        if isinstance(function, functools.partial):
            return functools.partial(self.note(function.func), *self.note(function.args), **self.note(function.keywords))
        for name, value in _held(function):
            if value is self.world or self.world.place_of(value) is not None or getattr(value, "world", None) is self.world:
                return Ref("lost", f"function {function.__name__}, which holds on to {name!r} of this world; "
                                   "let it take the world as an argument (lambda w: w.crash('keystone'))")
        return function

    # -- playing ------------------------------------------------------------------------------------------------
    def play(self, world, until=None, same_luck=True):
        """Do everything again in the fresh `world`, up to and including what was done from outside at `until` seconds."""
        entries = [entry for entry in self.entries if until is None or entry.t <= until]
        for entry in entries:
            _refuse_lost(entry)
        twins = {}
        for place, entry in enumerate(entries):
            if until is not None and place == len(entries) - 1:
                world.env.horizon = until
            self._again(world, entry, twins, same_luck)
        world.env.horizon = float("inf")

    def _again(self, world, entry, twins, same_luck):
        if not same_luck and world.now < entry.t:
            world.run(until=entry.t)
        find = functools.partial(_find, world, twins)
        target = find(entry.target)
        call = target if isinstance(target, type) else getattr(target, entry.name)
        try:
            call(*find(entry.args), **find(entry.kwargs))
        except Horizon:
            pass
        except Exception:
            if same_luck and not entry.raised:
                raise


def _refuse_lost(entry):
    for ref in _refs((entry.target, entry.args, entry.kwargs)):
        if ref.of == "lost":
            raise LabError(f"this world cannot be played again: at {entry.t:g} s {entry.name}() was given a {ref.key}",
                           next_step="hand in plain data, names, components, or functions that take the world")


def _refs(value):
    if isinstance(value, Ref):
        yield value
        yield from _refs(value.owner)
    elif isinstance(value, functools.partial):
        yield from _refs((value.func, value.args, value.keywords))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _refs(item)
    elif isinstance(value, dict):
        yield from _refs(list(value.values()))


def _find(world, twins, value):
    """The thing of `world` that a note stands for; containers are copied."""
    find = functools.partial(_find, world, twins)
    if isinstance(value, Ref):
        return _find_thing(world, twins, value)
    if isinstance(value, functools.partial):
        return functools.partial(find(value.func), *find(value.args), **find(value.keywords))
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(find(item) for item in value)
    if type(value) is list:
        return [find(item) for item in value]
    if type(value) is dict:
        return {key: find(item) for key, item in value.items()}
    return value


def _find_thing(world, twins, ref):
    if ref.of == "twin":
        if id(ref.key) not in twins:
            twins[id(ref.key)] = ref.key.__replay__(world)
        return twins[id(ref.key)]
    if ref.of == "method":
        return getattr(_find(world, twins, ref.owner), ref.key)
    if ref.of == "result":
        return world.journal.entries[ref.key].result
    return {"world": lambda: world, "node": lambda: world.network.find(ref.key), "component": lambda: world.components[ref.key]}[ref.of]()


def _held(function):
    """(name, value) of everything a function reaches without being given it: closure, defaults, globals; one level deep."""
    code, held = function.__code__, []
    for name, cell in zip(code.co_freevars, function.__closure__ or ()):
        try:
            held.append((name, cell.cell_contents))
        except ValueError:   # not bound yet
            continue
    held += [(f"default {place}", value) for place, value in enumerate(function.__defaults__ or ())]
    held += [(name, function.__globals__[name]) for name in sorted(_names(code)) if name in function.__globals__]
    for name, value in list(held):
        if isinstance(value, (list, tuple, set, frozenset)):
            held += [(name, item) for item in value]
        elif isinstance(value, dict):
            held += [(name, item) for item in value.values()]
    return held


def _names(code):
    names = set(code.co_names)
    for constant in code.co_consts:
        if hasattr(constant, "co_names"):
            names |= _names(constant)
    return names


def action(method):
    """Mark a public method (or the constructor) of a component as something done from outside.

    The component keeps its world in `self.world` and its name in `self.name`; a marked `__init__` takes the world first
    and registers the component under its name.
    """
    building = method.__name__ == "__init__"

    @functools.wraps(method)
    def act(self, *args, **kwargs):
        world = (args[0] if args else kwargs.get("world")) if building else self.world
        if building and not hasattr(world, "journal"):
            raise LabError(f"{type(self).__name__} needs a World first, not {world!r}", next_step="make one: World(seed=7)")
        if world.inside:
            result = method(self, *args, **kwargs)
        else:
            result = world.journal.act(self, method, args, kwargs)
        if building:
            world.add(self)
        return result

    return act


def invoke(world, work, args):
    """Call `work`: a bound method with its arguments, any other callable with the world first."""
    return work(*args) if isinstance(work, MethodType) else work(world, *args)
