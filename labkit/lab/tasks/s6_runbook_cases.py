"""The situations of S6.T2, simple ones first: what was found, and what is true (which the runbook does not see)."""

from random import Random

from labkit.lab.task import Scenario

LIVING, SHARED, LOCAL, LOCKED = (
    "the host lives",
    "the host is silent, shared disk",
    "the host is silent, local disk",
    "lockdown",
)
FAMILIES = {LIVING: 1, SHARED: 1, LOCAL: 1, LOCKED: 1}
NAMES = ("erp", "crm", "shop", "mail", "wiki")
HOSTS = ("esx1", "esx2", "esx3")
GIB = 1024


def scenarios(seed):
    """Some thirty situations; the seed draws the VM, its host and its size."""
    luck = Random(f"S6.T2/{seed}").random
    rows = [*living(luck), *shared(luck), *local(luck), *locked(luck)]
    return [Scenario(family, seed * 100 + number, title, data) for number, (family, title, data) in enumerate(rows)]


def found(luck, disk="san1", gib=4, **home):
    """What was found: three hosts, all well but the VM's own, of which `home` tells."""
    name = HOSTS[int(luck() * 3)]
    well = {
        "answers": True,
        "pings": True,
        "server": "on",
        "lockdown": "disabled",
        "memory_mib": 16 * GIB,
        "mounts": ["san1"],
    }
    hosts = {host: {**well, "mounts": list(well["mounts"])} for host in HOSTS}
    hosts[name].update(home)
    vm = NAMES[int(luck() * len(NAMES))]
    disk = disk if disk == "san1" else f"{name}-local"
    return {"vm": vm, "memory_mib": gib * GIB, "registered_on": name, "disk_on": disk, "hosts": hosts}


def others(seen):
    """The other hosts' rows, in order."""
    return [row for host, row in seen["hosts"].items() if host != seen["registered_on"]]


def row(family, title, seen, truth, possible=True):
    return family, title, {"found": seen, "truth": truth, "possible": possible}


SILENT = {"answers": False, "pings": False}


def living(luck):
    """Its host answers, or only its hostd does not."""
    for disk in ("san1", "local", "san1"):
        yield row(LIVING, f"its host answers, {disk} disk", found(luck, disk), "well")
    for disk in ("san1", "local", "san1"):
        seen = found(luck, disk, answers=False)
        yield row(LIVING, f"the machine pings, its hostd is silent, {disk} disk", seen, "hostd")


def shared(luck):
    """Its host says nothing at all, its disk is on the SAN."""
    yield row(SHARED, "its server is off", found(luck, **SILENT, server="off"), "dead")
    yield row(SHARED, "its server is on, and it is dead (purple screen)", found(luck, **SILENT, server="on"), "dead")
    yield row(SHARED, "its server is on, and only its network is cut", found(luck, **SILENT, server="on"), "cut off")
    seen = found(luck, **SILENT, server="on")
    yield row(SHARED, "its server is on, network and storage are cut", seen, "cut off from everything")
    seen = found(luck, **SILENT, server="unknown")
    yield row(SHARED, "its BMC is silent, too; network and storage are cut", seen, "cut off from everything", False)
    yield row(SHARED, "its BMC is silent, too", found(luck, **SILENT, server="unknown"), "cut off", False)
    for small in (0, 1):
        seen = found(luck, gib=12, **SILENT, server="off")
        others(seen)[small]["memory_mib"] = 8 * GIB
        yield row(SHARED, "12 GiB, and one of the other hosts has 8", seen, "dead")
    for blind in (0, 1):
        seen = found(luck, **SILENT, server="off")
        others(seen)[blind]["mounts"] = []
        yield row(SHARED, "one of the other hosts does not mount san1", seen, "dead")
    seen = found(luck, **SILENT, server="off")
    for other in others(seen):
        other["mounts"] = []
    yield row(SHARED, "no other host mounts san1", seen, "dead", False)


def local(luck):
    """Its host says nothing at all, or only its hostd does not, and its disk lies in it: to do nothing is not always
    right."""
    yield row(LOCAL, "its hostd is silent, the machine pings", found(luck, "local", answers=False), "hostd")
    yield row(LOCAL, "its server is off", found(luck, "local", **SILENT, server="off"), "dead", False)
    yield row(LOCAL, "its server is on", found(luck, "local", **SILENT, server="on"), "dead", False)
    yield row(
        LOCAL,
        "its server is on, only its network is cut",
        found(luck, "local", **SILENT, server="on"),
        "cut off",
        False,
    )
    seen = found(luck, "local", **SILENT, server="unknown")
    yield row(LOCAL, "its BMC is silent, too", seen, "cut off", False)
    seen = found(luck, "local", gib=12, **SILENT, server="off")
    others(seen)[0]["memory_mib"] = 8 * GIB
    yield row(LOCAL, "12 GiB, and one of the other hosts has 8", seen, "dead", False)


def locked(luck):
    """Hosts that only vCenter may enter."""
    yield row(LOCKED, "its host is in normal lockdown mode", found(luck, lockdown="normal"), "well")
    yield row(LOCKED, "its host is in normal lockdown, local disk", found(luck, "local", lockdown="normal"), "well")
    yield row(
        LOCKED, "its host is in strict lockdown, local disk", found(luck, "local", lockdown="strict"), "well", False
    )
    for mode in ("strict", "normal"):
        for which in (0, 1):
            seen = found(luck, **SILENT, server="off")
            others(seen)[which]["lockdown"] = mode
            yield row(LOCKED, f"its server is off, another host is in {mode} lockdown", seen, "dead")
    seen = found(luck, **SILENT, server="off")
    for other in others(seen):
        other["lockdown"] = "strict"
    yield row(LOCKED, "its server is off, all others are in strict lockdown", seen, "dead", False)
