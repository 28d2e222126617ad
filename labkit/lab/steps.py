"""A step budget: counts executed lines, so that a verdict never depends on how fast the machine is.

An endless loop ends after `budget` lines, a recursion without end after DEPTH calls. A bare `except:` around the
loop's body does not help it: once the budget is used up, an alarm repeats the interruption, also inside the `except`,
until the call has ended (where the system has alarms). A loop inside C (`sum(itertools.count())`) executes no lines:
the grader has a time limit outside the process.
"""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager

DEPTH = 400
REPEAT_S = 0.05
OURS = {__file__, __file__.replace("steps.py", "player.py")}
"""Lines of the machinery between student and judge are not the student's."""


class OutOfSteps(BaseException):
    """The artefact used up its budget; not an Exception, so that `except Exception` does not swallow it."""


class Steps:
    """Counts the lines that run inside `with steps.counted():`; `reason` says why the budget ended, or None."""

    def __init__(self, budget: int):
        self.budget, self.used, self.depth = budget, 0, 0
        self.reason: str | None = None
        self.frame = None

    @contextmanager
    def counted(self):
        """Count lines until the block ends; the tracer of a debugger or of coverage is put back afterwards."""
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            yield self
        finally:
            sys.settrace(before)
            self._disarm()

    @staticmethod
    def pause():
        """Stop counting while the judge answers a call; gives back what `resume` needs."""
        before = sys.gettrace()
        sys.settrace(None)
        return before

    @staticmethod
    def resume(before) -> None:
        """Count again."""
        sys.settrace(before)

    def _trace(self, frame, event, arg):
        if event == "line":
            self.used += 1
            if self.used > self.budget:
                self._end(frame, f"did not end within {self.budget} executed lines (an endless loop?)")
        elif event == "call":
            if frame.f_code.co_filename in OURS:
                return None
            self.depth += 1
            if self.depth > DEPTH:
                self._end(frame, f"called itself more than {DEPTH} levels deep (a recursion without end?)")
        elif event == "return":
            self.depth -= 1
        return self._trace

    def _end(self, frame, reason):
        if self.reason is None:
            self.reason, self.frame = reason, frame
            self._arm()
        raise OutOfSteps(reason)

    def _arm(self):
        if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            self._handler = signal.signal(signal.SIGALRM, self._again)
            signal.setitimer(signal.ITIMER_REAL, REPEAT_S, REPEAT_S)

    def _disarm(self):
        if hasattr(self, "_handler"):
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._handler)
            del self._handler

    def _again(self, number, frame):
        """Interrupt once more, and trace again, so that the first line of an `except` that catches this is
        interrupted, too."""
        sys.settrace(self._trace)
        while frame is not None and frame.f_code is not Steps.counted.__wrapped__.__code__:
            frame.f_trace = self._trace
            frame = frame.f_back
        raise OutOfSteps(self.reason)
