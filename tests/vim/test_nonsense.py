"""Bad input in every public method of placement, policies, monitoring, templates, replication: refused with a reason,
never with a traceback of ours, and nothing is half done."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.placement import Placement, Request
from labkit.vim.replication import Replication
from labkit.world import LabError, World

NAN = float("nan")
NONSENSE = [None, NAN, -1, 0, 10**30, float("inf"), "", "nope", [], {}, ["esx1"], [["a"]], ("a",), True, b"x", object(),
            Spec()]  # fmt: skip
SAN = Spec(datastore="san1")


@pytest.fixture
def vim():
    w = World(seed=1)
    vim = datacenter(w, hosts=3)
    vim.use(replication=Replication(w))
    vim.policies.quota("shop", memory_mib=9999)
    vim.templates.register("deb", SAN)
    vim.placement.rules.apart("pair", vms=("a1", "a2"))
    vim.create("web", spec=SAN).wait()
    return vim


CALLS = {
    "quota of whom": lambda vim, it: vim.policies.quota(it, memory_mib=10_000),
    "quota of what": lambda vim, it: vim.policies.quota("z", memory_mib=it),
    "reserve for whom": lambda vim, it: vim.policies.reserve(it, memory_mib=1),
    "reserve what": lambda vim, it: vim.policies.reserve("z", memory_mib=it),
    "images of whom": lambda vim, it: vim.policies.images(it, "deb"),
    "images": lambda vim, it: vim.policies.images("z", it),
    "place whom": lambda vim, it: vim.policies.place(it, hosts=("esx1",)),
    "place on hosts": lambda vim, it: vim.policies.place("z", hosts=it),
    "place in clusters": lambda vim, it: vim.policies.place("z", clusters=it),
    "exclusive host": lambda vim, it: vim.policies.exclusive(it, "z"),
    "exclusive for": lambda vim, it: vim.policies.exclusive("esx3", it),
    "separate": lambda vim, it: vim.policies.separate(it),
    "together": lambda vim, it: vim.policies.together(it),
    "loosen": lambda vim, it: vim.policies.loosen(it),
    "group": lambda vim, it: vim.policies.group(it, "ann"),
    "group of": lambda vim, it: vim.policies.group("g", it),
    "role": lambda vim, it: vim.policies.role(it),
    "role of": lambda vim, it: vim.policies.role("r", it),
    "permit whom": lambda vim, it: vim.policies.permit(it, "VM user"),
    "permit what": lambda vim, it: vim.policies.permit("ann", it),
    "permit where": lambda vim, it: vim.policies.permit("ann", "VM user", it),
    "revoke": lambda vim, it: vim.policies.revoke(it),
    "revoke where": lambda vim, it: vim.policies.revoke("ann", it),
    "rule's name": lambda vim, it: vim.placement.rules.apart(it, group="zz"),
    "rule's VMs": lambda vim, it: vim.placement.rules.apart("q", vms=it),
    "rule's group": lambda vim, it: vim.placement.rules.apart("q", group=it),
    "rule's hosts": lambda vim, it: vim.placement.rules.on("q", it, group="gg"),
    "rule's project": lambda vim, it: vim.placement.rules.on("q", ("esx1",), project=it),
    "must": lambda vim, it: vim.placement.rules.off("q", ("esx1",), group="gx", must=it),
    "rule removed": lambda vim, it: vim.placement.rules.remove(it),
    "alarm": lambda vim, it: vim.monitoring.alarm(it, "cpu_percent", 90),
    "alarm on": lambda vim, it: vim.monitoring.alarm("x", it, 90),
    "alarm above": lambda vim, it: vim.monitoring.alarm("x", "cpu_percent", it),
    "alarm below": lambda vim, it: vim.monitoring.alarm("x", "cpu_percent", 90, below=it),
    "alarm for": lambda vim, it: vim.monitoring.alarm("x", "cpu_percent", 90, for_s=it),
    "severity": lambda vim, it: vim.monitoring.alarm("x", "cpu_percent", 90, severity=it),
    "alarm of": lambda vim, it: vim.monitoring.alarm("x", "cpu_percent", 90, of=it),
    "alarm removed": lambda vim, it: vim.monitoring.remove(it),
    "acknowledge": lambda vim, it: vim.monitoring.acknowledge(it, "esx1"),
    "watch": lambda vim, it: vim.monitoring.watch(it),
    "history": lambda vim, it: vim.monitoring.history(it),
    "history of what": lambda vim, it: vim.monitoring.history("esx1", it),
    "rollup": lambda vim, it: vim.monitoring.history("esx1", "cpu_mhz", it),
    "hours": lambda vim, it: vim.monitoring.chart("esx1", "cpu_mhz", hours=it),
    "status": lambda vim, it: vim.monitoring.status(it),
    "register": lambda vim, it: vim.templates.register(it, SAN),
    "register what": lambda vim, it: vim.templates.register("t1", it),
    "register where": lambda vim, it: vim.templates.register("t2", Spec(), datastore=it),
    "register how much": lambda vim, it: vim.templates.register("t3", SAN, used_gib=it),
    "deploy": lambda vim, it: vim.templates.deploy(it, "v1"),
    "deploy as": lambda vim, it: vim.templates.deploy("deb", it),
    "deploy linked": lambda vim, it: vim.templates.deploy(it, "v3", linked=True),
    "deploy of size": lambda vim, it: vim.templates.deploy("deb", "v4", spec=it, linked=True),
    "mark": lambda vim, it: vim.templates.mark_as_template(it),
    "back to VM": lambda vim, it: vim.templates.back_to_vm(it),
    "delete": lambda vim, it: vim.templates.delete(it),
    "keep": lambda vim, it: vim.replication.keep(it, 1, spec=Spec()),
    "keep of size": lambda vim, it: vim.replication.keep("k", 1, spec=it),
    "keep from": lambda vim, it: vim.replication.keep("k", 1, template=it),
    "keep in groups": lambda vim, it: vim.replication.keep("k", 1, spec=Spec(), groups=it),
    "keep in cluster": lambda vim, it: vim.replication.keep("k", 1, spec=Spec(), cluster=it),
    "instances": lambda vim, it: vim.replication.instances(it),
    "explain": lambda vim, it: vim.explain(it),
    "placement's hosts": lambda vim, it: Placement(it),
    "ratios": lambda vim, it: Placement(vim.hosts.values(), ratios=it),
    "ratio": lambda vim, it: Placement(vim.hosts.values(), ratios={"cpu": it}),
    "prefer": lambda vim, it: Placement(vim.hosts.values(), prefer=it),
    "weighers": lambda vim, it: Placement(vim.hosts.values(), weighers=it),
    "weigher": lambda vim, it: Placement(vim.hosts.values(), weighers={"memory": it}),
    "shared": lambda vim, it: Placement(vim.hosts.values(), shared=it),
    "shared size": lambda vim, it: Placement(vim.hosts.values(), shared={"s": it}),
    "choose": lambda vim, it: vim.placement.choose(it),
    "choose for": lambda vim, it: vim.placement.choose(Request(it)),
    "choose called": lambda vim, it: vim.placement.choose(Request(Spec(), vm=it)),
    "choose in groups": lambda vim, it: vim.placement.choose(Request(Spec(), groups=it)),
    "choose among": lambda vim, it: vim.placement.choose(Request(Spec(), hosts=it)),
    "choose without": lambda vim, it: vim.placement.choose(Request(Spec(), excluded=it)),
    "choose within": lambda vim, it: vim.placement.choose(Request(Spec(), within=it)),
    "resize": lambda vim, it: vim.resize("web", it),
    "resize whom": lambda vim, it: vim.resize(it, Spec()),
}


@pytest.mark.parametrize("what", CALLS)
def test_nonsense_is_refused_with_a_code_and_a_reason(vim, what):
    refused = 0
    for it in NONSENSE:
        try:
            CALLS[what](vim, it)
        except LabError as error:
            refused += 1
            assert error.code in (400, 403, 404, 409, 507) and error.message, (what, it)
    assert refused, what  # what is taken is nonsense in other places only
    vim.world.run(until=vim.world.now + 30)
    assert vim.vms["web"].seen == "running"
