"""A step budget: counts executed lines, so that a verdict never depends on how fast the machine is.

An endless loop ends after `budget` lines, a recursion without end after DEPTH calls. A bare `except:` does not help it.
Python stops tracing when a trace function raises, so something has to take the tracer up again, until the call ends:

- the interruption itself, when an `except` or `finally` has swallowed it and nobody holds it any more: the next line,
  outside of that `try`, is interrupted again;
- an alarm, every few milliseconds, where the loop stands inside the `except` or keeps what it catches. It lets a
  changing number of lines pass first, so that in the end it meets one that no `try` protects.

A loop inside C (`sum(itertools.count())`) executes no lines: the grader has a time limit outside the process.
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
ALARM_S = 0.005
PASSES = 23
"""The alarm lets 0 … PASSES - 1 lines go by, in turn."""
OURS = {__file__, *(__file__.replace("steps.py", other) for other in ("player.py", "values.py"))}
"""Lines of the machinery between student and judge are not the student's."""


class OutOfSteps(BaseException):
    """The artefact used up its budget; not an Exception, so that `except Exception` does not swallow it."""

    def __init__(self, steps: Steps):
        super().__init__(steps.reason)
        self.steps = steps

    def __del__(self):
        """Swallowed: once more."""
        if sys is not None:   # the interpreter is not just shutting down
            self.steps.take_up()


class Steps:
    """Counts the lines that run inside `with steps:`; `reason` says why the budget ended, or None."""

    def __init__(self, budget: int):
        self.budget, self.used, self.depth = budget, 0, 0
        self.reason: str | None = None
        self.frame = self._handler = None
        self._running, self._pass_by = False, 0
        self._passes = itertools.cycle(range(PASSES))

    def __enter__(self):
        self._before, self._outside, self._running = sys.gettrace(), sys._getframe(1), True
        self._thread = threading.get_ident()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_):
        """The tracer of a debugger or of coverage is put back."""
        self._running, self._outside = False, None
        sys.settrace(self._before)
        if self._handler is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._handler)

    def pause(self) -> None:
        """Stop counting while the judge answers a question of the artefact's."""
        self._running = False
        sys.settrace(None)

    def resume(self) -> None:
        """Count again."""
        self._running = True
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
            frame.f_trace_opcodes = jumps_to_itself(frame.f_code)
            self.depth += 1
            if self.depth > DEPTH:
                self._end(frame, f"called itself more than {DEPTH} levels deep (a recursion without end?)")
        elif event == "return":
            self.depth -= 1
        return self._trace

    def _end(self, frame, reason):
        if self.reason is None:
            self.reason, self.frame = reason, frame
            self._set_alarm()
        if self._pass_by:
            self._pass_by -= 1
            return
        raise OutOfSteps(self)

    def take_up(self) -> None:
        """Trace on, in every frame of the artefact that is under way."""
        if not self._running or threading.get_ident() != self._thread:
            return
        frame = sys._getframe(1)
        while frame is not None and frame is not self._outside:
            if frame.f_code.co_filename not in OURS:
                frame.f_trace = self._trace
            frame = frame.f_back
        sys.settrace(self._trace)

    def _set_alarm(self) -> None:
        """Nothing where there are no alarms (Windows, other threads): there the first way has to do."""
        if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            self._handler = signal.signal(signal.SIGALRM, self._ring) or signal.SIG_DFL
            signal.setitimer(signal.ITIMER_REAL, ALARM_S, ALARM_S)

    def _ring(self, number, frame):
        self._pass_by = next(self._passes)
        self.take_up()


@cache
def jumps_to_itself(code) -> bool:
    """Is there a loop of a single instruction in this code?"""
    return any(found.opname.startswith("JUMP") and found.argval == found.offset for found in dis.get_instructions(code))
