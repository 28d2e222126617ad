"""Errors that teach: what is wrong, whether the effect certainly did not happen, and what to do next."""

from difflib import get_close_matches

AFRESH = "make a new World first, if this is the same cell run again"  # what a name that is taken mostly means


class LabError(Exception):
    """Something was refused.

    message    what is wrong, in the learner's words
    code       HTTP-like status, or None where no server answered
    definite   True: the effect certainly did not happen; False: nobody on this side can know; None: not a question here
    next_step  what to do now

    All four lie in `args`, because SimPy makes a fresh copy of an exception from its `args` for each process that sees
    it.
    """

    def __init__(self, message, code=None, definite=None, next_step=None):
        super().__init__(message, code, definite, next_step)
        self.message, self.code, self.definite, self.next_step = message, code, definite, next_step

    def __str__(self):
        return f"{self.message} – {self.next_step}" if self.next_step else self.message


class Unanswered(LabError):
    """A request that got no answer. `definite` is True only if the request was never sent or was refused: a timeout
    looks the same whether the request was lost, the server died before or after doing it, or the answer was lost."""


def unknown(what, name, known):
    """LabError for a name nobody has, with the closest one that exists."""
    known = sorted(known)
    close = get_close_matches(str(name), known, n=1)
    if close:
        return LabError(f"there is no {what} {name!r}", next_step=f"did you mean {close[0]!r}?")
    listed = ", ".join(known) if known else "none yet"
    return LabError(f"there is no {what} {name!r}", next_step=f"known: {listed}")


def number(value, what, least=0.0, most=None):
    """Return `value` if it is a finite number in [least, most], else raise a LabError that names `what`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise LabError(f"{what} must be a number, not {value!r}", 400, True)
    if value != value or value in (float("inf"), float("-inf")):
        raise LabError(f"{what} must be finite, not {value!r}", 400, True)
    if value < least or (most is not None and value > most):
        span = f"at least {least:g}" if most is None else f"between {least:g} and {most:g}"
        raise LabError(f"{what} must be {span}, not {value!r}", 400, True)
    return value


def words(value, what):
    """Return `value` if it is a text with something in it, else raise a LabError that names `what`."""
    if not isinstance(value, str) or not value:
        raise LabError(f"{what} must be a text, not {value!r}", 400, True)
    return value
