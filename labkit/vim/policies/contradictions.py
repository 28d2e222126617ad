"""Policies that cannot both be kept. Each is found when the second one is written, and both are named.

A system that takes a contradiction silently keeps one of the two, and nobody knows which.
"""

from labkit.vim.policies.claims import SIZES
from labkit.vim.policies.limits import WORDS, figure
from labkit.world.errors import LabError


def conflict(words, next_step):
    """The refusal: 409, nothing was changed."""
    return LabError(f"these contradict each other: {words}", 409, True, next_step)


def amount(size, value):
    word, unit = WORDS[size]
    return f"{figure(value)}{unit} of {word}" if unit else f"{figure(value)} {word}"


def quota_against_use(project, quota, used, pending):
    """A quota below what is already held or asked for would be broken at once."""
    for at, size in enumerate(SIZES):
        most = quota.get(size)
        if most is not None and used[at] + pending[at] > most:
            raise conflict(
                f"a quota of {amount(size, most)} for {project!r}, and the {amount(size, used[at] + pending[at])} "
                f"that it holds ({figure(used[at])} used, {figure(pending[at])} pending)",
                "release VMs first, or write a larger quota",
            )


def quota_against_reservation(project, quota, reserved):
    """What is guaranteed must be allowed."""
    for size in SIZES:
        most, least = quota.get(size), reserved.get(size, 0)
        if most is not None and least > most:
            raise conflict(
                f"project {project!r} has a quota of {amount(size, most)} and a reservation of {amount(size, least)}",
                "reserve at most what the quota allows",
            )


def reservations_against_capacity(reservations, capacity):
    """Promises that together are more than there is."""
    for at, size in enumerate(SIZES):
        promised = {project: kept[size] for project, kept in reservations.items() if kept.get(size)}
        total = sum(promised.values())
        if capacity[at] is not None and total > capacity[at]:
            parts = " + ".join(f"{figure(value)} for {project!r}" for project, value in promised.items())
            raise conflict(
                f"reservations of {amount(size, total)} ({parts}), and the {figure(capacity[at])} that the hosts have",
                "reserve less, or add hosts",
            )


def reservation_against_use(project, reserved, capacity, taken, mine):
    """A guarantee of room that others already hold cannot be kept. `mine`: what the project itself holds of `taken`."""
    for at, size in enumerate(SIZES):
        least = reserved.get(size, 0)
        if least and capacity[at] is not None and taken[at] - mine[at] + least > capacity[at]:
            raise conflict(
                f"a reservation of {amount(size, least)} for {project!r}, and the "
                f"{amount(size, taken[at] - mine[at])} that others hold of {figure(capacity[at])}",
                "release VMs of others first, or reserve less",
            )


def allowed_nowhere(places, project, hosts):
    """A project whose places leave no host: named with every policy that takes one away."""
    if not hosts or places.where(project, hosts):
        return
    why = list(dict.fromkeys(places.why_not(project, host.name, host.cluster) for host in hosts))
    raise conflict(f"project {project!r} may run on no host: {'; '.join(why)}", "allow it at least one host")


def places_against_rules(places, rules, project, hosts):
    """A project whose places lie where placement's must rules about it do not let it go."""
    musts = [rule for rule in rules if rule.must and rule.hosts and rule.project == project]
    mine = [host.name for host in hosts if places.may_use(project, host.name, host.cluster)]
    left = [name for name in mine if all((name in rule.hosts) == (rule.kind == "on") for rule in musts)]
    if musts and mine and not left:
        named = ", ".join(repr(rule.name) for rule in musts)
        raise conflict(
            f"project {project!r} may run on {', '.join(mine[:3])}{' …' * (len(mine) > 3)} only, and the rule {named} "
            "keeps it off there", "placement.rules.remove() it, or place the project elsewhere"
        )  # fmt: skip


def exclusive_against_use(host, project, guests):
    """A host for one project alone, on which VMs of another live. `guests`: (vm, its project)."""
    foreign = [f"{vm} of {theirs!r}" for vm, theirs in guests if theirs != project]
    if foreign:
        raise conflict(
            f"{host} exclusive to {project!r}, and on it {', '.join(foreign[:3])}"
            f"{f' and {len(foreign) - 3} more' if len(foreign) > 3 else ''}",
            "migrate them away first",
        )


def apart_and_together(group, wanted, others):
    """The same group required on one host and forbidden there."""
    if group in others:
        first, second = ("apart", "together") if wanted == "apart" else ("together", "apart")
        raise conflict(f"group {group!r} must be {first}, and it must be {second}", f"policies.loosen({group!r}) first")


def apart_against_use(group, homes):
    """Members that share a host already. `homes`: host -> members there."""
    for host, members in homes.items():
        if len(members) > 1:
            raise conflict(
                f"group {group!r} must keep apart, and {' and '.join(members[:3])} are both on {host}",
                "migrate one of them away first",
            )


def together_against_use(group, homes):
    """Members that are on different hosts already."""
    if len(homes) > 1:
        (first, one), (second, other) = list(homes.items())[:2]
        raise conflict(
            f"group {group!r} must be together, and {one[0]} is on {first}, {other[0]} on {second}",
            "migrate them to one host first",
        )


def place_against_use(places, project, vms):
    """VMs of the project that are where it may not be any more."""
    for vm in vms:
        why = places.why_not(project, vm.host.name, vm.host.cluster) if vm.host is not None else None
        if why:
            raise conflict(f"{why}, and {vm.name} is on {vm.host.name}", "migrate it first")
