"""S7.T1, the loop: drive what is seen towards what is desired, with messages that get lost, and without a second copy.

    reconcile(desired, observed, now) -> [["start", vm, host], ["stop", vm, host], ["fence", host], …]

Called every 5 s by a VIM that restarts now and then. desired: the database, VM → {"state": "running" or "absent",
"host": where it was last ordered to start, or None}; the host of a 'start' is written down before the order is sent.
observed: host → {"heard_at": when its last report came (after a restart of the VIM: when that was), "vms": what ran
there then (None: no report since the restart), "fenced": its power is certainly off}. now: seconds. The hosts are real
ones of the emulator, with agents (a report every 5 s) and a BMC each; an order may be lost, late or doubled. The same
one again does no harm, and an older one never undoes a newer one on its host. A fence is asked of the BMC and takes
2 s, if it succeeds.

What the real one does differently: it is not asked every five seconds but woken by changes, it has more states than two
(labkit.vim.reconcile), and the disk's lock is a second line of defence.
"""

from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.s7_reconcile_cases import FAMILIES, QUIET_S, scenarios
from labkit.lab.tasks.s7_reconcile_mutants import MUTANTS, reconcile
from labkit.lab.tasks.s7_reconcile_yard import Yard

ROUND_S, PATIENCE_S = 5, 30
SHAPE = 'the answer is a list of ["start", vm, host], ["stop", vm, host] and ["fence", host]'
ONE_COPY = "never two running copies of a VM"
PATIENT = "a host that was silent for less than 30 s is not fenced: it is unknown, not dead"
ALONE = "a VM that runs as desired is left alone"
CONVERGED = "60 s after the last disturbance everything is as desired"
NO_ORDERS = "in a world where everything is as desired, nothing is ordered"
RULES = (ONE_COPY, PATIENT, ALONE, CONVERGED, NO_ORDERS, SHAPE)
MISCONCEPTIONS = {
    "S6.m5": "Not responding means dead. – A cut cable, a stopped agent and a dead host look the same from outside.",
    "S7.m2": "The VIM sees the truth. – It sees what it was told; after a restart it has been told nothing yet.",
    "S7.m3": "A command sent is a command done. – It may be lost, late, or done without an answer.",
}


class Play:
    """One story: the yard, what the loop has risked, and when the last disturbance was."""

    def __init__(self, scenario, world):
        self.data, self.world = scenario.data, world
        self.yard, self.steps = Yard(world, scenario.data["hosts"]), list(scenario.data["steps"])
        self.risks, self.fences = {}, {}

    def happen(self, until):
        """Let the world go on to `until`, with the steps of the story on the way."""
        while self.steps and self.steps[0][0] <= until:
            t, what, *rest = self.steps.pop(0)
            self.world.advance_to(t)
            STEPS[what](self, *rest)
        self.world.advance_to(until)
        self.yard.look()

    @property
    def victim(self):
        """The host to which things happen: that of the first VM that has one."""
        homes = [want["host"] for want in self.yard.desired.values() if want["host"]]
        return homes[0] if homes else "esx1"

    def weather(self, loss, duplicate, jitter_s):
        """The links to the agents; when they are good again, somebody switches on what was fenced."""
        for host in self.yard.observed:
            self.world.link("vim", f"{host}-agent", loss=loss, duplicate=duplicate, jitter_s=jitter_s)
            if not loss:
                self.world.start(host)

    def cut(self, both_ways=True):
        self.hit = self.victim
        self.world.cut(f"{self.hit}-agent", "vim", both_ways=both_ways)

    def crash(self, host=None):
        self.hit = host or self.victim
        self.world.crash(self.hit)

    def want(self, vm, state):
        self.yard.desired.setdefault(vm, {"state": state, "host": None})["state"] = state

    def ends(self, vm):
        host = self.yard.desired[vm]["host"]
        if host:
            self.world.ask("vim", f"{host}-libvirtd", "libvirt", "domainDestroy", name=vm)

    def restart(self):
        self.world.crash("vim")
        self.world.start("vim")


STEPS = {
    "run": lambda play, vm: play.want(vm, "running"),
    "release": lambda play, vm: play.want(vm, "absent"),
    "ends": Play.ends,
    "weather": Play.weather,
    "cut": Play.cut,
    "cut back": lambda play: play.cut(both_ways=False),
    "cut bmc": lambda play: play.world.cut("vim", f"{play.victim}-bmc"),
    "heal": lambda play: play.world.heal(),
    "crash": Play.crash,
    "start": lambda play: play.world.start(play.hit),
    "restart": Play.restart,
}


def judge(scenario, artefact):
    """Play the story round by round; the first rule that is broken counts."""
    play = Play(scenario, artefact.world)
    yard, last_s = play.yard, scenario.data["until"] - QUIET_S
    for now in range(ROUND_S, int(scenario.data["until"]) + 1, ROUND_S):
        play.happen(now)
        failure = doubled(play)
        if failure:
            return failure
        said = artefact.call(desired=yard.desired, observed=yard.observed, now=now)
        failure = shape(play, said) or foolish(play, said, now)
        if not failure and now > last_s + 60:
            failure = unfinished(play, now) or restless(play, said, now)
        if failure:
            return failure
        for action in said:
            yard.carry_out(action)
    return None


def shape(play, said):
    """The form of an answer."""
    yard = play.yard
    for action in said if isinstance(said, list) else [said]:
        parts = action if isinstance(action, list) and all(isinstance(part, str) for part in action) else []
        if not (parts[:1] == ["fence"] and len(parts) == 2 and parts[1] in yard.observed) and not (
            parts[:1] in (["start"], ["stop"]) and len(parts) == 3 and parts[1] in yard.desired
            and parts[2] in yard.observed
        ):  # fmt: skip
            return Failure("type", SHAPE, f"you returned {action!r}")
    return None if isinstance(said, list) else Failure("type", SHAPE, f"you returned {said!r}")


def foolish(play, said, now):
    """Actions that must not be, whatever happens later; what is only risky is noted."""
    yard = play.yard
    for verb, *rest in said:
        host = rest[-1]
        silent_s = now - yard.observed[host]["heard_at"]
        if verb == "fence" and silent_s < PATIENCE_S and not yard.observed[host]["fenced"]:
            did = f"at {now} s you switch off {host}, which was heard {silent_s:.0f} s ago"
            return Failure("safety", PATIENT, did, "S6.m5")
        if verb == "stop" and wanted_there(yard, *rest):
            did = f"at {now} s you stop {rest[0]} on {host}, where it runs and is desired to run"
            return Failure("safety", ALONE, did)
        if verb == "start":
            risk(play, *rest, now, [action[1] for action in said if action[0] == "fence"])
    return None


def wanted_there(yard, vm, host):
    """True if the VM is to run, belongs to this host, and was seen there."""
    want = yard.desired[vm]
    return want["state"] == "running" and want["host"] == host and vm in (yard.observed[host]["vms"] or ())


def risk(play, vm, host, now, shot):
    """Note with which belief a VM is started away from a host that is not fenced."""
    home = play.yard.desired[vm]["host"]
    if home is None or home == host or play.yard.observed[home]["fenced"]:
        return
    seen = play.yard.observed[home]
    silent = now - seen["heard_at"] >= PATIENCE_S - ROUND_S
    belief = "S7.m3" if home in shot or not silent else "S6.m5"
    if seen["vms"] is None and home not in shot:
        belief = "S7.m2"
    play.risks[vm] = belief, home, host, now


def doubled(play):
    """Has a VM run twice since the last round?"""
    if not play.yard.twice:
        return None
    t, vm, hosts = play.yard.twice[0]
    belief, home, host, ordered_at = play.risks.get(vm, ("S7.m3", None, None, None))
    did = f"at {t} s {vm} runs on {' and on '.join(hosts)}"
    if ordered_at is not None:
        did += f": at {ordered_at} s you ordered it to {host}, and nobody knew whether it ran on {home}"
    return Failure("safety", ONE_COPY, did, belief)


def unfinished(play, now):
    """Is everything as desired?"""
    yard = play.yard
    for vm, want in yard.desired.items():
        runs = yard.running.get(vm, [])
        if want["state"] == "running" and not runs:
            home = want["host"]
            belief = "S7.m3" if home and play.world.nodes[home].state == "running" else None
            where = f"last ordered to {home}" if home else "never ordered to any host"
            return Failure("liveness", CONVERGED, f"at {now} s {vm} runs nowhere ({where})", belief)
        if want["state"] == "absent" and runs:
            return Failure("liveness", CONVERGED, f"at {now} s {vm}, which was released, still runs on {runs[0]}")
    return None


def restless(play, said, now):
    """Nothing is to be done, and something is ordered. (To ask a silent host's power switch again is no fault.)"""
    orders = [action for action in said if action[0] != "fence"]
    if orders:
        did = f"at {now} s all is as desired, and you order {' '.join(orders[0])}"
        return Failure("economy", NO_ORDERS, did)
    return None


TASK = tasks.register(
    Task(
        id="S7.T1",
        card="S7",
        title="The loop of a VIM",
        kind="function",
        signature="reconcile(desired, observed, now) -> [['start' | 'stop', vm, host] | ['fence', host], …]",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=reconcile,
        mutants=MUTANTS,
        misconceptions=MISCONCEPTIONS,
        rules=RULES,
    )
)
