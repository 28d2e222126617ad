"""Bad input in every public function of balancing: refused with a code and a reason."""

import pytest

from labkit.vim import datacenter
from labkit.vim.balancing import Balancer, HostLoad, Regulator, VmLoad, imbalance, priority, recommend, target
from labkit.world import LabError, World

NONSENSE = [None, float("nan"), -1, 0, 10**30, "", "nope", [], {}, ["esx1"], [["a"]], b"x", 3.5, object()]
HOSTS = [HostLoad("esx1", 10000, 65536), HostLoad("esx2", 10000, 65536)]
VMS = [VmLoad("a", "esx1", 3000, 4096), VmLoad("b", "esx1", 3000, 4096)]
CALLS = {
    "a host's name": lambda it: HostLoad(it, 10000, 65536),
    "a host's MHz": lambda it: HostLoad("e", it, 65536),
    "a VM's name": lambda it: VmLoad(it, "esx1", 1, 1),
    "a VM's host": lambda it: recommend(HOSTS, [VmLoad("x", it, 1, 1)]),
    "a VM's MHz": lambda it: VmLoad("x", "esx1", it, 1),
    "hosts": lambda it: recommend(it, VMS),
    "VMs": lambda it: recommend(HOSTS, it),
    "threshold": lambda it: recommend(HOSTS, VMS, threshold=it),
    "target": lambda it: recommend(HOSTS, VMS, target=it),
    "most": lambda it: recommend(HOSTS, VMS, most=it),
    "link": lambda it: recommend(HOSTS, VMS, link_mib_s=it),
    "policy": lambda it: recommend(HOSTS, VMS, policy=it),
    "resting": lambda it: recommend(HOSTS, VMS, resting=it),
    "explain": lambda it: recommend(HOSTS, VMS).explain(it),
    "imbalance": imbalance,
    "priority": lambda it: priority(it, 3),
    "hosts of a target": lambda it: target(3, it),
    "period": lambda it: Balancer(period_s=it),
    "automation": lambda it: Balancer(automation=it),
    "pinned": lambda it: Balancer(pinned=it),
    "stop": lambda it: Balancer(stop=it),
    "hold": lambda it: Regulator(hold=it),
    "explain in a VIM": lambda it: datacenter(World(seed=1), hosts=2, balancer=Balancer()).balancer.explain(it),
}


@pytest.mark.parametrize("what", CALLS)
def test_nonsense_is_refused(what):
    refused = 0
    for it in NONSENSE:
        try:
            CALLS[what](it)
        except LabError as error:
            refused += 1
            assert error.message and (error.code in (400, 404, 409) or what == "policy"), (what, it)
    assert refused
