"""Q2.T1: a VIM as a student would write it, and wrong ones, each with the belief behind it."""

from labkit.lab.task import Mutant


def roomiest(free, closed, memory_mib):
    """The open host that can promise most, or None if none can promise enough."""
    fits = [host for host in free if host not in closed and free[host] >= memory_mib]
    return max(fits, key=free.get, default=None)


def look(vmms, where):
    """Ask every host; (memory not promised yet, per host that answers; where each VM was seen last)."""
    free = {}
    for host, vmm in vmms.items():
        try:
            info = vmm.node_info()
            free[host] = info["memory_mib"] - info["memory_promised_mib"]
            seen = [vm["name"] for vm in vmm.list() if vm["state"] == "running"]
        except ConnectionError:
            continue  # unknown is not empty: what was there may be there
        where = {vm: at for vm, at in where.items() if at != host} | dict.fromkeys(seen, host)
    return free, where


def vim(request, vmms, notes):
    """The reference: ask, remember, then act."""
    free, where = look(vmms, notes.get("where", {}))
    closed, notes["where"] = notes.setdefault("closed", []), where
    if request["op"] == "maintenance":
        return empty(request["host"], vmms, free, where, closed)
    name, host = request["name"], where.get(request["name"])
    if host is not None and host not in free:
        return {"state": "unknown"}
    if request["op"] == "release" and host:
        vmms[host].kill(name)
        vmms[host].undefine(name)
        del where[name]
    if request["op"] == "start" and not host:
        host = roomiest(free, closed, request["memory_mib"])
        if host is None:
            return {"state": "refused"}
        where[name] = host  # noted before it is ordered: the answer may be lost
        try:
            vmms[host].define(name, memory_mib=request["memory_mib"])
            vmms[host].start(name)
        except ConnectionError:
            return {"state": "unknown"}
    return {"state": "running", "host": host} if where.get(name) else {"state": "absent"}


def empty(host, vmms, free, where, closed):
    """Move everything away from `host`, running."""
    closed.append(host)
    if host not in free:
        return {"state": "unknown"}
    for name in [name for name, at in where.items() if at == host]:
        memory_mib = vmms[host].info(name)["max_memory_mib"]
        target = roomiest(free, closed, memory_mib)
        if target:
            vmms[host].migrate_to(name, target)
            where[name], free[target] = target, free[target] - memory_mib
    return {"state": "occupied" if host in where.values() else "empty"}


def peeks(request, vmms, notes):
    """Reads the hosts' own tables."""
    return {"state": "running", "host": [host for host, vmm in vmms.items() if request.get("name") in vmm.domains][0]}


def asks_the_first(request, vmms, notes):
    """One VMM is asked for all."""
    first = next(iter(vmms))
    try:
        everywhere = {host: vmms[first].list(host=host) for host in vmms}
    except ConnectionError:
        return {"state": "unknown"}
    return {"state": "running", "host": next(iter(everywhere))}


def lets_place(request, vmms, notes):
    """A VMM is asked where there is room."""
    host = next(iter(vmms.values())).find_free_host(request.get("memory_mib"))
    return {"state": "running", "host": host}


def no_target(request, vmms, notes):
    """'Move', without where to."""
    if request["op"] != "maintenance":
        return vim(request, vmms, notes)
    try:
        for vm in vmms[request["host"]].list():
            vmms[request["host"]].migrate_to(vm["name"])
    except ConnectionError:
        return {"state": "unknown"}
    return {"state": "empty"}


def silence_is_death(request, vmms, notes):
    """Whoever does not answer is off, and so are its VMs."""
    free, _ = look(vmms, {})
    notes["where"] = {vm: host for vm, host in notes.get("where", {}).items() if host in free}
    return vim(request, vmms, notes)


def ordered_is_done(request, vmms, notes):
    """Notes a VM when its start was confirmed; an order without an answer is as if it had not been given."""
    before = dict(notes.get("where", {}))
    said = vim(request, vmms, notes)
    if request["op"] == "start" and said["state"] == "unknown" and request["name"] not in before:
        notes["where"].pop(request["name"], None)
        return vim(request, vmms, notes)
    return said


def believes_its_notes(request, vmms, notes):
    """What was noted once is true for ever."""
    where = dict(notes.get("where", {}))
    if request["op"] == "find" and where.get(request["name"]):
        return {"state": "running", "host": where[request["name"]]}
    return vim(request, vmms, notes)


def takes_the_first(request, vmms, notes):
    """Any host that answers will do: it will say so if it is full."""
    if request["op"] != "start" or find_in(notes, request["name"]):
        return vim(request, vmms, notes)
    for host, vmm in vmms.items():
        try:
            vmm.define(request["name"], memory_mib=request["memory_mib"])
            vmm.start(request["name"])
        except (ConnectionError, ValueError):
            continue
        notes.setdefault("where", {})[request["name"]] = host
        return {"state": "running", "host": host}
    return {"state": "refused"}


def find_in(notes, name):
    return notes.get("where", {}).get(name)


def moves_by_restart(request, vmms, notes):
    """Stop here, start there."""
    if request["op"] != "maintenance":
        return vim(request, vmms, notes)

    class Restarting:
        def __init__(self, host):
            self.host, self.info = host, vmms[host].info

        def migrate_to(self, name, target):
            memory_mib = self.info(name)["max_memory_mib"]
            vmms[self.host].kill(name)
            vmms[self.host].undefine(name)
            vmms[target].define(name, memory_mib=memory_mib)
            vmms[target].start(name)

    free, where = look(vmms, notes.get("where", {}))
    notes["where"] = where
    moved = {host: Restarting(host) for host in vmms}
    return empty(request["host"], moved, free, where, notes.setdefault("closed", []))


def gives_up(request, vmms, notes):
    """The first VM that fits nowhere ends the work."""
    host = request.get("host")
    free, where = look(vmms, notes.get("where", {}))
    if request["op"] != "maintenance" or host not in free:
        return vim(request, vmms, notes)
    notes["where"], closed = where, [*notes.get("closed", []), host]
    notes["closed"] = closed
    for name in [name for name, at in where.items() if at == host]:
        memory_mib = vmms[host].info(name)["max_memory_mib"]
        target = roomiest(free, closed, memory_mib)
        if target is None:
            return {"state": "occupied"}
        vmms[host].migrate_to(name, target)
        where[name], free[target] = target, free[target] - memory_mib
    return {"state": "empty"}


def moves_paused(request, vmms, notes):
    """Stopped for the move, and never let go on."""
    said = vim(request, vmms, notes)
    if request["op"] == "maintenance" and said["state"] == "empty":
        for name, host in notes["where"].items():
            vmms[host].pause(name)
    return said


def counts_what_is_touched(request, vmms, notes):
    """Free is what is free now: VMs that have just been started use next to nothing."""
    if request["op"] != "start" or find_in(notes, request["name"]):
        return vim(request, vmms, notes)
    free, where = look(vmms, notes.get("where", {}))
    free = {host: vmms[host].node_info()["memory_free_mib"] for host in free}
    host = roomiest(free, notes.get("closed", []), request["memory_mib"])
    if where.get(request["name"]) or host is None:
        return vim(request, vmms, notes)
    notes["where"] = {**where, request["name"]: host}
    try:
        vmms[host].define(request["name"], memory_mib=request["memory_mib"])
        vmms[host].start(request["name"])
    except ConnectionError:
        return {"state": "unknown"}
    return {"state": "running", "host": host}


def closes_who_answers(request, vmms, notes):
    """A silent host that is to be repaired is not noted."""
    said = vim(request, vmms, notes)
    if request["op"] == "maintenance" and said["state"] == "unknown":
        notes["closed"].remove(request["host"])
    return said


def forgets_maintenance(request, vmms, notes):
    """A closed host is a host with much room."""
    said = vim(request, vmms, notes)
    notes["closed"] = []
    return said


def stops_at_silence(request, vmms, notes):
    """One silent host, and nothing goes any more."""
    free, _ = look(vmms, {})
    if request["op"] == "maintenance" or len(free) == len(vmms):
        return vim(request, vmms, notes)
    return {"state": "unknown"}


def defined_is_running(request, vmms, notes):
    """A VM is where its definition is."""
    for host, vmm in vmms.items():
        try:
            if request["op"] in ("start", "find") and request["name"] in [vm["name"] for vm in vmm.list()]:
                return {"state": "running", "host": host}
        except ConnectionError:
            continue
    return vim(request, vmms, notes)


def kills_only(request, vmms, notes):
    """Released is what does not run."""
    if request["op"] != "release":
        return vim(request, vmms, notes)
    host = vim({**request, "op": "find"}, vmms, notes).get("host")
    if host:
        vmms[host].kill(request["name"])
    return {"state": "absent"}


MUTANTS = {
    "reads the VMM's inside": Mutant(peeks, "S7.m2"),
    "asks one VMM about the others": Mutant(asks_the_first, "Q2.m3"),
    "lets a VMM place the VM": Mutant(lets_place, "Q2.m3"),
    "migrates without a target": Mutant(no_target, "Q2.m2"),
    "silence is death": Mutant(silence_is_death, "S6.m5"),
    "ordered is done, unanswered is not done": Mutant(ordered_is_done, "S7.m3"),
    "believes its notes": Mutant(believes_its_notes, "S7.m2"),
    "takes the first host that says yes": Mutant(takes_the_first),
    "moves by stop and start": Mutant(moves_by_restart),
    "gives up at the first VM that fits nowhere": Mutant(gives_up),
    "leaves the moved VMs paused": Mutant(moves_paused),
    "counts what is free now": Mutant(counts_what_is_touched),
    "closes only hosts that answer": Mutant(closes_who_answers),
    "forgets that a host is closed": Mutant(forgets_maintenance),
    "one silent host stops everything": Mutant(stops_at_silence),
    "defined is running": Mutant(defined_is_running),
    "kills and leaves the definition": Mutant(kills_only),
}
