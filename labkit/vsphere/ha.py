"""vSphere HA as vCenter sees it: vpxd writes the configuration, the agents on the hosts do the work.

    vpxd ── fdm configure: hosts, protected VMs, priorities, response ──▶ every fdm of the cluster     again and again

So HA goes on when vpxd is gone, with the configuration that it had: a VM that is powered on meanwhile is not protected.
Only admission control is vpxd's own (labkit.vsphere.admission): it refuses a power-on that would leave too little for
the VMs of a host that fails. The surprise: for a restart nobody asks it.

Document-only ('vSphere Availability'). What the real one does differently: vpxd sends the configuration to the primary,
which hands it on; a protected VM is one whose power-on the primary has confirmed.
"""

from labkit.vmm.memory.admission import overhead_mib
from labkit.vsphere.faults import fault
from labkit.vsphere.fdm_isolation import RESPONSES
from labkit.world.fixed import fixed

AGAIN_S, RESTLESS_S = 30.0, 60.0


class Ha:
    """The HA configuration of a Vim's clusters: its 'failover system', which fails nothing over itself.

    clusters   names of those with HA; `response`: what an isolated host does with its VMs
    admission  the Admission that is asked before a VM is created, powered on or placed
    """

    tick_s = 5.0

    def __init__(self, clusters, references, admission, gateway="gateway", response="leave"):
        if response not in RESPONSES:
            raise fault(
                "InvalidArgument", f"there is no isolation response {response!r}", f"one of {', '.join(RESPONSES)}"
            )
        self.clusters, self.references, self.gateway = list(clusters), references, gateway
        self.response, self.admission, self.vim, self.sent = response, admission, None, {}
        self.spare = tuple(name for rule in admission.rules.values() for name in rule.kept_free)

    def bind(self, vim):
        """The VIM whose hosts and VMs these are."""
        self.vim = self.admission.vim = vim

    def started(self):
        """A new life of vpxd: it does not know what the agents have got."""
        self.sent, self.boots, self.restless_s, self.admission.at_s = {}, {}, {}, None
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
                config = before if config == before else fixed(config)  # one for all hosts: nobody can change it
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
            "failover_hosts": [host.name for host in hosts if host.name in self.spare],
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
        """vCenter's maxima and admission control (labkit.vsphere.admission). LabError (507)."""
        self.admission.admit(verb, vm)

    def kept_free(self, vm):
        """Names of failover hosts: nothing is placed there, only HA's agents use them."""
        return self.spare


def promised_mib(vm):
    """What is reserved for a VM: its own reservation and the hypervisor's overhead for it."""
    return vm.spec.memory_reservation_mib + overhead_mib(vm.spec.memory_mib, vm.spec.vcpus)
