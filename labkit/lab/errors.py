"""Errors a student sees in a notebook: one or two lines that say what is wrong and what to do, without a traceback of
ours."""

from __future__ import annotations

from labkit.world.errors import LabError


class Quiet(LabError):
    """A message in place of a traceback: IPython shows the text alone."""

    def _render_traceback_(self):
        return str(self).splitlines()


class CheckFailed(Quiet, AssertionError):
    """A check that failed where nobody can answer: the cell fails, so nbval and pytest count it."""
