"""Quota and reservation: at most, and at least.

    quota        a project may not hold more than this, however empty the hosts are     (refused: 403)
    reservation  so much is kept free for a project, however many others ask            (refused: 507)

Both are measured by size. Ten VMs of 1 GiB and one of 10 GiB are the same to the memory of a host.
"""

from labkit.vim.policies.claims import SIZES
from labkit.world.errors import LabError, number

WORDS = {"vcpus": ("vCPUs", ""), "memory_mib": ("memory", " MiB"), "disk_gib": ("disk", " GiB"), "vms": ("VMs", "")}


def limit(values, what):
    """{size: whole number} of a quota or reservation; LabError (400) for a size that there is not."""
    for name, value in values.items():
        if name not in SIZES:
            raise LabError(f"a {what} has no {name!r}", 400, True, f"one of {', '.join(SIZES)}")
        number(value, f"{what} {name}")
    return dict(values)


def figure(value):
    """A number with thousands apart: 12,288."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def line(size, most, used, pending, asked):
    """'memory: 12,288 of 16,384 MiB used, 2,048 pending, asked 4,096'."""
    word, unit = WORDS[size]
    return f"{word}: {figure(used)} of {figure(most)}{unit} used, {figure(pending)} pending, asked {figure(asked)}"


def over_quota(quota, used, pending, asked):
    """The lines of a quota that a request would break; none if it fits. Pending requests count as used."""
    broken = []
    for at, size in enumerate(SIZES):
        most = quota.get(size)
        if most is not None and asked[at] and used[at] + pending[at] + asked[at] > most:
            broken.append(line(size, most, used[at], pending[at], asked[at]))
    return broken


def kept_free(reservations, sums, project):
    """[vcpus, memory_mib, disk_gib, vms] that must stay free for other projects: what they have reserved and do not
    hold yet. `sums(project)` gives (used, pending)."""
    kept = [0, 0, 0, 0]
    for other, reserved in reservations.items():
        if other == project:
            continue
        used, pending = sums(other)
        for at, size in enumerate(SIZES):
            kept[at] += max(0, reserved.get(size, 0) - used[at] - pending[at])
    return kept


def capacity(hosts, ratios, shared_mib):
    """(vcpus, memory_mib, disk_gib, None): what may be promised on these hosts (records by name) and on shared
    datastores; all None while there is no host."""
    there = [host.hardware for host in hosts.values() if host.hardware is not None]
    parts = (("cpu", "pcpus"), ("memory", "memory_mib"), ("disk", "disk_gib"))
    sums = [ratios[what] * sum(getattr(each, name) for each in there) for what, name in parts]
    sums[2] += shared_mib / 1024
    return (*sums, None) if there else (None,) * 4


def over_capacity(capacity, taken, kept, asked):
    """The lines in which a request would eat what is reserved for others; `capacity` and `taken` in order of SIZES,
    None for what is not bounded. A line is broken only where something is reserved: plain lack of room is placement's
    answer."""
    broken = []
    for at, size in enumerate(SIZES):
        if capacity[at] is None or not kept[at] or not asked[at]:
            continue
        if taken[at] + kept[at] + asked[at] > capacity[at]:
            word, unit = WORDS[size]
            broken.append(
                f"{word}: {figure(capacity[at])}{unit} there, {figure(taken[at])} taken, "
                f"{figure(kept[at])} kept free for others, asked {figure(asked[at])}"
            )
    return broken
