"""Instances of one template: so many are kept alive, on different hosts; more or fewer on order.

The loop compares what should be with the VIM's records, and creates or releases *records*. Starting a VM again whose
host was lost is the failover system's business; an instance on a silent host counts as there, for nobody knows better.
Only one whose host is certainly off, and whose disk has gone with it, is replaced by another. So there is no double.

What the real one does differently: Kubernetes' ReplicaSet replaces a pod on a lost node after its eviction (documented
default: 5 min) and relies on the pod having no disk that two could write.
"""

from labkit.vim.inventory import FENCED
from labkit.vim.keeping import writing
from labkit.vim.spec import PRIORITIES, Spec, from_json
from labkit.world import LabError, action
from labkit.world.errors import unknown, words

ORDER = ("spec", "template", "project", "priority", "cluster", "groups")  # what instances may be ordered with
PATIENCE_S = 60.0  # after a refused creation: chosen


class Group:
    """One set of instances: `count` of them, made of `order` (arguments of vim.create), numbered from `next`."""

    def __init__(self, name, order, count=0, first=1):
        self.name, self.order, self.count, self.next, self.jobs = name, order, count, first, {}

    def members(self, vms):
        """Records of the instances that are to be there, in order of creation."""
        return [vm for vm in vms.values() if self.name in vm.groups and vm.desired != "absent"]


class Replication:
    """The instances of a VIM: vim.use(replication=Replication(w)), then keep()."""

    tick_s = 5.0

    @action
    def __init__(self, world, name="vim-replication"):
        self.world, self.name, self.vim, self.groups = world, name, None, {}

    def __repr__(self):
        return (
            f"<Replication: {', '.join(f'{group.count} of {name}' for name, group in self.groups.items()) or 'none'}>"
        )

    def bind(self, vim):
        """It belongs to this VIM."""
        self.vim = vim

    def written(self):
        """How many instances of what are to be there, as plain data: what lies in the VIM's database."""
        return [[group.name, _plain(group.order), group.count, group.next] for group in self.groups.values()]

    def recall(self, data):
        """These groups, as written() gave them, and no others. None: the VIM's process has ended."""
        self.groups = {name: Group(name, _meant(order), count, first) for name, order, count, first in data or ()}

    @writing
    def keep(self, name, count, apart=True, **order):
        """Keep `count` instances name-1, name-2, … Again with another count: more or fewer. `order`: spec= or
        template=, project=, priority= … of vim.create. apart: no two on one host. LabError (400) without a size or a
        number."""
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise LabError(f"count must be a whole number from 0, not {count!r}", 400, True)
        if self.vim is None:
            raise LabError("these instances belong to no VIM", 409, True, "vim.use(replication=…) first")
        if words(name, "a group's name") not in self.groups:
            _check(self.vim, order)
            if apart:
                self.vim.placement.rules.apart(f"instances of {name}", group=name, must=True)
            self.groups[name] = Group(name, order)
        elif order:
            raise LabError(
                f"{name!r} is kept already: only its count can change", 409, True, f"keep({name!r}, {count})"
            )
        self.groups[name].count = count
        self.vim.keep("replication")
        self.vim.emit(f"instances: {count} of {name}", None)
        self._look(self.groups[name])

    def instances(self, name):
        """The records of a group's instances."""
        if words(name, "a group's name") not in self.groups:
            error = unknown("group of instances", name, self.groups)
            raise LabError(error.message, 404, True, error.next_step)
        return self.groups[name].members(self.vim.vms)

    def changed(self, vm):
        """The VIM's hook: something has ended with this VM."""
        for group in self.groups.values():
            if group.name in vm.groups and vm.desired == "absent":
                self._look(group)

    def tick(self):
        """Compare, and repair."""
        for group in self.groups.values():
            self._look(group)

    def _look(self, group):
        now_s = self.world.now
        members = group.members(self.vim.vms)
        for vm in [vm for vm in members if lost(vm)]:
            members.remove(vm)
            self.vim.terminate(vm.name)
        for vm in members[group.count :][::-1]:
            self.vim.terminate(vm.name)
        failed_s = [job.end_s for job in group.jobs.values() if job.state == "error"]
        if failed_s and now_s - max(failed_s) < PATIENCE_S:
            return
        for _ in range(group.count - len(members)):
            self._create(group)

    def _create(self, group):
        name, group.next = f"{group.name}-{group.next}", group.next + 1
        groups = (group.name, *group.order.get("groups", ()))
        group.jobs = {each: job for each, job in group.jobs.items() if not job.ended or job.state == "error"}
        self.vim.keep("replication", late=True)
        group.jobs[name] = self.vim.create(name, **{**group.order, "groups": groups})


def lost(vm):
    """True if it certainly does not run and cannot be started anywhere else: its disk was on a host that is off."""
    return vm.host is not None and vm.host.state == FENCED and vm.spec.datastore is None


def _check(vim, order):
    """Raise LabError (400, 404) for an order that vim.create would not understand."""
    strange = sorted(order.keys() - set(ORDER))
    if strange:
        raise LabError(f"instances have no {strange[0]!r}", 400, True, f"one of {', '.join(ORDER)}")
    if order.get("spec") is None and order.get("template") is None:
        raise LabError("instances need a spec or a template", 400, True, "keep('web', 3, spec=Spec())")
    if order.get("spec") is None:
        vim.templates.spec_of(order["template"])
    elif not isinstance(order["spec"], Spec):
        raise LabError(f"a VM needs a Spec, not {order['spec']!r}", 400, True, "spec=Spec(memory_mib=2048)")
    for name in ("template", "project", "priority", "cluster"):
        if order.get(name) is not None:
            words(order[name], name)
    groups = order.get("groups", ())
    if not isinstance(groups, (list, tuple)):
        raise LabError(f"groups must be names, not {groups!r}", 400, True, 'groups=("db",)')
    for group in groups:
        words(group, "a group's name")
    if order.get("cluster") is not None and all(host.cluster != order["cluster"] for host in vim.hosts.values()):
        raise LabError(f"there is no cluster {order['cluster']!r}", 404, True, "vim.hosts tells each host's cluster")
    if order.get("priority", "medium") not in PRIORITIES:
        raise LabError(f"there is no priority {order['priority']!r}", 400, True, f"one of {', '.join(PRIORITIES)}")


def _plain(order):
    """An order as json takes it."""
    return {**order, "spec": order["spec"].as_json()} if order.get("spec") is not None else dict(order)


def _meant(order):
    """An order from what json gave back."""
    return {**order, "spec": from_json(order["spec"])} if order.get("spec") is not None else order
