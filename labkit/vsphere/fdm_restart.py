"""What is protected, where it ran, and where it starts again.

The list of protected VMs lies on the datastore ('protectedlist'), so that the next primary finds it. A VM is protected
because vCenter said so while it lived; what somebody powers on while vCenter is down is not. A VM that ended while its
host was live was powered off by somebody: it is not restarted.

    lost(host) ──▶ by priority: choose a live host with room ──▶ its agent: RegisterVM_Task, PowerOnVM_Task at its hostd
                      refused (locked, no room): again after 2, 6, 14, 30 min (documented; five tries)

It is a restart: the VM boots from its disk, and what was in memory is lost. No plug is pulled before. That the old copy
does not write is proved by the lock of the disk, which hostd can break only when the old host's heartbeat is stale.
"""

from labkit.world.errors import LabError

PRIORITIES = ("highest", "high", "medium", "low", "lowest")
RETRY_S = (0, 120, 360, 840, 1800)
FILE = ".vSphere-HA/protectedlist"


# -- the list ----------------------------------------------------------------------------------------------------------
def protect(fdm):
    """Write the protected VMs and where they run onto the datastore, if something has changed."""
    listed = {vm: {**row, "host": fdm.placed.get(vm, row["host"]), "on": vm not in fdm.off}
              for vm, row in fdm.config["vms"].items()}  # fmt: skip
    if listed != fdm.listed:
        fdm.listed = listed
        fdm.write({FILE: listed})


def take_over(fdm):
    """A new primary reads what the old one wrote (a generator)."""
    listed = {}
    for datastore in fdm.config["datastores"]:
        try:
            listed = yield fdm.world.call(fdm.host, datastore, "scsi", "read", 0.9, file=FILE)
            break
        except LabError:
            continue
    fdm.placed = {vm: row["host"] for vm, row in {**fdm.config["vms"], **listed}.items()}
    fdm.off, fdm.said = {vm for vm, row in listed.items() if not row["on"]}, {}
    protect(fdm)


def seen(fdm, host, running):
    """A live host says which VMs it runs. If it said the same before, and nothing was decided since, that is all."""
    said = running, fdm.config["vms"]
    before = fdm.said.get(host)
    if before is not None and before[0] == running and before[1] is said[1]:
        return
    fdm.said[host], running = said, set(running)
    for vm in fdm.config["vms"]:
        if vm in running:
            fdm.placed[vm] = host
            fdm.off.discard(vm)
            fdm.restarting.pop(vm, None)
        elif fdm.placed.get(vm) == host and vm not in fdm.restarting:
            fdm.off.add(vm)
    protect(fdm)


# -- the primary's work ------------------------------------------------------------------------------------------------
def lost(fdm, host, runs=()):
    """A host is dead, or was: those of its protected VMs that it does not run any more are to be restarted."""
    bring_up(fdm, [vm for vm in fdm.config["vms"] if fdm.placed.get(vm) == host and vm not in (*fdm.off, *runs)])


def bring_up(fdm, vms):
    """Put VMs on the list of what is to be restarted, the most important first."""
    fdm.said = {}
    vms = [vm for vm in vms if vm not in fdm.restarting and fdm.config["vms"][vm]["priority"] in PRIORITIES]
    for vm in sorted(vms, key=lambda vm: PRIORITIES.index(fdm.config["vms"][vm]["priority"])):
        fdm.restarting[vm] = {"tries": 0, "due_s": fdm.world.now, "since_s": fdm.world.now,
                              **fdm.config["vms"][vm]}  # fmt: skip


def tick(fdm):
    """One beat: is a restart due, and nobody at it?"""
    if not fdm.working and any(row["due_s"] <= fdm.world.now for row in fdm.restarting.values()):
        fdm.working = True
        fdm.node.process(work(fdm))


def work(fdm):
    """Try every restart that is due, one after the other (a generator)."""
    for vm in [vm for vm, row in fdm.restarting.items() if row["due_s"] <= fdm.world.now]:
        row = fdm.restarting.get(vm)
        if row is None or row["due_s"] > fdm.world.now:
            continue
        row["tries"] += 1
        later = RETRY_S[row["tries"]] if row["tries"] < len(RETRY_S) else float("inf")
        row["due_s"] = row["since_s"] + later
        yield from attempt(fdm, vm, row)
    fdm.working = False


def attempt(fdm, vm, row):
    """One try to restart a VM: on one live host after the other, until one does it (a generator)."""
    refused = {}
    while True:
        target = choose(fdm, vm, row, refused)
        if target is None:
            words = "; ".join(refused.values()) if refused else "no live host has room for it"
            fdm.tell(f"{vm} not restarted: {words}", vm, tries=row["tries"])
            return
        try:
            yield fdm.world.call(fdm.name, f"{target}-fdm", "fdm", "restart", 60, vm=vm)
        except LabError as error:
            refused[target] = f"{target}: {error.message}"
            continue
        fdm.placed[vm], fdm.said = target, {}
        fdm.restarting.pop(vm, None)
        fdm.tell(f"{vm} restarted on {target}", vm, host=target)
        protect(fdm)
        return


def choose(fdm, vm, row, refused):
    """The live host with most memory that is not promised to protected VMs, a failover host before all others, or None;
    none of those that have refused. Ties: the first in the list."""
    hosts, vms = fdm.config["hosts"], fdm.config["vms"]
    live = [fdm.host, *[host for host, watch in fdm.watches.items() if watch.stage == "live"]]
    free = {host: hosts[host]["memory_mib"] for host in hosts if host in live}
    for other, its in vms.items():
        if fdm.placed.get(other) in free and other not in fdm.off and other != vm:
            free[fdm.placed[other]] -= its["promised_mib"]
    wanted, store = row["promised_mib"], row["datastore"]
    fits = [host for host in free if free[host] >= wanted and store in hosts[host]["mounts"] and host not in refused]
    spare = fdm.config["failover_hosts"]
    return max(fits, key=lambda host: (host in spare, free[host]), default=None)


def tell_returned(fdm, host):
    """A host that was dead is back: it is told which of its VMs run elsewhere now."""
    away = [vm for vm, at in fdm.placed.items() if at != host]
    fdm.cast(host, "fdm", "runs elsewhere", vms=away)


# -- the agent on the target, and on the host that came back -----------------------------------------------------------
def start_here(fdm, vm):
    """Register and power on at this host's hostd (a generator). Refused: nothing of it stays."""
    hostd = fdm.vmm.manager.name
    try:
        yield fdm.world.call(fdm.name, hostd, "soap", "RegisterVM_Task", 20, name=vm)
    except LabError as error:
        if not error.message.startswith("AlreadyExists"):
            raise
    try:
        yield fdm.world.call(fdm.name, hostd, "soap", "PowerOnVM_Task", 30, name=vm)
    except LabError:
        yield from quietly(fdm, "UnregisterVM", vm)
        raise
    fdm.running, fdm.started_s = [*(fdm.running or ()), vm], fdm.world.now
    return {"vm": vm, "host": fdm.host}


def give_up(fdm, host, vms):
    """Our host was dead meanwhile: forget those of its VMs that run elsewhere now (a generator)."""
    try:
        rows = yield fdm.world.call(fdm.name, fdm.vmm.manager.name, "soap", "ListVMs", 10)
    except LabError:
        return
    for row in rows:
        if row["name"] in vms and row["state"] == "shutoff":
            yield from quietly(fdm, "UnregisterVM", row["name"])


def quietly(fdm, method, vm):
    """Ask our hostd for something that may be refused (a generator)."""
    try:
        yield fdm.world.call(fdm.name, fdm.vmm.manager.name, "soap", method, 10, name=vm)
    except LabError as error:
        fdm.tell(f"{vm}: {error.message}", vm)
