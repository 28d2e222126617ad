"""VMM.T3, the reclaim plan: a host is short of memory; which VM gives how much, and by which means?

    next_step(host, vms) -> [action, vm, mib] or None

Called again and again; the emulator does each step and shows the figures after it, until the answer is None. `host` =
{"free_mib", "target_mib", "salting", "step_mib"}; each of `vms` = {"name", "memory_mib", "shares", "reservation_mib",
"held_mib", "active" (0 to 1, the host's estimate), "driver", "balloon_mib", "alike_mib" (pages with a twin in the same
VM), "alike_others_mib" (in other VMs), "compressible_mib" (host memory that compressing would free)}. action: 'share',
'balloon', 'compress' or 'swap'; mib: whole or broken, at most step_mib.
"""

from math import ceil

from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.vmm_reclaim_cases import FAMILIES, PRICE, scenarios
from labkit.lab.tasks.vmm_reclaim_mutants import MUTANTS, next_step
from labkit.vmm.memory.allocation import MemoryAllocation
from labkit.vmm.memory.reclaim import ORDER, above_reservation, reclaim, room
from labkit.vmm.memory.tax import rho
from labkit.vmm.memory.vm_memory import VmMemory
from labkit.world.errors import LabError

STEP_MIB, MOST_STEPS = 512, 300
SHAPE = "an answer is [action, vm, mib] with mib above 0 and at most step_mib, or None"
RESERVED = "nothing is taken below a reservation"
BALLOON = "a balloon needs a driver in the guest and stays within 65 % of its memory"
SALTED = "only pages that the host may compare are shared"
PAGES = "nobody can give pages that are not there"
ENOUGH = "steps go on until the target is free, or nothing more may be taken"
ORDERED = "share before balloon, balloon before compress, compress before swap"
CHEAPEST = "the VM with the lowest rho gives: shares per page, an idle page counts four times"
NO_MORE = "no more is taken than is missing"
RULES = (SHAPE, RESERVED, BALLOON, SALTED, PAGES, ENOUGH, ORDERED, CHEAPEST, NO_MORE)


def memory_of(data):
    """The VmMemory of a VM of the scenario: all its memory was touched once, a part is free again in the guest."""
    held = data["memory_mib"] - data["balloon_mib"]
    parts = {"active": 0.25, "idle": 0.25, "free": 0.5}
    pages = {(row, "backed"): held * part for row, part in parts.items()}
    if data["balloon_mib"]:
        pages["balloon", "none"] = float(data["balloon_mib"])
    return VmMemory(
        data["name"],
        data["memory_mib"],
        MemoryAllocation(data["level"], data["reservation_mib"]),
        alike=data["alike_mib"] / held,
        alike_others=data["alike_others_mib"] / held,
        compressible=data["compressible"],
        driver=data["driver"],
        pages=pages,
        seen_active=data["active"],
    )


def whole(mib):
    """Whole MiB, downwards."""
    return int(mib + 1e-6)


def shown(vm):
    """What the host knows of a VM, as the student's rule gets it."""
    alike = whole(room(vm, "share", 2))
    return {
        "name": vm.name,
        "memory_mib": vm.memory_mib,
        "shares": vm.allocation.share_count(vm.memory_mib),
        "reservation_mib": vm.allocation.reservation_mib,
        "held_mib": whole(vm.granted_mib),
        "active": vm.seen_active,
        "driver": vm.driver,
        "balloon_mib": ceil(vm.row("balloon") - 1e-6),
        "alike_mib": alike,
        "alike_others_mib": whole(room(vm, "share", 0)) - alike,
        "compressible_mib": whole(room(vm, "compress")),
    }


def price(figures):
    """rho of a VM by the figures that were shown."""
    return rho(figures["shares"], figures["held_mib"], figures["active"])


def judge(scenario, artefact):
    """Ask for steps and do them; the first rule that is broken counts."""
    data, free = scenario.data, float(scenario.data["free_mib"])
    vms = {each["name"]: memory_of(each) for each in data["vms"]}
    host = {"target_mib": data["target_mib"], "salting": data["salting"], "step_mib": STEP_MIB}
    for step in range(MOST_STEPS):
        figures = {name: shown(vm) for name, vm in vms.items()}
        said = artefact.call(host={**host, "free_mib": whole(free)}, vms=list(figures.values()))
        if said is None:
            return ended(data, vms, free, step)
        failure = malformed(said, vms) or refused(said, vms, data, free)
        if not failure and scenario.family == PRICE:
            failure = too_dear(said, vms, figures, data["salting"])
        if failure:
            return failure
        action, name, mib = said
        freed = reclaim(vms[name], action, mib, data["salting"])
        free += freed
        artefact.world.emit(
            "task", name, "memory", f"{action} {name} {mib:g} MiB", freed_mib=round(freed, 3), free_mib=round(free, 3)
        )
    missing = data["target_mib"] - free
    did = f"after {MOST_STEPS} steps {missing:.0f} MiB are still missing (one step may take {STEP_MIB})"
    return Failure("liveness", ENOUGH, did)


def ended(data, vms, free, step):
    """The student's rule says that it is done: is it?"""
    missing = data["target_mib"] - free
    left = [(action, name) for action in ORDER for name in able_to(action, vms, data["salting"])]
    if missing < 1 or not left:
        return None
    when = f"after {step} step{'s' * (step > 1)}" if step else "before the first step"
    did = f"you returned None {when}, which means 'stop'; {missing:.0f} MiB are still missing, and "
    return Failure("liveness", ENOUGH, f"{did}{left[0][1]} could {left[0][0]}")


def malformed(said, vms):
    """The first thing that is wrong with an answer's form."""
    if not isinstance(said, list) or len(said) != 3:
        return Failure("type", SHAPE, f"you returned {said!r}, not three things and not None")
    action, name, mib = said
    if action not in ORDER:
        return Failure("type", SHAPE, f"there is no action {action!r}; the actions are {', '.join(ORDER)}")
    if isinstance(name, dict) and name.get("name") in list(vms):
        return Failure("type", SHAPE, f"you returned the whole dict of {name['name']}; only its name is wanted")
    if not isinstance(name, str) or name not in vms:
        return Failure("type", SHAPE, f"there is no VM {name!r}; the VMs are {', '.join(vms)}")
    if isinstance(mib, bool) or not isinstance(mib, (int, float)) or not 0 < mib <= STEP_MIB:
        return Failure("type", SHAPE, f"{mib!r} MiB in one step")
    return None


def refused(said, vms, data, free):
    """The rule of the emulator or of good sense that this step breaks, as a Failure."""
    action, name, mib = said
    there = room(vms[name], action, data["salting"])
    if mib > there + 1e-6:
        return forbidden(said, vms[name], there, data["salting"])
    for cheaper in ORDER[: ORDER.index(action)]:
        able = able_to(cheaper, vms, data["salting"])
        if able:
            return Failure("economy", ORDERED, f"you {action} {name} while {able[0]} could still {cheaper}")
    if mib > data["target_mib"] - free + 2:
        did = f"{max(data['target_mib'] - free, 0):.0f} MiB are missing, and you {action} {mib:g} MiB of {name}"
        return Failure("economy", NO_MORE, did)
    return None


def able_to(action, vms, salting):
    """Names of the VMs that can give at least a MiB in this way."""
    return [name for name, vm in vms.items() if whole(room(vm, action, salting))]


def too_dear(said, vms, figures, salting):
    """Somebody else's page was cheaper."""
    action, name, _ = said
    best = min((price(figures[each]), each) for each in {*able_to(action, vms, salting), name})
    if action == "share" or price(figures[name]) <= best[0] * 1.000001:
        return None
    return Failure("economy", CHEAPEST, dearer(action, figures[name], figures[best[1]]))


def forbidden(said, vm, there, salting):
    """The emulator does not do this step: which promise would it break?"""
    action, name, mib = said
    did = f"you {action} {mib:g} MiB of {name}"
    try:
        reclaim(vm, action, mib, salting)
    except LabError as error:
        did = f"{did}: {error.message.partition(': ')[2]}"
    if action == "share":
        return Failure("safety", SALTED, did, "VMM.m13" if salting else None)
    if action == "balloon" and (not vm.driver or there < above_reservation(vm) - 1e-6):
        return Failure("safety", BALLOON, did, None if vm.driver else "VMM.m11")
    if there >= above_reservation(vm) - 1e-6:
        return Failure("safety", RESERVED, did)
    return Failure("safety", PAGES, did)


def dearer(action, taken, instead):
    """Why the other VM should have given, without the formula."""
    words = "{name} ({shares} shares for {held_mib} MiB, {active:.0%} active)"
    return f"you {action} {words.format(**taken)}; a page of {words.format(**instead)} is cheaper"


TASK = tasks.register(
    Task(
        id="VMM.T3",
        card="VMM",
        title="Short of memory: who gives, how, and how much",
        kind="function",
        signature="next_step(host, vms) -> [action, vm, mib] or None",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=next_step,
        mutants=MUTANTS,
        misconceptions={
            "VMM.m11": "the hypervisor knows which pages the guest needs",
            "VMM.m13": "sharing pages between VMs is free and always on",
        },
        rules=RULES,
    )
)
