"""Q2.T2, the outage matrix: what works while the VIM is down, one host is dead, or the link between them is cut?

    works(operation, outage, on) -> bool

operation: one of the twelve of labkit.vim.outages; outage: 'VIM down', 'esx1 dead', 'link to esx1 cut'; on: 'esx1' or
'esx2', the host whose VM it is about (there is an esx3, too). The judge plays the cell with real hosts and a VIM.
"""

from functools import cache
from random import Random

from labkit.lab import tasks
from labkit.lab.task import Failure, Mutant, Scenario, Task
from labkit.vim.outages import HOSTS, OPERATIONS, OUTAGES, try_out

SHAPE = "works(…) returns True or False"
OWN = "what one host does with its own VMs needs that host, and nobody else"
ORDERED = "what is ordered through the VIM needs the VIM, the way to the host, and the host"
SOMEWHERE = "where the VIM may choose, one host that it reaches is enough"
LOST = "a lost host's VMs are restarted by somebody who knows all hosts, and has made sure that it is off"
HERE, THROUGH, ALL = "at one host", "through the VIM", "all hosts"
FAMILIES = {HERE: 1, THROUGH: 1, ALL: 1}
AT_HOST = (
    "a VM answers its clients", "a busy VM gets CPU time", "pause a VM at its host", "snapshot a VM at its host",
    "start a VM at its host", "migrate a VM, ordered at its host",
)  # fmt: skip
CHOOSES, RESTARTS = "create a VM on some host", "restart a lost host's VM elsewhere"
SEES = "see in the VIM whether a VM runs"
RULES = (OWN, ORDERED, SOMEWHERE, LOST, SHAPE)
MISCONCEPTIONS = {
    "Q2.m1": "A VIM is a more powerful VMM. – Take it away, and nothing stops.",
    "Q2.m2": "Live migration is the VIM's alone. – The VMMs copy the memory, whoever orders it; the VIM chooses.",
    "Q2.m4": "The VIM schedules CPU cycles. – The VMM shares them out, with or without a VIM.",
    "S6.m5": "Not responding means dead. – A cut link and a dead host look the same to the VIM, and are not.",
}


@cache
def played(operation, outage, on):
    """What the emulator showed for this cell; played once per process."""
    return try_out(operation, outage, on)


def family(operation):
    """To see is about all hosts, too; it alone fails with one host, so 'as long as the VIM lives' wins no family."""
    return HERE if operation in AT_HOST else ALL if operation in (CHOOSES, RESTARTS, SEES) else THROUGH


def rule(operation):
    """The rule that a wrong answer about this operation breaks."""
    return {CHOOSES: SOMEWHERE, RESTARTS: LOST}.get(operation, OWN if operation in AT_HOST else ORDERED)


def scenarios(seed):
    """All cells of the host that the outage is about, and half of those of the other one."""
    luck = Random(f"Q2.T2/{seed}").random
    cells = [(operation, outage, on) for operation in OPERATIONS for outage in OUTAGES for on in HOSTS]
    asked = [cell for cell in cells if cell[2] == "esx1" or luck() < 0.5]
    return [
        Scenario(family(operation), seed * 100 + at, f"{operation}, its host is {on}; {outage}",
                 {"operation": operation, "outage": outage, "on": on})
        for at, (operation, outage, on) in enumerate(asked)
    ]  # fmt: skip


def judge(scenario, artefact):
    """One cell; what happened in the emulator is the truth."""
    operation, outage, on = (scenario.data[key] for key in ("operation", "outage", "on"))
    said = artefact.call(**scenario.data)
    if not isinstance(said, bool):
        return Failure("type", SHAPE, f"you returned {said!r}")
    true = played(operation, outage, on)
    artefact.world.emit("task", None, "vim", operation, outage=outage, on=on, worked=true.worked, said=true.said)
    if said == true.worked:
        return None
    did = f"you say it {'works' if said else 'fails'}. In the emulator it {'worked' if true.worked else 'failed'}"
    did += f": {true.said}." if not true.worked and true.said != "done" else "."
    return Failure("safety" if said else "liveness", rule(operation), did, belief(operation, outage, said))


def belief(operation, outage, said):
    """The belief that explains a wrong answer best, or None."""
    if said:
        return "Q2.m2" if operation.startswith("migrate") and outage != "esx1 dead" else None
    if operation in (CHOOSES, RESTARTS) or outage == "link to esx1 cut":
        return "S6.m5"
    if operation == "migrate a VM, ordered at its host":
        return "Q2.m2"
    return "Q2.m4" if operation == "a busy VM gets CPU time" else "Q2.m1"


def works(operation, outage, on):
    """The reference: who takes part in this operation, and is one of them missing?"""
    dead = outage == "esx1 dead" and on == "esx1"
    away = outage == "link to esx1 cut" and on == "esx1"
    if operation in ("create a VM on some host", "restart a lost host's VM elsewhere"):
        return outage != "VIM down"
    if "VIM" in operation or operation == "create a VM on this host":
        return outage != "VIM down" and not dead and not away
    return not dead


def altered(judges):
    """The reference, but for what `judges(operation, outage, on)` decides (None: as the reference)."""

    def wrong(operation, outage, on):
        said = judges(operation, outage, on)
        return works(operation, outage, on) if said is None else said

    return wrong


MUTANTS = {
    "no VIM, no VMs": Mutant(
        altered(lambda op, outage, on: False if outage == "VIM down" and op.startswith("a VM") else None), "Q2.m1"
    ),
    "the VIM shares out the CPU": Mutant(
        altered(lambda op, outage, on: False if outage == "VIM down" and op.startswith("a busy") else None), "Q2.m4"
    ),
    "only a VIM can migrate": Mutant(
        altered(lambda op, outage, on: False if outage == "VIM down" and op.startswith("migrate") else None), "Q2.m2"
    ),
    "the hosts migrate for the VIM": Mutant(
        altered(lambda op, outage, on: True if outage == "VIM down" and op.startswith("migrate") else None), "Q2.m2"
    ),
    "cut off is dead": Mutant(
        altered(lambda op, outage, on: False if "cut" in outage and on == "esx1" and op not in THINGS else None),
        "S6.m5",
    ),
    "one host dead, all dead": Mutant(
        altered(lambda op, outage, on: False if outage == "esx1 dead" and op == CHOOSES else None), "S6.m5"
    ),
    "hosts restart each other's VMs": Mutant(
        altered(lambda op, outage, on: True if outage == "VIM down" and op == RESTARTS else None)
    ),
    "an order through the VIM finds its way": Mutant(
        altered(lambda op, outage, on: True if "cut" in outage and op.endswith("through the VIM") else None)
    ),
    "no order without a VIM": Mutant(
        altered(lambda op, outage, on: False if outage == "VIM down" and "at its host" in op else None), "Q2.m1"
    ),
}  # fmt: skip
THINGS = (CHOOSES, RESTARTS, "see in the VIM whether a VM runs")

TASK = tasks.register(
    Task(
        id="Q2.T2",
        card="Q2",
        title="The outage matrix",
        kind="function",
        signature="works(operation, outage, on) -> bool",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=works,
        mutants=MUTANTS,
        misconceptions=MISCONCEPTIONS,
        rules=RULES,
    )
)
