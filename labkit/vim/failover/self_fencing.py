"""A cluster that fences itself: no BMC, no VIM; a master, a lock for each host, a watchdog in each host.

    120   the network of node3 is cut                       node1:00 master · :01 node1 · :03 node2 · :05 node3
    125   node3 cannot renew its lock                           every 20 s, one process after the other
    160   master: not seen for 60 s, state 'fence'; it does nothing but wait for node3's lock
    166   node3's watchdog: more than 60 s without a refresh: reset. Until now vm103 ran there, and nobody could see it
    240   the lock is older than 120 s: the master gets it, which proves that node3 has ended; recovery
    243   node2 finds that vm103 is its own, and starts it

It is what Proxmox VE does; its times follow from the periods and the three documented constants: 60 s until a node is
fenced, 60 s for the watchdog, 120 s for a lock. Source: pve-ha-manager, src/test/test-basic1/log.expect (the regression
test of its simulator; a real cluster works in rounds of 10 s and 5 s and is a little slower or faster).

What the real one does differently: the master is elected by a lock of its own among the nodes, and dies with them; the
state lies in pmxcfs, which only a quorate partition may write; before a start it looks at what the node already runs.
"""

from labkit.vim.failover.locks import Locks
from labkit.vim.failover.watchdog import Watchdog
from labkit.world import LabError, action
from labkit.world.errors import number, unknown

ROUND_S = 20.0  # of the simulator; a process works once in a round
FENCE_S = 60.0  # Proxmox VE: fence_delay (documented default)
MASTER, KIND = "master", "ha"


class SelfFencing:
    """Hosts `vmms` (Vmm, on one shared datastore) with a watchdog each; nodes 'master' and 'locks'.

    hosts      name -> 'online', 'unknown' or 'fence', as the master sees it
    services   VM -> the host that is to run it: what the master has written
    """

    @action
    def __init__(self, world, vmms, every_s=ROUND_S, fence_s=FENCE_S, name=MASTER):
        self.world, self.name, self.every_s = world, name, number(every_s, "every_s", least=2 * len(vmms) + 2)
        self.fence_s = number(fence_s, "fence_s", least=1)
        self.hosts, self.online_at_s, self.services = {vmm.name: "unknown" for vmm in vmms}, {}, {}
        self.locks = Locks(world, "locks")
        self.node = world.node(name, serve=self._serve)
        self.managers = []
        for at, vmm in enumerate(vmms):
            watchdog = Watchdog(world, vmm, self.locks, every_s, 2 * at + 1)
            self.managers.append(_LocalManager(self, vmm, watchdog, 2 * at + 1))
        self.node.process(self._rounds())

    @action
    def manage(self, vm, host):
        """The administrator: from now on `vm`, which is defined on every host, is to run on `host` or elsewhere."""
        if host not in self.hosts:
            raise unknown("host", host, self.hosts)
        self.services[vm] = host

    @action
    def cut(self, host):
        """Pull the network cable of a host: it sees nobody, nobody sees it, and its VMs run on."""
        if host not in self.hosts:
            raise unknown("host", host, self.hosts)
        self.world.cut([f"{host}-lrm", f"{host}-watchdog"], [self.name, self.locks.name])

    def _serve(self, message):
        """What a host asks in each of its rounds: which VMs are mine?"""
        return {"services": [vm for vm, host in self.services.items() if host == message.detail["host"]]}

    # -- the master's round ------------------------------------------------------------------------------------------
    def _rounds(self):
        while True:
            began_s = self.world.now
            for host in self.hosts:
                yield from self._look(host, began_s)
            yield self.world.timeout(began_s + self.every_s - self.world.now)

    def _look(self, host, began_s):
        seen = yield from self._seen(host)
        if seen:
            self.online_at_s[host] = began_s
        state = self.hosts[host]
        if state == "fence" and not seen:
            yield from self._wait_for_lock(host)
        elif seen != (state == "online"):
            self._mark(host, "online" if seen else "unknown")
            if seen:  # it is in a new life, or was only gone for a moment: its lock is its own
                self.world.cast(self.name, self.locks.name, "lock", "release", lock=host)
        if self.hosts[host] == "unknown" and began_s - self.online_at_s.get(host, began_s) >= self.fence_s:
            self._mark(host, "fence")

    def _seen(self, host):
        try:
            yield self.world.call(self.name, f"{host}-lrm", KIND, "are you there", 0.1)
        except LabError:
            return False
        return True

    def _wait_for_lock(self, host):
        said = yield self.world.call(self.name, self.locks.name, "lock", "acquire", lock=host)
        if not said["granted"]:
            return
        self._mark(host, "unknown")
        self.online_at_s.pop(host)
        for vm in [vm for vm, owner in self.services.items() if owner == host]:
            self._recover(vm)

    def _recover(self, vm):
        able = [host for host, state in self.hosts.items() if state == "online"]
        if able:
            target = min(able, key=list(self.services.values()).count)
            self.services[vm] = target
            self._tell(f"recovery: {vm} to {target}", target, vm=vm)

    def _mark(self, host, state):
        self.hosts[host] = state
        self._tell(f"{host}: {state}", host, state=state)

    def _tell(self, what, about, **detail):
        self.world.emit(self.name, about, KIND, what, **detail)


class _LocalManager:
    """The process `<host>-lrm` (local resource manager): in each round it starts what is its host's and is off, while
    its watchdog is fed: without the lock it may not act."""

    def __init__(self, cluster, vmm, watchdog, offset_s):
        self.cluster, self.vmm, self.watchdog, self.offset_s = cluster, vmm, watchdog, offset_s
        self.world = cluster.world
        self.node = self.world.node(f"{vmm.name}-lrm", serve=lambda message: {"host": vmm.name}, on_start=self._started)
        vmm.processes.append(self.node)
        self._started()

    def _started(self):
        self.node.process(self._rounds())

    def _rounds(self):
        cluster, world, own = self.cluster, self.world, self.vmm.manager.name
        yield world.timeout((self.offset_s - world.now) % cluster.every_s)
        while True:
            began_s = world.now
            try:
                mine = yield world.call(self.node.name, cluster.name, KIND, "services", 0.1, host=self.vmm.name)
                for vm in mine["services"] if self.watchdog.active else ():
                    yield from self._start(own, vm)
            except LabError:
                pass  # cut off, or refused: the next round tries again
            yield world.timeout(began_s + cluster.every_s - world.now)

    def _start(self, own, vm):
        """libvirt: is it there? If not, take its disk over from a host that has ended, and start it."""
        info = yield self.world.call(self.node.name, own, "libvirt", "domainGetInfo", name=vm)
        if info["state"] == "shutoff":
            yield self.world.call(self.node.name, own, "libvirt", "domainLeaseBreak", name=vm)
            yield self.world.call(self.node.name, own, "libvirt", "domainCreate", name=vm)
