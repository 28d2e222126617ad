"""What availability is made of: parts one after the other, parts beside each other, and hours of a year.

    in_series(0.9997, 0.999)          all of them are needed: 0.9987
    at_least(2, [0.99] * 3)           two of three are enough: 0.9997, if they fail independently
    from_repair(failures_a_year=2, repair_h=8)        0.9982
    minutes_a_year(0.99999)           5.3

The surprise is in the small print: `at_least` multiplies nines only for parts that know nothing of each other. What
they share (a switch, a storage, a power strip, a bug) stands in series with all of them.

Source: any textbook of reliability, e.g. Trivedi and Bobbio, 'Reliability and Availability Engineering' (2017).
"""

from math import prod

from labkit.vmm.host import whole
from labkit.world.errors import LabError, number

HOURS_A_YEAR = 8766.0  # 365.25 days


def in_series(*parts):
    """Availability of something that needs every one of `parts` (0 … 1 each)."""
    return prod(number(part, "availability", most=1) for part in parts)


def at_least(needed, parts):
    """Availability of something that needs any `needed` of `parts`, which fail independently."""
    if not isinstance(parts, (list, tuple)):
        raise LabError(f"parts must be a list of availabilities, not {parts!r}", 400, True, "at_least(2, [0.99] * 3)")
    parts = [number(part, "availability", most=1) for part in parts]
    needed = whole(needed, "needed", least=0)
    if needed > len(parts):
        raise LabError(f"{needed} of {len(parts)} parts cannot be needed", 400)
    ways = [1.0]  # ways[k]: probability that k of the parts looked at so far are up
    for part in parts:
        ways = [up * part + down * (1 - part) for up, down in zip([0.0, *ways], [*ways, 0.0], strict=True)]
    return min(1.0, sum(ways[needed:]))


def from_repair(failures_a_year, repair_h):
    """Availability of a part that fails so often and is repaired in so many hours."""
    down_h = number(failures_a_year, "failures_a_year") * number(repair_h, "repair_h")
    return HOURS_A_YEAR / (HOURS_A_YEAR + down_h)


def minutes_a_year(availability):
    """Minutes of outage in a year."""
    return (1 - number(availability, "availability", most=1)) * HOURS_A_YEAR * 60
