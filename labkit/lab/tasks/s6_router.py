"""S6.T1, the router: by which way does an order still reach a VM when some pieces are dead?

    route(command, health) -> path | None

command   {"do": "power on" | "power off" | "migrate", "vm": "erp", "host": "esx1"}; with "to": "esx2" for a migration
health    {"vpxd": True, "esx1": {"vpxa": True, "hostd": False, "ESXi": True, "lockdown": False}, "esx2": {…}}: True
          is alive; on a dead ESXi nothing else lives. "lockdown": the host is in lockdown mode
path      the stations of the order in turn, from the first process that the client talks to down to the machine of the
          VM's host: ["vpxd", "esx1-vpxa", "esx1-hostd", "esx1"], or past vCenter ["esx1-hostd", "esx1"]; None if no
          way is left

Worked example: everything lives, power on erp on esx1 → ["vpxd", "esx1-vpxa", "esx1-hostd", "esx1"]. While vCenter can
do it, it is done through vCenter: its rules and its inventory count. The order is given in a world in which these
pieces are dead.
"""

from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.s6_router_cases import FAMILIES, scenarios
from labkit.lab.tasks.s6_router_mutants import MUTANTS, route

SHAPE = "route(…) returns a list of names, or None"
STATIONS = "an order goes from station to station: none is left out, none is invented, and it ends at the VM's own host"
ARRIVES = "the order arrives, and has its effect"
FOUND = "a way that exists is found"
CENTRAL = "while vCenter can do it, it is done through vCenter"
RULES = (STATIONS, ARRIVES, FOUND, CENTRAL, SHAPE)
MISCONCEPTIONS = {
    "S6.m3": "vpxa is the hypervisor, it runs the VMs. – It is vCenter's messenger on the host; hostd commands.",
    "S6.m4": "A host in vCenter can be managed only by vCenter. – Its hostd goes on serving the host client.",
    "S6.m5": "Not responding means dead. – It means that vCenter cannot reach the host's agent.",
}
PATIENCE_S = 100.0


def judge(scenario, artefact):
    """Ask for the way, look at it, and send the order along it."""
    command, health = scenario.data["command"], scenario.data["health"]
    path = artefact.call(command=command, health=health)
    if path is not None and (not isinstance(path, list) or not all(isinstance(name, str) for name in path)):
        return Failure("type", SHAPE, f"{said(command)}: you returned {path!r}")
    if path is not None and path not in ways(command):
        return misled(command, path)
    open_ways = [way for way in ways(command) if path is None or way != path]
    if path is None:
        found = [way for way in open_ways if goes(None, scenario, way)[0]]
        return None if not found else given_up(command, health, found[0])
    done, why = goes(artefact.world, scenario, path)
    if not done:
        return no_effect(command, health, path, why, any(goes(None, scenario, way)[0] for way in open_ways))
    if path[0] != "vpxd" and goes(None, scenario, ways(command)[0])[0]:
        did = (
            f"{said(command)}: you went past vCenter, which could have done it; its inventory is wrong for a while now."
        )
        return Failure("economy", CENTRAL, did)
    return None


def ways(command):
    """The two ways there are: through vCenter, and past it. (vMotion is an order that only vCenter gives.)"""
    host = command["host"]
    through = ["vpxd", f"{host}-vpxa", f"{host}-hostd", host]
    return [through] if command["do"] == "migrate" else [through, through[2:]]


def said(command):
    """An order in words."""
    to = f" to {command['to']}" if "to" in command else ""
    return f"{command['do']} {command['vm']} on {command['host']}{to}"


def misled(command, path):
    """The path is none that an order can take."""
    host, words = command["host"], " → ".join(path) or "an empty path"
    if command["do"] == "migrate" and path and path[0] == f"{host}-hostd":
        return Failure("safety", STATIONS, f"{said(command)}: {words}; hostd knows its own host, it has no such order.")
    belief = "S6.m3" if f"{host}-vpxa" in path and f"{host}-hostd" not in path else None
    return Failure("safety", STATIONS, f"{said(command)}: {words}; no order gets through like that.", belief)


def given_up(command, health, way):
    """'No way', and there is one."""
    dead = "vpxd is dead" if not health["vpxd"] else "vCenter shows the host as not responding"
    past = way[0] != "vpxd"
    belief = None if not past else "S6.m4" if not health["vpxd"] else "S6.m5"
    did = f"{said(command)}: you said that there is no way" + (f" ({dead})" if past else "")
    return Failure("liveness", FOUND, f"{did}; somebody did it all the same, and it had its effect.", belief)


def no_effect(command, health, path, why, other):
    """The order was sent, and nothing came of it."""
    belief = "S6.m4" if path[0] == "vpxd" and other else None
    more = "; there was a way" if other else ""
    return Failure("liveness", ARRIVES, f"{said(command)} by {' → '.join(path)}: {why}{more}.", belief)


def goes(world, scenario, path):
    """Send the order along `path` in a world (None: a new one) with these pieces dead; (has it had its effect, what was
    said)."""
    from labkit.lab.tasks.s6_router_yard import Yard

    return Yard(world, scenario).send(path)


TASK = tasks.register(
    Task(
        id="S6.T1",
        card="S6",
        title="The way of an order",
        kind="function",
        signature="route(command, health) -> path | None",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=route,
        mutants=MUTANTS,
        misconceptions=MISCONCEPTIONS,
        rules=RULES,
    )
)
