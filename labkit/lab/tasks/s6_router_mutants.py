"""S6.T1: a router as a student would write it, and wrong ones, each with the belief behind it."""

from labkit.lab.task import Mutant


def route(command, health):
    """The reference: through vCenter if everything on that way lives, else past it if that may be."""
    host = command["host"]
    below = health[host]["hostd"] and health[host]["ESXi"]
    central = health["vpxd"] and health[host]["vpxa"] and below
    if command["do"] == "migrate":
        target = health[command["to"]]
        central = central and target["vpxa"] and target["hostd"] and target["ESXi"]
    if central:
        return ["vpxd", f"{host}-vpxa", f"{host}-hostd", host]
    if below and not health[host]["lockdown"] and command["do"] != "migrate":
        return [f"{host}-hostd", host]
    return None


def always_central(command, health):
    """Everything goes through vpxd."""
    host = command["host"]
    return ["vpxd", f"{host}-vpxa", f"{host}-hostd", host]


def no_hostd(command, health):
    """The host client talks to the machine itself."""
    path = route(command, health)
    host = command["host"]
    if path is None and health[host]["ESXi"] and not health[host]["lockdown"] and command["do"] != "migrate":
        return [f"{host}-hostd", host]
    return path


def straight_to_the_kernel(command, health):
    """Past vCenter there is nothing in between."""
    path = route(command, health)
    return path[1:] if path and path[0] != "vpxd" else path


def vpxa_runs_vms(command, health):
    """vpxd tells vpxa, and vpxa runs the VM."""
    path = route(command, health)
    return [path[0], path[1], path[3]] if path and path[0] == "vpxd" else path


def vcenter_or_nothing(command, health):
    """A host in vCenter belongs to vCenter."""
    path = route(command, health)
    return path if path and path[0] == "vpxd" else None


def not_responding_is_dead(command, health):
    """Without vpxa the host is lost."""
    return route(command, health) if health[command["host"]]["vpxa"] else None


def always_direct(command, health):
    """The shortest way is the best."""
    path = route(command, health)
    return path[-2:] if path and command["do"] != "migrate" and not health[command["host"]]["lockdown"] else path


def moves_by_hand(command, health):
    """What hostd can do for one host, it can do for two."""
    if command["do"] == "migrate" and route(command, health) is None:
        return route({**command, "do": "power on"}, health)
    return route(command, health)


def source_only(command, health):
    """Only the host that it leaves matters."""
    if command["do"] != "migrate":
        return route(command, health)
    source = {**health[command["host"]], "lockdown": True}
    return route({**command, "do": "power on"}, {**health, command["host"]: source})


def no_lockdown(command, health):
    """A root password opens every door."""
    free = {name: state if name == "vpxd" else {**state, "lockdown": False} for name, state in health.items()}
    return route(command, free)


def all_or_nothing(command, health):
    """One dead piece anywhere, and nothing is safe."""
    lives = all(state if name == "vpxd" else all(state[piece] for piece in ("vpxa", "hostd", "ESXi"))
                for name, state in health.items())  # fmt: skip
    return route(command, health) if lives or not health["vpxd"] or not health[command["host"]]["vpxa"] else None


MUTANTS = {
    "always through vpxd": Mutant(always_central, "S6.m4"),
    "hostd not needed for the host client": Mutant(no_hostd),
    "straight to the VMkernel": Mutant(straight_to_the_kernel),
    "vpxa runs the VMs": Mutant(vpxa_runs_vms, "S6.m3"),
    "vCenter or nothing": Mutant(vcenter_or_nothing, "S6.m4"),
    "not responding is dead": Mutant(not_responding_is_dead, "S6.m5"),
    "always past vCenter": Mutant(always_direct),
    "moves by the host client": Mutant(moves_by_hand),
    "looks at the source of a migration only": Mutant(source_only),
    "ignores lockdown mode": Mutant(no_lockdown),
    "one dead piece stops everything": Mutant(all_or_nothing),
}
