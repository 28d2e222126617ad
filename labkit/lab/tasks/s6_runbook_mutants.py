"""S6.T2: a runbook as a student would write it, and wrong ones, each with the belief behind it."""

from labkit.lab.task import Mutant


def runbook(found):
    """The reference: first its own host, then make sure that it is off, then another one."""
    home = found["registered_on"]
    host = found["hosts"][home]
    if host["pings"]:
        commands = [] if host["answers"] else [["restart agents", home]]
        if host["lockdown"] == "strict":
            return []
        if host["lockdown"] == "normal":
            commands.append(["end lockdown", home])
        return [*commands, ["power on", home]]
    if host["server"] == "unknown" or found["disk_on"] == f"{home}-local":
        return []
    commands = [["power off server", home]] if host["server"] == "on" else []
    for name, other in found["hosts"].items():
        fits = other["answers"] and other["memory_mib"] >= found["memory_mib"] and found["disk_on"] in other["mounts"]
        if fits and other["lockdown"] != "strict":
            unlock = [["end lockdown", name]] if other["lockdown"] == "normal" else []
            return [*commands, *unlock, ["register", name], ["power on", name]]
    return []


def without_checking(found):
    """What does not answer is gone: register elsewhere, power on."""
    return [command for command in runbook(found) if command[0] != "power off server"]


def guesses_blind_bmc(found):
    """A silent BMC belongs to a dead server."""
    home = found["registered_on"]
    row = found["hosts"][home]
    row = {**row, "server": "off"} if row["server"] == "unknown" else row
    return runbook({**found, "hosts": {**found["hosts"], home: row}})


def fences_afterwards(found):
    """First the VM, then the old host: the customer waits."""
    commands = runbook(found)
    fence = [command for command in commands if command[0] == "power off server"]
    return [command for command in commands if command not in fence] + fence


def waits_for_vcenter(found):
    """Without vCenter nothing goes."""
    return []


def hard_hand(found):
    """Whoever does not answer is switched off."""
    home = found["registered_on"]
    row = found["hosts"][home]
    row = row if row["answers"] else {**row, "pings": False}
    return runbook({**found, "hosts": {**found["hosts"], home: row}})


def root_may_everything(found):
    """Lockdown is for others."""
    return [command for command in runbook(found) if command[0] != "end lockdown"]


def any_host(found):
    """The first host that answers will do."""
    hosts = {name: {**row, "memory_mib": 1 << 20, "mounts": ["san1"]} for name, row in found["hosts"].items()}
    return runbook({**found, "hosts": hosts})


def disks_are_everywhere(found):
    """A VM can be registered on any host."""
    return runbook({**found, "disk_on": "san1"})


def backup_first(found):
    """A restore is always safe."""
    return [["restore", host] if what == "register" else [what, host] for what, host in runbook(found)]


def restores_at_once(found):
    """Its disk is gone: here is the backup."""
    home = found["registered_on"]
    if found["disk_on"] == "san1" or found["hosts"][home]["pings"]:
        return runbook(found)
    large = [name for name, row in found["hosts"].items() if row["memory_mib"] >= found["memory_mib"]]
    other = next(name for name in large if found["hosts"][name]["answers"])
    return [["restore", other], ["power on", other]]


def forgets_to_power_on(found):
    """Registered is running."""
    home = found["registered_on"]
    return [command for command in runbook(found) if command[0] != "power on" or command[1] == home]


MUTANTS = {
    "register on a second host without checking the first": Mutant(without_checking, "S6.m5"),
    "a silent BMC is a dead server": Mutant(guesses_blind_bmc, "S6.m5"),
    "switches the old host off afterwards": Mutant(fences_afterwards, "S6.m5"),
    "waits for vCenter": Mutant(waits_for_vcenter, "S6.m4"),
    "switches off whoever does not answer": Mutant(hard_hand, "S6.m5"),
    "ignores lockdown mode": Mutant(root_may_everything),
    "any host can take any VM": Mutant(any_host, "S8.m4"),
    "registers a VM whose disk is away": Mutant(disks_are_everywhere, "S8.m4"),
    "restores where the disk is there": Mutant(backup_first),
    "restores while the old host may live": Mutant(restores_at_once, "S6.m5"),
    "registers, and that is all": Mutant(forgets_to_power_on),
}
