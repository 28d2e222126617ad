"""The questions that every act is asked before it is done, each answered by a LabError or by nothing.

Quota and reservation count what is pending like what is used. Looking at what is used alone is the classic race: each
of two requests fits, and both together do not.
"""

from labkit.vim.policies import acts, limits
from labkit.vim.policies.claims import SIZES, size_of
from labkit.world.errors import LabError


def home(vm):
    """The name of the host a VM is assigned to, or None."""
    return vm.host.name if vm.host is not None else None


def refusal(policies, act, why, next_step, code=403):
    """The LabError of an act that is not allowed; the trace has it, too."""
    whose = f" for project {act.project!r}" if act.project else ""
    policies.world.emit(policies.name, None, "policy", f"denied: {act.what} {act.vm}", why=why)
    return LabError(f"{act.what} {act.vm}{whose} is not allowed: {why}", code, True, next_step)


def image(policies, act):
    """May this project run from this template? Asked again when a stopped VM is started: policies change."""
    why = act.what in acts.RUNS_IMAGE and policies.allowed.image_refused(act.project, act.template)
    if why:
        raise refusal(policies, act, why, "choose an allowed template, or ask for this one to be allowed")


def place(policies, act):
    """May it go to the host that was named, or start where it lies?"""
    known, host = policies.vms.get(act.vm), act.host
    if host is None and known is not None and act.what in ("start", "resume"):
        host = home(known)
    if host is None or act.what not in ("create", "start", "resume", "migrate"):
        return
    record = policies.hosts.get(host)
    why = policies.allowed.why_not(act.project, host, record.cluster if record else None)
    if why is None and policies.allowed.apart.intersection(act.groups):
        there = [vm for vm in policies.vms.values() if host in (home(vm), bound_for(vm)) and vm.name != act.vm]
        why = policies.allowed.crowded(act.groups, host, [(vm.name, vm.groups) for vm in there])
    if why:
        raise refusal(policies, act, f"place: {why}", "leave the host out: placement chooses an allowed one")


def bound_for(vm):
    """The name of the host a VM is on its way to, or None: it counts there before it arrives."""
    return vm.target.name if vm.target is not None else None


def room(policies, act):
    """Does it fit its project's quota, and what is kept free for others? If so, its claim is taken."""
    claims, project = policies.claims, act.project
    if act.what not in acts.GROWS:
        if act.what in ("stop", "terminate"):
            claims.settle(act.vm)  # what is still on its way may arrive before it ends
            claims.ask(act.vm, project, (0, 0, *claims.held(act.vm)[2:]))
        return
    size = size_of(act.spec, act.on or act.what == "start")
    asked = claims.growth(act.vm, size)
    used, pending = claims.sums(project)
    broken = limits.over_quota(policies.quotas.get(project, {}), used, pending, asked)
    if broken:
        raise refusal(policies, act, f"quota – {'; '.join(broken)}", "release or stop a VM, or ask for a larger quota")
    if policies.reservations:
        kept_for_others(policies, act, asked)
    claims.ask(act.vm, project, size)


def kept_for_others(policies, act, asked):
    """A project may always use up its own reservation; beyond it, only what nobody has been promised."""
    project = act.project
    own = policies.reservations.get(project, {})
    have = [sum(pair) for pair in zip(*policies.claims.sums(project), strict=True)]
    beyond = [max(0, have[at] + asked[at] - max(own.get(size, 0), have[at])) for at, size in enumerate(SIZES)]
    kept = limits.kept_free(policies.reservations, policies.claims.sums, project)
    broken = limits.over_capacity(policies.capacity, policies.taken, kept, beyond)
    if broken:
        raise refusal(policies, act, f"reserved – {'; '.join(broken)}", "wait until there is room, or add hosts", 507)
