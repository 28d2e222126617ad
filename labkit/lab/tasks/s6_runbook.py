"""S6.T2, the runbook: vCenter is down, and the VM 'erp' must run now. Which commands, in which order?

    runbook(found) -> list of commands

found = {"vm": "erp", "memory_mib": 4096, "registered_on": "esx1",
         "disk_on": "san1" (shared) or "esx1-local" (inside that host),
         "hosts": {"esx1": {"answers": False,         # to the host client
                            "pings": False,           # the machine
                            "server": "on",           # what its BMC says: "on", "off"; "unknown": it is silent
                            "lockdown": "disabled",   # or "normal", "strict"
                            "memory_mib": 16384, "mounts": ["san1"]}, "esx2": {…}, "esx3": {…}}}

Commands, each a list [what, host]:
    ["power on", h]           at the host client of h: needs the VM registered there
    ["register", h]           at the host client of h: needs the VM's disk on a datastore that h mounts
    ["end lockdown", h]       at the console of h (DCUI), in normal lockdown only; before, the host client is refused
    ["restart agents", h]     at the console of h: hostd runs again, if the machine lives (it pings)
    ["power off server", h]   by the BMC of h: everything on it ends; possible if the BMC says 'on' or 'off'
    ["restore", h]            last night's backup onto the local disk of h, registered there

The commands are carried out one after the other, until one fails. [] is an answer, too: nothing can be done now that is
safe. A VM whose disk is lost with its host may be restored from the backup or left alone, as the company's rules say.
Worked example: esx1, where erp is registered, answers, no lockdown → [["power on", "esx1"]].
"""

from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.s6_runbook_cases import FAMILIES, scenarios
from labkit.lab.tasks.s6_runbook_mutants import MUTANTS, runbook
from labkit.lab.tasks.s6_runbook_yard import COMMANDS, Yard

SHAPE = "runbook(…) returns a list of commands [what, host]; [] if nothing is to be done"
ONE_COPY = (
    "never two running copies of a VM, and none on a guess: its old host is certainly off before it starts elsewhere"
)
ALIVE = "no machine that lives is switched off: it runs other VMs"
DATA = "a VM is restored from its backup only if its disk is lost with its host: the backup is older"
RUNS = "if there is a safe way, the VM runs at the end"
NO_NOISE = "no command that is bound to fail"
RULES = (ONE_COPY, ALIVE, DATA, RUNS, NO_NOISE, SHAPE)
MISCONCEPTIONS = {
    "S6.m4": "Without vCenter nothing can be done. – Each host's hostd serves the host client.",
    "S6.m5": "Not responding means dead. – The machine may live and run the VM; somebody has to make sure.",
    "S8.m4": "Any host can take any VM. – It must see the disk, have the memory, and let you in.",
}


def judge(scenario, artefact):
    """Carry the runbook out in a world in which it was found like this."""
    commands = artefact.call(found=scenario.data["found"])
    if not well_formed(commands, scenario.data["found"]["hosts"]):
        return Failure("type", SHAPE, f"you returned {commands!r}; what there is: {', '.join(COMMANDS)}")
    yard = Yard(artefact.world, scenario)
    yard.carry_out(commands)
    return safety(yard) or liveness(yard, scenario.data["found"], commands)


def well_formed(commands, hosts):
    """A list of commands that there are, for hosts that there are."""
    return isinstance(commands, list) and all(
        isinstance(command, list) and len(command) == 2 and command[0] in COMMANDS and command[1] in hosts
        for command in commands
    )


def safety(yard):
    """What must never be."""
    if yard.copies > 1:
        words = f"{yard.told}: {yard.vm} runs twice; one of the two writes to the disk, the other believes it does"
        return Failure("safety", ONE_COPY, f"{words}.", "S6.m5")
    if yard.guessed:
        why = "only the lock on its disk can prevent a second copy" if yard.shared else "the old copy may be back"
        words = f"{yard.told}: at '{yard.guessed}' nobody knew that {yard.home} is off; {why}"
        return Failure("safety", ONE_COPY, f"{words}.", "S6.m5")
    if yard.switched_off:
        why = "it even answered" if yard.found["hosts"][yard.switched_off]["answers"] else "only its hostd was silent"
        words = f"{yard.told}: {yard.switched_off} lived, its other VMs are gone; {why}"
        return Failure("safety", ALIVE, f"{words}.", "S6.m5")
    if yard.restored and not yard.lost_disk:
        return Failure("safety", DATA, f"{yard.told}: the disk is there and is newer; today's work is lost.")
    return None


def liveness(yard, found, commands):
    """Was done what could be done?"""
    if yard.failed:
        what, why = yard.failed
        belief = "S8.m4" if what[0] in ("register", "power on") and what[1] != found["registered_on"] else None
        return Failure("liveness", RUNS if yard.possible else NO_NOISE, f"{yard.told}: {why}.", belief)
    if yard.possible and not yard.runs:
        words = "you do nothing" if not commands else yard.told
        belief = "S6.m4" if not commands and found["hosts"][found["registered_on"]]["answers"] else None
        return Failure("liveness", RUNS, f"{words}: {yard.vm} does not run, and it could, safely.", belief)
    if not yard.possible and not yard.runs and commands:
        return Failure("economy", NO_NOISE, f"{yard.told}: nothing has come of it; leave it.")
    return None


TASK = tasks.register(
    Task(
        id="S6.T2",
        card="S6",
        title="Runbook: vCenter is down",
        kind="function",
        signature="runbook(found) -> [[what, host], …]",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=runbook,
        mutants=MUTANTS,
        misconceptions=MISCONCEPTIONS,
        rules=RULES,
    )
)
