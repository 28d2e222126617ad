"""The student's side: predict, observe, explain, answer, check, and see where you stand.

Each name is loaded when it is first used, so that `import labkit.lab` costs nothing and needs no widgets.
"""

from labkit.lazy import names

HOMES = {
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
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
