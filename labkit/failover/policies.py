"""The rule by which a balancer chooses: from what it knows of each backend, one backend.

| policy | sends to | real name |
|---|---|---|
| round robin | the next one in turn | HAProxy `roundrobin`, nginx default |
| weighted | in turn, more often to those with a larger weight, spread evenly | nginx `weight=` (smooth weighted) |
| random | any, by luck | HAProxy `random(1)` |
| two choices | the less busy of two drawn by luck | HAProxy `random(2)`, nginx `random two`, Envoy `LEAST_REQUEST` |
| least connections | the one with the fewest open requests | HAProxy `leastconn`, nginx `least_conn` |
| least work | the one that will be done first: open requests × its time per request | Linkerd's `ewma` is a relative |

Round robin is fair: it gives each the same number of requests. That is the trouble when they are not equally fast.
A balancer cannot look into a backend. All it knows is when it sent something and when the answer came.
"""

from labkit.world.errors import LabError

SMOOTHING = 0.1  # share of the newest sample in `per_request_s`: chosen


class Seen:
    """What a balancer knows about one backend: `open` requests, `per_request_s` (seconds of work per request, learned
    from its answers), `answers` and `errors` so far, `sent` (number of its last request, for ties), `weight`."""

    __slots__ = ("name", "weight", "open", "per_request_s", "answers", "errors", "sent", "free_at_s", "credit",
                 "up", "draining", "run")  # fmt: skip

    def __init__(self, name, weight=1.0):
        self.name, self.weight = name, weight
        self.open = self.answers = self.errors = self.sent = self.run = 0
        self.per_request_s = self.free_at_s = self.credit = 0.0
        self.up, self.draining = True, False

    def __repr__(self):
        return f"<{self.name}: {self.open} open, {1000 * self.per_request_s:.0f} ms each, {'up' if self.up else 'out'}>"

    def answered(self, now, sent_at_s, ok):
        """An answer came. While a backend is never idle, the time from answer to answer is its work per request."""
        self.open -= 1
        self.answers += ok
        self.errors += not ok
        sample = now - max(self.free_at_s, sent_at_s)
        self.free_at_s = now
        known = self.per_request_s
        self.per_request_s = sample if not known else known + SMOOTHING * (sample - known)


def round_robin(seen, luck):
    """The one that has waited longest for its turn."""
    return min(seen, key=lambda each: each.sent)


def weighted(seen, luck):
    """Smooth weighted round robin: everyone gains its weight, the richest is chosen and pays for all."""
    for each in seen:
        each.credit += each.weight
    best = max(seen, key=lambda each: each.credit)
    best.credit -= sum(each.weight for each in seen)
    return best


def least_connections(seen, luck):
    """Fewest open requests per weight; among equals the one that has waited longest."""
    return min(seen, key=lambda each: (each.open / each.weight, each.sent))


def least_work(seen, luck):
    """The one that would be done with one more request first, as far as its answers tell."""
    return min(seen, key=lambda each: ((each.open + 1) * each.per_request_s, each.sent))


def two_choices(seen, luck):
    """The less busy of two."""
    first, second = (seen[int(luck.random() * len(seen))] for _ in range(2))
    return first if first.open <= second.open else second


POLICIES = {
    "round robin": round_robin,
    "weighted": weighted,
    "random": lambda seen, luck: seen[int(luck.random() * len(seen))],
    "two choices": two_choices,
    "least connections": least_connections,
    "least work": least_work,
}


def find(policy):
    """The rule called `policy` (or a function of your own). Raises LabError (400) with the names there are."""
    if callable(policy):
        return policy
    if not isinstance(policy, str) or policy not in POLICIES:
        raise LabError(f"there is no policy {policy!r}", code=400, next_step=f"one of {', '.join(POLICIES)}")
    return POLICIES[policy]
