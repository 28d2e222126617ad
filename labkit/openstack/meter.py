"""A meter at a node's network card: how many bytes of requests and answers pass. It looks at lengths only."""

import json

from labkit.world.journal import action


class Meter:
    """Counts `requests` and `bytes` (both directions) that a node serves, from now on."""

    @action
    def __init__(self, world, node):
        self.world, self.node, self.name = world, node, f"meter at {node}"
        self.requests = self.bytes = 0
        process = world.network.find(node)
        self.inner, process.serve = process.serve, self.serve

    def __repr__(self):
        return f"{self.node}: {self.requests} requests, {self.bytes:_} bytes".replace("_", " ")

    @action
    def reset(self):
        """Count from zero."""
        self.requests = self.bytes = 0

    def serve(self, message):
        """Generator: the node's own answer, with its length noted."""
        self.requests += 1
        self.bytes += len(json.dumps(message.detail))
        said = self.inner(message)
        if hasattr(said, "throw"):
            said = yield from said
        self.bytes += len(json.dumps(said))
        return said
