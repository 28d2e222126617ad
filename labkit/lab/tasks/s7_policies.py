"""S7.T2, policies: may this be done? Asked before the act, against everything that holds or awaits something.

    admit(request, state) -> True, or the policy that is broken: 'quota', 'anti-affinity', 'image'

    request  {"op": "create" | "start" | "resize" | "migrate", "name", "project", "memory_mib", "vcpus", "template",
              "groups": [name …], "host": name or None (placement chooses later)}; for a resize the new sizes
    state    {"quotas": {project: {"memory_mib": most, "vcpus": most}}, "images": {project: [template …]},
              "apart": [group …], "vms": [{"name", "project", "memory_mib", "vcpus", "used_mib", "groups", "host",
              "target", "status": "running" | "pending" | "stopped" | "failed" | "released"} …]}

A project without a quota, or without a list of images, is not limited. A VM that is 'pending' was admitted and is not
there yet; its sizes are those it was admitted with; 'target' is where a migration goes. The verdicts are compared with
those of labkit.vim.policies, which plays the same stream.
"""

from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.s7_policies_cases import FAMILIES, scenarios
from labkit.lab.tasks.s7_policies_mutants import MUTANTS, admit
from labkit.lab.tasks.s7_policies_yard import REASONS, Yard

QUOTA = "what a project holds and awaits never passes its quota"
APART = "members of a group that must keep apart never share a host, not even for a moment"
IMAGE = "a VM starts only from an image that its project may use"
FREE = "what breaks no policy is admitted"
REASON = "the answer names the policy that is broken"
SHAPE = "admit(…) returns True, 'quota', 'anti-affinity' or 'image'"
RULES = (QUOTA, APART, IMAGE, FREE, REASON, SHAPE)
BROKEN = {"quota": QUOTA, "anti-affinity": APART, "image": IMAGE}
MISCONCEPTIONS = {
    "S7.m2": "The VIM sees the truth. – What it has admitted is seen nowhere yet, and holds its room all the same.",
    "S7.m3": "A command sent is a command done. – Until it is, a VM may be here and there: both count.",
    "S7.m6": "Allocated is used. – A guest that idles today may use all it was promised tomorrow.",
}


def judge(scenario, artefact):
    """Play the stream; the first wrong verdict counts."""
    yard = Yard(artefact.world, scenario.data)
    for step in scenario.data["steps"]:
        if "op" not in step:
            yard.happen(step)
            continue
        request = yard.complete(step)
        state = yard.state()
        said = artefact.call(request=request, state=state)
        right, why = yard.verdict(request)
        failure = compared(request, said, right, why, state)
        if failure:
            return failure
        if right is True:
            yard.admitted(request)
    return None


def compared(request, said, right, why, state):
    """The rule that an answer breaks, or None."""
    if said is not True and said not in REASONS:
        return Failure("type", SHAPE, f"{words(request)}: you returned {said!r}")
    if said == right:
        return None
    order = words(request)
    if said is True:
        figures = why.partition("not allowed: ")[2]
        return Failure("safety", BROKEN[right], f"{order}: you admitted it. {figures}.", belief(request, right, state))
    if right is True:
        return Failure(
            "liveness", FREE, f"{order}: you denied it ({said}); no policy is broken. {listed(state['vms'])}"
        )
    return Failure("liveness", REASON, f"{order}: you said {said!r}; broken is: {right}. {listed(state['vms'])}")


def belief(request, right, state):
    """Why a violation was let through: what made it one was only pending, or on its way, or uses little."""
    others = [vm for vm in state["vms"] if vm["name"] != request["name"]]
    if right == "anti-affinity":
        there = [vm for vm in others if request["host"] in (vm["host"], vm["target"])]
        if any(vm["target"] == request["host"] for vm in there):
            return "S7.m3"
        return "S7.m2" if all(vm["status"] == "pending" for vm in there) else None
    if right != "quota":
        return None
    most = state["quotas"][request["project"]]
    runs = [vm for vm in others if vm["project"] == request["project"] and vm["status"] == "running"]
    if all(sum(vm[size] for vm in runs) + request[size] <= most[size] for size in most):
        return "S7.m2" if any(vm["status"] == "pending" for vm in others) else None
    left = most["memory_mib"] - request["memory_mib"]
    idle = sum(vm["used_mib"] for vm in runs) <= left < sum(vm["memory_mib"] for vm in runs)
    return "S7.m6" if idle else None


def words(request):
    """A request in the domain's words."""
    size = f"{request['memory_mib'] / 1024:g} GiB, {request['vcpus']} vCPU{'s' * (request['vcpus'] > 1)}"
    extra = f" to {size}" if request["op"] == "resize" else f" ({size}, {request['template']})"
    extra = "" if request["op"] == "migrate" else extra
    to = f" {'to' if request['op'] == 'migrate' else 'on'} {request['host']}" if request["host"] else ""
    return f"{request['op']} {request['name']} of {request['project']}{extra}{to}"


def listed(vms):
    """What is there, in a few words."""
    told = [f"{vm['name']} of {vm['project']} {vm['status']}, {vm['memory_mib'] / 1024:g} GiB" for vm in vms]
    return f"There: {'; '.join(told) or 'nothing'}."


TASK = tasks.register(
    Task(
        id="S7.T2",
        card="S7",
        title="Policies: may this be done?",
        kind="function",
        signature="admit(request, state) -> True, 'quota', 'anti-affinity' or 'image'",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=admit,
        mutants=MUTANTS,
        misconceptions=MISCONCEPTIONS,
        rules=RULES,
    )
)
