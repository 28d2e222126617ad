"""Heartbeats: a timer since the last one that was heard, and how often it is wrong.

    active   │  ·    ·    ·    ✕ crash
    standby  │   ♥    ♥    ♥ ────── misses × interval_s ──────▶ suspected
                             ├──────────────────┤
                              M−1 to M intervals after the crash: the last beat was sent up to one interval before it

Silence proves nothing. A crash, a cut cable, lost beats and a slow network are one and the same to whoever listens; the
timer only trades the time until a real failure is noticed against the number of false alarms.

What the real one does differently: VRRP (RFC 5798, 6.1) waits Master_Down_Interval = 3 × Advertisement_Interval +
Skew_Time, where Skew_Time = (256 − priority) / 256 × interval lets one standby be first; here skew_s only covers
jitter. Corosync passes a token round a ring instead and waits 3 s by default (corosync.conf(5), `token`).
"""

from math import log, log1p
from random import Random

from labkit.vmm.host import whole
from labkit.world.errors import LabError, number


class Watch:
    """The timer: `due_s` is when the other one is suspected, unless it is `heard` before.

    interval_s, misses   a beat per interval_s; suspected when `misses` of them did not come
    skew_s               so much later than it could be at the earliest: a beat may be a little late
    """

    def __init__(self, interval_s, misses, skew_s=0.01, now_s=0.0):
        self.wait_s = misses * interval_s + skew_s
        self.heard(now_s)

    def heard(self, now_s):
        """A beat has arrived."""
        self.last_s, self.due_s = now_s, now_s + self.wait_s


def checked(interval_s, misses):
    """LabError unless beats can be sent and missed like that."""
    if number(interval_s, "interval_s", most=86400) <= 0:
        raise LabError("interval_s must be longer than 0 s", code=400)
    if not isinstance(number(misses, "misses", least=1, most=1000), int):
        raise LabError(f"misses must be a whole number of beats, not {misses!r}", code=400)


def false_alarms(loss, misses, interval_s=1.0, days=100, seed=0, jitter_s=0.0, most=None):
    """How often the Watch of a healthy node goes off in so many days, when each beat is lost with probability `loss`
    and up to jitter_s late.

    Losses and delays are drawn, the timer is the real one; only beats between two losses are skipped, and only where
    nothing can happen there. Returns the number of false alarms (after each the timer begins anew), or `most` as soon
    as there are so many.
    """
    checked(interval_s, misses)
    if most is not None:
        whole(most, "most")
    number(jitter_s, "jitter_s", most=60)
    if number(loss, "loss", most=1) >= 1:
        raise LabError("a link that loses every beat is cut", code=400, next_step="loss below 1")
    luck, beats = Random(f"false alarms {seed}"), int(number(days, "days", most=36_525) * 86400 / interval_s)
    watch, at, alarms = Watch(interval_s, misses), 0, 0
    skips = interval_s + jitter_s < watch.wait_s  # a beat that is only late cannot be missed
    while (loss or not skips) and (most is None or alarms < most):
        fine = _until(loss, luck) - 1 if skips else 0
        if fine:
            at += fine
            watch.heard(at * interval_s + jitter_s * luck.random())
        at += 2 if skips else 1  # the lost one, and the next
        while luck.random() < loss:
            at += 1
        if at > beats:
            break
        alarms += _rings(watch, at * interval_s + jitter_s * luck.random(), misses * interval_s)
    return alarms


def _until(loss, luck):
    """Beats up to and including the next lost one: geometric."""
    return 1 + int(log(1.0 - luck.random()) / log1p(-loss))


def _rings(watch, arrives_s, again_s):
    """Alarms until a beat arrives: after each the timer is set anew."""
    rings = 0
    while arrives_s > watch.due_s:
        rings += 1
        watch.heard(watch.last_s + again_s)
    watch.heard(max(arrives_s, watch.last_s))
    return rings


def expected_false_alarms(loss, misses, interval_s=1.0, days=1.0):
    """Theory: runs of `misses` lost beats in a row. The mean wait for one is (p^−M − 1) / (1 − p) beats (Feller, An
    Introduction to Probability Theory, vol. 1, XIII.7)."""
    checked(interval_s, misses)
    if not number(loss, "loss", most=1):
        return 0.0
    wait = (loss**-misses - 1) / (1 - loss) if loss < 1 else misses
    return number(days, "days") * 86400 / interval_s / wait


def interval_of(count):
    """The 95 % confidence interval (low, high) of a Poisson mean after `count` events: Wilson–Hilferty's approximation
    of the exact one, good to 1 % from 3 events on."""
    z, more = 1.96, number(count, "count") + 1
    low = count * (1 - 1 / (9 * count) - z / (3 * count**0.5)) ** 3 if count else 0.0
    return max(low, 0.0), more * (1 - 1 / (9 * more) + z / (3 * more**0.5)) ** 3
