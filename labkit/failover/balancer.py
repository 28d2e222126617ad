"""A request balancer: one address in front of several backends.

    clients ──▶ balancer ──policy──▶ web1 │ web2 │ web3         answer back the same way
                   └── health checks ──▶ who is in rotation

It is a process on a machine like any other. When it dies the backends are all well, and nobody reaches them.

What the real one does differently: HAProxy and nginx keep connections to backends open, queue requests themselves when
a server has reached its `maxconn`, and retry by default only when nothing was sent yet (HAProxy `retry-on
conn-failure`); nginx's `proxy_next_upstream` also repeats after a timeout, but not POST, unless `non_idempotent` is
written. Here `retries=0` is the default, and `repeat_writes` is that dangerous word.
"""

from labkit.failover.backend import CHECK
from labkit.failover.health import Health
from labkit.failover.policies import Seen, find
from labkit.vmm.host import whole
from labkit.world.errors import LabError, Unanswered, number, unknown
from labkit.world.journal import action
from labkit.world.message import SILENT, reply


def several(values, what):
    """The values as a list, else LabError (400)."""
    if not isinstance(values, (list, tuple, dict)) or not values:
        raise LabError(f"{what} must be a list with something in it, not {values!r}", code=400)
    return list(values)


class Balancer:
    """The node `name` that spreads what it is sent over `backends` (names of nodes).

    policy         a name of labkit.failover.policies, or a function (list of Seen, luck) → Seen
    weights        name → weight, for 'weighted' and 'least connections'
    health         a Health: interval, failures, successes
    timeout_s      how long it waits for a backend before it answers 504
    retries        tries on another backend after a failure; a write only if it was certainly not done
    repeat_writes  True: writes as well, done or not (then some are done twice)
    sticky         True: a request with a session goes where that session went before, while that backend is in rotation
    """

    @action
    def __init__(self, world, name, backends, policy="round robin", weights=None, health=None, timeout_s=5.0, retries=0,
                 repeat_writes=False, sticky=False):  # fmt: skip
        self.world, self.name, self.policy = world, name, find(policy)
        self.health, self.sticky, self.repeat_writes = health or Health(), sticky, repeat_writes
        self.timeout_s, self.retries = number(timeout_s, "timeout_s", least=1e-3), whole(retries, "retries", least=0)
        self.names = several(backends, "backends")
        self.weights = self._checked(weights or {}, self.names)
        for backend in self.names:
            world.network.find(backend)
        self.luck, self.forwarded = world.random(f"{name} policy"), 0
        self.node = world.node(name, serve=self.serve, on_start=self.begin)
        self.begin()

    def __repr__(self):
        return f"<Balancer {self.name}: {', '.join(self.rotation) or 'nobody'} in rotation>"

    @staticmethod
    def _checked(weights, names):
        if not isinstance(weights, dict):
            raise LabError(f"weights must be a dict of names and weights, not {weights!r}", code=400)
        for name, weight in weights.items():
            if name not in names:
                raise unknown("backend", name, names)
            number(weight, f"the weight of {name}", least=1e-6)
        return weights

    def begin(self):
        """A new life knows nothing: everybody is in rotation, nobody's session is known, the checks begin."""
        self.seen = {name: Seen(name, self.weights.get(name, 1.0)) for name in self.names}
        self.sessions, phase = {}, self.world.random(f"{self.name} checks")
        for seen in self.seen.values():
            self.node.process(self.health.watch(self, seen, phase.random() * self.health.check_s))

    # -- requests ------------------------------------------------------------------------------------------------
    def serve(self, message):
        """Pass a request on; the answer follows when the backend's is there."""
        if message.kind == "http":
            self._forward(message, ())
            return SILENT
        if message.kind == CHECK:
            return {"status": 200}
        return {"status": 400, "error": f"this balancer passes on http, not {message.kind}"}

    def _forward(self, message, tried):
        seen = self._choose(message.detail.get("session"), tried)
        if seen is None:
            reply(self.world, message, {"status": 503, "error": "no backend is in rotation"})
            return
        self.forwarded += 1
        seen.open, seen.sent = seen.open + 1, self.forwarded
        sent_at_s, life = self.world.env._now, self.node.life
        answer = self.world.call(self.name, seen.name, "http", message.what, self.timeout_s, **message.detail)
        answer.callbacks.append(
            lambda answer: self._answered(message, seen, answer, sent_at_s, tried) if self.node.life == life else None
        )

    def _choose(self, session, tried):
        usable = [each for each in self.seen.values() if each.up and each.name not in tried]
        if not usable:
            return None
        if self.sticky and session is not None:
            kept = self.seen.get(self.sessions.get(session))
            if kept in usable:
                return kept
        usable = [each for each in usable if not each.draining] or usable
        chosen = usable[0] if len(usable) == 1 else self.policy(usable, self.luck)
        if session is not None:
            self.sessions[session] = chosen.name
        return chosen

    def _answered(self, message, seen, answer, sent_at_s, tried):
        world, before = self.world, self.world.cause
        world.cause, error = answer.cause, None if answer._ok else answer._value
        seen.answered(world.env._now, sent_at_s, error is None)
        if error is None:
            reply(world, message, answer._value)
        elif len(tried) < self.retries and self._may_repeat(message, error):
            self._forward(message, (*tried, seen.name))
        else:
            silent = isinstance(error, Unanswered) and not error.definite and "within" in error.message
            reply(world, message, {"status": 504 if silent else error.code or 502, "error": error.message})
        world.cause = before

    def _may_repeat(self, message, error):
        """Reading twice harms nobody; a write that may have been done is repeated only by order."""
        return message.what.startswith("GET") or error.definite or self.repeat_writes

    # -- orders ----------------------------------------------------------------------------------------------------
    @property
    def rotation(self):
        """The backends it sends new requests to, in order."""
        return [seen.name for seen in self.seen.values() if seen.up and not seen.draining]

    @action
    def use(self, policy):
        """Another policy from now on; what was learned about the backends stays."""
        self.policy = find(policy)
        self.world.emit(self.name, None, "health", f"policy: {policy if isinstance(policy, str) else 'your own'}")

    @action
    def drain(self, backend):
        """No new sessions and requests for this backend; what is open is finished (connection draining)."""
        self._of(backend).draining = True
        self.world.emit(self.name, backend, "health", "draining")

    @action
    def ready(self, backend):
        """The end of draining."""
        self._of(backend).draining = False
        self.world.emit(self.name, backend, "health", "ready")

    def _of(self, backend):
        if not isinstance(backend, str) or backend not in self.seen:
            raise unknown("backend", backend, self.seen)
        if len(self.rotation) == 1 and self.rotation[0] == backend and not self.seen[backend].draining:
            why = f"{backend} is the last one in rotation"
            raise LabError(why, code=409, next_step="bring another one back first")
        return self.seen[backend]
