"""A component as the docstring of labkit.world describes it: counts, forgets in a crash, is reset by people."""

from labkit.world import action


class Counter:
    @action
    def __init__(self, world, name="counter"):
        self.world, self.name, self.count = world, name, 0
        self.node = world.node(name, serve=self.serve, on_crash=self.forget, on_start=self.begin)
        self.begin()

    def begin(self):
        self.node.process(self.beat)

    def beat(self):
        while True:
            yield self.world.timeout(10)
            self.world.emit(self.name, None, "heartbeat", f"I count {self.count}")

    def serve(self, message):
        self.count += 1
        return self.count

    def forget(self):
        self.count = 0

    @action
    def reset(self):
        self.count = 0
        self.world.emit(self.name, None, "state", "reset")
