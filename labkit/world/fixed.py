"""A dict that nobody can change: it may travel in a thousand messages without being copied.

What a message carries is copied, so that sender and receiver share nothing. What cannot change may be shared.
"""

from math import isfinite


class Fixed(dict):
    """A read-only, hashable dict of JSON-able values: lists in it become tuples, dicts become Fixed. TypeError when
    somebody tries to change it, ValueError or TypeError for a value that is not JSON."""

    __slots__ = ("_hash",)

    def __init__(self, values):
        super().__init__({key: fixed(value) for key, value in values.items()})
        self._hash = hash(frozenset(self.items()))

    def __hash__(self):
        return self._hash

    def _refuse(self, *args, **kwargs):
        raise TypeError("this dict is fixed: make a changed copy, {**values, …}")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse


def fixed(value):
    """`value` with everything in it that could be changed replaced by what cannot."""
    if isinstance(value, dict):
        return value if type(value) is Fixed else Fixed(value)
    if isinstance(value, (list, tuple)):
        return tuple(map(fixed, value))
    if not isinstance(value, (str, int, float, bool, type(None))):
        raise TypeError(f"{value!r} is not JSON")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"{value!r} is not JSON")
    return value
