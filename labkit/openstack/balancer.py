"""A balancer in front of several Keystone nodes: each request goes to the next one in turn (HAProxy's roundrobin).

nova-api ──▶ keystone (balancer) ──▶ keystone-1, keystone-2, keystone-1 …    each must read the other's tokens
"""

from labkit.openstack import rest
from labkit.world.errors import Unanswered


class Balancer:
    """A node that passes requests on. One that refuses the connection is skipped (503 when all do); it looks into
    nothing."""

    def __init__(self, world, name, backends):
        self.world, self.name, self.backends, self.turn = world, name, list(backends), 0
        self.node = world.node(name, serve=self.serve)

    def serve(self, message):
        """Generator: the answer of the next node; 504 when a node accepted the request and said nothing in time."""
        detail = message.detail
        for _ in self.backends:
            backend = self.backends[self.turn % len(self.backends)]
            self.turn += 1
            try:
                return (yield self.world.call(self.name, backend, message.kind, message.what, **detail))
            except Unanswered as silence:
                if not silence.definite:
                    return rest.answer(504, {"message": str(silence)})
        return rest.answer(503, {"message": "no server is available to handle this request"})
