"""S8.T1, the restart plan: a host is silent; which steps, in which order, bring its VMs back?

    plan(dead, vms, free) -> [["fence", host], ["start", vm, host], …]

dead: the name of the silent host. vms: {"name", "memory_gib", "priority" (1 is the most important), "disk" ("shared"
or "local")} of each VM that ran there. free: {host: GiB} of the others. The steps are carried out one after the other.
A fence may fail; then nothing more of the plan is done, and the function is asked again, at most four times.

What the real one does differently: it plans while it goes (a start may fail, a host may come back) and it starts
several VMs at once; priorities are then groups, each of which waits for the one before.
"""

from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.s8_restart_cases import FAMILIES, scenarios
from labkit.lab.tasks.s8_restart_mutants import MUTANTS, plan

ATTEMPTS = 4
SHAPE = 'a plan is a list of ["fence", host] and ["start", vm, host]'
KNOWN = "a VM starts on a host that is left, and once"
FENCED = "nothing starts before the fence has succeeded"
ONLY = "only the silent host is fenced"
DISK = "a VM starts where its disk can be reached"
ROOM = "no host gets more than it has free"
ORDER = "no VM starts before a more important one that would fit"
ALL = "what can start is started"
RULES = (SHAPE, KNOWN, FENCED, ONLY, DISK, ROOM, ORDER, ALL)


class Attempt:
    """What has been done so far in one scenario, and the first rule that was broken."""

    def __init__(self, data, world):
        self.data, self.world = data, world
        self.vms = {vm["name"]: vm for vm in data["vms"]}
        self.left, self.fails, self.fenced = dict(data["free"]), data["fence_fails"], False
        self.started, self.fence_planned, self.fence_tried = {}, False, False

    def fence(self, host):
        """False when the power switch did not obey."""
        ok, self.fence_tried = self.fails == 0, True
        self.fails -= 0 if ok else 1
        self.fenced = self.fenced or ok
        self.world.emit("plan", host, "ipmi", "power off", succeeded=ok)
        return ok

    def refuse(self, name, host):
        """The Failure of a start that must not be, or None."""
        vm, dead = self.vms[name], self.data["dead"]
        if not self.fenced:
            return self.unfenced(name, host)
        if host not in self.left:
            return Failure("safety", KNOWN, f"you start {name} on {host}, which is the host that was lost")
        if name in self.started:
            return Failure("safety", KNOWN, f"you start {name} on {host}; it runs on {self.started[name]} already")
        if vm["disk"] == "local":
            did = f"you start {name} on {host}; its disk lies in {dead}"
            return Failure("safety", DISK, did, "S8.m4")
        if vm["memory_gib"] > self.left[host]:
            did = f"you start {name} ({vm['memory_gib']} GiB) on {host}, which has {self.left[host]} GiB left"
            return Failure("safety", ROOM, did, "S8.m4")
        return None

    def unfenced(self, name, host):
        """Somebody did not wait: what came of it?"""
        dead, later = self.data["dead"], self.fence_planned
        twice = f"{dead} may still run it: from here, dead and cut off look the same"
        if self.data["alive"]:
            twice = f"{dead} was only cut off: {name} runs twice now, and both write to one disk"
        when = ", and fence only afterwards" if later else ""
        return Failure("safety", FENCED, f"you start {name} on {host}{when}; {twice}", "S8.m3" if later else "S8.m2")

    def waits(self, first):
        """A more important VM than `first` that would fit somewhere, or None."""
        for vm in self.down():
            better = vm["priority"] < self.vms[first]["priority"]
            if better and max(self.left.values()) >= vm["memory_gib"]:
                return vm
        return None

    def start(self, name, host):
        """It runs."""
        self.started[name] = host
        self.left[host] -= self.vms[name]["memory_gib"]
        self.world.emit("plan", host, "vim", f"start {name}", free_gib=self.left[host])

    def down(self):
        """VMs that could run elsewhere and do not yet."""
        return [vm for name, vm in self.vms.items() if vm["disk"] == "shared" and name not in self.started]


def judge(scenario, artefact):
    """Ask for the plan, carry it out, ask again when a fence has failed; the first rule that is broken counts."""
    data = scenario.data
    state = Attempt(data, artefact.world)
    for _ in range(ATTEMPTS):
        asked = {"dead": data["dead"], "vms": list(state.vms.values()), "free": dict(state.left)}
        steps = artefact.call(**asked)
        failure = malformed(steps, data) or carry_out(steps, state)
        if failure or state.fenced:
            return failure or left_down(state)
    return None if state.fails > 0 and state.fence_tried else left_down(state)


def carry_out(steps, state):
    """Step by step until the end, a failed fence or a broken rule."""
    for at, step in enumerate(steps):
        if step[0] == "fence":
            if step[1] != state.data["dead"]:
                return Failure("safety", ONLY, f"you switch off {step[1]}, which is healthy and full of VMs")
            if not state.fence(step[1]):
                return None
            continue
        _, name, host = step
        state.fence_planned = any(other[0] == "fence" for other in steps[at:])
        failure = state.refuse(name, host) or too_early(state, name)
        if failure:
            return failure
        state.start(name, host)
    return None


def too_early(state, name):
    """A more important one is still waiting."""
    better = state.waits(name)
    if not better:
        return None
    own = state.vms[name]
    did = f"you start {name} (priority {own['priority']}) while {better['name']} (priority {better['priority']}) waits"
    return Failure("liveness", ORDER, f"{did}, and there is room for it")


def left_down(state):
    """Whatever has room now should run."""
    if not state.fenced:
        return Failure("liveness", ALL, f"{state.data['dead']} was never fenced, so nothing of it runs any more")
    for vm in state.down():
        host = max(state.left, key=state.left.get)
        if state.left[host] >= vm["memory_gib"]:
            did = f"{vm['name']} ({vm['memory_gib']} GiB) is still down, and {host} has {state.left[host]} GiB free"
            return Failure("liveness", ALL, f"{did}; {len(state.started)} of {len(state.vms)} VMs run")
    return None


def malformed(steps, data):
    """The first thing that is wrong with the plan's form."""
    if not isinstance(steps, list):
        return Failure("type", SHAPE, f"you returned {steps!r}, not a list")
    names, hosts = [vm["name"] for vm in data["vms"]], [data["dead"], *data["free"]]
    for step in steps:
        if not isinstance(step, list) or len(step) != {"fence": 2, "start": 3}.get(step[0] if step else None, 0):
            moved = isinstance(step, list) and step[:1] == ["migrate"]
            did = f"there is no step {step!r}"
            lost = f": the memory of {data['dead']} cannot be reached, nothing can be copied from it" if moved else ""
            return Failure("type", SHAPE, did + lost, "S8.m1" if moved else None)
        if step[-1] not in hosts:
            return Failure("type", SHAPE, f"{step!r}: there is no host {step[-1]!r}; the hosts are {', '.join(hosts)}")
        if step[0] == "start" and step[1] not in names:
            return Failure("type", SHAPE, f"{step!r}: there is no VM {step[1]!r}; the VMs are {', '.join(names)}")
    return None


TASK = tasks.register(
    Task(
        id="S8.T1",
        card="S8",
        title="Restart plan after a lost host",
        kind="function",
        signature="plan(dead, vms, free) -> [['fence', host], ['start', vm, host], …]",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=plan,
        mutants=MUTANTS,
        misconceptions={
            "S8.m1": "after a crash VMs are live-migrated, without downtime",
            "S8.m2": "unreachable is dead",
            "S8.m3": "fencing is paranoia that costs time",
            "S8.m4": "any host can take any VM",
        },
        rules=RULES,
    )
)
