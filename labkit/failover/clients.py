"""Clients: many people at one network, who ask a service again and again and note what they saw.

    arrival ──▶ request ──▶ node (or wherever the address leads) ──▶ answer in time │ late │ error │ silence
                   ▲                                                          │
                   └────────── the same request again, same id ◀── backoff ───┘   at most `retries` times

A client knows only what it saw. Silence is not 'not done': a request may have been done although its answer never came,
and whoever repeats it may do it twice. Therefore a repeated request carries the same id (an idempotence key, as in the
HTTP header Idempotency-Key): a server that remembers ids does it once; one that does not, does it twice.

What the real one does differently: browsers repeat only idempotent methods by themselves (RFC 9110, 9.2.2), keep
connections open, and learn of a dead peer by TCP's retransmissions, which take minutes by default; patience_s stands
for the timeout that a program sets itself. `batch` lets one message stand for several requests with one fate.
"""

from labkit.failover.arrivals import gaps
from labkit.failover.request import Request
from labkit.world import action
from labkit.world.errors import LabError, number


class Clients:
    """Clients at the node `name` that send `rate` requests per second to `to`, open loop: they arrive, however slow the
    answers are.

    to           name of a node, or an address with `target(request)` (labkit.failover.redirect), which the clients keep
    rate         requests per second
    arrivals     'poisson', 'constant', or a list of moments in virtual seconds
    batch        so many requests travel in one message (for long runs; each counts)
    write_share  0…1: how many are writes ('POST /', the others are 'GET /')
    sessions     0: none; else each request belongs to one of so many sessions 's0', 's1', …, drawn evenly
    patience_s   after so long a try is given up; late_s: an answer after so long is late
    retries      how often a request is repeated after silence or a server error, `backoff_s` later, doubled each time
    until_s      the last moment at which a request arrives (None: no end)
    keyed        False: a repeated request gets a new id, so that nobody can recognise it
    Raises LabError for values that cannot be meant.
    """

    @action
    def __init__(self, world, to, rate=50.0, *, name="clients", arrivals="poisson", batch=1, write_share=0.0,
                 sessions=0, patience_s=2.0, late_s=1.0, retries=0, backoff_s=1.0, until_s=None,
                 keyed=True):  # fmt: skip
        for value, what, most in ((write_share, "write_share", 1), (patience_s, "patience_s", None),
                                  (late_s, "late_s", None), (backoff_s, "backoff_s", None)):  # fmt: skip
            number(value, what, most=most)
        for value, what, least in ((batch, "batch", 1), (sessions, "sessions", 0), (retries, "retries", 0)):
            if not isinstance(number(value, what, least), int):
                raise LabError(f"{what} must be a whole number, not {value!r}", code=400)
        self.world, self.name, self.to = world, name, to
        self.rate, self.batch, self.write_share, self.sessions = rate, batch, write_share, sessions
        self.patience_s, self.late_s, self.retries, self.backoff_s = patience_s, late_s, retries, backoff_s
        self.until_s = float("inf") if until_s is None else number(until_s, "until_s")
        self.keyed, self.requests = keyed, []
        if not isinstance(to, str) and not hasattr(to, "target"):
            why = f"requests cannot be sent to {to!r}"
            raise LabError(why, code=400, next_step="the name of a node, or an address: pool.address, pair.address")
        number(rate, "rate", most=1e6)
        self._gaps = gaps(arrivals, rate / batch, world.random(f"{name} arrivals"), world.now)
        if isinstance(to, str):
            world.network.find(to)
        self.node = world.node(name, serve=self._heard)
        self.luck = world.random(f"{name} requests").random
        if not isinstance(to, str) and hasattr(to, "join"):
            to.join(self)
        self.callbacks = None
        self._next()

    _ok = True  # the world's clock asks each entry of its queue

    def __repr__(self):
        return f"<Clients {self.name}: {len(self.requests) * self.batch} requests so far>"

    def _next(self):
        gap_s = next(self._gaps, None)
        if gap_s is not None and self.world.now + gap_s <= self.until_s:
            self.callbacks = (Clients._arrive,)
            self.world.env.post(self, gap_s)

    def _arrive(self):
        request = Request(self, len(self.requests))
        self.requests.append(request)
        request.send()
        self._next()

    def _heard(self, message):
        """News for the clients' network: an address has moved (gratuitous ARP)."""
        hear = getattr(self.to, "heard", None)
        return hear(message) if hear is not None else None

    @action
    def end(self):
        """No more requests arrive from now on; those on their way may still be answered."""
        self.until_s = self.world.now
        self.callbacks = None  # the next arrival is called off
