"""Samples of one host or VM: the last hour as it was reported, a day in averages of 5 min, a week of 30 min.

    raw      every report              1 h      then forgotten
    5 min    average of raw            1 day
    30 min   average of the 5 min      7 days

A sample counts as long as it was the last one, but not longer than HOLD_S: after that nobody knows. An interval in
which nothing was heard has no average. It is a gap, not a zero.
"""

from array import array

HOLD_S = 60.0  # a report every 10 s: after six missing ones the value is unknown (chosen)
FIVE_MIN_S, HALF_HOUR_S = 300.0, 1800.0
KEPT_S = {"raw": 3600.0, "5 min": 86400.0, "30 min": 604800.0}  # vCenter's documented intervals and ages
WIDTH = 3  # one sample: time, demand_mhz, used_mib


class Series:
    """`add(at_s, demand_mhz, used_mib)`, then `points(rollup)`: flat arrays, because there may be 2,500 of them."""

    __slots__ = ("raw", "five", "thirty", "due_s")

    def __init__(self):
        self.raw, self.five, self.thirty, self.due_s = array("d"), array("d"), array("d"), 0.0

    def add(self, at_s, demand_mhz, used_mib):
        """One report. Reports of the past are not there to be added: time does not run backwards."""
        if at_s >= self.due_s:
            self._roll(at_s)
        self.raw.extend((at_s, demand_mhz, used_mib))

    def _roll(self, at_s):
        """The interval that has ended becomes an average; what is too old goes."""
        if self.due_s and self.raw:
            end_s = self.due_s
            put(self.five, end_s, average(self.raw, end_s - FIVE_MIN_S, end_s))
            half_s = end_s // HALF_HOUR_S * HALF_HOUR_S
            if half_s and half_s > at_least(self.thirty) and end_s - half_s < FIVE_MIN_S:
                put(self.thirty, half_s, mean(self.five, half_s - HALF_HOUR_S, half_s))
            forget(self.raw, at_s - KEPT_S["raw"])
            forget(self.five, at_s - KEPT_S["5 min"])
            forget(self.thirty, at_s - KEPT_S["30 min"])
        self.due_s = (at_s // FIVE_MIN_S + 1) * FIVE_MIN_S

    def points(self, rollup="raw"):
        """[(at_s, demand_mhz, used_mib)], oldest first. An average stands at the end of its interval."""
        flat = {"raw": self.raw, "5 min": self.five, "30 min": self.thirty}[rollup]
        return [tuple(flat[at : at + WIDTH]) for at in range(0, len(flat), WIDTH)]

    def __len__(self):
        return (len(self.raw) + len(self.five) + len(self.thirty)) // WIDTH


def put(flat, at_s, values):
    """Append an average, if there is one."""
    if values is not None:
        flat.extend((at_s, *values))


def at_least(flat):
    """Time of the newest average, 0 without."""
    return flat[-WIDTH] if flat else 0.0


def average(flat, from_s, to_s):
    """(demand_mhz, used_mib) over an interval, each sample weighed with the time it was the last; None if unknown."""
    total_s = demand = used = 0.0
    first = max(len(flat) - WIDTH, 0)
    while first > 0 and flat[first] > from_s:
        first -= WIDTH
    for at in range(first, len(flat), WIDTH):
        next_s = flat[at + WIDTH] if at + WIDTH < len(flat) else to_s
        held_s = min(next_s, flat[at] + HOLD_S, to_s) - max(flat[at], from_s)
        if held_s > 0:
            total_s += held_s
            demand += held_s * flat[at + 1]
            used += held_s * flat[at + 2]
    return (demand / total_s, used / total_s) if total_s else None


def mean(flat, from_s, to_s):
    """The mean of the averages that ended in (from_s, to_s]; None without any."""
    found = [at for at in range(0, len(flat), WIDTH) if from_s < flat[at] <= to_s]
    if not found:
        return None
    return tuple(sum(flat[at + column] for at in found) / len(found) for column in (1, 2))


def forget(flat, before_s):
    """Drop what is older."""
    at = 0
    while at < len(flat) and flat[at] < before_s:
        at += WIDTH
    del flat[:at]
