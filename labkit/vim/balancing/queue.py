"""Why an uneven load hurts at all: the requests of the VMs of one host wait for one another.

    wait of the next = max(0, wait of this one + its work − time until the next)        (Lindley's recursion, 1952)

The surprise: at 50 % a request takes twice its work, at 90 % ten times, at 100 % there is no end. So a host that has
20 % too much costs more than one with 20 % too little can give back, and unevenness costs something only near the top.

What the real one does differently: a host has several cores and serves VMs in turns (labkit.vmm.scheduling); here all
of it is one server with one line, which has the same mean (M/M/1) and longer tails.
"""

from math import inf, log

import numpy as np

WORK_S = 0.1  # mean work of a request, if the whole host did nothing else: chosen


class Line:
    """The waiting line of one host."""

    def __init__(self, luck):
        self.luck, self.wait_s = luck, 0.0

    def serve(self, duration_s, load, speed=1.0):
        """Response times (s) of the requests that come within `duration_s`; `load`: part of the whole host that they
        want; `speed`: part of the host that is left for them (a migration takes some)."""
        answered, random, wait_s, at_s = [], self.luck.random, self.wait_s, 0.0
        every_s, work_s = WORK_S / load if load > 0 else inf, WORK_S / speed
        while True:
            gap_s = -log(1.0 - random()) * every_s if load > 0 else inf  # exponential, as is the work
            if at_s + gap_s > duration_s:
                self.wait_s = max(0.0, wait_s - (duration_s - at_s))
                return answered
            at_s += gap_s
            wait_s = (wait_s - gap_s if wait_s > gap_s else 0.0) - log(1.0 - random()) * work_s
            answered.append(wait_s)


def percentile(values, part):
    """The value below which this part (0 to 1) of them lies; 0 if there are none."""
    if not len(values):
        return 0.0
    place = min(int(part * len(values)), len(values) - 1)
    return float(np.partition(np.asarray(values), place)[place])
