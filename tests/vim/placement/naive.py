"""What placement should say, in the plainest Python: every filter and every weigher for every host, one after the
other, from the list of claims alone. Slow, and obviously right.
"""

from math import ceil

from labkit.vmm.host import CPU_MODELS

RULES = 10.0


def choose(hosts, claims, request, ratios, weighers, shared, rules):
    """Index of the best host, or None. `claims`: [(index, spec, vm)]; `rules`: Rule objects."""
    left = [host for host in hosts if passes(host, claims, request, ratios, shared, rules)]
    if not left:
        return None
    soft = [rule for rule in rules if not rule.must and rule.binds(request)]
    columns = [([raw(host, claims, name, ratios) for host in left], factor) for name, factor in weighers.items()]
    if soft:
        columns.append(([sum(suits(host, claims, request, rule) for rule in soft) for host in left], RULES))
    if len(columns) == 1:
        (numbers, factor), sums = columns[0], None
        sums = [number if factor > 0 else -number for number in numbers]
    else:
        sums = [0.0] * len(left)
        for numbers, factor in columns:
            low, high = min(numbers), max(numbers)
            for i, number in enumerate(numbers):
                sums[i] = sums[i] + factor * ((number - low) / (high - low) if high > low else 0.0)
    return left[sums.index(max(sums))].index


def passes(host, claims, request, ratios, shared, rules):
    """Whether a host fulfils everything."""
    spec, hardware, mine = request.spec, host.hardware, [spec for at, spec, _ in claims if at == host.index]
    if host.state != "connected" or host.maintenance or request.within not in (None, host.cluster):
        return False
    if CPU_MODELS.index(hardware.cpu_model) < CPU_MODELS.index(spec.cpu_model):
        return False
    if not set(spec.networks) <= set(hardware.networks):
        return False
    if spec.datastore is not None:
        there = sum(ceil(each.disk_gib * 1024) for _, each, _ in claims if each.datastore == spec.datastore)
        if spec.datastore not in host.datastores or spec.datastore not in shared:
            return False
        if there + spec.disk_gib * 1024 > shared[spec.datastore] * 1024 * ratios["disk"]:
            return False
    if any(need and taken(mine, name) + need > total(hardware, name, ratios) for name, need in needs(spec).items()):
        return False
    if request.hosts is not None and host.name not in request.hosts or host.name in request.excluded:
        return False
    return all(holds(host, claims, request, rule) for rule in rules if rule.must and rule.binds(request))


def needs(spec):
    local = 0 if spec.datastore else ceil(spec.disk_gib * 1024)
    return {"memory": spec.memory_mib, "cpu": spec.vcpus, "disk": local, "mhz": spec.reservation_mhz,
            "reserved": spec.memory_reservation_mib}  # fmt: skip


def taken(specs, name):
    return sum(needs(spec)[name] for spec in specs)


def total(hardware, name, ratios):
    return {
        "memory": int(hardware.memory_mib * ratios["memory"]),
        "cpu": int(hardware.pcpus * ratios["cpu"]),
        "disk": int(hardware.disk_gib * 1024 * ratios["disk"]),
        "mhz": int(hardware.pcpus * hardware.mhz),
        "reserved": int(hardware.memory_mib),
    }[name]


def raw(host, claims, name, ratios):
    mine = [spec for at, spec, _ in claims if at == host.index]
    return len(mine) if name == "vms" else total(host.hardware, name, ratios) - taken(mine, name)


def siblings(host, claims, request, rule):
    """(how many of the rule's other VMs are on this host, how many are elsewhere)."""
    others = [at for at, _, vm in claims if vm is not None and rule.binds(vm) and vm.name != request.name]
    return others.count(host.index), len(others) - others.count(host.index)


def holds(host, claims, request, rule):
    if rule.hosts:
        return (host.name in rule.hosts) == (rule.kind == "on")
    here, elsewhere = siblings(host, claims, request, rule)
    return not here if rule.kind == "apart" else bool(here) or not elsewhere


def suits(host, claims, request, rule):
    sign = 1 if rule.kind in ("together", "on") else -1
    return sign * (host.name in rule.hosts if rule.hosts else siblings(host, claims, request, rule)[0])
