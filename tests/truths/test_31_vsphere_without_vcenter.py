"""Content trap 31 for vSphere: vCenter down, HA restarts, DRS and vMotion do not; vpxa dead looks like host dead."""

from labkit.vsphere import VCenter, works
from labkit.world import World


def test_vcenter_down_ha_restarts_drs_and_vmotion_do_not():
    assert works("HA restart", "vpxd")
    assert works("VMs serve", "vpxd")
    assert not works("DRS", "vpxd")
    assert not works("live migration", "vpxd")


def test_vpxa_dead_looks_like_host_dead_and_is_not():
    shown, runs = [], []
    for accident in ("stop vpxa", "crash ESXi"):
        vc = VCenter(World(seed=31), hosts=2, lean=True, ha=False)
        vc.create_vm("erp", host="esx1", running=True).wait()
        vc.world.run(until=30)
        if accident == "stop vpxa":
            vc.world.stop("esx1-vpxa")
        else:
            vc.world.crash("esx1")
        vc.world.run(until=120)
        shown.append(list(vc.vim.inventory()))
        runs.append(vc.vmms["esx1"].domains["erp"].active)
    assert shown[0] == shown[1] and shown[0][0][1].startswith("unknown")
    assert runs == [True, False]
