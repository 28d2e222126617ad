"""Active–active under load: what a failure costs, and when the others have room for it."""

import pytest

from labkit.failover.clients import Clients
from labkit.failover.metrics import Metrics
from labkit.failover.pool import Pool
from labkit.failover.queueing import mm1
from labkit.world import LabError, World


def pool_under(rate, nodes=2, until_s=100, seed=1, patience_s=600, **given):
    """A world with a pool of nodes that do 100 requests/s each, and clients."""
    w = World(seed=seed, journal=False)
    pool = Pool(w, nodes, **{"service_s": 0.01, "timeout_s": 500, **given})
    return w, pool, Clients(w, pool.address, rate=rate, until_s=until_s, patience_s=patience_s)


def test_round_robin_is_fair_and_therefore_bad_when_one_is_four_times_slower():
    """Card S9: p95 337 s against 0.85 s. Set-up: 0.25 s each (the slow one 1 s), Poisson arrivals for 400 s: the slow
    one gets 2 requests/s and does 1, so the wait grows by a second per second; 337 s is what the clients of minute six
    get, and only how long we looked."""
    p95 = {}
    for policy in ("round robin", "least connections", "least work"):
        w, pool, crowd = pool_under(6, 3, 400, policy=policy, service="constant", service_s=0.25, speeds=[1, 1, 0.25])
        w.run(until=1000)
        p95[policy] = Metrics(crowd).p95_s
    assert 310 < p95["round robin"] < 375
    assert 0.7 < p95["least work"] < 1.0
    assert p95["least work"] < p95["least connections"] < 3


@pytest.mark.parametrize("seed", range(4))
def test_its_share_fails_until_three_checks_have_failed(seed):
    """Interval 5 s, 3 failures: 10 to 15 s after the process ended; a machine that is gone needs the check's timeout
    of 1 s more."""
    for accident, more_s in (("stop", 0), ("crash", 1)):
        w, pool, crowd = pool_under(60, until_s=80, seed=seed, timeout_s=2)
        w.at(40, getattr(w, accident), "web2")
        w.run(until=90)
        out = w.trace.where(kind="health", what="out of rotation")[0].t - 40
        assert 10 + more_s <= out <= 15 + more_s + 0.01
        seen = Metrics(crowd)
        assert seen.lost == pytest.approx(30 * out, rel=0.15)  # half of 60 requests/s, for so long
        assert Metrics(crowd, since_s=40 + out + 0.1).lost == 0


def test_the_balancer_dies_and_everything_fails_although_all_backends_are_well():
    w, pool, crowd = pool_under(40, until_s=60, patience_s=2)
    w.at(30, w.crash, pool.address)
    w.run(until=70)
    assert Metrics(crowd, until_s=29.9).lost == 0
    after = Metrics(crowd, since_s=30)
    assert after.lost == after.asked > 1000
    assert all(backend.node.state == "running" for backend in pool.backends.values())


def test_two_nodes_at_60_percent_leave_one_at_120():
    """After the balancer has dropped the dead one 120 requests/s meet 100: in 60 s about 1,200 wait."""
    w, pool, crowd = pool_under(120, until_s=400)
    w.run(until=30)
    w.crash("web2")
    while len(pool.rotation) == 2:
        w.run(until=w.now + 0.1)
    before = pool.waiting
    w.run(until=w.now + 60)
    assert pool.waiting - before == pytest.approx(1200, rel=0.15)
    assert pool.utilisation(w.now - 50)["web1"] > 0.99


def test_three_nodes_at_60_percent_go_on_at_90_and_wait_four_times_as_long():
    w, pool, crowd = pool_under(180, 3, until_s=400, policy="random")
    w.run(until=60)
    w.stop("web3")
    w.run(until=90)
    assert pool.rotation == ["web1", "web2"]
    w.run(until=190)

    def mean(seen):
        return sum(each.latency_s for each in seen.ended) / len(seen.ended)

    before, after = mean(Metrics(crowd, 10, 60)), mean(Metrics(crowd, 95, 190))
    assert pool.utilisation(95, 190)["web1"] == pytest.approx(0.9, abs=0.03)
    assert before == pytest.approx(mm1(60, 0.01).response_s, rel=0.2)
    assert 3 < after / before < 5.5
    assert pool.waiting < 100  # no collapse


@pytest.mark.parametrize(("load", "grows"), [(30, False), (45, False), (55, True), (70, True), (90, True)])
def test_above_half_the_load_the_queue_grows_without_end(load, grows):
    w, pool, crowd = pool_under(2 * load, until_s=200)
    w.run(until=5)
    w.stop("web2")
    w.run(until=40)
    early = pool.waiting
    w.run(until=100)
    assert (pool.waiting - early > 0.7 * 60 * (2 * load - 100)) if grows else pool.waiting < 60


def test_requests_in_flight_on_a_dead_machine_are_lost():
    """Trap 6: no failover takes place, and yet something is lost."""
    w, pool, crowd = pool_under(100, until_s=20, seed=3, timeout_s=1, check_s=0.2, failures=1, check_timeout_s=0.1)
    w.run(until=10.005)
    inside = len(pool.backends["web2"].busy) + pool.backends["web2"].waiting
    w.crash("web2")
    w.run(until=30)
    assert inside and Metrics(crowd, until_s=10.005).lost == inside


def test_a_slow_backend_passes_every_check():
    w, pool, crowd = pool_under(100, until_s=60, service="constant")
    w.at(10, pool.backends["web2"].slow, 5)
    w.run(until=60)
    assert pool.rotation == ["web1", "web2"] and pool.backends["web2"].waiting > 1000


def test_a_flapping_backend_comes_back_only_after_two_good_checks():
    w, pool, _ = pool_under(1, until_s=1, check_s=1, failures=3, successes=2)
    w.run(until=5)
    w.cut(pool.address, "web2")
    w.run(until=9)
    assert pool.rotation == ["web1"]
    w.heal(pool.address, "web2")
    w.run(until=12)
    assert pool.rotation == ["web1", "web2"]
    told = w.trace.where(kind="health").short()
    assert [line.split(" ", 1)[1] for line in told] == [
        "balancer → web2 health: out of rotation",
        "balancer → web2 health: in rotation again",
    ]


def test_one_lost_check_throws_nobody_out():
    w, pool, crowd = pool_under(20, until_s=100, check_s=1, failures=3)
    w.link(pool.address, ["web1", "web2"], loss=0.02)
    w.run(until=100)
    assert not w.trace.where(kind="health")
    w2, nervous, _ = pool_under(20, until_s=100, check_s=1, failures=1)
    w2.link(nervous.address, ["web1", "web2"], loss=0.02)
    w2.run(until=100)
    assert w2.trace.where(kind="health", what="out of rotation")


def test_a_drained_backend_finishes_what_it_has_and_gets_nothing_new():
    w, pool, crowd = pool_under(100, until_s=20)
    w.run(until=10)
    pool.balancer.drain("web2")
    w.run(until=11)
    done = len([each for each in crowd.requests if each.by == "web2"])
    w.crash("web2")
    w.run(until=25)
    assert Metrics(crowd).lost == 0 and done == len([each for each in crowd.requests if each.by == "web2"])
    with pytest.raises(LabError, match="last one") as refused:
        pool.balancer.drain("web1")
    assert refused.value.code == 409


@pytest.mark.parametrize(("given", "doubled"), [({}, False), ({"repeat_writes": True}, True)])
def test_a_repeated_write_may_be_done_twice(given, doubled):
    """The answers of web2 are lost, its work is done: repeating a read harms nobody, a write is done twice."""
    w = World(seed=2)
    pool = Pool(w, 2, service_s=0.01, timeout_s=0.5, retries=1, check_s=1000, **given)
    crowd = Clients(w, pool.address, rate=20, write_share=0.5, until_s=20, patience_s=5)
    w.run(until=1)
    w.cut("web2", pool.address, both_ways=False)
    w.run(until=40)
    seen = Metrics(crowd, since_s=1)
    assert (pool.duplicates() > 50) is doubled
    assert (seen.lost == 0) is doubled and all(each.ok for each in seen.requests if not each.write)


def test_weights_are_kept_and_spread():
    w, pool, crowd = pool_under(40, 3, until_s=20, policy="weighted", weights=[4, 4, 1])
    w.run(until=30)
    by = [sum(each.by == name for each in crowd.requests) for name in pool.backends]
    assert by[0] == pytest.approx(4 * by[2], abs=4) and abs(by[0] - by[1]) <= 1


BAD = [
    lambda w: Pool(w, 0), lambda w: Pool(w, 2, "fastest first"), lambda w: Pool(w, 2, speeds=[1]),
    lambda w: Pool(w, 2, service="normal"), lambda w: Pool(w, 2, check_s=0), lambda w: Pool(w, 2, failures=1.5),
    lambda w: Pool(w, 2, weights={"web9": 1}), lambda w: Pool(w, []), lambda w: Pool(w, 2, workers=0),
]  # fmt: skip


@pytest.mark.parametrize("make", BAD)
def test_what_cannot_be_meant_is_refused(make):
    with pytest.raises(LabError):
        make(World(seed=1))


def test_the_same_seed_gives_the_same_bytes_and_a_fork_goes_on_alike():
    def play():
        w = World(seed=9)
        pool = Pool(w, 3, "two choices", service_s=0.05)
        Clients(w, pool.address, rate=30, until_s=5, write_share=0.3, sessions=5)
        w.at(2, w.crash, "web2")
        w.run(until=4)
        return w

    w = play()
    assert w.trace.digest() == play().trace.digest()
    twin = w.fork()
    w.run(until=8), twin.run(until=8)
    assert twin.trace.digest() == w.trace.digest()
