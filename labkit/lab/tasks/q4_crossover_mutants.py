"""Q4.T3: the reference, and the wrong rules. Each forgets one thing."""

from labkit.lab.task import Mutant


def better(load, n, detect, failover, state):
    """The reference: what does each cost in the minute after the crash?"""
    if state == "one writer":
        return "AP"
    passive = min(detect + failover, 60)
    active = detect / n
    need = load * n / (n - 1)  # of what the others have
    if need > 1:
        fine = 2 / (need - 1)  # so long until the queue is 2 s long
        active += max(60 - detect - fine, 0)
    return "AA" if active < passive else "AP"


def ignores_load(load, n, detect, failover, state):
    """There are n of them, so there is room."""
    return "AP" if state == "one writer" else "AA"


def room_until(limit):
    """Room is where the load is below limit(n)."""

    def wrong(load, n, detect, failover, state):
        return "AA" if load < limit(n) and state != "one writer" else "AP"

    return wrong


def ignores_state(load, n, detect, failover, state):
    """State looks after itself."""
    return better(load, n, detect, failover, "none")


def hot_is_free(load, n, detect, failover, state):
    """A hot standby takes over at once, does it not?"""
    return "AP" if failover <= 10 else better(load, n, detect, failover, state)


def shy(load, n, detect, failover, state):
    """Whatever has state goes to a pair."""
    return "AP" if state != "none" else better(load, n, detect, failover, state)


MUTANTS = {
    "always AA": Mutant(lambda load, n, detect, failover, state: "AA", "Q4.m4"),
    "always AP": Mutant(lambda load, n, detect, failover, state: "AP"),
    "ignores load": Mutant(ignores_load, "Q4.m3"),
    "ignores state": Mutant(ignores_state, "Q4.m4"),
    "a hot standby has no downtime": Mutant(hot_is_free, "Q4.m1"),
    "half busy is always the limit": Mutant(room_until(lambda n: 0.5)),
    "one more machine than there is": Mutant(room_until(lambda n: n / (n + 1)), "Q4.m3"),
    "no room is the end, however cold the standby": Mutant(room_until(lambda n: (n - 1) / n)),
    "state needs a pair": Mutant(shy, "Q4.m1"),
    "a sentence instead of a letter": Mutant(lambda load, n, detect, failover, state: "active–active"),
}
