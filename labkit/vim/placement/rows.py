"""One row of scores per flavour: the weigher's number for each host, or NONE where a filter fails.

The best host is the largest number of the row, the first of equals: one pass in C over 2,500 numbers, about 1 µs.
Nothing is sorted, and nothing stands at the top that does not fit, so it does not matter whether the hosts with most
memory have no CPU left. A claim changes one host, so a row follows by one number per claim, when it is next asked.

    row of (1 vCPU, 2 GiB)    14336   NONE   16384  12288 …       NONE: full, in maintenance, wrong network …
                                             ▲ argmax
"""

import numpy as np

from labkit.vim.placement.filters import FIXED, amounts

NONE = int(np.iinfo(np.int64).min)
BULK = 100  # so many changes at once are cheaper made in one pass over all hosts (measured: 0.3 µs each against 30 µs)
MOST_ROWS = 64


class Row:
    """The scores of one (spec, cluster). `value`: (resource, sign) whose number is the score; None: 0 for whoever
    passes, to be weighed by somebody else.
    """

    def __init__(self, capacity, spec, within, value):
        self.capacity, self.spec, self.within, self.value = capacity, spec, within, value
        self.epoch, self.at, self.used = -1, 0, 0

    def fill(self):
        """All hosts in one pass."""
        capacity, (resource, sign) = self.capacity, self.value or ("memory", 0)
        fixed = np.ones(len(capacity.hosts), bool)
        for each in FIXED:
            fixed &= each.passes(capacity, self.spec, self.within)
        needs = amounts(self.spec)
        needs.pop("vms")
        fits = fixed.copy()
        for name, amount in needs.items():
            fits &= capacity.free[name] >= amount
        self.scores = np.where(fits, sign * capacity.free[resource], NONE)
        self.best, self.view, self.fixed = self.scores.argmax, memoryview(self.scores), fixed.tobytes()
        self.needs = [(capacity.views[name], amount) for name, amount in needs.items()]
        self.source, self.sign = capacity.views[resource], sign
        self.epoch, self.at = capacity.epoch, len(capacity.log)

    def catch_up(self):
        """The scores of hosts that have changed since this row was asked last."""
        log, end = self.capacity.log, len(self.capacity.log)
        if self.epoch != self.capacity.epoch or end - self.at > BULK:
            self.fill()
            return
        view, source, sign, fixed, needs = self.view, self.source, self.sign, self.fixed, self.needs
        for index in log[self.at : end]:
            if fixed[index]:
                for free, amount in needs:
                    if free[index] < amount:
                        view[index] = NONE
                        break
                else:
                    view[index] = sign * source[index]
        self.at = end


class Rows:
    """The rows that were used last, at most MOST_ROWS of them."""

    def __init__(self, capacity, value):
        self.capacity, self.value, self.rows, self.uses = capacity, value, {}, 0

    def of(self, spec, within):
        """The row of a spec within a cluster, up to date."""
        row = self.rows.get((spec, within))
        if row is None:
            row = self._new(spec, within)
        self.uses += 1
        row.used = self.uses
        if row.at != len(self.capacity.log) or row.epoch != self.capacity.epoch:
            row.catch_up()
        return row

    def _new(self, spec, within):
        if len(self.rows) >= MOST_ROWS:
            oldest = min(self.rows.values(), key=lambda row: row.used)
            del self.rows[oldest.spec, oldest.within]
        row = self.rows[spec, within] = Row(self.capacity, spec, within, self.value)
        return row
