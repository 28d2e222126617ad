"""The student's side: predict, observe, explain, answer, check, and see where you stand.

Each name is loaded when it is first used, so that `import labkit.lab` costs nothing and needs no widgets.
"""

from importlib import import_module

_HOMES = {
    "predict": "prediction",
    "observe": "observation",
    "explain": "explanation",
    "concept": "conceptest",
    "check": "feedback",
    "freetext": "rubric",
    "progress": "panel",
    "replay": "counterexample",
    "reset": "exercise",
}

__all__ = list(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'labkit.lab' has no attribute {name!r}")
    return getattr(import_module(f"labkit.lab.{_HOMES[name]}"), name)


def __dir__():
    return sorted({*globals(), *__all__})
