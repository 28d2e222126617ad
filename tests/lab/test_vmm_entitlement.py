"""VMM.T2: other ways to the right answer pass, near misses do not, and the belief that is named fits."""

import pytest

from labkit.lab.judging import judge_task
from labkit.lab.tasks.vmm_entitlement import TASK


def ceiling(vm):
    return vm["demand_mhz"] if vm["limit_mhz"] is None else min(vm["demand_mhz"], vm["limit_mhz"])


def floor(vm):
    return min(vm["reservation_mhz"], ceiling(vm))


def poured(capacity_mhz, vms):
    """MHz by MHz, always to whoever has the least per share."""
    got = {vm["name"]: floor(vm) for vm in vms}
    left = capacity_mhz - sum(got.values())
    while left > 1e-6 and (able := [vm for vm in vms if got[vm["name"]] < ceiling(vm) - 1e-9]):
        vm = min(able, key=lambda vm: got[vm["name"]] / vm["shares"])
        more = min(1, left, ceiling(vm) - got[vm["name"]])
        got[vm["name"]], left = got[vm["name"]] + more, left - more
    return got


def in_rounds(capacity_mhz, vms, ceilings_first=False):
    """Rounds: settle the floors, or the ceilings, whichever weigh more; `ceilings_first`: always these."""
    settled, waiting = {}, list(vms)
    while waiting:
        left, shares = capacity_mhz - sum(settled.values()), sum(vm["shares"] for vm in waiting)
        part = {vm["name"]: left * vm["shares"] / shares for vm in waiting}
        low = {vm["name"]: floor(vm) for vm in waiting if part[vm["name"]] < floor(vm)}
        high = {vm["name"]: ceiling(vm) for vm in waiting if part[vm["name"]] > ceiling(vm)}
        costs = sum(low[name] - part[name] for name in low) - sum(part[name] - high[name] for name in high)
        settled |= (low if low and costs > 0 and not (ceilings_first and high) else high or low) or part
        waiting = [vm for vm in waiting if vm["name"] not in settled]
    return settled


@pytest.mark.parametrize(("way", "whole"), [(poured, float), (in_rounds, float), (in_rounds, int), (in_rounds, round)])
def test_every_right_way_passes_in_whole_numbers_too(way, whole):
    def entitlement(capacity_mhz, vms):
        return {name: whole(mhz) for name, mhz in way(capacity_mhz, vms).items()}

    assert judge_task(TASK, entitlement).points == 3


def test_ceilings_before_floors_are_found_out():
    report = judge_task(TASK, lambda capacity_mhz, vms: in_rounds(capacity_mhz, vms, ceilings_first=True))
    assert report.points < 3 and "MHz per share" in report.failure.did


def test_a_reservation_taken_for_a_cap_is_not_called_a_belief_about_shares():
    def capped(capacity_mhz, vms):
        sure = {vm["name"]: floor(vm) for vm in vms if vm["reservation_mhz"]}
        return sure | in_rounds(capacity_mhz - sum(sure.values()), [vm for vm in vms if vm["name"] not in sure])

    report = judge_task(TASK, capped)
    assert report.points < 3 and report.failure.belief != "VMM.m6"


@pytest.mark.parametrize("unit", [lambda mhz: mhz / 1000, lambda mhz: round(mhz / 1000, 1)], ids=["exact", "rounded"])
def test_ghz_are_a_slip_and_no_belief(unit):
    def in_ghz(capacity_mhz, vms):
        return {name: unit(mhz) for name, mhz in TASK.reference(capacity_mhz, vms).items()}

    failure = judge_task(TASK, in_ghz).failure
    assert failure.belief is None and "are these GHz?" in failure.did
