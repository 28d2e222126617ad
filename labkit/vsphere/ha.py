"""vSphere HA as vCenter sees it: vpxd writes the configuration, the agents on the hosts do the work.

    vpxd ── fdm configure: hosts, protected VMs, priorities, response ──▶ every fdm of the cluster     again and again

So HA goes on when vpxd is gone, with the configuration that it had: a VM that is powered on meanwhile is not protected.
Only admission control is vpxd's own: it refuses a power-on that would leave too little for the VMs of a host that
fails. The surprise: it counts reservations, not what VMs use; without reservations hundreds of VMs pass, and are slow
after the failure.

Documented (document-only): 'cluster resource percentage', by default failures to tolerate / hosts. What the real one
does differently: CPU and memory are counted apart by slots or dedicated hosts, too, and overhead is the measured one.
"""

from labkit.vmm.memory.admission import overhead_mib
from labkit.vsphere.faults import fault
from labkit.vsphere.fdm_isolation import RESPONSES

AGAIN_S, RESTLESS_S = 30.0, 60.0
LEAST_MHZ = 32  # what a VM without a CPU reservation counts: documented default


class Ha:
    """The HA configuration of a Vim's clusters: its 'failover system', which fails nothing over itself.

    clusters   names of those with HA; `response`: what an isolated host does with its VMs
    tolerates  host failures for which capacity is kept free; 0: no admission control
    """

    tick_s = 5.0

    def __init__(self, clusters, references, gateway="gateway", response="leave", tolerates=1):
        if response not in RESPONSES:
            raise fault("InvalidArgument", f"isolation response {response!r} is none of {', '.join(RESPONSES)}")
        self.clusters, self.references, self.gateway = list(clusters), references, gateway
        self.response, self.tolerates, self.vim, self.sent = response, tolerates, None, {}

    def bind(self, vim):
        """The VIM whose hosts and VMs these are."""
        self.vim = vim

    def started(self):
        """A new life of vpxd: it does not know what the agents have got."""
        self.sent, self.boots, self.restless_s = {}, {}, {}
        self.tick()

    def hosts(self, cluster):
        """The hosts of a cluster."""
        return [host for host in self.vim.hosts.values() if host.cluster == cluster]

    def tick(self):
        """Send what has changed, and everything again after a while: a message may have been lost."""
        for cluster in self.clusters:
            self.look_again(cluster)
            config = self.config(cluster)
            before, sent_s = self.sent.get(cluster, (None, 0))
            if config != before or self.vim.world.now - sent_s >= AGAIN_S:
                self.sent[cluster] = config, self.vim.world.now
                for host in config["hosts"]:
                    self.vim.world.cast(
                        self.vim.name,
                        f"{host}-fdm",
                        "fdm",
                        "configure",
                        shown={"vms": len(config["vms"])},
                        config=config,
                    )

    def look_again(self, cluster):
        """While a host is silent, and for a minute after one has come back, the others are asked which VMs they run: HA
        may have restarted some of them there."""
        now, hosts = self.vim.world.now, self.hosts(cluster)
        boots = {host.name: host.power for host in hosts}
        if any(host.state != "connected" for host in hosts) or boots != self.boots.setdefault(cluster, boots):
            self.boots[cluster], self.restless_s[cluster] = boots, now + RESTLESS_S
        if now < self.restless_s.get(cluster, 0):
            for host in hosts:
                if host.state == "connected":
                    self.vim.describe(host)

    def config(self, cluster):
        """What the agents of a cluster are to know."""
        hosts = self.hosts(cluster)
        shared = {store for host in hosts for store in host.datastores if not store.endswith("-local")}
        stores = sorted(store for store in shared if sum(store in host.datastores for host in hosts) > 1)
        return {
            "hosts": {
                host.name: {
                    "moref": self.references.give("host", host.name),
                    "datastores": len(shared & host.datastores),
                    "mounts": sorted(shared & host.datastores),
                    "memory_mib": host.hardware.memory_mib,
                }
                for host in hosts
            },
            "datastores": stores[:2],  # documented: two heartbeat datastores, five at most
            "gateway": self.gateway,
            "vcenter": self.vim.name,
            "response": self.response,
            "vms": {
                vm.name: {
                    "priority": vm.priority,
                    "promised_mib": promised_mib(vm),
                    "datastore": vm.spec.datastore,
                    "host": host.name,
                }
                for host in hosts
                for vm in host.vms.values()
                if vm.desired == "running" and vm.reported == "running" and vm.spec.datastore in shared
            },
        }

    def admit(self, verb, vm):
        """Return if an act leaves what must stay free: a power-on only while the cluster keeps enough free for the
        failures it is to tolerate, this VM included. LabError (507, InsufficientFailoverResourcesFault)."""
        cluster = vm.host.cluster if vm.host is not None else None
        if verb != "start" or not self.tolerates or cluster not in self.clusters:
            return
        hosts = [host for host in self.hosts(cluster) if host.maintenance is None]
        share = max(0.0, 1 - self.tolerates / max(1, len(hosts)))
        vms = {vm, *(each for host in hosts for each in host.vms.values() if each.desired == "running")}
        wanted = {
            "MHz": sum(each.spec.reservation_mhz or LEAST_MHZ for each in vms),
            "MiB": sum(map(promised_mib, vms)),
        }
        total = {"MHz": sum(host.hardware.pcpus * host.hardware.mhz for host in hosts),
                 "MiB": sum(host.hardware.memory_mib for host in hosts)}  # fmt: skip
        for unit in ("MHz", "MiB"):
            if wanted[unit] > share * total[unit]:
                raise fault(
                    "InsufficientFailoverResourcesFault",
                    f"{vm.name} would bring the reservations of {cluster} to {wanted[unit]:.0f} {unit}: {share:.0%} of "
                    f"{total[unit]:.0f} may be promised, to tolerate the failure of {self.tolerates} of "
                    f"{len(hosts)} hosts",
                    "reserve less, add a host, or tolerate fewer failures",
                )


def promised_mib(vm):
    """What is reserved for a VM: its own reservation and the hypervisor's overhead for it."""
    return vm.spec.memory_reservation_mib + overhead_mib(vm.spec.memory_mib, vm.spec.vcpus)
