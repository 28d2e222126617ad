"""One row of scores per flavour: the weigher's number for each host, or NONE where a filter fails.

The best host is the largest number of the row, the first of equals: one pass in C over 2,500 numbers, a third of a
microsecond. Nothing is sorted, and nothing stands at the top that does not fit, so it does not matter whether the hosts
with most memory have no CPU left. A claim changes one host, so a row follows by one number per claim, when it is next
asked.

    row of (1 vCPU, 2 GiB)    14336   NONE   16384  12288 …       NONE: full, in maintenance, wrong network …
                                             ▲ argmax
"""

import numpy as np

from labkit.vim.placement.capacity import RESOURCES
from labkit.vim.placement.filters import FIXED, amounts

NONE = int(np.iinfo(np.int64).min)
BULK = 100  # so many changes are cheaper made in one pass over all hosts
LOG_MOST = 100_000
MOST_ROWS = 64


class Row:
    """The scores of one (spec, cluster). `value`: (resource, sign) whose number is the score; None: 0 for whoever
    passes, to be weighed by somebody else.
    """

    def __init__(self, capacity, spec, within, value):
        self.capacity, self.spec, self.within = capacity, spec, within
        resource, self.sign = value or ("memory", 0)
        self.place, self.needs = RESOURCES.index(resource), amounts(spec)
        self.epoch, self.at = -1, 0  # when it was asked last

    def fill(self):
        """All hosts in one pass."""
        capacity, free = self.capacity, self.capacity.free
        fixed = np.ones(len(capacity.hosts), bool)
        for each in FIXED:
            fixed &= each.passes(capacity, self.spec, self.within)
        fits = fixed.copy()
        for name, amount in zip(RESOURCES[:-1], self.needs, strict=False):
            if amount:
                fits &= free[name] >= amount
        self.scores = np.where(fits, self.sign * free[RESOURCES[self.place]], NONE)
        self.best, self.view, self.fixed = self.scores.argmax, memoryview(self.scores), fixed.tobytes()
        self.epoch, self.at = capacity.epoch, len(capacity.log)

    def catch_up(self):
        """The scores of hosts that have changed since this row was asked last."""
        capacity = self.capacity
        log, now, at = capacity.log, capacity.now, self.at
        self.at = end = len(log)
        if end > LOG_MOST:
            capacity.anew()
        if self.epoch != capacity.epoch or end - at > BULK:
            self.fill()
            return
        view, fixed, sign, place = self.view, self.fixed, self.sign, self.place
        memory, cpu, disk, mhz, reserved, _ = self.needs
        more = mhz or reserved
        for index in log[at:end]:
            if fixed[index]:
                free = now[index]
                fits = free[0] >= memory and free[1] >= cpu and (not disk or free[2] >= disk)
                if more and fits:
                    fits = (not mhz or free[3] >= mhz) and (not reserved or free[4] >= reserved)
                view[index] = sign * free[place] if fits else NONE


class Rows:
    """The rows that were used last, at most MOST_ROWS of them."""

    def __init__(self, capacity, value):
        self.capacity, self.value, self.rows = capacity, value, {}
        self.known = {}  # the same rows by (id of the spec, cluster): quicker; a row keeps its spec alive

    def of(self, spec, within):
        """The row of a spec within a cluster, up to date."""
        row = self.known.get((id(spec), within)) or self._find(spec, within)
        if row.at != len(self.capacity.log) or row.epoch != self.capacity.epoch:
            row.catch_up()
        return row

    def _find(self, spec, within):
        row = self.rows.get((spec, within))  # an equal spec
        if row is None:
            if len(self.rows) >= MOST_ROWS:
                oldest = min(self.rows.values(), key=lambda row: (row.epoch, row.at))
                del self.rows[oldest.spec, oldest.within], self.known[id(oldest.spec), oldest.within]
            row = self.rows[spec, within] = self.known[id(spec), within] = Row(self.capacity, spec, within, self.value)
        return row
