"""Why this host: the same filters and weighers once more, one after the other, with reasons and numbers.

    3 hosts: esx1, esx2, esx3
    state     drops 1, leaves 2    esx2: maintenance: in
    memory    drops 1, leaves 1    esx3: 2,048 MiB free of 16,384, needs 4,096
    1. esx1: 12,288 MiB free
    chosen: esx1

Each filter is asked about the hosts that the ones before it have left, as in Nova's log.
"""

from dataclasses import dataclass

import numpy as np

from labkit.vim.placement import conditions
from labkit.vim.placement.filters import FILTERS
from labkit.vim.placement.weighers import columns, weigh
from labkit.world.draw import element, escape

REASONS, FEW, BEST = 20, 5, 10  # with more than REASONS hosts dropped, a FEW of them stand for all
SAID = {  # what a weigher has seen, in words
    "memory": "{:,} MiB free",
    "cpu": "{:,} vCPU free",
    "disk": "{:,} MiB of own disk free",
    "vms": "{:,} VMs",
    "rules": "{:+} by rules",
}


@dataclass(frozen=True)
class Stage:
    """One filter: how many hosts it was asked about, how many it dropped, [(index, name, reason), …] of the first
    of these."""

    filter: str
    asked: int
    dropped: int
    reasons: tuple

    @property
    def left(self):
        return self.asked - self.dropped


@dataclass(frozen=True)
class Weighed:
    """One host that passed: what each weigher saw {weigher: number}, what that added, and the sum."""

    host: str
    index: int
    numbers: dict
    added: dict
    total: float

    def words(self):
        """'12,288 MiB free'; with several weighers also what each adds to the sum."""
        said = {name: SAID[name].format(number) for name, number in self.numbers.items()}
        if len(said) == 1:
            return said.popitem()[1]
        parts = ", ".join(f"{words} adds {self.added[name]:+.3f}" for name, words in said.items())
        return f"{parts}; sum {self.total:.3f}"


@dataclass(frozen=True)
class Explanation:
    """request: its words; hosts: how many there are; stages: every filter that dropped somebody; weighed: the best BEST
    hosts, best first; passed: how many there were; winner: a host's name or None; never: words if it would fit on no
    host even if that were empty.
    """

    request: str
    hosts: int
    stages: tuple
    weighed: tuple
    passed: int
    winner: str | None
    never: str

    def why_none(self):
        """'no valid host …', with how many hosts each filter has dropped."""
        counts = ", ".join(f"{stage.dropped} by {stage.filter}" for stage in self.stages)
        return f"no valid host for {self.request}: of {self.hosts} hosts dropped {counts}"

    @property
    def heading(self):
        """The request and how many hosts were asked."""
        return f"A host for {self.request}: {self.hosts:,} host{'s' * (self.hosts != 1)}"

    def advice(self):
        """What to do about it."""
        if self.never:
            return f"{self.never}: take a smaller flavour, or a larger host"
        last = self.stages[-1].filter if self.stages else "nothing"
        return f"explain() names each host's reason; the last hosts were dropped by {last}"

    def lines(self):
        """The explanation, line by line."""
        found = [self.heading]
        for stage in self.stages:
            found.append(f"{stage.filter}: drops {stage.dropped:,} of {stage.asked:,}, leaves {stage.left:,}")
            found += [f"    {name}: {why}" for _, name, why in stage.reasons]
            if stage.dropped > len(stage.reasons):
                found.append(f"    … and {stage.dropped - len(stage.reasons):,} more")
        for place, each in enumerate(self.weighed, 1):
            found.append(f"{place}. {each.host}: {each.words()}")
        if self.passed > len(self.weighed):
            found.append(f"… and {self.passed - len(self.weighed):,} more that passed")
        found.append(f"chosen: {self.winner}" if self.winner else self.never or "chosen: none")
        return found

    def __repr__(self):
        return "\n".join(self.lines())

    def _repr_html_(self):
        left = {"style": "text-align:left;vertical-align:top"}
        stages = [(stage.filter, f"{stage.dropped:,}", f"{stage.left:,}", reasons(stage)) for stage in self.stages]
        best = [(each.host, each.words()) for each in self.weighed]
        end = f"Chosen: {self.winner}" if self.winner else "No valid host"
        return (
            html(self.heading, ("filter", "drops", "leaves", "because"), stages, left)
            + html(f"{self.request}: the best of {self.passed:,} that passed", ("host", "weighers"), best, left)
            + element("p", element("strong", escape(end)))
        )


def reasons(stage):
    """The reasons of a stage in one cell."""
    more = [f"… and {stage.dropped - len(stage.reasons):,} more"] * (stage.dropped > len(stage.reasons))
    return "; ".join([f"{name}: {why}" for _, name, why in stage.reasons] + more)


def html(caption, head, rows, left):
    """A small table; nothing if it would be empty."""
    if not rows:
        return ""
    top = element("tr", *(element("th", escape(name), scope="col", **left) for name in head))
    body = "".join(
        element("tr", element("th", escape(row[0]), scope="row", **left),
                *(element("td", escape(cell), **left) for cell in row[1:]))
        for row in rows
    )  # fmt: skip
    return element("table", element("caption", escape(caption)), element("thead", top), element("tbody", body))


def explain(placement, request):
    """The Explanation of a request (see Placement.explain)."""
    capacity, rules = placement.capacity, placement.rules
    left, stages = np.ones(len(capacity.hosts), bool), []
    for name, passes, why in steps(request, rules, capacity):
        drops = left & ~passes
        if drops.any():
            stages.append(stage(name, left, drops, why, capacity))
            left &= passes
    candidates = left.nonzero()[0]
    weighed = ()
    if len(candidates):
        liking = conditions.shoulds(request, rules, capacity)
        weighed = best(capacity, columns(capacity, placement.weighers, liking), candidates)
    winner = weighed[0].host if weighed else None
    return Explanation(request.words(), len(left), tuple(stages), weighed,
                       len(candidates), winner, "" if winner else too_large(capacity, request.spec))  # fmt: skip


def steps(request, rules, capacity):
    """(name, row of bools, why(index)) of every filter and condition, in their order."""
    spec, within = request.spec, request.within
    for each in FILTERS:
        yield (each.name, each.passes(capacity, spec, within),
               lambda at, each=each: each.why(capacity, at, spec, within))  # fmt: skip
    for condition in conditions.musts(request, rules, capacity):
        row = np.ones(len(capacity.hosts), bool)
        condition.drop(row, False)
        yield condition.name, row, condition.why


def stage(name, left, drops, why, capacity):
    """What one filter has done."""
    gone = np.flatnonzero(drops)
    told = gone[:FEW] if len(gone) > REASONS else gone
    shown = tuple((int(at), capacity.hosts[at].name, why(int(at))) for at in told)
    return Stage(name, int(left.sum()), len(gone), shown)


def best(capacity, columns, candidates):
    """The best hosts, as Weighed, best first; of equals the lowest index first, as argmax does."""
    parts, sums = weigh(columns, candidates)
    order = np.argsort(-sums, kind="stable")[:BEST]
    return tuple(
        Weighed(
            capacity.hosts[candidates[place]].name,
            int(candidates[place]),
            {name: int(numbers[place]) for name, numbers, _ in parts},
            {name: float(added[place]) for name, _, added in parts},
            float(sums[place]),
        )
        for place in order
    )


def too_large(capacity, spec):
    """Words if no host could take it even empty, else ''."""
    for name, what in (("cpu", "vCPUs"), ("memory", "MiB")):
        most, need = int(capacity.total[name].max()), {"cpu": spec.vcpus, "memory": spec.memory_mib}[name]
        if need > most:
            return f"it is larger than any host, even an empty one: needs {need:,g} {what}, the largest has {most:,}"
    return ""
