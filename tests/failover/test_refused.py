"""What cannot be meant is refused with a reason, and nothing is half done: the same call with a better value works."""

import pytest

from labkit.failover import Balancer, Clients, Doubled, Life, Metrics, Pair, Pool, Service, Site, State, Topology
from labkit.failover.availability import at_least
from labkit.failover.conflicts import apply
from labkit.failover.queueing import confidence, erlang_c
from labkit.failover.versus import Accident
from labkit.views import TwoCurves
from labkit.world import World
from labkit.world.errors import LabError

NAN = float("nan")
POOLS = [
    {"backends": 0}, {"backends": 1.5}, {"backends": []}, {"backends": None}, {"backends": 10**12},
    {"backends": ["web1", "web1"]}, {"policy": "fair"}, {"policy": []}, {"service": "quick"}, {"service": []},
    {"service_s": 0}, {"workers": 1.5}, {"speeds": [1]}, {"speeds": 3}, {"speeds": [1, NAN]}, {"weights": [1]},
    {"weights": {"web9": 1}}, {"check_s": 0}, {"failures": 2.5}, {"successes": None}, {"timeout_s": -1},
    {"retries": "once"}, {"app": "shop"}, {"queue_limit": -1}, {"balancer": ""}, {"balancer": "web1"}, {"name": []},
]  # fmt: skip
PAIRS = [
    {"names": ["a"]}, {"names": ["a", "a"]}, {"names": 3}, {"standby": "tepid"}, {"interval_s": 0}, {"misses": 1.5},
    {"fencing": 1}, {"replication": "later"}, {"redirect": "letter"}, {"workers": "two"}, {"drill_s": -1},
    {"drill_s": "monthly"}, {"fence_s": NAN}, {"controller": "me"}, {"standby": "cold", "replication": "sync"},
    {"redirect": "dns", "ttl_s": 0}, {"name": None},
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "wrong"), [(Pool, each) for each in POOLS] + [(Pair, each) for each in PAIRS], ids=str
)
def test_a_refused_one_leaves_nothing_behind(make, wrong):
    w = World(seed=1)
    with pytest.raises(LabError):
        make(w, **wrong)
    assert not w.nodes
    make(w)
    w.run(until=10)


def test_a_pool_whose_names_are_taken_says_so():
    w = World(seed=1)
    Pool(w, 2)
    with pytest.raises(LabError, match="there is a node called 'balancer' already"):
        Pool(w, 2)


@pytest.mark.parametrize("to", [None, [], 3, object()])
def test_requests_go_to_a_node_or_an_address(to):
    w = World(seed=1)
    with pytest.raises(LabError, match="cannot be sent to"):
        Clients(w, to)
    assert not w.nodes


@pytest.mark.parametrize("rate", ["fast", None, [], -1, 0, NAN, 1e12])
def test_a_rate_is_a_number(rate):
    w = World(seed=1)
    w.node("web")
    with pytest.raises(LabError):
        Clients(w, "web", rate)
    assert set(w.nodes) == {"web"}


def refusals():
    w = World(seed=1)
    pool = Pool(w, 2)
    state, balancer, backend = State(w), pool.balancer, pool.backends["web1"]
    rooms = Topology({"node1": ("rack1", ["sw1"])}, {"sw1": "rack1"})
    return {
        "a balancer of nobody": lambda: Balancer(w, "b", None),
        "two balancers of nothing": lambda: Doubled(w, None),
        "metrics of nothing": lambda: Metrics(None),
        "no such policy": lambda: balancer.use(["round robin"]),
        "no such backend": lambda: balancer.drain(["web1"]),
        "slow by nothing": lambda: backend.slow(None),
        "utilisation of no time": lambda: pool.utilisation("yesterday"),
        "a state nobody has": lambda: state.value("s1"),
        "a sum of lists": lambda: apply([1], {"add": 1}),
        "a list of sums": lambda: apply(1, {"item": "book"}),
        "an accident before the crash": lambda: Accident(crash_s="soon"),
        "an accident of no capacity": lambda: Accident(capacity=0),
        "two and a half machines": lambda: Accident(n=2.5),
        "a load in words": lambda: TwoCurves(load_percent="much"),
        "a rack without switches": lambda: Topology({"node1": "rack1"}, {}),
        "a node that is not there": lambda: rooms.lost({"shop": ["node2"]}, "node1"),
        "a thing that is not there": lambda: rooms.dead(["node1"]),
        "a kind that is not there": lambda: rooms.things("room"),
        "a placement in words": lambda: rooms.worst_case("shop on node1"),
        "two of a number": lambda: at_least(2, 0.99),
        "too much work": lambda: erlang_c(3, 2),
        "confidence in a number": lambda: confidence(0.99),
    }


@pytest.mark.parametrize("what", refusals())
def test_it_is_refused_with_a_reason(what):
    with pytest.raises(LabError) as refused:
        refusals()[what]()
    assert len(refused.value.message) > 10


SITES = [
    {"nodes": 0}, {"nodes": 10**9}, {"nodes": "three"}, {"nodes": 2.5}, {"switches": 3}, {"racks": 4}, {"racks": None},
    {"storage": "cloud"}, {"storage": ["shared"]}, {"replicate_s": 59}, {"witness": "yes"}, {"witness": 3},
    {"services": None}, {"services": "shop"}, {"services": ["shop"]}, {"memory_gib": NAN},
    {"services": [Service("shop", memory_gib=65)]}, {"services": [Service("shop"), Service("shop")]},
    {"services": [Service("shop", replicas=4, apart=True)]},
]  # fmt: skip


@pytest.mark.parametrize("wrong", SITES, ids=str)
def test_a_site_that_cannot_be_built(wrong):
    with pytest.raises(LabError):
        Site(**wrong)


@pytest.mark.parametrize("wrong", [{"name": ""}, {"memory_gib": 0}, {"replicas": 0}, {"replicas": 10**9}, {"ha": 1},
                                   {"apart": "yes"}], ids=str)  # fmt: skip
def test_a_service_that_cannot_be_meant(wrong):
    with pytest.raises(LabError):
        Service(**{"name": "shop", **wrong})


def test_whole_numbers_may_be_written_as_floats():
    site = Site(nodes=3.0, switches=2.0, racks=3.0, services=[Service("shop", replicas=2.0, apart=True)])
    assert site == Site(nodes=3, switches=2, racks=3, services=[Service("shop", replicas=2, apart=True)])
    assert repr(site.votes) == "3"


@pytest.mark.parametrize(("parts", "hours"), [(["node9"], None), ([None], None), (["node1", "node1"], None),
                                              (["node1", "node9"], 1), (["node1"], -1), (["node1"], NAN),
                                              (["node1"], "long")], ids=str)  # fmt: skip
def test_a_part_that_cannot_break(parts, hours):
    w = World(seed=1)
    life = Life(w, Site())
    with pytest.raises(LabError):
        life.breaks(*parts, hours=hours)
    assert not life.broken and w.now == 0


@pytest.mark.parametrize("years", [0, -1, NAN, "many", 1e9])
def test_years_that_cannot_pass(years):
    with pytest.raises(LabError):
        Life(World(seed=1), Site()).years(years)
