"""S10.T1, the standby's controller: it hears heartbeats, or it does not. When does it act, and in which order?

    standby(now, last_heartbeat, fenced, memory) -> list of "fence" and "promote"

Asked once per second on the standby of a Pair. now, last_heartbeat: virtual seconds (a beat is sent every second; up to
two in a row may get lost, and each may be 0.4 s late). fenced: True as soon as the power switch has confirmed that the
other machine is off, False again when that machine has power again. memory: a dict that is kept from call to call.
What is ordered is begun at once, in the order of the list; a fence may fail, then it must be ordered again.

What the real one does differently: Pacemaker's controller asks every node for its state and computes the whole cluster
anew; keepalived promotes without any fence, because it moves an address only, no disk.
"""

from labkit.failover import Pair
from labkit.lab import tasks
from labkit.lab.artefact import State
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.s10_standby_cases import FAMILIES, scenarios
from labkit.lab.tasks.s10_standby_mutants import MUTANTS, standby

WITHIN_S, RIVAL_S = 8, 3
SHAPE = "an answer is a list of 'fence' and 'promote'"
ONE = "never two actives: promote when the other one is off for certain"
TAKES = f"when nobody serves any more, the standby does within {WITHIN_S} s"
RIVAL = f"an old active that comes back is switched off within {RIVAL_S} s"
HEALTHY = "two lost beats, or a cable that is mended, kill nobody"
RULES = (SHAPE, ONE, TAKES, RIVAL, HEALTHY)
DEEDS = {
    "crash": lambda w: w.crash("node1"),
    "cut": lambda w: w.cut("node1", "node2"),
    "heal": lambda w: w.heal("node1", "node2"),
    "switch fails": lambda w: w.component("pair-pdu").fail(),
    "switch works": lambda w: w.component("pair-pdu").repair(),
    "power on": lambda w: w.start("node1"),
}


class Broken(Exception):
    """The answer was none; ends the run with its Failure."""


class Desk:
    """Puts the student's function into a Pair, and keeps what it ordered."""

    def __init__(self, artefact):
        self.artefact, self.orders = artefact, []  # (virtual second, silence, actions)

    def make(self):
        """A controller as Pair wants it."""

        def tick(now, last_heartbeat, fenced):
            said = self.artefact.call(
                now=round(now, 3), last_heartbeat=round(last_heartbeat, 3), fenced=fenced, memory=State("memory")
            )
            if not isinstance(said, list) or any(act not in ("fence", "promote") for act in said):
                raise Broken(Failure("type", SHAPE, f"at {now:g} s you returned {said!r}"))
            if said:
                self.orders.append((now, now - last_heartbeat, said))
            return said

        return tick


def judge(scenario, artefact):
    """Play the scenario in a Pair, second by second; the first rule that is broken counts."""
    data, desk, w = scenario.data, Desk(artefact), artefact.world
    pair = Pair(w, promote_s=0.5, redirect_s=0.0, fence_s=data["fence_s"], controller=desk.make)
    w.link("node1", "node2", jitter_s=data["jitter_s"])
    for at_s, deed in data["deeds"]:
        w.at(at_s, DEEDS[deed])
    try:
        while w.now < data["end_s"]:
            w.run(until=w.now + 0.5)
            failure = two(pair, desk) or healthy(pair, data, desk) or idle(pair, data) or rival(pair, data)
            if failure:
                return failure
    except Broken as broken:
        return broken.args[0]
    return None


def two(pair, desk):
    """The standby went to a disk that the other one had mounted."""
    disk = pair.member("node2").disk
    if "node2" not in disk.intruders:
        return None
    now, silence, said = desk.orders[-1]
    asked = any("fence" in acts for _, _, acts in desk.orders[:-1])
    did = (
        f"at {now:g} s, after {silence:.1f} s of silence, you ordered {' and '.join(said)}: nobody had confirmed that "
    )
    did += "node1 is off, and both machines had the disk mounted"
    belief = "S8.m3" if "fence" in said[1:] else None if asked or "fence" in said else "S8.m2"
    return Failure("safety", ONE, did, belief)


def healthy(pair, data, desk):
    """Somebody was switched off who served."""
    if pair.world.now >= data["lives_until_s"] or pair.world.nodes["node1"].state == "running":
        return None
    now, silence, _ = next(each for each in desk.orders if "fence" in each[2])
    did = f"node1, which served, was switched off: at {now:g} s, after {silence:.1f} s of silence, you ordered it first"
    return Failure("economy", HEALTHY, did, "S10.m4" if silence < 3.5 else None)


def idle(pair, data):
    """Nobody serves, for too long. While the power switch does not work, nobody can help."""
    since_s = data["act_from_s"]
    if since_s is None or "node2" in pair.actives or pair.world.now < since_s + WITHIN_S + data["fence_s"]:
        return None
    while "node2" not in pair.actives and pair.world.now < since_s + 60:  # it has failed; when would it have served?
        pair.world.run(until=pair.world.now + 0.5)
    later = f"{pair.world.now - since_s:.0f} s after {data['because']}"
    did = f"node2 serves only {later}" if "node2" in pair.actives else f"{later} node2 does not serve yet"
    return Failure("liveness", TAKES, did)


def rival(pair, data):
    """The old active is back and believes that it still is."""
    back_s = data["back_s"]
    if back_s is None or pair.world.now < back_s + RIVAL_S or len(pair.actives) < 2:
        return None
    did = f"node1 came back at {back_s:g} s and reads in its configuration that it is active; "
    return Failure("safety", RIVAL, f"{did}{pair.world.now - back_s:g} s later both serve", "S10.m6")


TASK = tasks.register(
    Task(
        id="S10.T1",
        card="S10",
        title="The standby's controller",
        kind="function",
        signature="standby(now, last_heartbeat, fenced, memory) -> list of 'fence' and 'promote'",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=standby,
        mutants=MUTANTS,
        misconceptions={
            "S10.m4": "faster heartbeat is always better",
            "S10.m6": "the old active just comes back",
            "S8.m2": "unreachable = dead",
            "S8.m3": "fencing is optional, or can come later",
        },
        rules=RULES,
    )
)
