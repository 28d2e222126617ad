"""S9.T1: the reference, and the wrong rules. Every wrong one differs in exactly one place."""

from labkit.lab.task import Mutant


def moves(hosts, vms):
    """The reference: while it is uneven, the move that leaves the least imbalance; at most four."""
    size = {host["name"]: host["capacity_mhz"] for host in hosts}
    load, free = dict.fromkeys(size, 0), {host["name"]: host["memory_mib"] for host in hosts}
    for vm in vms:
        load[vm["host"]] += vm["demand_mhz"]
        free[vm["host"]] -= vm["memory_mib"]

    def uneven(vm=None, target=None):
        after = dict(load)
        if vm:
            after[vm["host"]] -= vm["demand_mhz"]
            after[target] += vm["demand_mhz"]
        parts = [after[name] / size[name] for name in size]
        return (sum((part - sum(parts) / len(parts)) ** 2 for part in parts) / len(parts)) ** 0.5

    def allowed(vm, target):
        back = target == vm["came_from"] and vm["moved_min"] < 10
        fits = vm["memory_mib"] <= free[target] and load[target] + vm["demand_mhz"] <= size[target]
        return fits and not back and not vm["hot_memory"] and target != vm["host"]

    plan, first = [], uneven()
    while first >= 0.1 and uneven() > first / 4 and len(plan) < 4:
        left = [vm for vm in vms if vm["name"] not in dict(plan)]
        pairs = [(uneven(vm, target), i, target) for i, vm in enumerate(left) for target in size if allowed(vm, target)]
        if not pairs or min(pairs)[0] >= uneven():
            break
        _, i, target = min(pairs)
        plan.append((left[i]["name"], target))
        for host, sign in ((left[i]["host"], -1), (target, 1)):
            load[host] += sign * left[i]["demand_mhz"]
            free[host] -= sign * left[i]["memory_mib"]
    return plan


def altered(
    weight=lambda vm: vm["demand_mhz"],
    scale=lambda host: host["capacity_mhz"],
    hot=lambda vm: vm["hot_memory"],
    rests=lambda vm, target: target == vm["came_from"] and vm["moved_min"] < 10,
    memory=lambda vm, free: vm["memory_mib"] <= free,
    cpu=lambda vm, load, most: load + vm["demand_mhz"] <= most,
    start=0.1,
    stop=0.25,
    most=4,
    busiest=False,
    recounts=True,
):
    """A rule with one bad habit: each argument is the place where one belief shows."""

    def wrong(hosts, vms):
        size, mhz = {host["name"]: scale(host) for host in hosts}, {h["name"]: h["capacity_mhz"] for h in hosts}
        load, demand = dict.fromkeys(size, 0), dict.fromkeys(size, 0)
        free = {host["name"]: host["memory_mib"] for host in hosts}

        def put(vm, host, sign):
            load[host] += sign * weight(vm)
            demand[host] += sign * vm["demand_mhz"]
            free[host] -= sign * vm["memory_mib"]

        def uneven(vm=None, target=None):
            after = dict(load)
            if vm:
                after[vm["host"]] -= weight(vm)
                after[target] += weight(vm)
            parts = [after[name] / size[name] for name in size]
            return (sum((part - sum(parts) / len(parts)) ** 2 for part in parts) / len(parts)) ** 0.5

        def allowed(vm, target):
            fits = memory(vm, free[target]) and cpu(vm, demand[target], mhz[target])
            return fits and not rests(vm, target) and not hot(vm) and target != vm["host"]

        for vm in vms:
            put(vm, vm["host"], 1)
        plan, first = [], uneven()
        while first >= start and uneven() > first * stop and len(plan) < most:
            left = [vm for vm in vms if vm["name"] not in dict(plan)]
            pairs = [(-vm["demand_mhz"] if busiest else 0, uneven(vm, target), i, target)
                     for i, vm in enumerate(left) for target in size if allowed(vm, target)]  # fmt: skip
            if not pairs or min(pairs)[1] >= uneven() and not busiest:
                break
            _, _, i, target = min(pairs)
            plan.append((left[i]["name"], target))
            if recounts:
                put(left[i], left[i]["host"], -1)
                put(left[i], target, 1)
        return plan

    return wrong


MUTANTS = {
    "equalise counts": Mutant(altered(weight=lambda vm: 1, scale=lambda host: 1), "S9.m2"),
    "moves the busiest VM always": Mutant(altered(busiest=True, hot=lambda vm: False), "S9.m3"),
    "no hysteresis": Mutant(altered(rests=lambda vm, target: False), "S9.m4"),
    "evens out every twitch": Mutant(altered(start=0, stop=0.05), "S9.m4"),
    "as many moves as it takes": Mutant(altered(stop=0.01, most=99), "S9.m4"),
    "MHz instead of a part of the host": Mutant(altered(scale=lambda host: 10_000)),
    "forgets memory": Mutant(altered(memory=lambda vm, free: True)),
    "forgets that MHz run out": Mutant(altered(cpu=lambda vm, load, most: True)),
    "one move and done": Mutant(altered(most=1)),
    "reckons with the loads of the beginning": Mutant(altered(recounts=False)),
}
