"""Which moves are allowed, and if not, why not: one list, used for all moves at once and to explain a single one.

Each check has a rule on arrays (Grid's rows × columns, True: allowed) and words for one VM and one host. The order is
the order in which reasons are given: what can never be first, what is not worth it last.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from labkit.vim.balancing.cost import AT_ONCE_DATASTORE, trouble


class Check(NamedTuple):
    """allowed(grid, limits) → rows × columns; words(grid, limits, vm, host) → why not (indices)."""

    allowed: Callable
    words: Callable


class Limits(NamedTuple):
    """What a pass goes by. at_once: migrations per host at a time; stays_s: how long a load is expected to stay;
    link_mib_s: of a host's migration network; policy: the stop rule; least: an improvement of I that counts;
    per_datastore: migrations at a time of VMs whose disks lie on one datastore."""

    at_once: int
    stays_s: float
    link_mib_s: float
    policy: str
    least: float
    per_datastore: int = AT_ONCE_DATASTORE


def _elsewhere(grid, vm, host):
    return f"it runs on {grid.hosts[host].name} already"


def _closed(grid, vm, host):
    there = grid.hosts[host]
    if there.state != "connected":
        return f"{there.name} is {there.state}: nobody knows how it is"
    return f"{there.name} is {'entering' if there.maintenance == 'entering' else 'in'} maintenance"


def _room(grid, vm, host):
    return f"it needs {grid.memory[vm]:.0f} MiB, {grid.hosts[host].name} has {max(grid.free_mib[host], 0):.0f} free"


def _promised(grid, vm, host):
    free = f"{max(grid.free_vcpus[host], 0):.0f} of {grid.hosts[host].vcpus:g} that may be promised"
    return f"it needs {grid.vcpus[vm]:.0f} vCPUs, {grid.hosts[host].name} has {free}"


def _rules(grid, vm, host):
    there = [other.name for place, other in enumerate(grid.vms) if grid.at[place] == host and place != vm]
    me = grid.vms[vm]
    for name in me.apart:
        close = [grid.vms[other].name for other in grid.groups["apart", name] if grid.vms[other].name in there]
        if close:
            return f"rule {name}: not on one host with {', '.join(close)}"
    return f"rule {', '.join(me.together)}: it stays with the others of its group"


def _busy(grid, limits, vm, host):
    full = [place for place in (grid.at[vm], host) if grid.migrations[place] >= limits.at_once]
    name = grid.hosts[full[0]].name
    return f"{name} has {grid.migrations[full[0]]} migrations under way, and {limits.at_once} are allowed"


def _single(grid, matrix, vm, host):
    """One value of a matrix that is made for the rows and columns looked at."""
    rows, columns = grid.rows, grid.columns
    grid.rows, grid.columns = np.array([vm]), np.array([host])
    try:
        return float(matrix()[0, 0])
    finally:
        grid.rows, grid.columns = rows, columns


def _no_better(grid, vm, host):
    return f"the imbalance would be {_single(grid, grid.after, vm, host):.3f} after {grid.imbalance():.3f}"


def _too_dear(grid, limits, vm, host):
    gain = max(_single(grid, grid.relief, vm, host), 0) * limits.stays_s
    return f"it costs {grid.cost[vm]:,.0f} MHz·s and brings {gain:,.0f} in the {limits.stays_s:g} s that the load stays"


CHECKS = (
    Check(lambda grid, limits: grid.at[grid.rows][:, None] != grid.columns,
          lambda grid, limits, vm, host: _elsewhere(grid, vm, host)),
    Check(lambda grid, limits: grid.open[grid.columns][None, :],
          lambda grid, limits, vm, host: _closed(grid, vm, host)),
    Check(lambda grid, limits: grid.runs[grid.kind[grid.rows]][:, grid.columns],
          lambda grid, limits, vm, host: grid.vms[vm].runs_on(grid.hosts[host])),
    Check(lambda grid, limits: grid.apart(),
          lambda grid, limits, vm, host: _rules(grid, vm, host)),
    Check(lambda grid, limits: grid.memory[grid.rows][:, None] <= grid.free_mib[grid.columns],
          lambda grid, limits, vm, host: _room(grid, vm, host)),
    Check(lambda grid, limits: grid.vcpus[grid.rows][:, None] <= grid.free_vcpus[grid.columns],
          lambda grid, limits, vm, host: _promised(grid, vm, host)),
    Check(lambda grid, limits: (grid.migrations[grid.at[grid.rows]] < limits.at_once)[:, None]
          & (grid.migrations[grid.columns] < limits.at_once),
          _busy),
    Check(lambda grid, limits: (grid.per_store[grid.store[grid.rows]] < limits.per_datastore)[:, None],
          lambda grid, limits, vm, host: f"{limits.per_datastore} migrations at a time are allowed per datastore, and "
          f"{grid.vms[vm].datastore} has them"),
)  # fmt: skip
"""What may be at all."""

WORTH = (
    Check(lambda grid, limits: grid.after() <= grid.imbalance() - limits.least,
          lambda grid, limits, vm, host: _no_better(grid, vm, host)),
    Check(lambda grid, limits: grid.relief() * limits.stays_s > grid.cost[grid.rows][:, None],
          _too_dear),
)  # fmt: skip
"""What is worth it."""


def allowed(grid, limits, checks=CHECKS + WORTH):
    """rows × columns: True where every check says yes."""
    good = np.ones((len(grid.rows), len(grid.columns)), bool)
    for check in checks:
        good &= check.allowed(grid, limits)
    return good


def stays(grid, limits, vm, resting=frozenset()):
    """Why this VM is not moved anywhere ('' if it may be)."""
    me = grid.vms[vm]
    source = grid.hosts[grid.at[vm]]
    if source.state != "connected":
        return f"{source.name} is {source.state}: a host that does not answer cannot be the source of a live migration"
    if me.datastore is None:
        return f"its disk lies on {source.name} itself"
    if me.name in resting:
        return "it was moved a short while ago and rests"
    return trouble(me, limits.link_mib_s, limits.policy)


def reason(grid, limits, vm, host):
    """The first reason against one move ('' if there is none)."""
    rows, columns = grid.rows, grid.columns
    grid.rows, grid.columns = np.array([vm]), np.array([host])
    try:
        for check in CHECKS + WORTH:
            if not check.allowed(grid, limits).all():
                return check.words(grid, limits, vm, host)
        return ""
    finally:
        grid.rows, grid.columns = rows, columns
