"""Whatever is ordered in whatever order, and whatever fails: what a host holds is what its active VMs need."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vmm import Host, Vmm
from labkit.world import LabError, World

ORDERS = ("start", "pause", "resume", "suspend", "shutdown", "reboot", "kill", "define", "undefine", "wakeup")
ACCIDENTS = ("crash", "libvirtd", "panic", "sleep", "poweroff", "wait", "works", "idles")
STEPS = st.lists(st.tuples(st.sampled_from(ORDERS + ACCIDENTS), st.sampled_from(("a", "b"))), min_size=5, max_size=40)


def step(w, vmm, what, name):
    """One order or accident; refusals are part of the story."""
    try:
        if what == "crash":
            w.crash("vmm1")
            w.start("vmm1")
        elif what == "libvirtd":
            (w.start if w.nodes[vmm.manager.name].state == "stopped" else w.stop)(vmm.manager.name)
        elif what == "wait":
            w.run(until=w.now + 5)
        elif what in ("works", "idles"):
            vmm.load(name, used_mib=1900 if what == "works" else 0, demand_mhz=4000 if what == "works" else 0)
        elif what in ("panic", "sleep", "poweroff"):
            vmm.in_guest(name, what)
        elif what == "define":
            vmm.define(name, memory_mib=1000, disk_gib=1, serve=lambda message: "here", boot_s=0)
        else:
            getattr(vmm, what)(name)
    except LabError:
        pass


def is_in_order(w, vmm):
    """The invariants."""
    for domain in vmm.domains.values():
        assert domain.active == (domain.id is not None) == (domain.disk.lease.owner == "vmm1")
        assert domain.active or (domain.state == "shutoff" and domain.job is None)
        assert domain.active or domain.persistent
        assert (f"{domain.name}-vmm1.vswp" in vmm.datastore.files) == (domain.active and vmm.setup.swap_file)
        assert (domain.name in vmm.memory.vms) == domain.active
        assert domain.cpu_time_s >= 0 and domain.ready_s >= 0
        assert domain.guest.awake == domain.computing
        on_the_network = w.nodes[domain.name].state == "running" if domain.name in w.nodes else False
        assert on_the_network == (domain.active and domain.reason != "starting up")
    assert set(vmm.memory.vms) <= set(vmm.domains) and vmm.memory.free_mib > -1
    saves = {domain.name for domain in vmm.domains.values() if domain.saved or domain.job == "save"}
    assert {file[:-5] for file in vmm.datastore.files if file.endswith(".save")} == saves


@settings(max_examples=200, deadline=None, derandomize=True)
@given(STEPS, st.sampled_from(("kvm", "esxi")))
def test_what_a_host_holds_is_what_its_active_vms_need(steps, setup):
    w = World(seed=3)
    vmm = Vmm(w, "vmm1", Host(pcpus=1, memory_mib=2000, disk_gib=20), setup=setup)
    for what, name in [("define", "a"), ("start", "a"), *steps]:
        step(w, vmm, what, name)
        is_in_order(w, vmm)
    assert w.fork().trace.digest() == w.trace.digest()


CALLS = ("domainCreate", "domainSuspend", "domainResume", "domainManagedSave", "domainShutdown", "domainDestroy")
MOMENTS = st.lists(
    st.tuples(st.sampled_from((0.0, 0.3, 1.0, 2.5)), st.sampled_from(CALLS + ACCIDENTS)), min_size=5, max_size=30
)


def send(w, what):
    """A client that orders and goes away: it does not wait until the order before it is done."""
    with suppress(LabError):
        yield w.call("admin", "vmm1-hostd", "libvirt", what, name="a")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(MOMENTS)
def test_orders_that_do_not_wait_for_each_other_leave_nothing_behind_either(moments):
    w = World(seed=4)
    vmm = Vmm(w, "vmm1", Host(pcpus=1, memory_mib=2000, disk_gib=20), setup="esxi")
    step(w, vmm, "define", "a")
    for delay_s, what in moments:
        w.run(until=w.now + delay_s)
        if what in CALLS:
            w.process(send, what)
        else:
            step(w, vmm, what, "a")
    w.start("vmm1-hostd")
    w.run(until=w.now + 60)
    is_in_order(w, vmm)
    step(w, vmm, "kill", "a")
    assert not vmm.memory.vms and set(vmm.datastore.files) <= {"a.img", "a.save"}
