"""The VIM: one process that keeps a model of many hosts, and orders what is missing there.

    client ── create, migrate … ──▶ vim ── orders ──▶ esx1-agent ──▶ esx1-libvirtd
               (answer: a job)       │ ◀── report ──
                                 database

It is not in the data path: no VM notices when it stops. It knows what messages have told it, which is late; and what
its database says, which is what was ordered. A crash costs it everything but the database: after its restart every host
is 'unknown' until it has reported.

The files: spec, inventory and jobs (data), database, orders, reports (what comes in), reconcile (the loop), moving
(migration and restart), restoring (after a crash).

What the real one does differently: vCenter is a dozen services around vpxd, OpenStack spreads the same work over Nova's
api, scheduler, conductor and computes, with a message broker between them. Both check permissions first.
"""

from labkit.vim import keeping, moving, reconcile, reports, requests, resizing, restoring
from labkit.vim.agent import Agent
from labkit.vim.bmc import Bmc
from labkit.vim.database import Database
from labkit.vim.inventory import CONNECTED, UNKNOWN, HostRecord, Inventory
from labkit.vim.jobs import Jobs
from labkit.vim.orders import Outbox
from labkit.vim.subsystems import Subsystems
from labkit.world import LabError, action
from labkit.world.errors import Unanswered, number, unknown

SETTLES_S = 15.0  # after its own restart a VIM waits so long for its hosts before it calls one missing
ADOPTS = ("power", "all")


class Vim(Subsystems):
    """A VIM with the node `name` over `hosts` (Vmm or LeanVmm; each gets an agent and a BMC unless it has them).

    database         path of an SQLite file, or ':memory:' (of the machine: it survives the process)
    reconcile_s, retry_s   seconds between two looks at what is not confirmed; until an order is sent again
    unknown_after_s, detect_s   silence after which a host is 'unknown'; after which the failover system is told
    adopts           what was done at a host itself and is taken over: 'power' (on, off, pause of its own VMs), or 'all'
                     (also VMs that are new there, or were moved there by others): vCenter's way
    suffix, kind     of the agents' names and of the messages with them
    **subsystems     placement, policies, monitoring, failover, balancer, templates, replication: see use()
    """

    @action
    def __init__(
        self, world, name="vim", hosts=(), database=":memory:", reconcile_s=5.0, retry_s=10.0, unknown_after_s=30.0,
        detect_s=60.0, adopts="power", suffix="agent", kind="vim", **subsystems,
    ):  # fmt: skip
        if adopts not in ADOPTS:
            raise LabError(f"adopts is one of {', '.join(ADOPTS)}, not {adopts!r}", 400, True)
        self.world, self.name, self.adopts, self.suffix, self.kind = world, name, adopts, suffix, kind
        self.reconcile_s, self.retry_s = number(reconcile_s, "reconcile_s", 0.1), number(retry_s, "retry_s", 0.1)
        self.unknown_after_s, self.detect_s = number(unknown_after_s, "unknown_after_s"), number(detect_s, "detect_s")
        self.hosts, self.vms, self.jobs, self._parts = {}, {}, Jobs(), {}
        self.database = Database(database)
        self.outbox = Outbox(world, name, kind)
        self.forget_all()
        self.node = world.node(
            name, serve=self._serve, on_start=self._started, on_stop=self.forget_all, on_crash=self.forget_all
        )
        self.begin(subsystems)
        for host in hosts:
            self.add_host(host)

    def __repr__(self):
        if not self.alive:
            return f"<Vim {self.name}: {self.node.state}>"
        return f"<Vim {self.name}: {len(self.hosts)} hosts, {len(self.vms)} VMs>"

    # -- the process -------------------------------------------------------------------------------------------------
    def forget_all(self):
        """The process has ended: everything but the database is lost."""
        for job in list(self.jobs.values()):
            job.finish(self.world.now, LabError("the VIM's process has ended", 503, False, "look at the inventory"))
        self.hosts.clear()
        self.vms.clear()
        self.jobs = Jobs()
        self.changed, self.unsaved, self.gone, self.hosts_changed = {}, {}, {}, {}
        keeping.forget(self)
        self.pending, self.unplaced, self.doubts, self.wishes, self.copying = {}, {}, {}, {}, {}
        self.outbox.waiting = {}
        self.n = self.index = 0
        self.waking = self.settling = False
        self.settles_at_s = self.world.now

    def _started(self):
        restoring.load(self)
        self.settles_at_s = self.world.now + SETTLES_S
        self.start_subsystems()

    @property
    def alive(self):
        """True while its process runs."""
        return self.node.state == "running"

    def _serve(self, message):
        if message.kind == self.kind and message.what == "report":
            reports.hear(self, message.detail)
        elif message.answer is not None:
            raise LabError(f"{self.name} has no {message.kind} {message.what!r}", 501, True)

    def wake(self):
        """Look at what has changed at the end of this instant."""
        if not self.waking and self.alive:
            self.waking = True
            life = self.node.life
            due = self.world.env.timeout(0)
            due.callbacks.append(lambda _: self._pass() if self.alive and self.node.life == life else None)

    def _pass(self):
        self.waking = False
        self.settling = self.world.now < self.settles_at_s and any(
            host.state == UNKNOWN for host in self.hosts.values()
        )
        reconcile.run(self)

    # -- clients -----------------------------------------------------------------------------------------------------
    @action
    def add_host(self, vmm, cluster=None):
        """Take a host into the inventory: a Vmm or LeanVmm, which gets an agent and a BMC unless it has them. The
        administrator has just spoken to it: it counts as connected."""
        self.require()
        name = requests.vmm(vmm).name
        if name in self.hosts:
            raise LabError(f"{name} is in the inventory already", 409, True, "each host once")
        if f"{name}-{self.suffix}" not in self.world.nodes:
            Agent(self.world, vmm, self.name, self.suffix, self.kind)
        if f"{name}-bmc" not in self.world.nodes:
            Bmc(self.world, vmm)
        stores = self.stores_of(vmm)
        record = HostRecord(name, len(self.hosts), vmm.host, cluster, stores)
        record.state, record.since_s, record.agent = CONNECTED, self.world.now, f"{name}-{self.suffix}"
        self.hosts[name] = record
        self.hosts_changed[record] = None
        self.host_added(record)
        self.wake()
        return record

    @action
    def create(self, name, spec=None, **order):
        """A new VM. `spec` or `template`, and: project, groups, priority, host (or cluster) where it must run, running
        (False: it stays off), user. Returns a Job. Raises LabError (400, 403, 404, 409) if the order cannot be meant or
        is not allowed; that no host fits is known later, by the job."""
        self.require()
        return requests.create(self, requests.new(self, name, spec, **requests.meant(order)))

    @action
    def create_many(self, orders):
        """Many at once: dicts of create's arguments. All or none. Returns the jobs."""
        self.require()
        return requests.create_all(self, orders)

    @action
    def start(self, name, user=None):
        """It shall run."""
        return requests.desire(self, "start", name, "running", "starting", user)

    @action
    def pause(self, name, user=None):
        """Its vCPUs shall stand still; its memory stays on the host."""
        return requests.desire(self, "pause", name, "paused", "pausing", user)

    @action
    def resume(self, name, user=None):
        """It shall go on where it was paused."""
        return requests.desire(self, "resume", name, "running", "resuming", user)

    @action
    def stop(self, name, graceful=False, user=None):
        """It shall be off: the plug is pulled, or (graceful) its power button is pressed, which a guest may ignore."""
        return requests.desire(self, "stop", name, "off", "shutting down" if graceful else "stopping", user)

    @action
    def terminate(self, name, user=None):
        """Release it: it ends, its disk is deleted, its room is free."""
        return requests.desire(self, "terminate", name, "absent", "terminating", user)

    @action
    def migrate(self, name, host=None, user=None):
        """Move it, running, to `host` or to the best one; a VM that is off is moved cold. Its disk must be shared."""
        return requests.migrate(self, self.vm(name), host, user)

    @action
    def restart(self, name):
        """Start a VM elsewhere that was on a fenced host. LabError (409) if that is not safe or not possible."""
        return requests.restart(self, self.vm(name))

    @action
    def maintenance(self, host, user=None):
        """Empty a host for maintenance: nothing new comes, its VMs move away alive, then it is 'in'."""
        return requests.maintenance(self, self.host(host), user)

    @action
    def leave_maintenance(self, host, user=None):
        """It may take VMs again. Returns its record."""
        return requests.leave_maintenance(self, self.host(host), user)

    @action
    def resize(self, name, spec, user=None):
        """Another size for a VM that is off, on the host where it lies; its disk stays. LabError (409, 507)."""
        return resizing.resize(self, self.vm(name), spec, user)

    @action
    def wait(self, job, timeout_s=600):
        """Run the world until `job` has ended. LabError (504) after `timeout_s`."""
        if not requests.one_job(job).ended:
            ended = self.world.event()
            job.waiters = (*job.waiters, ended)
            self.world.run(until=self.world.env.any_of([ended, self.world.timeout(timeout_s)]))
        if not job.ended:
            raise LabError(f"{job!r} after {timeout_s:g} s", 504, False, "look at the inventory: a host may be silent")
        return job

    def inventory(self):
        """What the VIM believes now, as a table."""
        self.require()
        return Inventory(self.hosts.values(), self.vms.values(), self.world.now)

    def explain(self, name):
        """Which filter and weigher did what for this VM (name or placement.Request), if it were placed now."""
        return self.placement.explain(name if hasattr(name, "within") else self.request(self.vm(name)))

    @property
    def events(self):
        """What the VIM has done and seen: a part of the world's trace, for people."""
        return self.world.trace.where(src=self.name, kind=("vm", "vim"))

    # -- finding -----------------------------------------------------------------------------------------------------
    def require(self):
        """Return if the process is there to be asked, else raise Unanswered."""
        if not self.alive:
            next_step = f"VMs run on without it; w.start({self.name!r})"
            raise Unanswered(f"{self.name} is {self.node.state}: nobody takes the order", 503, True, next_step)

    def vm(self, name):
        """The record of a VM. LabError (404) with the closest name."""
        self.require()
        name = getattr(name, "name", name)
        if not isinstance(name, str) or name not in self.vms:
            error = unknown("VM", name, self.vms)
            raise LabError(error.message, 404, True, error.next_step)
        return self.vms[name]

    def host(self, name):
        """The record of a host. LabError (404) with the closest name."""
        self.require()
        name = getattr(name, "name", name)
        if not isinstance(name, str) or name not in self.hosts:
            error = unknown("host", name, self.hosts)
            raise LabError(error.message, 404, True, error.next_step)
        return self.hosts[name]

    # -- for subsystems ------------------------------------------------------------------------------------------------
    def job(self, what, entity):
        """A new Job."""
        return self.jobs.begin(self, what, entity)

    def touch(self, vm):
        """What is desired of this VM, or where, has changed: save it and look at it at the end of this instant."""
        self.changed[vm] = self.unsaved[vm] = None
        self.wake()

    def look_at(self, host):
        """Look at all VMs of a host, and at those that may have a copy there."""
        doubtful = [vm for vm in self.doubts if vm.target is host or host.name in vm.also]
        for vm in (*host.vms.values(), *doubtful):
            self.changed[vm] = vm.sent_at_s = None
        self.wake()

    def assign(self, vm, host):
        """The VM belongs to this host, and its room there is claimed."""
        vm.host, host.vms[vm.name] = host, vm
        vm.reported, vm.reported_n = "absent", 0
        self.placement.claim(host, vm.spec, vm)

    def leave(self, vm):
        """The VM belongs to no host."""
        host = vm.host
        if host is not None:
            host.vms.pop(vm.name, None)
            self.placement.release(host, vm.spec, vm)
            vm.host = None

    def describe(self, host, again=False):
        """Ask a host for a full report, unless that was asked a moment ago."""
        now = self.world.now
        if again or host.asked_at_s is None or now - host.asked_at_s >= self.reconcile_s:
            host.asked_at_s = now
            self.outbox.describe(host)

    def fenced(self, host, guessed=False):
        """`host` certainly runs nothing, and will not before it has started anew: its BMC has said 'off'. `guessed`:
        somebody only believes so, and may soon see a VM run twice."""
        moving.fenced(self, self.host(host), guessed)

    def fence(self, host, tries=3, timeout_s=10):
        """Switch a host off through its BMC: `done = yield from vim.fence(host)`. True: it is off, certainly."""
        return (yield from moving.fence(self, self.host(host), tries, timeout_s))
