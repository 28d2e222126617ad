"""S7.T1: the loop as a student would write it, and wrong ones, each with the belief behind it."""

from labkit.lab.task import Mutant


def reconcile(desired, observed, now):
    """The reference: one home for each VM; another one only when the old one is fenced."""
    up = [host for host, seen in observed.items()
          if seen["vms"] is not None and not seen["fenced"] and now - seen["heard_at"] < 15]  # fmt: skip
    load = {host: sum(want["host"] == host for want in desired.values()) for host in up}
    actions = []
    for vm, want in desired.items():
        home = want["host"]
        if want["state"] == "running" and (home is None or observed[home]["fenced"]):
            if load:
                home = min(load, key=load.get)
                load[home] += 1
                actions.append(["start", vm, home])
        elif home in up:
            runs = vm in observed[home]["vms"]
            if runs != (want["state"] == "running"):
                actions.append(["stop" if runs else "start", vm, home])
    for host, seen in observed.items():
        if not seen["fenced"] and now - seen["heard_at"] >= 30:
            actions.append(["fence", host])
    return actions


def alive(observed, now, limit_s=15):
    """Hosts that were heard lately."""
    return [host for host, seen in observed.items()
            if seen["vms"] is not None and not seen["fenced"] and now - seen["heard_at"] < limit_s]  # fmt: skip


def emptiest(desired, hosts):
    """The host with the fewest VMs, or None."""
    return min(hosts, key=lambda host: sum(want["host"] == host for want in desired.values()), default=None)


def fences(observed, now):
    """Silent hosts, after half a minute."""
    return [["fence", host] for host, seen in observed.items() if not seen["fenced"] and now - seen["heard_at"] >= 30]


def start_if_not_seen(desired, observed, now):
    """What is not seen to run does not run."""
    actions, hosts = fences(observed, now), alive(observed, now)
    running = {vm for host in hosts for vm in observed[host]["vms"]}
    for number, (vm, want) in enumerate(desired.items()):
        if want["state"] == "running" and vm not in running and hosts:
            actions.append(["start", vm, hosts[(number + int(now) // 5) % len(hosts)]])
        elif want["state"] == "absent":
            actions += [["stop", vm, host] for host in hosts if vm in observed[host]["vms"]]
    return actions


def no_timeout(desired, observed, now):
    """Waits for a silent host, for ever."""
    return [action for action in reconcile(desired, observed, now) if action[0] != "fence"]


def recreate(desired, observed, now):
    """Begins anew in each round, to be sure."""
    hosts = alive(observed, now)
    stops = [["stop", vm, host] for host in hosts for vm in observed[host]["vms"]]
    return [*stops, *reconcile(desired, {**observed, **{host: {**observed[host], "vms": []} for host in hosts}}, now)]


def silence_is_death(desired, observed, now):
    """A host that is silent is off: its VMs are started elsewhere."""
    hosts = alive(observed, now)
    actions = [action for action in reconcile(desired, observed, now) if action[0] != "fence"]
    for vm, want in desired.items():
        home = want["host"]
        if want["state"] == "running" and home and hosts and now - observed[home]["heard_at"] >= 30:
            actions.append(["start", vm, emptiest(desired, hosts)])
    return actions


def impatient(desired, observed, now):
    """A host that has missed two reports is switched off."""
    late = [["fence", host] for host, seen in observed.items() if not seen["fenced"] and now - seen["heard_at"] > 9]
    return late + [action for action in reconcile(desired, observed, now) if action[0] != "fence"]


def sends_once(desired, observed, now):
    """An order is given once: then it is done."""
    actions = reconcile(desired, observed, now)
    return [each for each in actions if each[0] != "start" or desired[each[1]]["host"] != each[2]]


def restart_means_empty(desired, observed, now):
    """Right after its own restart it knows of nothing that runs: so nothing runs."""
    actions = reconcile(desired, observed, now)
    hosts = alive(observed, now)
    for vm, want in desired.items():
        home = want["host"]
        if want["state"] == "running" and home and observed[home]["vms"] is None and hosts:
            actions.append(["start", vm, emptiest(desired, hosts)])
    return actions


def fence_and_start(desired, observed, now):
    """The fence is ordered, so the host is off: its VMs are started in the same round."""
    actions, hosts = reconcile(desired, observed, now), alive(observed, now)
    shot = {action[1] for action in actions if action[0] == "fence"}
    for vm, want in desired.items():
        if want["state"] == "running" and want["host"] in shot and hosts:
            actions.append(["start", vm, emptiest(desired, hosts)])
    return actions


def orders_always(desired, observed, now):
    """Repeats every order in every round: it does no harm."""
    actions, hosts = reconcile(desired, observed, now), alive(observed, now)
    again = [["start", vm, want["host"]] for vm, want in desired.items()
             if want["state"] == "running" and want["host"] in hosts]  # fmt: skip
    return actions + [action for action in again if action not in actions]


def never_stops(desired, observed, now):
    """Starts what is to run; what is released is forgotten."""
    return [action for action in reconcile(desired, observed, now) if action[0] != "stop"]


def first_host(desired, observed, now):
    """Whatever has no home goes to the first host, heard or not."""
    actions = reconcile(desired, observed, now)
    first = next(iter(observed))
    new = {vm for vm, want in desired.items() if want["host"] is None}
    return [["start", each[1], first] if each[0] == "start" and each[1] in new else each for each in actions] or [
        ["start", vm, first] for vm in new if desired[vm]["state"] == "running"
    ]


MUTANTS = {
    "start if not seen running": Mutant(start_if_not_seen, "S7.m3"),
    "no timeout at all": Mutant(no_timeout),
    "stop and recreate everything each round": Mutant(recreate),
    "a silent host is dead": Mutant(silence_is_death, "S6.m5"),
    "fences after two missed reports": Mutant(impatient, "S6.m5"),
    "an order is given once": Mutant(sends_once, "S7.m3"),
    "after a restart nothing runs": Mutant(restart_means_empty, "S7.m2"),
    "a fence that was ordered has happened": Mutant(fence_and_start, "S7.m3"),
    "repeats all orders in every round": Mutant(orders_always),
    "forgets what was released": Mutant(never_stops),
    "the first host for everything": Mutant(first_host),
}
