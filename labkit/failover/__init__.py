"""labkit.failover: what clients see while machines die: active–passive, active–active, and the clients themselves.

    from labkit.failover import Clients, Metrics
    from labkit.world import World

    w = World(seed=7)
    w.node("web", serve=lambda message: {"status": 200})
    people = Clients(w, "web", rate=50, write_share=0.2)          # Poisson arrivals, 50 requests/s
    w.at(30, w.crash, "web")
    w.run(until=60)
    print(Metrics(people))                                          # asked, served, late, lost, downtime, p50/p95/p99
    Metrics(people, since_s=30).curve(step_s=1)                     # served per second

    pair = Pair(w, standby="hot", fencing=True, replication="sync")     # node1 serves, node2 waits: w.crash("node1")
    Clients(w, pair.address, rate=50); w.cut(*pair.cable); pair.device.fail(); pair.rejoin("node1"); pair.switch_over()
    pool = Pool(w, 3, "round robin")                                    # web1, web2, web3 behind a balancer
    Clients(w, pool.address, rate=200)
    Doubled(w, pool).address                                            # two balancers with one address
    Pool(w, 2, app=State(w, "replicated", rule="merge"), name="shop")   # where carts and accounts live
    queueing.mm1(rate=60, service_s=0.01).response_s                    # what theory says

Clients know only what they saw; servers only what messages told them. Metrics are for those who look on from outside.
"""

from labkit.lazy import names

HOMES = {
    "Pair": "pair",
    "Clients": "clients",
    "Request": "request",
    "Metrics": "metrics",
    "utilisation": "metrics",
    "Pool": "pool",
    "Backend": "backend",
    "Balancer": "balancer",
    "Health": "health",
    "State": "sessions",
    "Doubled": "doubled",
    "queueing": "queueing",
    "Site": "site",
    "Service": "site",
    "Life": "site_life",
    "Topology": "blast_radius",
    "availability": "availability",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
