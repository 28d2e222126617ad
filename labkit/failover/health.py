"""Health checks: how a balancer finds out that a backend is gone, and that it is back.

    crash                                                      detection = interval × failures, less what had passed
      ✕ · · · · ✗ · · · · ✗ · · · · ✗ out of rotation          every 5 s, 3 failures: 10 to 15 s
      check:    5 s       5 s       5 s

One lost check proves nothing, so several in a row are wanted: a balancer that believes the first one throws out healthy
backends (and the rest carry their load); one that wants many sends requests into the void for longer. The same
counting on the way back: a backend that flaps must not be believed at its first word.

Documented defaults: HAProxy `inter 2s fall 3 rise 2` (configuration manual, `check`), Kubernetes readiness probe
`periodSeconds 10, failureThreshold 3, successThreshold 1`. Ours: 5 s, 3, 2, an answer within 1 s.

What the real one does differently: HAProxy can check faster while a server is in doubt (`fastinter`, `downinter`) and
watch real traffic as well (`observe layer7`); Envoy calls that outlier detection. Left out.
"""

from labkit.failover.backend import CHECK
from labkit.vmm.host import whole
from labkit.world.errors import LabError, Unanswered, number


class Health:
    """The rule of a balancer's checks: every `check_s`, out after `failures` in a row, in again after `successes`."""

    def __init__(self, check_s=5.0, failures=3, successes=2, check_timeout_s=1.0):
        if number(check_s, "check_s") <= 0 or number(check_timeout_s, "check_timeout_s") <= 0:
            raise LabError("a check needs time: check_s and check_timeout_s must be above 0", code=400)
        self.failures, self.successes = whole(failures, "failures"), whole(successes, "successes")
        self.check_s = float(check_s)
        self.check_timeout_s = min(float(check_timeout_s), self.check_s)

    def heard(self, seen, ok):
        """Note the outcome of one check; True if the backend goes out of rotation, or comes back, by it."""
        seen.run = 0 if ok == seen.up else seen.run + 1
        if seen.run < (self.failures if seen.up else self.successes):
            return False
        seen.up, seen.run = not seen.up, 0
        return True

    def watch(self, balancer, seen, first_s):
        """Generator: check one backend for ever, from `first_s` seconds on."""
        world = balancer.world
        yield world.timeout(first_s)
        while True:
            began_s = world.now
            answer = world.call(balancer.name, seen.name, CHECK, "GET /health", self.check_timeout_s)
            try:
                ok = (yield answer)["status"] < 500
            except Unanswered:
                ok = False
            if self.heard(seen, ok):
                word = "in rotation again" if seen.up else "out of rotation"
                world.emit(balancer.name, seen.name, "health", word, cause=answer.cause)
            yield world.timeout(began_s + self.check_s - world.now)
