"""What clients ask: checked first, refused with the reason, and only then written down as what is desired.

An order to a VIM is a wish that was taken, not a deed that was done: 'create' returns a job, and what is desired has
changed. What becomes of it is the business of the loop.
"""

from labkit.vim import moving
from labkit.vim.inventory import CONNECTED, FENCED, VmRecord
from labkit.vim.reconcile import renew
from labkit.vim.spec import PRIORITIES, Spec
from labkit.world.errors import LabError, words

ORDER = ("name", "spec", "template", "project", "groups", "priority", "host", "cluster", "running", "user")


def meant(order):
    """Return `order` if it is a dict of arguments of create, else raise LabError (400)."""
    if not isinstance(order, dict):
        raise LabError(f"an order is a dict, not {order!r}", 400, True, 'dict(name="web", spec=Spec())')
    for name in order:
        if name not in ORDER:
            raise LabError(f"create has no {name!r}", 400, True, f"it has {', '.join(ORDER)}")
    return order


def one_job(job):
    """Return `job` if it is one, else raise LabError (400)."""
    if not hasattr(job, "waiters"):
        raise LabError(f"{job!r} is no job", 400, True, "create, migrate and the others return one")
    return job


def vmm(host):
    """Return `host` if it is a Vmm or LeanVmm, else raise LabError (400)."""
    if not hasattr(host, "manager"):
        raise LabError(f"a host is a Vmm or LeanVmm, not {host!r}", 400, True, 'LeanVmm(w, "esx9", Host())')
    return host


def new(vim, name, spec=None, template=None, project=None, groups=(), priority="medium", host=None, cluster=None,
        running=True, user=None):  # fmt: skip
    """A VmRecord as ordered, which is not in the inventory yet; where it must run is in vim.wishes."""
    if words(name, "a VM's name") in vim.vms:
        raise LabError(f"there is already a VM {name!r}", 409, True, "choose another name, or terminate that one first")
    if template is not None:
        usual = vim.templates.spec_of(words(template, "a template's name"))
        spec = usual if spec is None else spec
    if not isinstance(spec, Spec):
        raise LabError(f"a VM needs a Spec, not {spec!r}", 400, True, "spec=Spec(memory_mib=2048), or a template")
    if priority not in PRIORITIES:
        raise LabError(f"there is no priority {priority!r}", 400, True, f"one of {', '.join(PRIORITIES)}")
    if not isinstance(groups, (list, tuple)) or not all(isinstance(group, str) for group in groups):
        raise LabError(f"groups must be names, not {groups!r}", 400, True, 'groups=("db",)')
    if project is not None:
        words(project, "a project's name")
    if not isinstance(running, bool):
        raise LabError(f"running is True or False, not {running!r}", 400, True)
    host = vim.host(host).name if host is not None else None
    if cluster is not None and all(record.cluster != cluster for record in vim.hosts.values()):
        raise LabError(f"there is no cluster {cluster!r}", 404, True, "vim.hosts tells each host's cluster")
    vm = VmRecord(name, 0, spec, priority, tuple(groups), project, template)
    vm.desired = "running" if running else "off"
    if host is not None or cluster is not None:
        vim.wishes[vm] = host, cluster
    try:
        admit(vim, "create", vm, host, user)
    except LabError:
        vim.wishes.pop(vm, None)
        raise
    return vm


def admit(vim, verb, vm, host=None, user=None, spec=None):
    """Ask templates, policies and the admission control of the failover system. LabError if one of them refuses. `spec`
    is that of the VM, or the new one of a resize."""
    if vim.templates_or_none is not None:
        vim.templates.admit(verb, vm.name)
    policies = asked(vim, user)
    if policies is not None:
        from labkit.vim.policies import Act

        spec, on = spec or vm.spec, vm.desired != "off"
        policies.admit(Act(verb, vm.name, vm.project, spec, vm.template, vm.groups, host, user, on))
    if hasattr(vim.failover, "admit"):
        try:
            vim.failover.admit(verb, vm)
        except LabError:
            if policies is not None:
                policies.give_back(vm.name)
            raise


def asked(vim, user):
    """The policies that must be asked about an act of this user, or None. A user of whom no permission speaks may do
    nothing, even if nobody has written a policy yet."""
    if user is None:
        return vim.policies_or_none
    words(user, "a user's name")
    return vim.policies


def create(vim, vm):
    """Into the inventory, to be placed in the next pass."""
    vim.index += 1
    vm.index, vm.task = vim.index, "scheduling"
    vim.vms[vm.name] = vm
    vm.job = vim.job("create", vm.name)
    vim.note(vm, "scheduling")
    vim.touch(vm)
    return vm.job


def create_all(vim, orders):
    """All or none."""
    if not isinstance(orders, (list, tuple)):
        raise LabError(f"orders are a list of dicts, not {orders!r}", 400, True, 'create_many([dict(name="web", …)])')
    ordered, policies = {}, vim.policies_or_none
    try:
        for order in orders:
            new_one = new(vim, **{"name": None, **meant(order)})
            if new_one.name in ordered:
                vim.wishes.pop(new_one, None)
                raise LabError(f"two VMs are to be called {new_one.name!r}", 409, True, "each name once")
            ordered[new_one.name] = new_one
    except LabError:
        for name, vm in ordered.items():
            vim.wishes.pop(vm, None)
            if policies is not None:
                policies.give_back(name)
        raise
    return [create(vim, vm) for vm in ordered.values()]


def desire(vim, verb, name, desired, task, user=None):
    """From now on this is what the VM shall be."""
    vm = vim.vm(name)
    if vm.desired == "absent":
        raise LabError(f"{name} is being released", 409, True, "wait until it is gone")
    if verb in ("pause", "resume") and vm.desired == "off":
        raise LabError(f"{name} is to be off: it cannot {verb}", 409, True, "start it first")
    crashed = vm.seen == "crashed"
    if crashed and verb in ("pause", "resume"):
        raise LabError(f"{name} has crashed: it cannot {verb}", 409, True, "start it")
    if verb == "start" and vm.desired == "paused" and not crashed:
        raise LabError(f"{name} is paused, not off", 409, True, "resume it")
    if verb == "start" and vm.host is not None and vm.host.state == FENCED and vm.spec.datastore is not None:
        admit(vim, verb, vm, None, user)
        vm.desired = desired
        return restart(vim, vm)
    if task == "shutting down" and vm.target is not None:
        raise LabError(f"{name} is being migrated: it does not feel its power button", 409, True, "wait for its end")
    admit(vim, verb, vm, None, user)
    job = begin(vim, vm, verb, task)
    if vm.target is not None and desired in ("off", "absent"):
        _call_off(vim, vm)
    if desired == "off" or crashed:
        vm.order = None
    if task == "shutting down":
        renew(vim, vm, "shutdown")
    vm.desired = desired
    vim.touch(vm)
    return job


def begin(vim, vm, what, task):
    """A new job for this VM; one that still goes on is overtaken."""
    if vm.job is not None:
        overtaken = LabError(f"{vm.job.what} of {vm.name} was overtaken by {what}", 409, False)
        vm.job.finish(vim.world.now, overtaken)
    vm.job, vm.task = vim.job(what, vm.name), task
    return vm.job


def _call_off(vim, vm):
    """It shall end in the middle of a migration: here, and wherever it may have got."""
    target = vm.target
    moving._end(vim, vm)
    moving.doubt(vim, vm, target.name)


def migrate(vim, vm, host=None, user=None):
    """Live if it runs, cold if it is off."""
    source = vm.host
    if vm.desired == "absent" or source is None or vm.target is not None or vm.also:
        busy = vm.task or "being moved"
        raise LabError(f"{vm.name} cannot be migrated now: {busy}", 409, True, "wait until that has ended")
    if source.state != CONNECTED:
        raise LabError(f"{source.name} is {source.state}: it cannot hand {vm.name} over", 409, True,
                       "a host that does not answer is no source of a migration")  # fmt: skip
    if vm.spec.datastore is None:
        raise LabError(f"the disk of {vm.name} lies on {source.name} itself", 409, True, "only shared disks can follow")
    if vm.seen not in ("running", "paused", "off", "absent") or vm.seen != vm.desired:
        raise LabError(f"{vm.name} is {vm.seen} and is to be {vm.desired}", 409, True, "wait until it is there")
    target = vim.host(host) if host is not None else None
    if target is source:
        raise LabError(f"{vm.name} is on {source.name} already", 409, True, "name another host, or none")
    target = vim.placement.choose(vim.request(vm, target, (source.name,)))
    admit(vim, "migrate", vm, target.name, user)
    job = begin(vim, vm, "migrate", "migrating")
    if vm.desired == "off":
        moving.cold(vim, vm, target)
    else:
        moving.begin(vim, vm, target)
    return job


def restart(vim, vm):
    """Elsewhere, from its disk."""
    host = vm.host
    if host is None:
        return vm.job or begin(vim, vm, "restart", "restarting")
    if host.state != FENCED:
        why = f"{host.name} is {host.state}, not fenced: {vm.name} may be running there"
        raise LabError(why, 409, True, "fence the host first: two copies would write to one disk")
    if vm.spec.datastore is None:
        raise LabError(f"the disk of {vm.name} lies on {host.name} itself", 409, True, "it comes back with its host")
    job = begin(vim, vm, "restart", "restarting")
    moving.restart(vim, vm)
    return job


def maintenance(vim, host, user=None):
    """Through the failover system's evacuation, or by moving all its running VMs at once."""
    if host.maintenance is not None:
        raise LabError(f"{host.name} is {host.maintenance} maintenance already", 409, True)
    _may(vim, "maintenance", host, user)
    job = vim.job("maintenance", host.name)
    job.state = "running"
    host.maintenance = "entering"
    vim.host_changed(host)
    vim.emit("maintenance: entering", host.name)
    evacuate = getattr(vim.failover, "evacuate", None)
    if evacuate is not None:
        evacuate(host, job)
    else:
        vim.node.process(_empty(vim, host, job))
    return job


def leave_maintenance(vim, host, user=None):
    """VMs may come again."""
    _may(vim, "leave maintenance", host, user)
    if host.maintenance is not None:
        host.maintenance = None
        vim.host_changed(host)
        vim.emit("maintenance: left", host.name)
    return host


def _may(vim, verb, host, user):
    """LabError (403) if this user may not do this to a host."""
    policies = asked(vim, user)
    if user is not None:
        from labkit.vim.policies import Act

        policies.admit(Act(verb, host=host.name, user=user))


def _empty(vim, host, job):
    """Order every running VM away, again where it failed, until none runs there (a generator)."""
    while host.maintenance == "entering":
        staying = [vm for vm in host.vms.values() if vm.desired in ("running", "paused") and vm.seen != "crashed"]
        if not staying:
            host.maintenance = "in"
            vim.host_changed(host)
            vim.emit("maintenance: in", host.name)
            job.finish(vim.world.now)
            return
        for vm in [vm for vm in staying if vm.target is None and vm.seen == vm.desired]:
            try:
                migrate(vim, vm)
            except LabError as error:
                job.finish(vim.world.now, error)
        yield vim.world.timeout(1)
    job.finish(vim.world.now, LabError(f"{host.name} has left maintenance", 409, True))
