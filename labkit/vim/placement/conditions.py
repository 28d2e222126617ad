"""What concerns one request alone: hosts it names, and rules that speak of its VM. Known by a few indices, never by a
walk over all hosts."""

import numpy as np

from labkit.world.errors import LabError, unknown


class Condition:
    """A filter for one request: `only` these indices pass, or (only=False) all but these. `why(index)` says why a host
    that fails does.
    """

    __slots__ = ("name", "only", "indices", "why")

    def __init__(self, name, only, indices, why):
        self.name, self.only, self.indices, self.why = name, only, list(indices), why

    def drop(self, row, nothing):
        """Set `nothing` in the row wherever a host fails."""
        if self.only:
            kept = row[self.indices]
            row[:] = nothing
            row[self.indices] = kept
        else:
            row[self.indices] = nothing


def musts(request, rules, capacity):
    """The Conditions of a request, in the order in which they are asked."""
    found = []
    if request.hosts is not None:
        asked = [known(name, capacity) for name in request.hosts]
        words = f"asked for {', '.join(request.hosts)}"
        found.append(Condition("host asked for", True, asked, lambda at: words))
    if request.excluded:
        left = capacity.indices(request.excluded)
        found.append(Condition("host excluded", False, left, lambda at: "excluded by the request"))
    return found + [must(rule, request, rules, capacity) for rule in rules.of(request) if rule.must]


def known(name, capacity):
    """Index of a host. LabError (404) if there is none of this name."""
    if name not in capacity.index:
        error = unknown("host", name, capacity.index)
        raise LabError(error.message, 404, True, error.next_step)
    return capacity.index[name]


def must(rule, request, rules, capacity):
    """The Condition of a rule; a rule 'together' binds nobody before the first of them has a place."""
    if rule.kind in ("on", "off"):
        verb = "only" if rule.kind == "on" else "never"
        words = f"{rule.whom} {verb} on {', '.join(rule.hosts)}"
        return Condition(f"rule {rule.name}", rule.kind == "on", capacity.indices(rule.hosts),
                         lambda at: words)  # fmt: skip
    there = rules.others(rule, request)
    if rule.kind == "apart":
        return Condition(
            f"rule {rule.name}", False, there, lambda at: f"apart from {', '.join(there[at])}, which is there"
        )
    where = ", ".join(f"{', '.join(vms)} on {capacity.hosts[at].name}" for at, vms in there.items())
    return Condition(f"rule {rule.name}", bool(there), there, lambda at: f"to be together with {where}")


def shoulds(request, rules, capacity):
    """Row: how well each host suits the 'should' rules of this request; None if there are none.

    Counted as Nova's soft affinities: one for each VM of the group that is there; 'on' and 'off' count one.
    """
    soft = [rule for rule in rules.of(request) if not rule.must]
    if not soft:
        return None
    row = np.zeros(len(capacity.hosts), np.int64)
    for rule in soft:
        sign = 1 if rule.kind in ("together", "on") else -1
        if rule.hosts:
            row[capacity.indices(rule.hosts)] += sign
        else:
            for at, vms in rules.others(rule, request).items():
                row[at] += sign * len(vms)
    return row
