"""VMM.T2, entitlement: how many MHz may each VM use right now? – judged by what must hold, not by comparing numbers.

    entitlement(capacity_mhz, vms) -> {name: mhz}

`vms` is a list of dicts with name, vcpus, shares (of the whole VM), demand_mhz (what it would use if it were alone),
reservation_mhz and limit_mhz (None: no limit). Wherever numbers are compared, 1 MHz more or less is forgiven; where
they are added up, 1 MHz for each VM, so that whole numbers will do.
"""

from math import isfinite

from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.vmm_entitlement_cases import FAMILIES, scenarios
from labkit.lab.tasks.vmm_entitlement_mutants import MUTANTS, entitlement

SLACK_MHZ = 1
SHAPE = "the answer is a dict with a number of MHz for every VM"
CAPACITY = "all VMs together get no more than the host has"
DEMAND = "no VM gets more than it demands: it could not use it, and others could"
LIMIT = "no VM gets more than its limit, not even on an idle host"
RESERVED = "a VM gets what it demands up to its reservation, whatever the others want"
NOTHING_IDLE = "no MHz is left over while a VM could use it"
FAIR = "who has more than its reservation has no more MHz per share than a VM that could use more"
RULES = (CAPACITY, DEMAND, LIMIT, RESERVED, NOTHING_IDLE, FAIR, SHAPE)


def judge(scenario, artefact):
    """One moment: the answer must keep every rule; the first broken one is told."""
    capacity, vms = scenario.data["capacity_mhz"], scenario.data["vms"]
    got = artefact.call(capacity_mhz=capacity, vms=vms)
    return (
        shape(got, vms)
        or scale(got, capacity, vms)
        or safe(got, capacity, vms)
        or lively(got, capacity, vms)
        or fair(got, vms)
    )


def shape(got, vms):
    """Is it a number for each VM?"""
    if not isinstance(got, dict):
        return Failure("type", SHAPE, f"you returned {got!r}")
    names = [vm["name"] for vm in vms]
    for name in sorted({*names, *got}):
        if name not in got or name not in names:
            said = "there is no answer for" if name not in got else "there is no VM called"
            return Failure("type", SHAPE, f"{said} {name!r}")
        if isinstance(got[name], bool) or not isinstance(got[name], (int, float)) or not isfinite(got[name]):
            return Failure("type", SHAPE, f"{name} gets {got[name]!r}")
        if got[name] < -SLACK_MHZ:
            return Failure("type", SHAPE, f"{name} gets {mhz(got[name])}, less than nothing")
    return None


def scale(got, capacity, vms):
    """GHz instead of MHz: no belief, a slip, and all other words would mislead."""
    given, wanted = sum(got.values()), min(capacity, sum(map(ceiling, vms)))
    if given <= 0 or not 0.5 * wanted <= 1000 * given <= 1.5 * wanted:
        return None
    did = f"all VMs together get {given:.1f} MHz and could use {mhz(wanted)}, a thousand times as much: are these GHz?"
    return Failure("type", SHAPE, did)


def safe(got, capacity, vms):
    """Nobody gets what does not exist, what it cannot use, or what it must not have."""
    for vm in vms:
        if vm["limit_mhz"] is not None and got[vm["name"]] > vm["limit_mhz"] + SLACK_MHZ:
            did = f"{vm['name']} has a limit of {mhz(vm['limit_mhz'])} and gets {mhz(got[vm['name']])}"
            return Failure("safety", LIMIT, did, "VMM.m8")
        if got[vm["name"]] > vm["demand_mhz"] + SLACK_MHZ:
            held = got[vm["name"]] <= vm["reservation_mhz"] + SLACK_MHZ
            why = ", its reservation, which the others could use meanwhile" if held else ""
            did = f"{vm['name']} demands {mhz(vm['demand_mhz'])} and gets {mhz(got[vm['name']])}{why}"
            return Failure("safety", DEMAND, did, "VMM.m7" if held else "VMM.m6")
    if sum(got.values()) > capacity + SLACK_MHZ * len(vms):
        return Failure("safety", CAPACITY, f"you give away {mhz(sum(got.values()))} of a host that has {mhz(capacity)}")
    return None


def lively(got, capacity, vms):
    """Promises are kept, and nothing lies idle while somebody waits."""
    for vm in vms:
        if got[vm["name"]] < floor(vm) - SLACK_MHZ:
            did = f"{vm['name']} has reserved {mhz(vm['reservation_mhz'])}, demands {mhz(vm['demand_mhz'])} and gets "
            return Failure("liveness", RESERVED, did + mhz(got[vm["name"]]))
    left = min(capacity, sum(map(ceiling, vms))) - sum(got.values())
    waiting = [vm for vm in vms if got[vm["name"]] < ceiling(vm) - SLACK_MHZ]
    if left <= SLACK_MHZ * len(vms) or not waiting:
        return None
    idle = sum(vm["reservation_mhz"] - floor(vm) for vm in vms)
    did = (
        f"{mhz(left)} are left over, and {waiting[0]['name']}, which gets {mhz(got[waiting[0]['name']])}, "
        f"could use {mhz(ceiling(waiting[0]))}"
    )
    if idle and abs(capacity - sum(got.values()) - idle) <= SLACK_MHZ:
        return Failure("liveness", NOTHING_IDLE, did + ": they are reserved by a VM that does not use them", "VMM.m7")
    by_shares = capacity >= sum(map(ceiling, vms)) and not waiting[0]["reservation_mhz"]
    return Failure("liveness", NOTHING_IDLE, did, "VMM.m6" if by_shares else None)


def fair(got, vms):
    """Nobody has more per share than a VM that could use more, unless its reservation gives it that much."""
    for rich in vms:
        for poor in vms:
            more, less = got[rich["name"]], got[poor["name"]]
            may_give = more > floor(rich) + SLACK_MHZ and less < ceiling(poor) - SLACK_MHZ
            if may_give and (more - SLACK_MHZ) / rich["shares"] > (less + SLACK_MHZ) / poor["shares"]:
                return unfair(got, rich, poor)
    return None


def unfair(got, rich, poor):
    """The Failure for two VMs, with the belief in vCPUs where the numbers show it (and not that all get the same)."""
    did = " and ".join(
        f"{vm['name']} gets {mhz(got[vm['name']])} for {vm['shares']:,} shares "
        f"({got[vm['name']] / vm['shares']:.2f} MHz per share)"
        for vm in (rich, poor)
    )
    belief = None
    for weight in (lambda vm: vm["vcpus"], lambda vm: vm["vcpus"] * vm["shares"]):
        by_vcpus = abs(got[rich["name"]] * weight(poor) - got[poor["name"]] * weight(rich))
        if (
            rich["vcpus"] != poor["vcpus"]
            and got[rich["name"]] != got[poor["name"]]
            and by_vcpus <= SLACK_MHZ * (weight(rich) + weight(poor))
        ):
            belief = "VMM.m9"
    return Failure("economy", FAIR, f"{did}, though {poor['name']} could use {mhz(ceiling(poor))}", belief)


def ceiling(vm):
    """What a VM can use at most."""
    return vm["demand_mhz"] if vm["limit_mhz"] is None else min(vm["demand_mhz"], vm["limit_mhz"])


def floor(vm):
    """What it gets in any case."""
    return min(vm["reservation_mhz"], ceiling(vm))


def mhz(number):
    """A number of MHz for people."""
    return f"{number:,.0f} MHz"


TASK = tasks.register(
    Task(
        id="VMM.T2",
        card="VMM",
        title="Entitlement: who may use how much CPU",
        kind="function",
        signature="entitlement(capacity_mhz, vms) -> {name: mhz}",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=entitlement,
        mutants=MUTANTS,
        rules=RULES,
        steps=1_500_000,
    )
)
