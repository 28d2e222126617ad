"""labkit: a small world in which a cloud's systems live, to be operated by students in notebooks."""

from labkit.lazy import names

__version__ = "0.1.0"

STUDENT = ("predict", "observe", "explain", "concept", "check", "freetext", "progress", "replay", "reset")
HOMES = {"World": "world", **dict.fromkeys(STUDENT, "lab")}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
