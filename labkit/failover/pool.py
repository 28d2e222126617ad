"""Active–active: several backends serve at the same time behind a balancer, which the pattern needs.

                     ┌──▶ web1 (queue, workers)
clients ──▶ balancer ├──▶ web2                      every node does part of the work; when one dies, the others
                     └──▶ web3                      must have room for its part: (N−1)/N of the load is safe

    pool = Pool(w, 2, service_s=0.01)               # two nodes that do 100 requests/s each
    crowd = Clients(w, pool.address, rate=120)      # 60 % each
    w.at(60, w.crash, "web2")                       # 120 % for the other

What the real one does differently: a real backend slows down before it is full (garbage collection, swap, lock
contention) and a real queue is bounded; a real balancer pair shares its tables (HAProxy peers).
"""

from labkit.failover.backend import Backend
from labkit.failover.balancer import Balancer
from labkit.failover.health import Health
from labkit.world import World
from labkit.world.errors import AFRESH, LabError, number, words
from labkit.world.journal import action


class Pool:
    """Backends and their balancer.

    backends    how many ('web1', 'web2', …), their names, or Backends that are there
    policy      'round robin' | 'weighted' | 'random' | 'two choices' | 'least connections' | 'least work'
    service, service_s, workers, app, queue_limit   of each backend, see Backend
    speeds      one number per backend: 0.25 is four times slower; weights: the same for the balancer's policy
    check_s, failures, successes, check_timeout_s   of the health checks, see Health
    timeout_s, retries, repeat_writes, sticky       of the balancer, see Balancer
    balancer    name of its node, which is the address for clients
    Raises LabError (400) for anything that cannot be meant.
    """

    @action
    def __init__(self, world, backends=2, policy="round robin", name="pool", service="exponential", service_s=0.01,
                 workers=1, app=None, queue_limit=None, speeds=None, weights=None, check_s=5.0, failures=3, successes=2,
                 check_timeout_s=1.0, timeout_s=5.0, retries=0, repeat_writes=False, sticky=False,
                 balancer="balancer"):  # fmt: skip
        self.world, self.name, self.began_s = world, words(name, "a pool's name"), world.now
        make = {"service": service, "service_s": service_s, "workers": workers, "app": app, "queue_limit": queue_limit}
        health = Health(check_s, failures, successes, check_timeout_s)
        backends = named(backends)
        speeds = same_length(speeds or [1.0] * len(backends), backends, "speeds")
        names = [each.name if isinstance(each, Backend) else each for each in backends]
        if weights is not None and not isinstance(weights, dict):
            weights = dict(zip(names, same_length(weights, names, "weights"), strict=True))
        plan = {"policy": policy, "weights": weights, "health": health, "timeout_s": timeout_s, "retries": retries,
                "repeat_writes": repeat_writes, "sticky": sticky}  # fmt: skip
        rehearsed(world, balancer, backends, speeds, make, plan)
        self.backends = {
            name: each if isinstance(each, Backend) else Backend(world, each, speed=speed, **make)
            for name, each, speed in zip(names, backends, speeds, strict=True)
        }
        self.balancer = Balancer(world, balancer, names, **plan)
        self.address = balancer

    def __repr__(self):
        return f"<Pool {self.name}: {len(self.rotation)} of {len(self.backends)} in rotation, {self.waiting} waiting>"

    @property
    def rotation(self):
        """Names of the backends that the balancer sends new requests to, as it believes now."""
        return self.balancer.rotation

    # -- what a view or a test may read --------------------------------------------------------------------------
    @property
    def waiting(self):
        """Requests in the queues of all backends now."""
        return sum(backend.waiting for backend in self.backends.values())

    def utilisation(self, since_s=None, until_s=None):
        """Name → share of the time in which its workers were busy, since the pool was made or `since_s`."""
        span = (self.began_s if since_s is None else since_s, self.world.now if until_s is None else until_s)
        return {name: backend.utilisation(*span) for name, backend in self.backends.items()}

    def effects(self):
        """Request id → how often it was done, for requests that change something (all but GET)."""
        done = {}
        for backend in self.backends.values():
            for request, times in backend.done.items():
                done[request] = done.get(request, 0) + times
        return done

    def duplicates(self):
        """How many effects were done once too often."""
        return sum(times - 1 for times in self.effects().values())


def named(backends):
    """The backends as a list of names and Backends. LabError (400) for what is none."""
    if isinstance(backends, int) and not isinstance(backends, bool):
        backends = [f"web{i + 1}" for i in range(number(backends, "backends", least=1, most=1000))]
    if not isinstance(backends, (list, tuple)) or not all(isinstance(each, (str, Backend)) for each in backends):
        raise LabError(f"backends must be a number, or a list of names, not {backends!r}", code=400)
    if not backends:
        raise LabError("a pool without backends serves nobody", code=400, next_step="backends=2")
    return list(backends)


def rehearsed(world, balancer, backends, speeds, make, plan):
    """Build all of it in an empty world first: what is refused there leaves nothing half done here."""
    taken = [name for name in (balancer, *backends) if isinstance(name, str) and name in world.nodes]
    if taken:
        raise LabError(f"there is a node called {taken[0]!r} already", code=409, next_step=AFRESH)
    empty, app = World(journal=False), make["app"]
    bare = {**make, "app": rehearsed if callable(app) else app}  # the app itself must not hear of it
    for each, speed in zip(backends, speeds, strict=True):
        Backend(empty, getattr(each, "name", each), speed=speed, **bare)
    Balancer(empty, balancer, list(empty.nodes), **plan)


def same_length(values, backends, what):
    """The values as a list, one per backend, else LabError."""
    if not isinstance(values, (list, tuple)):
        raise LabError(f"{what} must be a list with a number for each backend, not {values!r}", code=400)
    values = list(values)
    if len(values) != len(backends):
        raise LabError(f"{len(values)} {what} for {len(backends)} backends", code=400)
    return values
