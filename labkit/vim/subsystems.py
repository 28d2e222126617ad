"""What a VIM is put together from: placement, policies, templates, monitoring, failover, balancer, replication.

Each is an object; the VIM calls those of its methods that exist:

    bind(vim)                   once, when it is given to the VIM
    started()                   after every start of the VIM's process: forget what was learnt, start timers
    tick_s, tick()              called every tick_s seconds
    placement                   choose, claim, release, changed, add, again, explain (labkit.vim.placement)
    policies                    active, admit(act), settle, give_back, released, recount, places (labkit.vim.policies)
    monitoring                  reported(host), vm_changed(vm, before), host_changed(host, before), event(…)
    failover                    host_silent(host), host_back(host), vm_crashed(vm), evacuate(host, job), admit(verb, vm)
    templates                   spec_of(name), cloned(vm), released(vm)
    replication                 changed(vm)
    written(), recall(data)     what was written in it, for the VIM's database: see labkit.vim.keeping

Placement, policies and monitoring are made when they are first used.
"""

from labkit.vim import keeping
from labkit.world import LabError, action
from labkit.world.errors import number, words
from labkit.world.trace import NOTHING

KINDS = ("placement", "policies", "monitoring", "failover", "balancer", "templates", "replication")
NAMES = {  # attributes that are None as long as there is no such part
    "monitoring": "monitoring_or_none",
    "failover": "failover",
    "balancer": "balancer",
    "templates": "templates_or_none",
    "replication": "replication",
}


class Subsystems:
    """The part of a Vim that holds its subsystems and tells them what happens.

    monitoring_or_none, templates_or_none   the monitoring, the templates, if somebody uses them
    failover, balancer, replication         labkit.vim.failover, .balancing, .replication, or None
    """

    def begin(self, subsystems):
        """The VIM's process starts for the first time."""
        self.sizes, self.began, self.make_request = {}, False, None
        self.hears = ()  # what is called with (vm, done) when something about a VM has ended
        for name in NAMES.values():
            setattr(self, name, None)
        self.use(**subsystems)
        self.start_subsystems()

    @action
    def use(self, **subsystems):
        """Give the VIM a subsystem: use(failover=…). LabError (400) for a kind that there is not."""
        for kind in subsystems:
            if kind not in KINDS:
                raise LabError(f"a VIM has no {kind!r}", 400, True, f"it has {', '.join(KINDS)}")
        for kind, part in subsystems.items():
            self._take(kind, part)

    def _take(self, kind, part):
        self._parts[kind] = part
        if kind in NAMES:
            setattr(self, NAMES[kind], part)
        self._listeners()
        if hasattr(part, "bind"):
            part.bind(self)
        if kind == "placement":
            for name, gib in self.sizes.items():
                part.datastore(name, gib)
            self.new_placement()
        if hasattr(part, "written") and part.written():
            self.keep(kind)
        if self.began:
            self._start(part)
        return part

    def keep(self, kind, late=False):
        """What was written in this subsystem is other than before: into the database with it, at once or (late) in the
        next pass."""
        if late:
            self.unkept[kind] = None
            self.wake()
        else:
            keeping.keep(self, kind)

    def _listeners(self):
        """Who hears that something about a VM has ended."""
        hears = [getattr(self.failover, "settled", None)]
        if hasattr(self.replication, "changed"):
            hears.append(lambda vm, done: self.replication.changed(vm))
        self.hears = tuple(hear for hear in hears if hear is not None)

    def start_subsystems(self):
        """The process has started: its timers, and those of its subsystems."""
        from labkit.vim import reconcile

        self.began = True
        self.every(self.reconcile_s, lambda: reconcile.tick(self))
        for part in list(self._parts.values()):
            self._start(part)

    def _start(self, part):
        if hasattr(part, "started"):
            part.started()
        if hasattr(part, "tick_s"):
            self.every(part.tick_s, part.tick)

    def every(self, seconds, call):
        """Call `call()` every so many seconds while this life of the VIM's process lasts."""

        def again():
            while True:
                yield self.world.timeout(seconds)
                call()

        return self.node.process(again())

    # -- which there are ---------------------------------------------------------------------------------------------
    @property
    def placement(self):
        """Where VMs are put: labkit.vim.placement."""
        part = self._parts.get("placement")
        if part is None:
            from labkit.vim.placement import Placement

            self.use(placement=Placement())
        return self._parts["placement"]

    @action
    def datastore(self, name, gib):
        """A shared datastore of this size is there: VMs may be placed on it."""
        self.sizes[words(name, "a datastore's name")] = number(gib, "gib")
        if "placement" in self._parts:
            self.placement.datastore(name, gib)

    def stores_of(self, vmm):
        """Names of the shared datastores that a host reaches; their sizes are known from now on."""
        stores = vmm.stores.values() if hasattr(vmm, "stores") else [vmm.datastore]
        sizes = {store.name: store.capacity_gib if hasattr(vmm, "stores") else store.capacity_mib / 1024
                 for store in stores if store.name != f"{vmm.name}-local"}  # fmt: skip
        for name, gib in sizes.items():
            if name not in self.sizes:
                self.datastore(name, gib)
        return list(sizes)

    def host_added(self, host):
        """There is one more host to place VMs on."""
        if "placement" in self._parts:
            self.placement.add(host)

    def new_placement(self):
        """After a restart: the room that every VM of the inventory has claimed is counted anew."""
        placement = self.placement.again(list(self.hosts.values()))
        for vm in self.vms.values():
            for host in (vm.host, vm.target):
                if host is not None:
                    placement.claim(host, vm.spec, vm)
        policies = self._parts.get("policies")
        if policies is not None:
            policies.recount()

    def request(self, vm, host=None, excluded=(), spec=None):
        """The placement.Request of a VM's record: to `host` (a record) or to any but the `excluded` names; with another
        `spec` than it has."""
        if self.make_request is None:
            from labkit.vim.placement import Request

            self.make_request = Request
        spec = spec or vm.spec
        if self.failover is not None and hasattr(self.failover, "kept_free"):
            excluded = (*excluded, *self.failover.kept_free(vm))
        wish = self.wishes.get(vm)
        hosts, within = (None, None) if wish is None else ((wish[0],) if wish[0] else None, wish[1])
        own = vm.host.cluster if vm.host is not None and host is None else None  # it leaves its cluster by order only
        if host is not None:
            hosts = (host.name,)
        policies = self.policies_or_none
        if policies is None or vm.project is None:
            return self.make_request(spec, vm.name, vm.groups, vm.project, within or own, hosts, excluded)
        places = policies.places(vm.project)
        if hosts is None:
            hosts = places.get("hosts")
        return self.make_request(spec, vm.name, vm.groups, vm.project, within or places.get("within") or own, hosts,
                       (*excluded, *places.get("excluded", ())))  # fmt: skip

    @property
    def policies(self):
        """What may be done: labkit.vim.policies."""
        return self._made("policies", "labkit.vim.policies", "Policies")

    @property
    def monitoring(self):
        """Metrics, events and alarms: labkit.vim.monitoring. Costs nothing before it is asked for."""
        return self._made("monitoring", "labkit.vim.monitoring", "Monitoring")

    def _made(self, kind, module, name):
        if kind not in self._parts:
            from importlib import import_module

            make = getattr(import_module(module), name)
            self.use(**{kind: make(self.world, name=f"{self.name}-{kind}")})
        return self._parts[kind]

    @property
    def policies_or_none(self):
        """The policies, if somebody has written one."""
        part = self._parts.get("policies")
        return part if part is not None and part.active else None

    @property
    def templates(self):
        """What VMs are cloned from: labkit.vim.templates."""
        if "templates" not in self._parts:
            from labkit.vim.templates import Templates

            self.use(templates=Templates(self.world, name=f"{self.name}-templates"))
        return self._parts["templates"]

    # -- telling them ------------------------------------------------------------------------------------------------
    def tell(self, what, *args):
        """Call a method of the monitoring, if somebody uses it."""
        part = self.monitoring_or_none
        if part is not None:
            getattr(part, what)(*args)

    def tell_failover(self, what, record):
        """Call a method of the failover system with a host's or VM's record, if there is one that has it."""
        call = getattr(self.failover, what, None)
        if call is not None:
            call(record)

    def note(self, vm, what):
        """A step of a VM's life, in the trace: kind 'vm'."""
        world = self.world
        rows = world.rows  # as world.record does, without its call: there are three of these per VM
        rows.append((len(rows), world.env._now, self.name, vm.name, "vm", what, world.cause, None, NOTHING))

    def emit(self, what, entity=None, **detail):
        """An event of the VIM, in the trace: kind 'vim'."""
        self.tell("event", what, entity)
        return self.world.emit(self.name, entity, "vim", what, **detail)

    def host_changed(self, host):
        """A host's maintenance or cluster has changed."""
        self.hosts_changed[host] = None
        self.placement.changed(host)
        self.wake()

    def finished(self, vm, error=None):
        """What was done with this VM has ended."""
        job, vm.job, vm.task = vm.job, None, None
        policies = self.policies_or_none
        if policies is not None:
            if vm.name not in self.vms:
                policies.released(vm.name)
            else:
                (policies.give_back if error else policies.settle)(vm.name)
        templates = self.templates_or_none
        if templates is not None and vm.name not in self.vms:
            templates.released(vm)
        for hear in self.hears:
            hear(vm, error is None)
        if job is not None:
            job.finish(self.world.now, error)
        self.wake()

    def settled(self, vm):
        """What was desired of it has been seen."""
        vm.takes = vm.takes and vm.reported not in ("running", "paused")
        if vm.desired == "absent":
            self.touch(vm)
        elif vm.job is not None or vm.task is not None:
            self.finished(vm)
