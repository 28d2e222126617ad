"""When requests arrive: the gaps between them, in virtual seconds.

    poisson(rate, luck)    many people who know nothing of one another: gaps are exponential, bursts are normal
    constant(rate)         a machine that asks by the clock: every gap is 1/rate
    replayed(times)        the moments of a recording, e.g. of a web server's log

A server that is busy 70 % of the time on average has a queue with Poisson arrivals and none with constant ones.
"""

from collections.abc import Iterator, Sequence
from random import Random

from labkit.world.errors import LabError, number

LAWS = ("poisson", "constant")


def poisson(rate: float, luck: Random) -> Iterator[float]:
    """Endless exponential gaps with mean 1/rate seconds."""
    draw = luck.expovariate
    while True:
        yield draw(rate)


def constant(rate: float) -> Iterator[float]:
    """Endless equal gaps of 1/rate seconds."""
    while True:
        yield 1.0 / rate


def replayed(times: Sequence[float], now_s: float = 0.0) -> Iterator[float]:
    """The gaps between recorded moments (virtual seconds, ascending, none before `now_s`). LabError otherwise."""
    before = now_s
    for at, moment in enumerate(times):
        if number(moment, f"arrival {at + 1}") < before:
            raise LabError(
                f"arrival {at + 1} is at {moment:g} s, but {before:g} s has passed by then",
                code=400,
                next_step="hand in moments in ascending order, none in the past",
            )
        yield moment - before
        before = moment


def gaps(law, rate: float, luck: Random, now_s: float = 0.0) -> Iterator[float]:
    """The gaps of a law: 'poisson', 'constant', or a list of moments. LabError for anything else."""
    if isinstance(law, (list, tuple)):
        return iter(list(replayed(law, now_s)))  # a list: a bad moment is refused now, not in the middle of a run
    if law not in LAWS:
        raise LabError(f"arrivals must be {' or '.join(LAWS)}, or a list of moments, not {law!r}", code=400)
    if number(rate, "rate") <= 0:
        raise LabError("a rate of 0 requests/s brings nobody", code=400, next_step="e.g. rate=50")
    return poisson(rate, luck) if law == "poisson" else constant(rate)
