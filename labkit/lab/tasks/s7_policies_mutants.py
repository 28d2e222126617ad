"""S7.T2: the reference, and the wrong rules. Every wrong one differs in one place."""

from labkit.lab.task import Mutant


def admit(request, state):
    """The reference: image, then group, then quota, against everything that holds or awaits something."""
    vms = [vm for vm in state["vms"] if vm["status"] in ("running", "pending")]
    others = [vm for vm in vms if vm["name"] != request["name"]]
    project, op = request["project"], request["op"]
    allowed = state["images"].get(project)
    if op in ("create", "start") and allowed is not None and request["template"] not in allowed:
        return "image"
    groups = set(request["groups"]) & set(state["apart"])
    for vm in others:
        here = op != "resize" and request["host"] and request["host"] in (vm["host"], vm["target"])
        if here and groups & set(vm["groups"]):
            return "anti-affinity"
    if op != "migrate":
        for size, most in state["quotas"].get(project, {}).items():
            held = sum(vm[size] for vm in others if vm["project"] == project)
            if held + request[size] > most:
                return "quota"
    return True


def altered(
    counts=("running", "pending"),
    held=lambda vm, size: vm[size],
    total=lambda mine, size, request: sum(vm[size] for vm in mine) + request[size],
    pot=lambda vm, request: vm["project"] == request["project"],
    old=lambda vm, request: vm["name"] != request["name"],
    sizes=("memory_mib", "vcpus"),
    full=lambda total, most: total > most,
    imaged=("create", "start"),
    grown=("create", "start", "resize"),
    hosts=lambda vm: (vm["host"], vm["target"]),
    placed=("create", "start", "migrate"),
    apart=lambda groups, state: set(groups) & set(state["apart"]),
    met=lambda vm, request: True,
    unlisted=True,
):
    """A rule with one bad habit: each argument is the place where one belief shows."""

    def wrong(request, state):
        vms = [vm for vm in state["vms"] if vm["status"] in counts]
        others = [vm for vm in vms if vm["name"] != request["name"]]
        allowed = state["images"].get(request["project"], None if unlisted else [])
        if request["op"] in imaged and allowed is not None and request["template"] not in allowed:
            return "image"
        groups = apart(request["groups"], state)
        for vm in others:
            here = request["op"] in placed and request["host"] and request["host"] in hosts(vm)
            if here and met(vm, request) and groups & set(vm["groups"]):
                return "anti-affinity"
        if request["op"] in grown:
            mine = [vm for vm in vms if old(vm, request) and pot(vm, request)]
            mine = [{**vm, "memory_mib": held(vm, "memory_mib")} for vm in mine]
            for size, most in state["quotas"].get(request["project"], {}).items():
                if size in sizes and full(total(mine, size, request), most):
                    return "quota"
        return True

    return wrong


def heads(mine, size, request):
    """A VM is a VM: 2 GiB and 1 vCPU each."""
    return (len(mine) + 1) * {"memory_mib": 2048, "vcpus": 1}[size]


MUTANTS = {
    "checks before, not with, pending requests": Mutant(altered(counts=("running",)), "S7.m2"),
    "quota by count, not by size": Mutant(altered(total=heads)),
    "counts the memory that guests use": Mutant(altered(held=lambda vm, size: vm["used_mib"]), "S7.m6"),
    "what failed is never given back": Mutant(altered(counts=("running", "pending", "failed"))),
    "a stopped VM holds its memory": Mutant(altered(counts=("running", "pending", "stopped"))),
    "one pot for all projects": Mutant(altered(pot=lambda vm, request: True)),
    "a resize asks for the new size on top of the old": Mutant(altered(old=lambda vm, request: True)),
    "a resize is not asked": Mutant(altered(grown=("create", "start"))),
    "a start is not asked": Mutant(altered(grown=("create", "resize"))),
    "memory is all that counts": Mutant(altered(sizes=("memory_mib",))),
    "exactly full is too much": Mutant(altered(full=lambda total, most: total >= most)),
    "a VM is only where it came from": Mutant(altered(hosts=lambda vm: (vm["host"],)), "S7.m3"),
    "a migration is charged once more": Mutant(
        altered(
            old=lambda vm, request: vm["name"] != request["name"] or request["op"] == "migrate",
            grown=("create", "start", "resize", "migrate"),
        )
    ),
    "only the own project's VMs keep apart": Mutant(
        altered(met=lambda vm, request: vm["project"] == request["project"])
    ),
    "a VM has one group": Mutant(altered(apart=lambda groups, state: set(groups[:1]) & set(state["apart"]))),
    "every group keeps apart": Mutant(altered(apart=lambda groups, state: set(groups))),
    "a migration is not a placement": Mutant(altered(placed=("create", "start"))),
    "images are asked at creation only": Mutant(altered(imaged=("create",))),
    "images are asked at every act": Mutant(altered(imaged=("create", "start", "resize", "migrate"))),
    "what is not listed is forbidden": Mutant(altered(unlisted=False)),
    "everything is denied": Mutant(lambda request, state: "quota"),
}
