"""Rows of scores, logs and masks may be clever as long as nobody can tell: for any hosts, flavours, rules and changes,
choose(), valid() and explain() say what a plain walk over all hosts says."""

from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vim.placement import Placement, Request
from labkit.vim.placement.rows import MOST_ROWS
from labkit.vim.spec import Spec
from labkit.vmm import Host
from labkit.world import LabError
from tests.vim.placement import naive
from tests.vim.placement.datacenter import record, vm

STATES = st.sampled_from(["connected"] * 4 + ["unknown", "fenced"])
hardware = st.builds(
    Host, pcpus=st.integers(1, 4), memory_mib=st.sampled_from([2048, 4096, 8192]), disk_gib=st.sampled_from([50, 100]),
    cpu_model=st.sampled_from(["x86-64-v2", "x86-64-v3"]), networks=st.sampled_from([("lan",), ("lan", "dmz")]),
)  # fmt: skip
specs = st.builds(
    Spec, vcpus=st.integers(1, 4), memory_mib=st.sampled_from([512, 1024, 2048]), disk_gib=st.sampled_from([0, 10, 20]),
    cpu_model=st.sampled_from(["x86-64-v2", "x86-64-v3"]), networks=st.sampled_from([("lan",), ("dmz",), ()]),
    datastore=st.sampled_from([None, None, "san1"]), memory_reservation_mib=st.sampled_from([0, 0, 512]),
    reservation_mhz=st.sampled_from([0, 0, 1000]),
)  # fmt: skip
weighers = st.sampled_from([{"memory": 1.0}, {"memory": -1.0}, {"cpu": 1.0}, {"vms": -1.0}, {"memory": 1.0, "cpu": 0.5},
                            {"memory": -2.0, "vms": -1.0, "disk": 0.25}])  # fmt: skip
rule = st.tuples(st.sampled_from(["apart", "together", "on", "off"]), st.sampled_from(["a", "b"]), st.booleans(),
                 st.integers(0, 3))  # fmt: skip
DEED = st.tuples(st.integers(0, 9), st.integers(0, 30), st.integers(0, 5))


class Both:
    """A placement, and beside it the list of claims from which the plain walk reckons."""

    def __init__(self, draw):
        clusters, stores = st.sampled_from([None, "c1"]), st.sampled_from([(), ("san1",)])
        self.hosts = [
            record(index, state=draw(STATES), cluster=draw(clusters), datastores=draw(stores))
            for index in range(draw(st.integers(1, 6)))
        ]
        for host in self.hosts:
            host.hardware = draw(hardware)
        self.weighers, self.ratios, self.shared = draw(weighers), {"cpu": 4.0, "memory": 1.5, "disk": 1.0}, {"san1": 60}
        self.placement = Placement(self.hosts, self.shared, self.ratios, weighers=self.weighers)
        self.claims, self.specs = [], draw(st.lists(specs, min_size=1, max_size=4))

    def ask(self, number, pick):
        """The same request of both; the answers agree, and the VM is placed."""
        spec = self.specs[pick % len(self.specs)]
        names = [host.name for host in self.hosts]
        request = Request(
            spec,
            vm=f"vm{number}",
            groups=((), ("a",), ("b",), ("a", "b"))[pick % 4],
            within=(None, None, "c1")[pick % 3],
            hosts=None if pick % 5 else names[: 1 + pick % len(names)],
            excluded=() if pick % 7 else names[:1],
        )
        if request.within == "c1" and all(host.cluster != "c1" for host in self.hosts):
            return
        rules = list(self.placement.rules.all.values())
        right = naive.choose(self.hosts, self.claims, request, self.ratios, self.weighers, self.shared, rules)
        said = self.placement.explain(request)
        valid = [host for host in self.hosts
                 if naive.passes(host, self.claims, request, self.ratios, self.shared, rules)]  # fmt: skip
        assert self.placement.valid(request) == valid and said.passed == len(valid)
        assert sum(stage.dropped for stage in said.stages) == len(self.hosts) - len(valid)
        try:
            chosen = self.placement.choose(request)
        except LabError as error:
            assert right is None and error.code == 507 and said.winner is None
            return
        assert (chosen.index, said.winner) == (right, chosen.name)
        self.claim(chosen, spec, request)

    def claim(self, host, spec, request):
        placed = vm(request.vm, spec, groups=request.groups)
        self.placement.claim(host, spec, placed)
        host.vms[placed.name] = placed
        self.claims.append((host.index, spec, placed))

    def do(self, number, what, pick):
        if what <= 5:
            self.ask(number, pick)
        elif what == 6 and self.claims:
            at, spec, placed = self.claims.pop(pick % len(self.claims))
            del self.hosts[at].vms[placed.name]
            self.placement.release(self.hosts[at], spec, placed)
        elif what == 7:
            host = self.hosts[pick % len(self.hosts)]
            host.state = "unknown" if host.state == "connected" else "connected"
            self.placement.changed(host)
        elif what == 8:
            host = self.hosts[pick % len(self.hosts)]
            host.maintenance = None if host.maintenance else "in"
            host.hardware = Host(pcpus=1 + pick % 3, memory_mib=4096)
            self.placement.changed(host)
        elif len(self.hosts) < 8:
            self.hosts.append(record(len(self.hosts), datastores=("san1",)))
            self.placement.add(self.hosts[-1])

    def write(self, kind, group, must, host):
        rules, name = self.placement.rules, f"rule {len(self.placement.rules.all)}"
        try:
            if kind in ("apart", "together"):
                getattr(rules, kind)(name, group=group, must=must)
            else:
                getattr(rules, kind)(name, hosts=(self.hosts[host % len(self.hosts)].name,), group=group, must=must)
        except LabError as error:
            assert error.code == 409 and name not in rules.all


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data(), st.lists(rule, max_size=3), st.lists(DEED, min_size=4, max_size=25))
def test_choose_explain_and_valid_agree_with_a_plain_walk(data, rules, deeds):
    both = Both(data.draw)
    half = len(deeds) // 2
    for number, (what, pick, _) in enumerate(deeds[:half]):
        both.do(number, what, pick)
    for kind, group, must, host in rules:  # rules may be written while VMs run
        both.write(kind, group, must, host)
    for number, (what, pick, _) in enumerate(deeds[half:], half):
        both.do(number, what, pick)


def test_more_flavours_than_rows_and_more_changes_than_a_log():
    """The rows that were used last are kept; a row that was thrown away, or lags far behind, is made anew."""
    hosts = [record(index, memory_mib=16384 + 64 * index) for index in range(5)]
    placement, claims = Placement(hosts), []
    flavours = [Spec(memory_mib=32 + index, disk_gib=1) for index in range(MOST_ROWS + 20)]
    for number in range(250):
        spec = flavours[number * 7 % len(flavours)]
        right = naive.choose(
            hosts, claims, Request(spec), {"cpu": 4.0, "memory": 1.0, "disk": 1.0}, {"memory": 1.0}, {}, []
        )
        if right is None:
            break
        assert placement.choose(Request(spec)).index == right
        placement.claim(hosts[right], spec)
        claims.append((right, spec, None))
    assert max(len(placement.rows.rows), len(placement.rows.known)) <= MOST_ROWS and number > 70
