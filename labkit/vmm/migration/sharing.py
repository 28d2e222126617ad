"""Several migrations on one link at the same time: each gets its part of the bandwidth, and none of them knows why.

    alone     ███████ 1000 MiB/s      three at once   ███ 333 │ ███ 333 │ ███ 333

A third of the bandwidth means three times the λ = dirty rate / bandwidth: longer rounds, in which more is written, and
a longer stop. A guest that converges alone may not converge in company. That is why vSphere and OpenStack limit the
number at once (documented defaults: 4 or 8 per host by the speed of its network card; Nova,
max_concurrent_live_migrations = 1).

What the real one does differently: TCP shares a link only roughly evenly.
"""

from dataclasses import dataclass
from typing import Any

from labkit.vmm.migration.load import Load
from labkit.vmm.migration.policies import find
from labkit.vmm.migration.rounds import transfer
from labkit.world.errors import LabError, number


@dataclass
class _Running:
    """A migration under way: what is left of its present volume, and since when that is on the wire."""

    number: int
    load: Load
    work: Any
    left_mib: float
    rate_mib_s: float | None
    throttle: float
    since_s: float


def together(loads, bandwidth_mib_s, policy="qemu", starts_s=None, resume_s=0.0):
    """Migrate all `loads` over one link; the Outcomes in their order. `starts_s`: when each begins (default: at 0)."""
    number(bandwidth_mib_s, "bandwidth_mib_s", least=1e-9)
    starts_s = [0.0] * len(loads) if starts_s is None else [number(start_s, "starts_s") for start_s in starts_s]
    if len(starts_s) != len(loads):
        raise LabError(f"{len(loads)} loads have {len(starts_s)} starts", next_step="give each load its start")
    rules, outcomes, running, now_s = find(policy), [None] * len(loads), [], 0.0
    waiting = sorted(zip(starts_s, range(len(loads)), strict=True))
    while running or waiting:
        speeds = _speeds(running, bandwidth_mib_s)
        ends_s = [now_s + one.left_mib / speed for one, speed in zip(running, speeds, strict=True)]
        next_s = min(ends_s + [start_s for start_s, _ in waiting[:1]])
        for one, speed, end_s in zip(running, speeds, ends_s, strict=True):
            one.left_mib = 0.0 if end_s == next_s else one.left_mib - speed * (next_s - now_s)
        now_s = next_s
        running = [one for one in running if one.left_mib > 0 or _goes_on(one, now_s, outcomes)]
        while waiting and waiting[0][0] <= now_s:
            running.append(_begin(waiting.pop(0)[1], loads, rules, resume_s, now_s))
    return outcomes


def _begin(number, loads, rules, resume_s, now_s):
    work = transfer(loads[number], rules, resume_s, alone=False)
    volume = next(work)
    return _Running(number, loads[number], work, volume.mib, volume.rate_mib_s, volume.throttle, now_s)


def _goes_on(one, now_s, outcomes):
    """Tell a migration how long its volume took; False when that was its last one."""
    duration_s = now_s - one.since_s
    try:
        volume = one.work.send((duration_s, one.load.dirtied_mib(duration_s, one.throttle)))
    except StopIteration as end:
        outcomes[one.number] = end.value
        return False
    one.left_mib, one.rate_mib_s, one.throttle, one.since_s = volume.mib, volume.rate_mib_s, volume.throttle, now_s
    return one.left_mib > 0 or _goes_on(one, now_s, outcomes)


def _speeds(running, bandwidth_mib_s):
    """MiB/s of each: even parts; who may not send so fast leaves the rest to the others."""
    speeds, left_mib_s = {}, bandwidth_mib_s
    by_wish = sorted(running, key=lambda one: (one.rate_mib_s is None, one.rate_mib_s or 0.0, one.number))
    for place, one in enumerate(by_wish):
        part = left_mib_s / (len(by_wish) - place)
        speeds[one.number] = part if one.rate_mib_s is None else min(one.rate_mib_s, part)
        left_mib_s -= speeds[one.number]
    return [speeds[one.number] for one in running]
