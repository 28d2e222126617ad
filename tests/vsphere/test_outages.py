"""The outage table of card S6, cell by cell, and the differences between HA and DRS: played, never looked up."""

import pytest

from labkit.failover import Clients, Metrics
from labkit.vim.balancing import Balancer
from labkit.vsphere import VCenter
from labkit.vsphere.outages import OPERATIONS, OTHER, OUTAGES, THIS, outage_table, runs, try_out, works
from labkit.world import LabError, World

CARD = {  # ✓ works, ✗ does not, o: not with a VM of that host, but with one of another
    "vpxd": "✓✗✓✗✗✓",
    "vpxa": "✓o✓oo✓",
    "hostd": "✓oooo✓",
    "ESXi": "ooooo✓",
}
CELLS = [
    (outage, operation, mark) for outage in OUTAGES for operation, mark in zip(OPERATIONS, CARD[outage], strict=True)
]


@pytest.mark.parametrize(("outage", "operation", "mark"), CELLS)
def test_a_cell_of_the_table(outage, operation, mark):
    assert works(operation, outage, THIS) == (mark == "✓")
    assert works(operation, outage, OTHER) == (mark in "✓o")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_with_everything_alive_everything_works(operation):
    assert works(operation)


def test_a_row_as_text_and_html():
    table = outage_table(("vpxd",))
    assert repr(table).splitlines()[1].split() == ["vpxd", "✓", "✗", "✓", "✗", "✗", "✓"]
    assert "<th scope='row'>vpxd</th>" in table._repr_html_()


def test_what_is_not_in_the_table_is_refused_by_name():
    with pytest.raises(LabError, match="did you mean 'DRS'"):
        try_out("DSR")
    with pytest.raises(LabError, match="there is no outage 'keystone'"):
        try_out("DRS", "keystone")


def page(message):
    return {"status": 200}


def test_m1_ten_minutes_without_vcenter_and_not_one_request_is_lost():
    vc = VCenter(World(seed=7), hosts=3)
    vc.create_vm("web", host="esx1", running=True, serve=page).wait()
    vc.world.run(until=60)
    people = Clients(vc.world, "web", rate=5, until_s=690)
    vc.world.stop("vpxd")
    vc.world.run(until=700)
    assert Metrics(people).asked > 3000 and Metrics(people).lost == 0


def test_m2_the_poe_running_at_90_down_at_150_running_at_300():
    vc = VCenter(World(seed=7), hosts=3)
    vc.create_vm("erp", host="esx2", running=True, serve=page).wait()
    vc.world.run(until=55)
    people = Clients(vc.world, "erp", rate=1, arrivals="constant", until_s=305)
    vc.world.at(60, vc.world.stop, "vpxd")
    vc.world.at(120, vc.world.crash, "esx2")
    vc.world.run(until=310)
    seen = {at: any(r.ok for r in people.requests if abs(r.at_s - at) < 2) for at in (90, 150, 300)}
    assert seen == {90: True, 150: False, 300: True}
    assert runs(vc, "erp") in (["esx1"], ["esx3"])


@pytest.mark.parametrize(("ha", "drs"), [(True, False), (False, True)])
def test_m6_drs_moves_what_runs_and_ha_restarts_what_has_died(ha, drs):
    vc = VCenter(World(seed=7), hosts=3, lean=True, ha=ha, drs=Balancer() if drs else None)
    for vm in ("a", "b"):
        vc.create_vm(vm, host="esx1", memory_mib=2048, running=True).wait()
    vc.world.run(until=60)
    for vm in ("a", "b"):
        vc.vmms["esx1"].load(vm, demand_mhz=6000)
    vc.world.run(until=900)
    moved = [vm for vm in ("a", "b") if runs(vc, vm) != ["esx1"]]
    assert bool(moved) == drs
    stay = next(vm for vm in ("a", "b") if vm not in moved)
    vc.world.crash("esx1")
    vc.world.run(until=1000)
    assert (runs(vc, stay) in (["esx2"], ["esx3"])) == ha
    boots = len(vc.world.trace.where(kind="libvirt", what=f"{stay}: running (booted)"))
    assert boots == (2 if ha else 1)
    assert all(len(vc.world.trace.where(kind="libvirt", what=f"{vm}: running (booted)")) == 1 for vm in moved)
