"""A third machine that watches for a pair whose standby is switched off: a machine without power hears nothing."""

from labkit.failover.heartbeat import Watch
from labkit.failover.takeover import hear, watching
from labkit.world.errors import LabError


class Monitor:
    """Watches `watched`; when it falls silent: fence it, then power on `spare`."""

    role, ready = "monitor", True

    def __init__(self, pair, name, watched, spare):
        self.pair, self.world, self.name, self.watched, self.spare = pair, pair.world, name, watched, spare
        self.epoch = self.heard_boot = 0
        self.fences = self.fenced = False
        self.node = pair.world.node(name, serve=self.serve)
        self.watch = Watch(pair.interval_s, pair.misses, pair.skew_s, pair.world.now)
        self.node.process(watching, self)

    def serve(self, message):
        """Beats, nothing else."""
        return hear(self, message) if message.kind == "heartbeat" else None

    def my_turn(self):
        """Switch the spare machine on; it does the rest."""
        while True:
            try:
                yield self.world.call(self.name, self.pair.device.name, "fence", "power on", timeout_s=5,
                                      node=self.spare)  # fmt: skip
                return
            except LabError as error:
                self.world.emit(self.name, self.spare, "failover", "not switched on", why=error.message)
                yield self.world.timeout(self.pair.retry_s)
