"""Which VMs should move, and where to? A greedy search: of all moves the one that lowers the imbalance most, and again.

    recommend(hosts, vms)                      Advice: moves, in the order in which they are to be made
    recommend(hosts, vms).explain("web")       for each other host: why this VM does not move there

Rules come first: a VM that must not be where it is moves although nothing gets more even by it (priority 1). Then load,
as long as the imbalance is above its target, the move is allowed (checks.CHECKS) and brings more than it costs.

The surprise: most passes end with no move at all, and that is what a good balancer does. To be as even as possible was
never the aim; the VMs do not run faster on 50 % and 50 % than on 45 % and 55 %.

Source: classic DRS, as VMware's papers describe it (greedy, with filters for cost and benefit; every 300 s).

What the real one does differently: DRS also tries swaps of two VMs when single moves lead nowhere, weighs memory, and
looks for predicted load; it moves VMs with local disks if it is told to (storage vMotion).
"""

from typing import NamedTuple

import numpy as np

from labkit.vim.balancing import metric
from labkit.vim.balancing.advice import Advice, Move
from labkit.vim.balancing.checks import CHECKS, WORTH, Limits, allowed
from labkit.vim.balancing.cost import AT_ONCE, LINK_MIB_S, STAYS_S, copying, cost_mhz_s, relief_mhz, trouble
from labkit.vim.balancing.grid import Grid
from labkit.vim.balancing.loads import HostLoad, VmLoad, known_names, listed
from labkit.vmm.host import whole
from labkit.world.errors import LabError, number, unknown, words

LEAST = 1e-4  # an imbalance lower by less is none


class Aim(NamedTuple):
    """start: nothing is moved below this imbalance; stop: then moves go on until it is at most this."""

    start: float
    stop: float


def recommend(hosts, vms, *, threshold=metric.THRESHOLD, target=None, stop=None, most=None, resting=(), busy=None,
              link_mib_s=LINK_MIB_S, at_once=AT_ONCE[10], stays_s=STAYS_S, policy="textbook"):  # fmt: skip
    """What to move now: an Advice.

    hosts, vms   lists of HostLoad and VmLoad; each VM's host is one of them
    threshold    1 (rules only) to 5 (aggressive), as DRS counts; or `target`, an imbalance of your own instead
    stop         go on until the imbalance is at most this (default: the target)
    most         at most so many moves              resting    names of VMs that are left alone
    busy         {datastore: migrations under way}; 128 at a time are allowed per datastore
    link_mib_s   a host's migration network         at_once    migrations per host at a time, in and out
    stays_s      how long the load is expected to stay as it is
    Raises LabError (400) for figures that cannot be meant, (404) for a VM on a host that is not in the list.
    """
    hosts, vms = listed(hosts, HostLoad), listed(vms, VmLoad)
    checked(hosts, vms)
    resting = frozenset(known_names(resting, "resting"))
    limits = Limits(whole(at_once, "at_once"), number(stays_s, "stays_s"), number(link_mib_s, "link_mib_s", least=1e-6),
                    words(policy, "policy"), LEAST)  # fmt: skip
    aim = aims(threshold, target, stop, max(len(hosts), 1))
    most = len(vms) if most is None else whole(most, "most", least=0)
    grid = Grid(hosts, vms, limits, resting, busy)
    before = grid.imbalance()
    moves = ruled(grid, limits, most)
    why = "the rules are kept" if aim.start == float("inf") else even(grid, limits, aim, moves, most)
    return Advice(tuple(moves), before, grid.imbalance(), aim.start, why, grid, limits, resting)


def checked(hosts, vms):
    """LabError for names that occur twice, or a VM whose host is unknown."""
    for what, some in (("host", hosts), ("VM", vms)):
        names = [one.name for one in some]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise LabError(f"{what} {twice!r} is in the list twice", 400, True, "give each its own name")
    names = {host.name for host in hosts}
    for vm in vms:
        if vm.host not in names:
            error = unknown("host", vm.host, names)
            raise LabError(f"{vm.name}: {error.message}", 404, True, error.next_step)


def aims(threshold, target, stop, hosts):
    """The Aim of a pass."""
    start = metric.target(threshold, hosts) if target is None else number(target, "target")
    stop = start if stop is None else number(stop, "stop")
    if stop > start:
        why = f"stop ({stop:g}) lies above the imbalance at which moving starts ({start:g})"
        raise LabError(why, 400, True, "hysteresis: start late, stop early")
    return Aim(start, stop)


def even(grid, limits, aim, moves, most):
    """Append the moves that lower the imbalance; returns why there are no more."""
    now = grid.imbalance()
    if now <= aim.start:
        return f"the imbalance is {now:.3f}, and nothing is moved up to {aim.start:.3f}"
    while now > aim.stop:
        if len(moves) >= most:
            return f"at most {most} move{'s' * (most != 1)} in a pass"
        pair = best(grid, limits)
        if pair is None and (grid.per_store >= limits.per_datastore).any():
            return f"the imbalance is {now:.3f}; {limits.per_datastore} migrations at a time are allowed per datastore"
        if pair is None:
            return f"the imbalance is {now:.3f}, and no move that is allowed lowers it and is worth its cost"
        moves.append(made(grid, limits, *pair, metric.priority(now, len(grid.hosts))))
        now = grid.imbalance()
    return f"the imbalance is {now:.3f}, and {aim.stop:.3f} is even enough"


def best(grid, limits):
    """(VM, host) of the best move that is allowed; ties: the first VM, then the first host. None if there is none."""
    variance, weighed = grid.variance(), False
    variance[~allowed(grid, limits, CHECKS)] = np.inf
    most = max(grid.imbalance() - limits.least, 0) ** 2
    while variance.size and (least := variance.min()) <= most:
        row, column = divmod(int(np.argmax(variance <= least + 1e-12)), len(grid.columns))
        vm, host = int(grid.rows[row]), int(grid.columns[column])
        if not weighed and relief(grid, vm, host) * limits.stays_s <= grid.cost[vm]:
            weighed = True  # the best one is not worth it: now all are weighed at once
            variance[~allowed(grid, limits, WORTH)] = np.inf
        elif in_company(grid, limits, vm, host):
            variance[row, column] = np.inf
        else:
            return vm, host
    return None


def relief(grid, vm, host):
    """cost.relief_mhz of one move."""
    here = grid.at[vm]
    pair = ((grid.load[place], grid.capacity[place]) for place in (here, host))
    return float(relief_mhz(*pair, grid.demand[vm]))


def in_company(grid, limits, vm, host):
    """Why a VM that would converge alone does not beside the migrations that share its link ('' if it does)."""
    others = int(max(grid.migrations[grid.at[vm]], grid.migrations[host]))
    return trouble(grid.vms[vm], limits.link_mib_s, limits.policy, others) if others else ""


def made(grid, limits, vm, host, priority, why=""):
    """The Move, with what it brings and costs; the grid reckons with it from now on."""
    me, source, there = grid.vms[vm], int(grid.at[vm]), grid.hosts[host].name
    was, load, other = grid.imbalance(), grid.load[source], grid.load[host]
    gain = max(relief(grid, vm, host), 0.0) * limits.stays_s
    outcome = copying(me.memory_mib, me.dirty_mib_s, limits.link_mib_s, limits.policy)
    grid.move(vm, host)
    why = why or (
        f"{grid.hosts[source].name} {load:.0%} → {grid.load[source]:.0%}, {there} {other:.0%} → {grid.load[host]:.0%}; "
        f"imbalance {was:.3f} → {grid.imbalance():.3f}"
    )
    return Move(me.name, grid.hosts[source].name, there, gain, cost_mhz_s(me.demand_mhz, outcome),
                why, priority, outcome.total_s)  # fmt: skip


def ruled(grid, limits, most):
    """Moves that a rule demands: away from a host where the VM must not be, to the least loaded one where it may."""
    moves, (rows, columns) = [], (grid.rows, grid.columns)
    suspects = {*grid.ruled, *np.flatnonzero(~grid.runs[grid.kind, grid.at]).tolist()}
    for vm in sorted(suspects):
        here = int(grid.at[vm])
        if len(moves) >= most or not grid.movable[vm] or broken(grid, vm, here) == "":
            continue
        grid.rows, grid.columns = np.array([vm]), np.arange(len(grid.hosts))
        good = np.flatnonzero(allowed(grid, limits, CHECKS)[0])
        if len(good):
            moves.append(
                made(grid, limits, vm, int(good[np.argmin(grid.load[good])]), 1, f"a rule: {broken(grid, vm, here)}")
            )
        grid.rows, grid.columns = rows, columns
    grid.look()
    return moves


def broken(grid, vm, here):
    """Why this VM must not be where it is ('' if it may)."""
    if not grid.runs[grid.kind[vm], here]:
        return grid.vms[vm].runs_on(grid.hosts[here])
    if not grid.by_rules(vm)[here]:
        return f"{', '.join((*grid.vms[vm].apart, *grid.vms[vm].together))} is not kept on {grid.hosts[here].name}"
    return ""
