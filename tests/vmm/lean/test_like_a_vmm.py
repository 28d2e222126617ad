"""A lean host is a Vmm without the inside of guests: driven by the same orders, both give the same answers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vmm import Host, Vmm
from labkit.vmm.disks import Datastore
from labkit.vmm.lean import LeanVmm, Store
from labkit.world import LabError, World

HOST = {"pcpus": 4, "memory_mib": 8192, "disk_gib": 1000}
NAMES = st.sampled_from(["web", "db"])
HOSTS = st.sampled_from(["vmm1", "vmm2"])
SIZES = st.sampled_from([
    {"memory_mib": 1024},
    {"memory_mib": 2048, "vcpus": 2, "dirty_mib_s": 200},
    {"memory_mib": 16384},
    {"memory_mib": 512, "vcpus": 8},
    {"memory_mib": 6000, "memory": {"reservation_mib": 6000}},
    {"memory_mib": 1024, "networks": ["storage"]},
    {"memory_mib": 1024, "cpu_model": "x86-64-v4"},
    {"memory_mib": 1024, "cpu": {"reservation_mhz": 9000}, "vcpus": 4},
])  # fmt: skip
CALLS = ("domainCreate", "domainSuspend", "domainResume", "domainShutdown", "domainDestroy", "domainUndefineFlags",
         "domainGetInfo", "domainAbortJob", "domainLeaseBreak")  # fmt: skip
STEP = st.one_of(
    st.tuples(st.just("define"), HOSTS, NAMES, SIZES),
    st.tuples(st.sampled_from(CALLS), HOSTS, NAMES, st.none()),
    st.tuples(st.just("domainMigratePerform3"), HOSTS, NAMES, HOSTS),
    st.tuples(st.sampled_from(["list", "crash", "start", "stop manager", "start manager"]), HOSTS, NAMES, st.none()),
    st.tuples(st.just("wait"), HOSTS, NAMES, st.sampled_from([0.5, 5, 40])),
)
SAID = ("name", "state", "reason", "vcpus", "max_memory_mib", "memory_mib", "disk_gib", "persistent", "autostart")


def site(lean, setup):
    """Two hosts with one shared datastore, of one kind or the other."""
    world = World(seed=3)
    if lean:
        store = Store(world, "san1", 10_000)
        hosts = [LeanVmm(world, name, Host(**HOST), setup, [store]) for name in ("vmm1", "vmm2")]
    else:
        store = Datastore(world, "san1", 10_000)
        hosts = [Vmm(world, name, Host(**HOST), setup, store) for name in ("vmm1", "vmm2")]
    if "admin" not in world.nodes:
        world.node("admin")
    return world, {host.name: host for host in hosts}


def play(world, host, lean, step):
    """One step; what an administrator is told."""
    what, _, name, value = step
    if what == "wait":
        return world.run(until=world.now + value)
    if what in ("crash", "start"):
        return getattr(world, what)(host.name)
    if what == "stop manager":
        return world.stop(host.manager.name)
    try:
        if what == "start manager":
            return world.start(host.manager.name)
        if what == "list":
            said = world.ask("admin", host.manager.name, "libvirt", "connectListAllDomains", 3600)
            return sorted((row["name"], row["state"], row["reason"]) for row in said)
        detail = {"name": name}
        if what == "define":
            what, detail = "domainDefineXML", {**detail, **value, **({"datastore": "san1"} if lean else {})}
        elif what == "domainMigratePerform3":
            detail["target"] = value
        said = world.ask("admin", host.manager.name, "libvirt", what, 3600, **detail)
        return {key: said[key] for key in SAID if key in said}
    except LabError as error:
        return "refused", error.code


@settings(max_examples=250, deadline=None, derandomize=True)
@given(setup=st.sampled_from(["kvm", "esxi"]), steps=st.lists(STEP, max_size=14))
def test_the_same_orders_give_the_same_answers(setup, steps):
    worlds = {lean: site(lean, setup) for lean in (False, True)}
    for number, step in enumerate(steps):
        heavy, light = (play(world, hosts[step[1]], lean, step) for lean, (world, hosts) in worlds.items())
        assert heavy == light, (number, step, steps[:number])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(steps=st.lists(STEP, max_size=12))
def test_who_listens_is_told_of_the_same_states(steps):
    told = {}
    for lean in (False, True):
        world, hosts = site(lean, "kvm")
        heard = told[lean] = {}

        def hear(message, heard=heard):
            for name, state, *_ in message.detail.get("events", ()):
                heard.setdefault((message.src, name), []).append(state)

        for name, host in hosts.items():
            world.node(f"{name}-agent", serve=hear)
            host.listener = f"{name}-agent"
        for step in steps:
            play(world, hosts[step[1]], lean, step)
        world.run(until=world.now + 60)
    last = {lean: {who: states[-1] for who, states in heard.items()} for lean, heard in told.items()}
    assert last[True] == last[False]
