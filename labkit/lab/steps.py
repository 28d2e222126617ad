"""A step budget: counts executed lines, so that a verdict never depends on how fast the machine is.

An endless loop ends after `budget` lines, a recursion without end after DEPTH calls. A bare `except:` does not help it:
once the budget is used up every further line is interrupted, also those inside `except` and `finally`, until the call
has ended. A loop inside C (`sum(itertools.count())`) executes no lines: the grader has a time limit outside the
process.

Python 3.11 differs twice. It reports no line while a loop like `while True: pass` jumps to itself: there single
instructions are counted. And it stops tracing when a trace function raises: there an alarm raises, a moment later, and
again until the call has ended.
"""

from __future__ import annotations

import dis
import itertools
import signal
import sys
import threading
from functools import cache

DEPTH = 400
QUESTION = 20
"""A question to the judge counts as so many lines, for the judge has to work on it."""
RAISING_ENDS_TRACING = sys.version_info < (3, 12)
MOMENTS_S = [1e-6 * tenths / 10 for tenths in range(10, 100, 7)]
"""In turn, so that the alarm does not keep step with the trace function, in which it cannot raise."""
OURS = {__file__, *(__file__.replace("steps.py", other) for other in ("player.py", "values.py"))}
"""Lines of the machinery between student and judge are not the student's."""


class OutOfSteps(BaseException):
    """The artefact used up its budget; not an Exception, so that `except Exception` does not swallow it."""


class Steps:
    """Counts the lines that run inside `with steps:`; `reason` says why the budget ended, or None."""

    def __init__(self, budget: int):
        self.budget, self.used, self.depth = budget, 0, 0
        self.reason: str | None = None
        self.frame = self._handler = None
        self._paused = self._due = False
        self._moments = itertools.cycle(MOMENTS_S)

    def __enter__(self):
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_):
        """The tracer of a debugger or of coverage is put back."""
        sys.settrace(self._before)
        self._paused = True
        if self._handler is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._handler)

    def pause(self) -> None:
        """Stop counting while the judge answers a question of the artefact's."""
        sys.settrace(None)
        self._paused = True

    def resume(self) -> None:
        """Count again."""
        self._paused = False
        self.used += QUESTION
        sys.settrace(self._trace)

    def _trace(self, frame, event, arg):
        if event == "line" or event == "opcode":
            self.used += 1
            if self.used > self.budget or self.reason:
                self._end(frame, f"did not end within {self.budget} executed lines (an endless loop?)")
        elif event == "call":
            if frame.f_code.co_filename in OURS:
                return None
            frame.f_trace_opcodes = RAISING_ENDS_TRACING and jumps_to_itself(frame.f_code)
            self.depth += 1
            if self.depth > DEPTH:
                self._end(frame, f"called itself more than {DEPTH} levels deep (a recursion without end?)")
        elif event == "return":
            self.depth -= 1
        return self._trace

    def _end(self, frame, reason):
        if self.reason is None:
            self.reason, self.frame = reason, frame
        if not (RAISING_ENDS_TRACING and self._alarm()):
            raise OutOfSteps(self.reason)

    def _alarm(self) -> bool:
        """Have the artefact interrupted in a moment; False where there are no alarms (Windows, other threads)."""
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            return False
        if self._handler is None:
            self._handler = signal.signal(signal.SIGALRM, self._ring) or signal.SIG_DFL
        if not self._due:
            self._due = True
            signal.setitimer(signal.ITIMER_REAL, next(self._moments))
        return True

    def _ring(self, number, frame):
        """Interrupt the artefact, unless it is ours that runs just now: then a moment later."""
        self._due = False
        if self._paused:
            return
        if frame.f_code.co_filename in OURS or called_from(frame, Steps._trace.__code__):
            self._alarm()
        else:
            raise OutOfSteps(self.reason)


def called_from(frame, code) -> bool:
    """Does `code` run further up the stack?"""
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame is not None


@cache
def jumps_to_itself(code) -> bool:
    """Is there a loop of a single instruction in this code?"""
    return any(found.opname.startswith("JUMP") and found.argval == found.offset for found in dis.get_instructions(code))
