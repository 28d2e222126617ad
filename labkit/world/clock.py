"""Virtual time: SimPy's environment, with calls that can be nested and deadlines that can be called off."""

import gc
from datetime import datetime
from heapq import heappop, heappush

from simpy import Environment

from labkit.world.errors import LabError

NEVER = float("inf")


class Horizon(BaseException):
    """A replay has reached the moment it was asked for (not an Exception: nobody but the replay may catch it)."""


class Due:
    """A moment at which a function is called."""

    __slots__ = ("callbacks", "call")
    _ok = True

    def __init__(self, call):
        self.call, self.callbacks = call, (_strike,)


def _strike(due):
    due.call()


class Clock(Environment):
    """A SimPy environment whose queue also holds our messages (any object with `callbacks` and `_ok`).

    An entry whose `callbacks` is None was called off: it is dropped and takes no time, so that `run()` ends when
    nothing is left to happen, not when the last deadline would have struck.
    """

    horizon = NEVER

    def soon(self, call, delay_s=0.0):
        """Call `call()` after so many seconds. Nobody can wait for that, and nobody can call it off."""
        heappush(self._queue, (self._now + delay_s, 1, next(self._eid), Due(call)))

    def post(self, entry, delay_s):
        """`schedule` with normal priority, as short as it can be."""
        heappush(self._queue, (self._now + delay_s, 1, next(self._eid), entry))

    def run_to(self, until):
        """Let everything happen that happens before `until` (seconds); then it is `until` (unless that is NEVER)."""
        queue, end, pop = self._queue, min(until, self.horizon), heappop
        while queue and queue[0][0] < end:
            at, _, _, event = pop(queue)
            callbacks = event.callbacks
            if callbacks is None:
                continue
            self._now = at
            event.callbacks = None
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):
                raise event._value
        if end != NEVER:
            self._now = max(self._now, end)
        if until > end or (until == NEVER and end != NEVER):
            raise Horizon

    def run_until(self, event):
        """Let things happen until the SimPy `event` has. Returns False if nothing is left to happen before it does."""
        before, self._active_proc = self._active_proc, None
        try:
            while event.callbacks is not None:
                if not self._queue:
                    return False
                self.run_to_next()
            return True
        finally:
            self._active_proc = before

    def peek(self):
        """When the next thing happens (seconds), NEVER if nothing is left; what was called off does not count."""
        while self._queue and self._queue[0][3].callbacks is None:
            heappop(self._queue)
        return super().peek()

    def run_to_next(self):
        """Let exactly the next thing happen."""
        while self._queue and self._queue[0][3].callbacks is None:
            heappop(self._queue)
        if self._queue and self._queue[0][0] >= self.horizon:
            self._now = max(self._now, self.horizon)
            raise Horizon
        if self._queue:
            self.step()


def calendar(start):
    """The aware datetime of an ISO 8601 text. Raises LabError if it is none, or has no time zone."""
    try:
        moment = datetime.fromisoformat(start)
    except (TypeError, ValueError):
        raise LabError(f"start must be ISO 8601 text, not {start!r}", next_step='e.g. "2026-03-02T08:00:00Z"') from None
    if moment.tzinfo is None:
        raise LabError(f"start {start!r} has no time zone", next_step='add one: "2026-03-02T08:00:00Z"')
    return moment


def collect_seldom():
    """A world makes many small things that stay. Python's collector, which looks for cycles after every 700 new ones,
    would take half of the time of a data centre; after every 500,000 it takes a few per cent."""
    if gc.get_threshold()[0] < 500_000:
        gc.set_threshold(500_000, 20, 20)
