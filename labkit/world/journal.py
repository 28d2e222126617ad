"""What was done from outside, so that a world can be played again.

A world is decided by its seed and by what was done to it from outside: its journal. Each outermost call of a method
marked `@action` is noted with its time; what such a call leads to inside is not, for it will happen again by itself.
How arguments are noted: see notes.py.
"""

import functools
from types import MethodType

from labkit.world.clock import NEVER, Horizon
from labkit.world.errors import LabError
from labkit.world.notes import FIXED, find, note, refs


class Entry:
    """One call from outside at virtual second `t`; `raised` if it ended with an error, `result` if that may be named
    later, `horizon` if a rewind ended it at that second."""

    __slots__ = ("t", "target", "name", "args", "kwargs", "raised", "result", "horizon")

    def __init__(self, t, target, name, args, kwargs):
        self.t, self.target, self.name, self.args, self.kwargs = t, target, name, args, kwargs
        self.raised, self.result, self.horizon = False, None, NEVER


class Journal:
    """The entries of one world, in order. A world that is not `kept` notes nothing and cannot be played again."""

    def __init__(self, world, kept=True):
        self.world, self.kept, self.entries, self._numbers = world, kept, [], {}

    def number_of(self, thing):
        """The number of the call that returned (or built) this very thing, or None."""
        return self._numbers.get(id(thing))

    def act(self, owner, method, args, kwargs):
        """Note an outermost call and make it."""
        entry = self._begin(owner, method, args, kwargs) if self.kept else None
        self.world.inside = True
        try:
            result = method(owner, *args, **kwargs)
        except BaseException as error:
            if entry is not None:
                entry.raised = True
                entry.horizon = self.world.env.horizon if isinstance(error, Horizon) else NEVER
            raise
        finally:
            self.world.inside = False
        if entry is not None:
            self._end(entry, owner if method.__name__ == "__init__" else result)
        return result

    def _begin(self, owner, method, args, kwargs):
        target = type(owner) if method.__name__ == "__init__" else note(self.world, owner)
        entry = Entry(self.world.now, target, method.__name__, note(self.world, args), note(self.world, kwargs))
        self.entries.append(entry)
        return entry

    def _end(self, entry, result):
        if not isinstance(result, FIXED):
            entry.result = result   # kept alive, so that its id stays its own
            self._numbers[id(result)] = len(self.entries) - 1

    def play(self, world, until=None, same_luck=True):
        """Do everything again in the fresh `world`, up to and including what was done at `until` seconds."""
        if not self.kept:
            raise LabError("this world keeps no journal", next_step="make it with World(seed, journal=True)")
        entries = [entry for entry in self.entries if until is None or entry.t <= until]
        for entry in entries:
            _refuse_lost(entry)
        twins = {}
        for entry in entries:
            last = until is not None and entry is entries[-1]
            world.env.horizon = min(entry.horizon, until) if last else entry.horizon
            _again(world, entry, twins, same_luck)
            world.env.horizon = NEVER

    def check(self, other):
        """Raise LabError unless the trace of `other`, played from this journal, is (the beginning of) ours."""
        ours, theirs = self.world.rows, other.rows
        if theirs != ours[:len(theirs)]:
            at = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), len(ours))
            raise LabError(f"played again, this world went another way at event {at}",
                           next_step="something outside takes part (a file, a global, a real clock): "
                                     "bring it into the world")


def _again(world, entry, twins, same_luck):
    if not same_luck and world.now < entry.t:
        world.run(until=entry.t)
    try:
        target = find(world, twins, entry.target)
        call = target if isinstance(target, type) else getattr(target, entry.name)
        call(*find(world, twins, entry.args), **find(world, twins, entry.kwargs))
    except Horizon:
        pass
    except Exception:
        if same_luck and not entry.raised:
            raise


def _refuse_lost(entry):
    for ref in refs((entry.target, entry.args, entry.kwargs)):
        if ref.of == "lost":
            raise LabError(f"this world cannot be played again: at {entry.t:g} s {entry.name}() was given a {ref.key}",
                           next_step="hand in plain data, names, components, or functions that take the world")


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
            raise LabError(f"{type(self).__name__} needs a World first, not {world!r}",
                           next_step="make one: World(seed=7)")
        result = method(self, *args, **kwargs) if world.inside else world.journal.act(self, method, args, kwargs)
        if building:
            world.add(self)
        return result

    return act


def invoke(world, work, args):
    """Call `work`: a bound method with its arguments, any other callable with the world first."""
    return work(*args) if isinstance(work, MethodType) else work(world, *args)
