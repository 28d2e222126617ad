"""S9.T2, the request balancer: three backends, and a balancer that asks you twice.

    balancer(question, backends, history) -> name of a backend | True | False

question  'pick': a request has come; which of `backends` (names in rotation, at least one) gets it?
          history = {name: {"open": requests sent there and not answered yet,
                            "work_s": its last ten answers, oldest first: seconds of work each, as seen from outside,
                            "failed": how many of its last ten answers were failures}}
question  'alive': a health check of the one backend in `backends` has ended; does it belong into the rotation?
          history = its last twenty checks, oldest first: [True, True, False, …]

A request that fails is repeated once at another backend. Checks come every second.
"""

from labkit.failover.balancer import Balancer
from labkit.failover.clients import Clients
from labkit.failover.health import Health
from labkit.failover.metrics import Metrics
from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks import s9_balancer_cases as cases
from labkit.lab.tasks.s9_balancer_mutants import MUTANTS, balancer

SHAPE = "'pick' is answered with one of the names in backends, 'alive' with True or False"
ERRORS = "less than 0.5 % of the requests fail"
LATE = "95 % of the requests are answered within 4 times the fastest service time"
OUT = "a backend that is dead is out of rotation after at most five checks"
BACK = "a backend that is well is in rotation after at most five good checks"
CHECKED, REMEMBERED, ENOUGH = 20, 10, 5


class Malformed(Exception):
    """The answer has the wrong shape; the text says what it was."""


class Judged(Balancer):
    """A balancer that asks the artefact for its two decisions, and remembers what it needs for that."""

    def __init__(self, world, names, artefact):
        self.ask, self.answers = artefact.call, {name: [] for name in names}
        health = Asked(self, check_s=1.0, check_timeout_s=0.5)
        super().__init__(world, "balancer", names, self.pick, None, health, timeout_s=cases.TIMEOUT_S, retries=1)

    def pick(self, seen, luck):
        """The artefact's choice."""
        names, known = [each.name for each in seen], {}
        for each in seen:
            last = self.answers[each.name][-REMEMBERED:]
            work = [round(seconds, 4) for ok, seconds in last if ok]
            known[each.name] = {"open": each.open, "work_s": work, "failed": sum(not ok for ok, _ in last)}
        said = self.ask(question="pick", backends=names, history=known)
        if said not in names:
            raise Malformed(f"asked to pick one of {', '.join(names)}, you returned {said!r}")
        return seen[names.index(said)]

    def _answered(self, message, seen, answer, sent_at_s, tried):
        work_s = self.world.now - max(seen.free_at_s, sent_at_s)
        self.answers[seen.name].append((answer._ok, work_s))
        super()._answered(message, seen, answer, sent_at_s, tried)


class Asked(Health):
    """Health checks whose outcome the artefact judges."""

    def __init__(self, owner, **given):
        super().__init__(**given)
        self.owner, self.checks, self.late = owner, {}, None

    def heard(self, seen, ok):
        """True if the artefact has changed its mind about this backend."""
        checks = self.checks.setdefault(seen.name, [])
        checks.append(ok)
        said = self.owner.ask(question="alive", backends=[seen.name], history=checks[-CHECKED:])
        if not isinstance(said, bool):
            raise Malformed(f"asked whether {seen.name} is alive, you returned {said!r}")
        changed, seen.up = said != seen.up, said
        same = checks[-ENOUGH - 1 :]
        if self.late is None and len(same) > ENOUGH and len(set(same)) == 1 and said != ok:
            self.late = [OUT if not ok else BACK, seen.name, len(checks), None]
        elif self.late and self.late[1] == seen.name and self.late[3] is None and said == ok:
            self.late[3] = len(checks)
        return changed

    def told(self):
        """(rule, words) of the first backend that was believed in for too long, or not believed; None if none was."""
        if self.late is None:
            return None
        rule, name, at, until = self.late
        row = "".join("✓" if ok else "✗" for ok in self.checks[name][max(0, at - 10) : at])
        how_long = "until the end" if until is None else f"for {until - at} checks more"
        return rule, f"Checks of {name}: {row}; you left it {'in rotation' if rule == OUT else 'out'}, {how_long}"


def judge(scenario, artefact):
    """One minute in front of three backends."""
    data, world = scenario.data, artefact.world
    backends = cases.build(world, data)
    try:
        judged = Judged(world, list(backends), artefact)
        crowd = Clients(world, "balancer", data["rate"], until_s=cases.SECONDS, patience_s=60, late_s=cases.PROMISE_S)
        world.run(until=cases.SECONDS + 15)
    except Malformed as wrong:
        return Failure("type", SHAPE, f"{wrong}")
    return verdict(judged, crowd, data)


def verdict(judged, crowd, data):
    """The Failure of what the clients saw, or None."""
    seen = Metrics(crowd)
    sent = shares(crowd)
    nobody = sum(each.status == 503 for each in crowd.requests)
    if judged.health.late:
        rule, did = judged.health.told()
        return Failure("liveness", rule, f"{data['story']}. {did}.")
    if seen.lost > 0.005 * seen.asked:
        why = f"; for {nobody} of them you had taken everybody out of rotation" if nobody else ""
        did = f"{data['story']}. {seen.lost} of {seen.asked} requests failed{why}."
        return Failure("safety", ERRORS, did)
    unanswered = seen.asked - seen.served - seen.lost
    if unanswered or seen.p95_s >= cases.PROMISE_S:
        even = max(sent.values()) - min(sent.values()) <= 0.1 * seen.asked and len(sent) == 3
        told = ", ".join(f"{name} {count}" for name, count in sorted(sent.items()))
        did = f"{data['story']}. Served by: {told}; p95 was {seen.p95_s:.2f} s, {cases.PROMISE_S:g} s are promised"
        if unanswered:
            did += f", and {unanswered} requests still wait"
        return Failure("liveness", LATE, f"{did}.", "S9.m5" if even else None)
    return None


def shares(crowd):
    """Backend → answers that came from it."""
    sent = {}
    for each in crowd.requests:
        if each.by:
            sent[each.by] = sent.get(each.by, 0) + 1
    return sent


TASK = tasks.register(
    Task(
        id="S9.T2",
        card="S9",
        title="A request balancer: whom to send it to, and whom to believe",
        kind="function",
        signature="balancer(question, backends, history) -> a name ('pick') or True | False ('alive')",
        families={cases.SLOW: 1, cases.DYING: 1, cases.FLAPPING: 1, cases.LONG: 1},
        scenarios=cases.scenarios,
        judge=judge,
        reference=balancer,
        mutants=MUTANTS,
        misconceptions={"S9.m5": "round robin is fair, so good"},
        rules=(SHAPE, ERRORS, LATE, OUT, BACK),
    )
)
