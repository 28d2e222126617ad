"""One host with its hypervisor and its management process. It knows itself, and nobody else.

    admin ── libvirt ──▶ vmm1-libvirtd ── orders ──▶ vmm1 ── the VMs run here ──▶ web, db, … answer under their names

Two nodes, because they fail separately. Stop the management process and commands are refused, while the VMs run on.
Crash the machine and the VMs are gone with its memory; their definitions lie on its disk and are there again when it
comes back, shut off (unless autostart says otherwise).

What the real one does differently: virsh on the host talks to libvirtd through a socket, a VIM through TLS or an agent
(vpxa, nova-compute). A call that finds a domain locked by a job waits up to 30 s for the lock; ours is refused at once.
libvirt is being cut into one daemon per driver (virtqemud); it is still called libvirtd in most places.
"""

from collections import deque
from functools import partial
from importlib import import_module
from math import isfinite
from uuid import UUID

from labkit.vmm import events, inside, lifecycle, management, power, ram, setups, usage
from labkit.vmm.disks import Datastore
from labkit.vmm.domain import Definition
from labkit.vmm.guest import assembled, takes_memory
from labkit.vmm.host import Host
from labkit.vmm.memory import HostMemory
from labkit.vmm.questions import Listing
from labkit.world import SILENT, LabError, action
from labkit.world.errors import AFRESH, words

CLIENT = "admin"
TIMEOUT_S = 30  # a dead connection is noticed by keepalive: 5 s × (5 + 1), libvirtd.conf's documented default


class Vmm:
    """A hypervisor `name` on `host`, managed as `setup` says ('kvm', 'esxi' or 'hosted'). Its files lie on `datastore`,
    which several hosts may share; without one, on a local one of `host.disk_gib`.

    Its public methods are what an administrator types: each sends one call to the management process and returns its
    answer, a dict. They raise LabError with a code (400 bad value, 404 no such domain, 409 wrong state, 501 no such
    call, 507 no room), and Unanswered if the management process does not answer.
    """

    @action
    def __init__(self, world, name, host=None, setup="kvm", datastore=None):
        host, setup = Host() if host is None else host, setups.find(setup)
        place(world, name, host, setup, datastore)
        self.world, self.name, self.host, self.setup = world, name, host, setup
        self.domains, self.last_id, self.settled_at = {}, 0, world.now
        self.heard = deque(maxlen=64)  # the last calls: TCP gives each to a process once, whatever the network doubles
        self.lost = []  # VMs that ran when the machine died: their swap files still lie there
        self.migrations = {}  # what it knows of moves that go on: in /run, so lost with the machine only
        self.listener, self.untold = None, {}  # node of the process that hears of changes, and what it has not heard
        self.processes = []  # nodes of further processes on this machine: they live and die with it
        self.memory = HostMemory(
            world, name, host.memory_mib, self.setup.memory,
            on_kill=partial(ram.killed, self), before_step=partial(usage.settle, self),
        )  # fmt: skip
        self.datastore = datastore or Datastore(world, f"{name}-local", host.disk_gib)
        self.node = world.node(
            name, serve=self._hear, on_start=self._powered_on, on_stop=self._powering_off, on_crash=self._power_lost
        )
        self.manager = world.node(f"{name}-{self.setup.manager}", serve=self._serve, on_start=self._manager_started)
        if CLIENT not in world.nodes:
            world.node(CLIENT)

    def __repr__(self):
        active = sum(domain.active for domain in self.domains.values())
        return f"<Vmm {self.name} ({self.setup.title}): {active} of {len(self.domains)} domains active>"

    # -- commands ------------------------------------------------------------------------------------------------
    def _ask(self, what, timeout_s=TIMEOUT_S, **detail):
        return self.world.ask(CLIENT, self.manager.name, "libvirt", what, timeout_s, **detail)

    @action
    def define(self, name, serve=None, program=None, **values):
        """Write down what a VM is to be: see Definition for `values`. `serve` and `program` are what is installed on
        its disk: a service, machine code as assembly text. Defined again, it is another from its next start on."""
        if serve is not None:
            takes_memory(serve)
        if program is not None:
            assembled(program)
        answer = self._ask("domainDefineXML", name=name, **plain(values))
        guest = self.domains[name].guest
        guest.install(serve, program)
        self.datastore.systems[name] = guest.serve, guest.program
        return answer

    @action
    def undefine(self, name, managed_save=False, snapshots_metadata=False, remove_all_storage=False):
        """Delete the definition; the disk's file stays unless `remove_all_storage`. A running VM becomes transient."""
        return self._ask(
            "domainUndefineFlags",
            name=name,
            managed_save=managed_save,
            snapshots_metadata=snapshots_metadata,
            remove_all_storage=remove_all_storage,
        )

    @action
    def start(self, name):
        """Power on, or go on from the image that `suspend` left."""
        return self._ask("domainCreate", 3600, name=name)

    @action
    def pause(self, name):
        """Stop its vCPUs; its memory stays in the host's RAM."""
        return self._ask("domainSuspend", name=name)

    @action
    def resume(self, name):
        """Let its vCPUs go on."""
        return self._ask("domainResume", name=name)

    @action
    def suspend(self, name):
        """Managed save: its memory goes to the disk and the host's RAM is free; the next start goes on there."""
        return self._ask("domainManagedSave", 3600, name=name)

    @action
    def shutdown(self, name):
        """Press its power button: the guest shuts down, if it listens. Returns at once."""
        return self._ask("domainShutdown", name=name)

    @action
    def reboot(self, name):
        """Press its power button and boot it again when it has ended. Returns at once."""
        return self._ask("domainReboot", name=name)

    @action
    def kill(self, name):
        """Pull the plug: its process ends now."""
        return self._ask("domainDestroy", name=name)

    @action
    def wakeup(self, name):
        """Wake a guest that has put itself to sleep."""
        return self._ask("domainPMWakeup", name=name)

    @action
    def autostart(self, name, autostart=True):
        """Start it whenever the host starts."""
        return self._ask("domainSetAutostart", name=name, autostart=autostart)

    @action
    def snapshot(self, name, snapshot, memory=False, quiesce=False):
        """Keep the state of its disk under the name `snapshot`, with `memory` that of its running guest, too."""
        return self._ask("domainSnapshotCreateXML", name=name, snapshot=snapshot, memory=memory, quiesce=quiesce)

    @action
    def revert(self, name, snapshot):
        """Go back to a snapshot: what was written since is lost; without memory it is shut off afterwards."""
        return self._ask("domainRevertToSnapshot", name=name, snapshot=snapshot)

    @action
    def delete_snapshot(self, name, snapshot):
        """Forget a snapshot; what was written since stays, copied into the file below."""
        return self._ask("domainSnapshotDelete", name=name, snapshot=snapshot)

    @action
    def migrate_to(self, name, target=None, timeout_s=6 * 3600, **options):
        """Move it, running, to another host of the same kind, which must be named: see labkit.vmm.migration."""
        return self._ask("domainMigratePerform3", timeout_s, name=name, target=target, **options)

    @action
    def abort_job(self, name):
        """Call off what goes on with it: a migration."""
        return self._ask("domainAbortJob", name=name)

    @action
    def info(self, name, host=None):
        """State, sizes and counters of one VM of this host."""
        return self._ask("domainGetInfo", name=name, **elsewhere(host))

    @action
    def console(self, name):
        """What its guest has written to the serial port since its last boot."""
        return self._ask("domainOpenConsole", name=name)

    @action
    def list(self, host=None):
        """All VMs of this host."""
        return Listing(self._ask("connectListAllDomains", **elsewhere(host)))

    @action
    def node_info(self, host=None):
        """What this host has and has promised."""
        return self._ask("nodeGetInfo", **elsewhere(host))

    # -- what happens inside a guest: nobody asks the management process ---------------------------------------------
    @action
    def in_guest(self, name, what):
        """Somebody in the guest types 'poweroff' or 'sleep' (suspend to RAM), or its system has a 'panic'."""
        inside.from_inside(self, lifecycle.find(self, name), what)

    @action
    def load(self, name, **work):
        """From now on, until its next start, the guest works like this: `demand_mhz`, `used_mib`, `active_mib`,
        `dirty_mib_s`, `writable_working_set_mib` as in Definition; what is not given stays."""
        inside.work(self, lifecycle.find(self, name), work)

    # -- the management process ------------------------------------------------------------------------------------
    def _serve(self, message):
        if message.n in self.heard:
            return SILENT
        self.heard.append(message.n)
        return management.serve(self, message)

    def _manager_started(self):
        if self.node.state != "running":
            self.manager.state = "crashed"
            raise LabError(f"{self.name} is off: no process can start on it", 409, True, f"start {self.name} first")
        events.ready(self)
        management.reconnect(self)

    def _hear(self, message):
        if message.kind != "migration" or "id" not in message.detail:
            raise LabError(f"{self.name} takes no {message.kind!r} from outside", 501, True, f"ask {self.manager.name}")
        return import_module("labkit.vmm.migration").receive(self, message)

    # -- the machine -----------------------------------------------------------------------------------------------
    def _power_lost(self):
        self._processes_end()
        power.lose_all(self)

    def _powering_off(self):
        self._processes_end()
        power.end_all(self, "shutdown")

    def _processes_end(self):
        for process in (self.manager, *self.processes):
            self.world.crash(process)
            process.state = "crashed"  # also if it was stopped: a dead machine refuses nothing, it is silent
        self.migrations.clear()

    def _powered_on(self):
        power.clean_up(self)
        for process in (self.manager, *self.processes):
            self.world.start(process)
        for domain in [domain for domain in self.domains.values() if domain.autostart]:
            management.start_by_itself(self, domain)

    def event(self, name):
        """What whoever listens is told of a domain: [name, state, demand_mhz, used_mib]; 'absent' if it is gone."""
        domain = self.domains.get(name)
        if domain is None:
            return [name, "absent", 0, 0]
        state = "migrating" if (domain.job or "").startswith("migration") else domain.state
        if (state, domain.reason) == ("shutoff", "crashed"):
            state = events.CRASHED
        return [name, state, domain.live.demand_mhz, domain.live.used_mib]

    def new_uuid(self):
        """A version 4 UUID of this host's luck."""
        return str(UUID(int=self.world.random(f"{self.name} uuid").getrandbits(128), version=4))


def place(world, name, host, setup, datastore):
    """Return if a VMM of this name can be built here, else raise LabError (400, 409) before anything has been made."""
    words(name, "a VMM's name")
    if not isinstance(host, Host):
        raise LabError(f"a VMM needs a Host, not {host!r}", 400, next_step="Host(pcpus=4, memory_mib=16384)")
    if not isinstance(datastore, (Datastore, type(None))):
        raise LabError(f"a VMM needs a Datastore, not {datastore!r}", 400, next_step="leave it out for a local one")
    wanted = {name, f"{name}-{setup.manager}", f"{name}-memory", *([] if datastore else [f"{name}-local"])}
    taken = sorted(wanted & (world.nodes.keys() | world.components.keys()))
    if isinstance(world.components.get(name), Vmm):
        why = f"there is already a VMM {name!r} in this world"
        raise LabError(why, 409, True, f"choose another name, or {AFRESH}")
    if taken:
        raise LabError(f"there is already a {taken[0]!r} in this world", 409, True, "choose another name")


def plain(values):
    """Values of a definition as they can travel: allocations as dicts, and no number that is none (LabError)."""
    for name, value in values.items():
        if isinstance(value, float) and not isfinite(value):
            default = getattr(Definition, name, None)
            hint = "leave it out" if default is None else f"leave it out for the default, {default!r}"
            raise LabError(f"{name} must be finite, not {value!r}", 400, True, f"give a number, or {hint}")
    return {
        name: dict(vars(value)) if name in ("cpu", "memory") and hasattr(value, "__dict__") else value
        for name, value in values.items()
    }


def elsewhere(host):
    """`host` as an argument of a call, if one is given: the management process will say what it thinks of it."""
    return {} if host is None else {"host": host}
