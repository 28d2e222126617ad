"""Weighers: of the hosts that passed, which is best?

    memory   free MiB. 1.0: most free first, VMs are spread (the default); -1.0: least free first, VMs are packed
    cpu      free virtual CPUs       disk   free MiB of its own disks       vms   number of VMs; -1.0: fewest first
    rules    how well the host suits the rules of kind 'should'; only for VMs that such a rule names

One weigher: its numbers are compared as they are. Several: each is brought to 0 … 1 (lowest … highest among the hosts
that passed), multiplied, and summed, as Nova does (nova.weights.normalize); a weigher that is the same everywhere
counts 0. The largest sum wins, the first of equals.

What the real one does differently: Nova's multipliers are 1.0 for memory, CPU, disk and the soft affinities alike, so
much free memory can outvote a 'should'. We take 10 for rules, so that a 'should' gives way only when nothing else is
left.
"""

import numpy as np

from labkit.world.errors import LabError, number

PREFER = {"spread": {"memory": 1.0}, "pack": {"memory": -1.0}}
WEIGHERS = ("memory", "cpu", "disk", "vms")
RULES = 10.0  # chosen; Nova's documented default for soft affinity is 1.0


def multipliers(prefer, weighers):
    """Weigher → multiplier, of `prefer` or as given. LabError (400) for what cannot be meant."""
    if weighers is None:
        if not isinstance(prefer, str) or prefer not in PREFER:
            raise LabError(f"hosts are preferred by {' or '.join(PREFER)}, not {prefer!r}", 400, True)
        return dict(PREFER[prefer])
    if not isinstance(weighers, dict):
        raise LabError(f"weighers are a dict, not {weighers!r}", 400, True, '{"memory": 1.0}')
    for name, times in weighers.items():
        if name not in WEIGHERS:
            raise LabError(f"there is no weigher {name!r}", 400, True, f"one of {', '.join(WEIGHERS)}")
        number(times, f"the multiplier of {name}", least=-1e6, most=1e6)
    meant = {name: times for name, times in weighers.items() if times}
    if not meant:
        raise LabError("no weigher counts: every host would be as good as any", 400, True, "give one a multiplier")
    return meant


def single(times):
    """(row of `free`, sign) whose numbers order the hosts as a single weigher does; None if there are several."""
    if len(times) != 1:
        return None
    ((name, factor),) = times.items()
    sign = 1 if factor > 0 else -1
    return name, -sign if name == "vms" else sign


def columns(capacity, times, liking):
    """[(weigher, its number for every host, multiplier), …]."""
    found = [(name, -capacity.free[name] if name == "vms" else capacity.free[name], factor)
             for name, factor in times.items()]  # fmt: skip
    return found if liking is None else [*found, ("rules", liking, RULES)]


def weigh(columns, candidates):
    """([(weigher, numbers, what they add), …], sums): for the hosts with these indices, in their order."""
    if len(columns) == 1:
        ((name, row, factor),) = columns
        numbers = row[candidates]
        added = numbers if factor > 0 else -numbers
        return [(name, numbers, added)], added
    parts = [(name, row[candidates], factor * normalised(row[candidates])) for name, row, factor in columns]
    sums = np.zeros(len(candidates))
    for _, _, added in parts:
        sums = sums + added
    return parts, sums


def normalised(numbers):
    """Numbers brought to 0 … 1; all 0 if they are all the same."""
    low, high = numbers.min(), numbers.max()
    if low == high:
        return np.zeros(len(numbers))
    return (numbers - low) / (high - low)
