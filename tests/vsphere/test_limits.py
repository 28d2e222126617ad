"""Configuration maxima are per vCenter, per cluster, per version; beyond them: refused, and nothing half done."""

import pytest

from labkit.vsphere import VCenter, maxima
from labkit.vsphere.faults import name_of
from labkit.world import LabError, World


@pytest.mark.parametrize(
    ("version", "hosts", "vms", "per_cluster"),
    [("5.5", 1000, 10000, 32), ("6.0", 1000, 10000, 64), ("7.0", 2500, 40000, 64), ("8.0", 2500, 40000, 96)],
)
def test_what_is_documented(version, hosts, vms, per_cluster):
    most = maxima(version)
    assert (most.hosts, most.powered_on_vms, most.hosts_per_cluster) == (hosts, vms, per_cluster)


@pytest.mark.parametrize(
    ("clusters", "words"),
    [({"prod": 97}, "97 hosts in prod: vSphere 8.0 is documented for 96"),
     ({f"c{n}": 96 for n in range(27)}, "2592 hosts in vCenter: vSphere 8.0 is documented for 2500")],
)  # fmt: skip
def test_too_many_hosts(clusters, words):
    w = World(seed=7)
    with pytest.raises(LabError, match=words) as refusal:
        VCenter(w, clusters=clusters, lean=True)
    assert (name_of(refusal.value), refusal.value.code) == ("InsufficientResourcesFault", 507)
    assert not w.nodes and not w.components


def test_too_many_powered_on_vms():
    vc = VCenter(World(seed=7), hosts=2, lean=True, ha=False)
    vc.create_vm("a", running=True).wait()
    vc.create_vm("b").wait()
    vc.ha.admission.limits = type(vc.limits)("tiny", hosts=2, powered_on_vms=1, registered_vms=2, hosts_per_cluster=2,
                                             vms_per_cluster=2)  # fmt: skip
    with pytest.raises(LabError, match="2 powered on VMs in vCenter: vSphere tiny is documented for 1"):
        vc.power_on("b")
    with pytest.raises(LabError, match="3 registered VMs"):
        vc.create_vm("c")
    assert vc.vim.vms["b"].desired == "off" and "c" not in vc.vim.vms


def test_bad_input():
    with pytest.raises(LabError, match="there is no vSphere version '9'"):
        VCenter(World(seed=7), version="9")
    with pytest.raises(LabError, match="hosts of cluster1 must be a whole number"):
        VCenter(World(seed=7), hosts=2.5)
    with pytest.raises(LabError, match="isolation response 'panic'"):
        VCenter(World(seed=7), response="panic")
