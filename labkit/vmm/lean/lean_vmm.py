"""A host as a VIM sees it: calls in, answers out, and what fails separately fails separately.

    a VIM's agent ── libvirt ──▶ esx1-libvirtd ──▶ esx1          two nodes, as of a Vmm; crash one, stop the other

What the real one does differently: everything that `labkit.vmm.lean` says is left out; and a swap file takes no room
here, a disk takes all of it at once (thick), a guest that is asked to shut down always does, and the kernel kills no
process for want of memory.
"""

from collections import deque

from labkit.vmm import events, setups
from labkit.vmm.host import Host
from labkit.vmm.lean import calls, power
from labkit.vmm.lean.store import Store
from labkit.vmm.lifecycle import find
from labkit.world import SILENT, LabError, action
from labkit.world.errors import AFRESH, words


class LeanVmm:
    """A hypervisor `name` on `host`, managed as `setup` says ('kvm' or 'esxi'), without the inside of its guests.

    stores  the shared datastores that it reaches; a local one of `host.disk_gib` is made beside them
    Calls come as messages of kind 'libvirt' to its management process, as to a Vmm's; `load` is what a guest does.
    """

    @action
    def __init__(self, world, name, host=None, setup="kvm", stores=()):
        host, setup = Host() if host is None else host, setups.find(setup)
        _place(world, name, host, setup, stores)
        self.world, self.name, self.host, self.setup = world, name, host, setup
        self.local = Store(world, f"{name}-local", host.disk_gib)
        self.stores = {store.name: store for store in stores}
        self.domains, self.last_id, self.migrations, self.defined = {}, 0, {}, 0
        self.promised_mib = self.reserved_mhz = 0.0  # what its active VMs were promised: ESXi counts it at power-on
        self.heard = deque(maxlen=64)  # the last calls: TCP gives each to a process once, whatever the network doubles
        self.listener, self.untold, self.processes = None, {}, []
        self.node = world.node(name, on_start=self._powered_on, on_stop=self._powering_off, on_crash=self._power_lost)
        self.manager = world.node(f"{name}-{setup.manager}", serve=self._serve, on_start=self._manager_started)

    def __repr__(self):
        active = sum(domain.active for domain in self.domains.values())
        return f"<LeanVmm {self.name} ({self.setup.title}): {active} of {len(self.domains)} domains active>"

    @action
    def load(self, name, demand_mhz=None, used_mib=None, dirty_mib_s=None):
        """From now on, until its next start, the guest works like this; what is not given stays. LabError (404, 409)
        for a VM that is not here or has no process, (400) for what cannot be."""
        domain = find(self, name)
        if not domain.active:
            raise LabError(f"the guest of {name!r} does nothing (state: {domain.state}, {domain.reason})", 409, True)
        calls.work(self, domain, demand_mhz, used_mib, dirty_mib_s)

    def event(self, name):
        """What whoever listens is told of a domain: [name, state, demand_mhz, used_mib]; 'absent' if it is gone."""
        domain = self.domains.get(name)
        if domain is None:
            return [name, "absent", 0, 0]
        state = "migrating" if domain.job else domain.state
        if state == "shutoff" and domain.reason == "crashed":
            state = events.CRASHED
        return [name, state, domain.demand_mhz, domain.used_mib]

    # -- the management process ----------------------------------------------------------------------------------
    def _serve(self, message):
        if message.n in self.heard:
            return SILENT
        self.heard.append(message.n)
        return calls.serve(self, message)

    def _manager_started(self):
        if self.node.state != "running":
            self.manager.state = "crashed"
            raise LabError(f"{self.name} is off: no process can start on it", 409, True, f"start {self.name} first")
        events.ready(self)
        calls.reconnect(self)

    # -- the machine ---------------------------------------------------------------------------------------------
    def _power_lost(self):
        self._processes_end()
        power.lose_all(self)

    def _powering_off(self):
        self._processes_end()
        power.end_all(self)

    def _processes_end(self):
        for process in (self.manager, *self.processes):
            self.world.crash(process)
            process.state = "crashed"  # a dead machine refuses nothing, it is silent
        self.migrations.clear()
        self.untold = {}

    def _powered_on(self):
        power.clean_up(self)
        for process in (self.manager, *self.processes):
            self.world.start(process)
        calls.autostart_all(self)


def _place(world, name, host, setup, stores):
    """Return if such a host can be built here, else raise LabError (400, 409) before anything has been made."""
    words(name, "a VMM's name")
    if not isinstance(host, Host):
        raise LabError(f"a VMM needs a Host, not {host!r}", 400, next_step="Host(pcpus=4, memory_mib=16384)")
    if setup.id == "hosted":
        raise LabError("a lean host is 'kvm' or 'esxi'", 400, next_step="take a Vmm for a hosted hypervisor")
    if not all(isinstance(store, Store) for store in stores):
        raise LabError(f"stores must be Stores, not {stores!r}", 400, next_step="Store(w, 'san1', capacity_gib=1000)")
    taken = [each for each in (name, f"{name}-{setup.manager}") if each in world.nodes]
    taken += [f"{name}-local"] if f"{name}-local" in world.components else []
    if taken:
        raise LabError(f"there is already a {taken[0]!r} in this world", 409, True, f"another name, or {AFRESH}")
