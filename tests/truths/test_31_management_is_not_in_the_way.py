"""Content trap 31 on one host: the management process is not in the path of what VMs do; and its silence looks like the
host's."""

import pytest

from labkit.vmm import Vmm
from labkit.world import Unanswered, World


@pytest.mark.parametrize("setup", ["kvm", "esxi"])
def test_stop_the_management_process_and_the_vms_serve_on(setup):
    w = World(seed=31)
    vmm = Vmm(w, "vmm1", setup=setup)
    vmm.define("web", serve=lambda message: "hello")
    vmm.start("web")
    w.run(until=30)
    w.stop(vmm.manager.name)
    for hour in range(1, 25):
        w.run(until=3600 * hour)
        assert w.ask("admin", "web", "rest", "GET /") == "hello"
    with pytest.raises(Unanswered) as silence:
        vmm.shutdown("web")
    assert silence.value.definite  # refused, so certainly not done


def test_a_cut_to_the_management_process_and_a_dead_host_look_the_same():
    said = []
    for accident in (lambda w: w.cut("admin", "vmm1-libvirtd"), lambda w: w.crash("vmm1")):
        w = World(seed=31)
        vmm = Vmm(w, "vmm1")
        vmm.define("web", serve=lambda message: "hello", boot_s=0)
        vmm.start("web")
        accident(w)
        with pytest.raises(Unanswered) as silence:
            vmm.info("web")
        said.append((str(silence.value), silence.value.definite, vmm.domains["web"].state))
    (cut, unsure, runs), (dead, unsure_too, lost) = said
    assert cut == dead and unsure is unsure_too is False
    assert (runs, lost) == ("running", "shutoff")
