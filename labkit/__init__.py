"""labkit: a small world in which a cloud's systems live, to be operated by students in notebooks."""

from importlib import import_module

__version__ = "0.1.0"

_STUDENT = ("predict", "observe", "explain", "concept", "check", "freetext", "progress", "replay", "reset")

__all__ = ["World", *_STUDENT]


def __getattr__(name):
    """`from labkit import World, predict, check`: a name is loaded at its first use; `import labkit` costs nothing."""
    if name == "World":
        return import_module("labkit.world").World
    if name in _STUDENT:
        return getattr(import_module("labkit.lab"), name)
    raise AttributeError(f"module 'labkit' has no attribute {name!r}")
