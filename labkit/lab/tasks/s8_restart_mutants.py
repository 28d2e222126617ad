"""S8.T1: a restart plan as a student would write it, and wrong ones, each with the belief behind it."""

from labkit.lab.task import Mutant


def plan(dead, vms, free):
    """The reference: fence, then the most important first, each where it fits most tightly."""
    steps = [["fence", dead]]
    for vm in sorted(vms, key=lambda vm: (vm["priority"], -vm["memory_gib"])):
        fits = [host for host in free if free[host] >= vm["memory_gib"]]
        if vm["disk"] == "shared" and fits:
            host = min(fits, key=free.get)
            free[host] -= vm["memory_gib"]
            steps.append(["start", vm["name"], host])
    return steps


def by_importance(vm):
    return vm["priority"], -vm["memory_gib"]


def altered(order=by_importance, asks_disk=True, counts=True, gives_up=False, wrap=lambda dead, starts, free: starts):
    """A plan with one bad habit: each argument is the place where one belief shows."""

    def wrong(dead, vms, free):
        starts = []
        for vm in sorted(vms, key=order):
            if asks_disk and vm["disk"] != "shared":
                continue
            fits = [host for host in free if free[host] >= vm["memory_gib"]]
            if not fits and gives_up:
                break
            if fits:
                host = min(fits, key=free.get)
                free[host] -= vm["memory_gib"] if counts else 0
                starts.append(["start", vm["name"], host])
        return wrap(dead, starts, free)

    return wrong


def fenced(**habits):
    """Fence first, then as altered."""
    return altered(wrap=lambda dead, starts, free: [["fence", dead], *starts], **habits)


def one_takes_all(dead, vms, free):
    """The spare host was bought for this."""
    spare = max(free, key=free.get)
    shared = sorted((vm for vm in vms if vm["disk"] == "shared"), key=by_importance)
    return [["fence", dead], *(["start", vm["name"], spare] for vm in shared)]


def moves(dead, vms, free):
    """As in a maintenance."""
    return [["migrate", step[1], step[2]] if step[0] == "start" else step for step in plan(dead, vms, free)]


def at_home(dead, vms, free):
    """Power it off and on again: the VMs come back where they were."""
    return [["fence", dead], *(["start", vm["name"], dead] for vm in sorted(vms, key=by_importance))]


def twice(dead, vms, free):
    """Two copies are safer than one."""
    steps = plan(dead, vms, free)
    more = [["start", step[1], max(free, key=free.get)] for step in steps[1:2]]
    return steps + more


MUTANTS = {
    "not responding = dead": Mutant(altered(), "S8.m2"),
    "start at once, fence afterwards": Mutant(
        altered(wrap=lambda dead, starts, free: [*starts, ["fence", dead]]), "S8.m3"
    ),
    "any host can run any VM": Mutant(fenced(asks_disk=False), "S8.m4"),
    "first come first served": Mutant(fenced(order=lambda vm: 0)),
    "one spare host takes all": Mutant(one_takes_all, "S8.m4"),
    "room is not counted down": Mutant(fenced(counts=False)),
    "live migration from the lost host": Mutant(moves, "S8.m1"),
    "start again where they were": Mutant(at_home),
    "two copies are safer": Mutant(twice),
    "fence everybody, to be sure": Mutant(
        altered(wrap=lambda dead, starts, free: [["fence", dead], *(["fence", host] for host in free), *starts])
    ),
    "the larger number is more important": Mutant(fenced(order=lambda vm: (-vm["priority"], -vm["memory_gib"]))),
    "small ones first, so that more of them run": Mutant(fenced(order=lambda vm: vm["memory_gib"])),
    "gives up at the first VM that fits nowhere": Mutant(fenced(gives_up=True)),
    "fence, and wait for a human": Mutant(lambda dead, vms, free: [["fence", dead]]),
    "does nothing": Mutant(lambda dead, vms, free: []),
}
