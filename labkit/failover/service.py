"""How long a request takes: distributions of service times, all with the same mean.

The mean alone decides when a server is overloaded; the spread decides how long people wait before that.
"""

from labkit.world.errors import LabError, number

KINDS = {
    "exponential": lambda mean, luck: lambda: luck.expovariate(1 / mean),
    "constant": lambda mean, luck: lambda: mean,
    "uniform": lambda mean, luck: lambda: luck.random() * 2 * mean,
    "long tail": lambda mean, luck: (
        lambda: mean * (5.0 if luck.random() < 0.1 else 5 / 9)
    ),  # one in ten takes nine times as long
}
SQUARED_SPREAD = {"exponential": 1.0, "constant": 0.0, "uniform": 1 / 3, "long tail": 16 / 9}
"""Variance divided by the square of the mean: what the Pollaczek–Khinchine formula wants."""


def times(kind, mean_s, luck):
    """A function that draws one service time in seconds; `kind` may be one itself. Raises LabError (400) for an unknown
    kind or a mean of 0."""
    if callable(kind):
        return kind
    if not isinstance(kind, str) or kind not in KINDS:
        raise LabError(f"there are no service times {kind!r}", code=400, next_step=f"one of {', '.join(KINDS)}")
    return KINDS[kind](number(mean_s, "service_s", least=1e-6), luck)
