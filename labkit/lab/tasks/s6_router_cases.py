"""The situations of S6.T1, simple ones first: which pieces are dead, and what is to be done."""

from random import Random

from labkit.lab.task import Scenario

ONE, SEVERAL, SPECIAL = "one piece dead", "several pieces dead", "vMotion and lockdown"
FAMILIES = {ONE: 1, SEVERAL: 1, SPECIAL: 1}
HOSTS = ("esx1", "esx2", "esx3")
NAMES = ("erp", "crm", "shop", "mail", "wiki")


def scenarios(seed):
    """Thirty situations; the seed draws VM, hosts and orders."""
    luck = Random(f"S6.T1/{seed}").random
    rows = [*one(luck), *several(luck), *special(luck)]
    return [
        Scenario(family, seed * 100 + number, title, {"command": command, "health": health})
        for number, (family, title, command, health) in enumerate(rows)
    ]


def drawn(luck, do=None):
    """An order for a VM on some host; (order, another host)."""
    host = HOSTS[int(luck() * 3)]
    other = HOSTS[(HOSTS.index(host) + 1 + int(luck() * 2)) % 3]
    do = do or ("power on", "power off")[int(luck() * 2)]
    command = {"do": do, "vm": NAMES[int(luck() * len(NAMES))], "host": host}
    return ({**command, "to": other} if do == "migrate" else command), other


def health(*dead, lockdown=()):
    """Everything lives but these: 'vpxd', 'esx1-vpxa', 'esx1' (a machine, and everything on it)."""
    state = {"vpxd": "vpxd" not in dead}
    for host in HOSTS:
        machine = host not in dead
        pieces = {piece: machine and f"{host}-{piece}" not in dead for piece in ("vpxa", "hostd")}
        state[host] = {**pieces, "ESXi": machine, "lockdown": host in lockdown}
    return state


def title(*dead):
    return f"{' and '.join(dead)} {'is' if len(dead) == 1 else 'are'} dead" if dead else "everything lives"


def one(luck):
    """Nothing, or a single piece."""
    for do in ("power on", "power off"):
        command, other = drawn(luck, do)
        host = command["host"]
        for dead in ([], ["vpxd"], [f"{host}-vpxa"], [f"{host}-hostd"], [host]):
            yield ONE, title(*dead), command, health(*dead)
    for piece in ("-vpxa", "-hostd", ""):
        command, other = drawn(luck)
        yield ONE, title(f"{other}{piece}"), command, health(f"{other}{piece}")


def several(luck):
    """Combinations, on the VM's host and elsewhere."""
    for pieces in (["vpxd", "-vpxa"], ["vpxd", "-hostd"], ["-vpxa", "-hostd"], ["vpxd", "-vpxa", "-hostd"]):
        command, _ = drawn(luck)
        dead = [piece if piece == "vpxd" else command["host"] + piece for piece in pieces]
        yield SEVERAL, title(*dead), command, health(*dead)
    command, other = drawn(luck, "power on")
    yield SEVERAL, title("vpxd", other), command, health("vpxd", other)
    command, other = drawn(luck)
    dead = [f"{command['host']}-vpxa", f"{other}-hostd"]
    yield SEVERAL, title(*dead), command, health(*dead)
    command, other = drawn(luck)
    rest = [host for host in HOSTS if host != command["host"]]
    yield SEVERAL, title(*rest), command, health(*rest)


def special(luck):
    """Orders that only vCenter gives, and hosts that only vCenter may enter."""
    for piece in (None, "vpxd", "-vpxa", "-hostd", ""):
        command, other = drawn(luck, "migrate")
        dead = [] if piece is None else ["vpxd"] if piece == "vpxd" else [command["host"] + piece]
        yield SPECIAL, f"migrate; {title(*dead)}", command, health(*dead)
    for piece in ("-vpxa", "-hostd", ""):
        command, other = drawn(luck, "migrate")
        yield SPECIAL, f"migrate to {other}; {title(other + piece)}", command, health(other + piece)
    command, _ = drawn(luck, "migrate")
    third = next(host for host in HOSTS if host not in (command["host"], command["to"]))
    yield SPECIAL, f"migrate; {title(third)}", command, health(third)
    for piece in (None, "vpxd", "-vpxa"):
        command, _ = drawn(luck, "power on")
        host = command["host"]
        dead = [] if piece is None else ["vpxd"] if piece == "vpxd" else [host + piece]
        yield SPECIAL, f"{host} is in lockdown mode; {title(*dead)}", command, health(*dead, lockdown=(host,))
    command, other = drawn(luck, "power on")
    yield SPECIAL, f"{other} is in lockdown mode; vpxd is dead", command, health("vpxd", lockdown=(other,))
