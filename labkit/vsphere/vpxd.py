"""vpxd, the vCenter Server service: what its clients may ask, in the words of the vSphere API.

    client ── soap PowerOnVM_Task ──▶ vpxd ── vpxa orders ──▶ esx1-vpxa ── libvirt connectBulk ──▶ esx1-hostd ──▶ esx1
           ◀── task-101 ───────────        ◀── vpxa report ──

Inside it is a VIM (labkit.vim) with its database: stop it and start it, and it knows what it knew. But it does not
insist: what a host client or an HA agent has done without it, it learns from the hosts' reports and takes over
('adopts'). It answers for hosts as it sees them: 'notResponding' after 60 s without vpxa, whatever the reason. An order
for such a host is refused.

What the real one does differently: vpxd fetches changes from vpxa by version numbers; single sign-on, permissions per
object and the inventory service are programs of their own; the database is PostgreSQL.

Document-only: vSphere is closed source.
"""

from labkit.vim.carrying_out import definition
from labkit.vim.spec import from_json
from labkit.vsphere.arguments import fitting, text, texts, truth
from labkit.vsphere.faults import fault, translated
from labkit.vsphere.sessions import PASSWORD, Sessions
from labkit.vsphere.tasks import task_info
from labkit.world import LabError, action
from labkit.world.fixed import fixed

POWER = {"running": "poweredOn", "off": "poweredOff", "absent": "poweredOff", "paused": "suspended"}
GIVE_UP_S = 70.0  # a host that is silent for so long is notResponding, and a task there has failed


class Vpxd:
    """The API of one vpxd around its Vim; `references`: MoRefs of what it knows."""

    @action
    def __init__(self, world, vim, references):
        self.world, self.vim, self.references = world, vim, references
        self.name = f"{vim.name}-api"
        self.sessions = Sessions(vim.name, {"administrator@vsphere.local": PASSWORD})
        self._serve, self._started = vim.node.serve, vim.node.on_start
        vim.node.serve, vim.node.on_start = self.serve, self.started
        self.tasks = {}

    def started(self):
        """A new life: sessions and tasks were in memory, the inventory lies in the database."""
        self.sessions.forget()
        self.tasks = {}
        self._started()

    # -- calls ------------------------------------------------------------------------------------------------------
    def serve(self, message):
        """A call of the API, or the VIM's own traffic."""
        if message.what == "report" and not message.detail.get("manager", True):
            return None  # vpxa without hostd can tell nothing of the host: as if it were silent
        if message.kind == "fdm":
            return self.believe(message.detail["host"])
        if message.kind != "soap":
            return self._serve(message)
        detail = dict(message.detail)
        if message.what == "Login":
            return {"key": self.sessions.login(**fitting("Login", Sessions.login, detail))}
        self.sessions.user(detail.pop("session", None))
        if message.what in QUESTIONS:
            question = QUESTIONS[message.what]
            return question(self, **fitting(message.what, question, detail))
        if message.what not in METHODS:
            raise fault("NotSupported", f"vpxd has no {message.what!r}", f"it has {', '.join([*METHODS, *QUESTIONS])}")
        try:
            return {"task": self.begin(message.what, **detail)}
        except LabError as error:
            raise translated(error) from None

    def believe(self, host):
        """HA's primary says that a host is dead: vpxd need not wait for its own minute of silence."""
        record = self.vim.hosts.get(host)
        if record is not None and record.state == "connected":
            record.heard_at_s = min(record.heard_at_s or 0.0, self.world.now - self.vim.unknown_after_s - 1)

    def begin(self, method, **detail):
        """Start a task; its reference."""
        job = METHODS[method](self, **fitting(method, METHODS[method], detail))
        reference = self.references.fresh("task")
        self.tasks[reference] = (method, job)
        self.vim.node.process(self.follow(job))
        return reference

    def follow(self, job):
        """A task of a host that falls silent fails; then nobody insists on it any more (a generator)."""
        yield self.world.timeout(GIVE_UP_S)
        vm = job.vm
        if job.ended or vm is None or vm.host is None or vm.task == "migrating":
            return
        if vm.host.state != "connected" or vm.error is not None:
            vm.desired = vm.reported if vm.reported in ("running", "paused", "off") else "off"
            self.vim.touch(vm)
            job.finish(
                self.world.now, fault("HostNotConnected", f"{vm.host.name} did not do it within {GIVE_UP_S:g} s")
            )

    # -- what is allowed --------------------------------------------------------------------------------------------
    def vm(self, vm):
        """The record of a VM by MoRef or name. LabError (400, 404)."""
        name = vm if text(vm, "a VM") in self.vim.vms else self.references.name("vm", vm)
        if name not in self.vim.vms:
            raise fault("ManagedObjectNotFound", f"{vm!r} is no VM (any more)", "look it up in the inventory")
        return self.vim.vms[name]

    def reachable(self, vm):
        """Return the VM if its host is connected. LabError (409, HostNotConnected)."""
        if vm.host is not None and vm.host.state != "connected":
            raise fault(
                "HostNotConnected",
                f"{vm.host.name} of {vm.name} is notResponding",
                f"nothing is known of it: look at {vm.host.name} itself (host client), and at its vpxa",
            )
        return vm

    def in_state(self, vm, *states):
        """Return the VM if it is in one of these power states. LabError (409, InvalidPowerState)."""
        state = POWER.get(self.reachable(vm).seen, "poweredOff")
        if state not in states:
            raise fault("InvalidPowerState", f"{vm.name} is {state}, not {' or '.join(states)}")
        return vm

    # -- tasks ------------------------------------------------------------------------------------------------------
    def power_on(self, vm):
        vm = self.in_state(self.vm(vm), "poweredOff", "suspended")
        return self.vim.resume(vm.name) if vm.desired == "paused" else self.vim.start(vm.name)

    def power_off(self, vm):
        return self.vim.stop(self.in_state(self.vm(vm), "poweredOn", "suspended").name)

    def shutdown_guest(self, vm):
        return self.vim.stop(self.in_state(self.vm(vm), "poweredOn").name, graceful=True)

    def suspend(self, vm):
        return self.vim.pause(self.in_state(self.vm(vm), "poweredOn").name)

    def create(self, name, host=None, cluster=None, template=None, running=False, priority="medium", **sizes):
        if text(name, "a VM's name") in self.vim.vms:
            raise fault("DuplicateName", f"there is already a VM {name!r}", "another name; the MoRef is what counts")
        host, cluster = (where if where is None else self.references.name(kind, where)
                         for kind, where in (("host", host), ("cluster", cluster)))  # fmt: skip
        order = sized(template, sizes)
        order |= {"host": host, "cluster": cluster, "running": truth(running, "running"), "priority": priority}
        made = self.vim.create(name, **order)
        self.references.give("vm", name)
        if running:
            return made
        job = self.vim.job("create", name)
        self.vim.node.process(self.register(made, job))
        return job

    def register(self, made, job):
        """A VM that stays off has its place in the inventory; now its host is told of it (a generator)."""
        while not made.ended:
            yield self.world.timeout(0.1)
        vm = made.vm
        if made.error is None:
            values = dict(definition(fixed(vm.spec.as_json())))
            try:
                agent = f"{vm.host.name}-{self.vim.suffix}"
                yield self.world.call(self.vim.name, agent, self.vim.kind, "CreateVM_Task", 30, name=vm.name, **values)
            except LabError as error:
                self.vim.terminate(vm.name)
                return job.finish(self.world.now, error)
        job.finish(self.world.now, made.error)

    def destroy(self, vm):
        vm = self.in_state(self.vm(vm), "poweredOff")
        self.references.drop("vm", vm.name)
        return self.vim.terminate(vm.name)

    def migrate(self, vm, host=None):
        vm = self.in_state(self.vm(vm), "poweredOn")
        return self.vim.migrate(vm.name, None if host is None else self.references.name("host", host))

    def enter_maintenance(self, host):
        return self.vim.maintenance(self.references.name("host", host))

    def exit_maintenance(self, host):
        return self.vim.leave_maintenance(self.references.name("host", host))

    def set_lockdown(self, host, mode, exceptions):
        """Lockdown mode of a host, through its vpxa (a generator)."""
        host, exceptions = self.references.name("host", host), texts(exceptions, "exceptions")
        agent = f"{host}-{self.vim.suffix}"
        call = self.world.call(
            self.vim.name, agent, self.vim.kind, "EnterLockdownMode", 30, mode=mode, exceptions=exceptions
        )
        return (yield call)

    # -- questions --------------------------------------------------------------------------------------------------
    def task_info(self, task):
        """TaskInfo of a task. LabError (404) for one of another life of vpxd."""
        if text(task, "a task") not in self.tasks:
            raise fault("ManagedObjectNotFound", f"vpxd knows no {task!r}", "look at the VM itself: what became of it?")
        method, job = self.tasks[task]
        entity = self.references.of_thing.get(("vm", job.entity)) or self.references.of_thing.get(("host", job.entity))
        code = None if job.error is None else translated(job.error).code
        return {**task_info(task, method, entity, job, self.at), "code": code}

    def at(self, second):
        """A virtual second as ISO 8601 text."""
        from datetime import timedelta

        return (self.world.start_time + timedelta(seconds=second)).isoformat(timespec="milliseconds")

    def wait_for_task(self, task):
        """TaskInfo as soon as the task has ended (a generator)."""
        self.task_info(task)
        job = self.tasks[task][1]
        while not job.ended:
            yield self.world.timeout(0.1)
        return self.task_info(task)


def sized(template, sizes):
    """What create orders of the VIM: a clone of a template, or a VM of these sizes. LabError (400)."""
    if template is None:
        if not isinstance(sizes.get("networks", []), list):
            raise fault("InvalidArgument", f"networks are names, not {sizes['networks']!r}", 'networks=["lan"]')
        return {"spec": from_json(sizes)}
    if sizes:
        raise fault(
            "InvalidArgument", f"a clone has its template's sizes, it takes no {', '.join(sizes)}", "leave it out"
        )
    return {"template": text(template, "a template")}


METHODS = {
    "PowerOnVM_Task": Vpxd.power_on,
    "PowerOffVM_Task": Vpxd.power_off,
    "SuspendVM_Task": Vpxd.suspend,
    "ShutdownGuest": Vpxd.shutdown_guest,
    "CreateVM_Task": Vpxd.create,
    "CloneVM_Task": Vpxd.create,
    "Destroy_Task": Vpxd.destroy,
    "MigrateVM_Task": Vpxd.migrate,
    "EnterMaintenanceMode_Task": Vpxd.enter_maintenance,
    "ExitMaintenanceMode_Task": Vpxd.exit_maintenance,
}
QUESTIONS = {
    "RetrieveTaskInfo": Vpxd.task_info,
    "WaitForTask": Vpxd.wait_for_task,
    "EnterLockdownMode": Vpxd.set_lockdown,
}
