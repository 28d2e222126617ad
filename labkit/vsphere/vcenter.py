"""vCenter: everything of the picture in one place, and a client that is logged in.

        administrator ── soap ──▶ vpxd (and its database)
             │                     │ vpxa          │ fdm configure
             │ soap (host client)  ▼               ▼
             └──────────────▶ esx1-hostd ◀─ esx1-vpxa    esx1-fdm ◀──▶ esx2-fdm …     san1: disks, locks, heartbeats
                                   ▼
                                 esx1 (VMkernel)

Every name in it is a node of the world and can be stopped, crashed and cut off by itself.

What the real one does differently: see each part (vpxd, vpxa, hostd, vmkernel, vmfs, fdm); resource pools, folders of
one's own and permissions per object are left out. All of it is document-only.
"""

from labkit.vim.vim import Vim
from labkit.vmm.host import Host, whole
from labkit.vsphere.admission import Admission, rules_of
from labkit.vsphere.arguments import text, texts
from labkit.vsphere.faults import fault
from labkit.vsphere.fdm import Fdm
from labkit.vsphere.ha import Ha
from labkit.vsphere.host_client import HostClient
from labkit.vsphere.hostd import Hostd
from labkit.vsphere.initial_placement import InitialPlacement
from labkit.vsphere.limits import maxima
from labkit.vsphere.moref import MoRefs
from labkit.vsphere.rest import Rest
from labkit.vsphere.sessions import PASSWORD
from labkit.vsphere.tasks import Task
from labkit.vsphere.vmfs import Vmfs
from labkit.vsphere.vmkernel import VmKernel
from labkit.vsphere.vpxa import Vpxa
from labkit.vsphere.vpxd import Vpxd
from labkit.world import LabError, action

ADMINISTRATOR = "administrator@vsphere.local"
SHARED_GIB = 1_000_000  # of each shared datastore: chosen, enough for a whole vCenter
RATIOS = {"cpu": 16.0, "memory": 4.0, "disk": 1.0}  # vSphere has none: it counts reservations; chosen, far off


class VCenter:
    """A vCenter with `hosts` hosts in one cluster, or `clusters`: name → number of hosts.

    host       a labkit.vmm.Host, the size of each
    lean       True: LeanVmm (thousands of hosts), False: Vmm (guests with memory and network)
    shared     names of datastores that all hosts mount; (): only local disks
    ha         vSphere HA on all clusters; `response`: of an isolated host (labkit.vsphere.fdm_isolation). Its agents
               say something every second: from a few hundred hosts on, a world is quicker with ha=False
    tolerates  failures that admission control provides for (None: 1 where there are two hosts; 0: none); or
               admission=Slots(1), Percentage(1), Dedicated('esx3') … of labkit.vim.failover, for every cluster
    drs        None, True or a Balancer (labkit.vim.balancing)
    version    whose configuration maxima hold
    **vim      further options of the Vim (a placement of your own is not asked about maxima and admission)
    Methods talk to vpxd as a client does: LabError with a fault's name, Unanswered if vpxd is away. LabError (400, 409,
    507) for a vCenter that cannot be meant, nothing half built.
    """

    @action
    def __init__(
        self, world, hosts=3, clusters=None, host=None, lean=False, shared=("san1",), ha=True, response="leave",
        tolerates=None, admission=None, drs=None, version="8.0", name="vcenter", **vim,
    ):  # fmt: skip
        self.world, self.name, self.client, self.key = world, text(name, "a vCenter's name"), "admin", None
        self.limits, self.references = maxima(version), MoRefs()
        clusters = self.counted({"cluster1": hosts} if clusters is None else clusters)
        shared, drs = texts(shared, "shared"), balancer(drs)
        rules = rules_of(clusters, tolerates, admission) if ha else {}
        self.ha = Ha(clusters if ha else (), self.references, Admission(self.limits, rules), response=response)
        self.datacenter = self.references.give("datacenter", "datacenter1")
        make, self.stores = (_lean if lean else _full)(world, shared)
        for node in ("admin", "gateway"):
            if node not in world.nodes:
                world.node(node, serve=_echo if node == "gateway" else None)
        self.vmms, self.hostds, self.fdms = {}, {}, {}
        vim.setdefault("placement", InitialPlacement(self.ha.admission, RATIOS))
        self.vim = Vim(world, "vpxd", adopts="all", suffix="vpxa", kind="vpxa", unknown_after_s=60.0, **vim)
        self.datastores = [Vmfs(world, store) for store in self.stores]
        for store in self.stores:
            self.vim.placement.datastore(store.name, SHARED_GIB)
            self.references.give("datastore", store.name)
        for cluster, count in clusters.items():
            self.references.give("cluster", cluster)
            for _ in range(count):
                self.add(make, host or Host(), cluster, ha)
        self.vim.use(failover=self.ha)
        self.vpxd = Vpxd(world, self.vim, self.references)
        self.rest = Rest(self)
        if drs is not None:
            self.vim.use(balancer=drs)

    def __repr__(self):
        return f"<VCenter: {len(self.vmms)} hosts, vpxd {self.vim.node.state}>"

    def counted(self, clusters):
        """Cluster → number of hosts, if so many are within the maxima. LabError (400, 507)."""
        if not isinstance(clusters, dict):
            raise fault("InvalidArgument", f"clusters are names and numbers, not {clusters!r}", 'clusters={"prod": 4}')
        counts = {text(cluster, "a cluster's name"): whole(count, f"hosts of {cluster}")
                  for cluster, count in clusters.items()}  # fmt: skip
        for cluster, count in counts.items():
            self.limits.allow("hosts_per_cluster", count, cluster)
        self.limits.allow("hosts", sum(counts.values()))
        return counts

    def add(self, make, host, cluster, ha):
        """One more host with its processes."""
        name = f"esx{len(self.vmms) + 1}"
        vmm = self.vmms[name] = make(name, host)
        mounts = [store.name for store in self.stores]
        if ha:
            VmKernel(self.world, vmm, mounts)
        self.hostds[name] = Hostd(self.world, vmm, mounts)
        self.vim.add_host(vmm, cluster=cluster)
        Vpxa(self.world, vmm)
        if ha:
            self.fdms[name] = Fdm(self.world, vmm)
        self.references.give("host", name)

    # -- a client -----------------------------------------------------------------------------------------------------
    def ask(self, method, timeout_s=30, **detail):
        """One call of the API, logged in as administrator; logs in again if vpxd has forgotten the session."""
        for again in (False, True):
            try:
                if self.key is None:
                    self.key = self.world.ask(
                        self.client, "vpxd", "soap", "Login", 30, shown={"user": ADMINISTRATOR}, user=ADMINISTRATOR,
                        password=PASSWORD,
                    )["key"]  # fmt: skip
                return self.world.ask(
                    self.client, "vpxd", "soap", method, timeout_s, shown=detail, session=self.key, **detail
                )
            except LabError as error:
                if error.code != 401 or again:
                    raise
                self.key = None

    def order(self, method, **detail):
        """A call that starts a task."""
        return Task(self, self.ask(method, **detail)["task"])

    def power_on(self, vm):
        return self.order("PowerOnVM_Task", vm=vm)

    def power_off(self, vm):
        return self.order("PowerOffVM_Task", vm=vm)

    def shutdown_guest(self, vm):
        return self.order("ShutdownGuest", vm=vm)

    def suspend(self, vm):
        return self.order("SuspendVM_Task", vm=vm)

    def migrate(self, vm, host=None):
        """vMotion: to `host`, or to where vCenter thinks best."""
        return self.order("MigrateVM_Task", vm=vm, **({} if host is None else {"host": host}))

    def destroy(self, vm):
        return self.order("Destroy_Task", vm=vm)

    def create_vm(self, vm, serve=None, **order):
        """A new VM, powered off unless running=True: memory_mib, vcpus … as in labkit.vim.Spec, host, cluster,
        template, priority. `serve`: the service installed on its disk. On the shared datastore if there is one."""
        if self.stores and "template" not in order:
            order.setdefault("datastore", self.stores[0].name)
        if serve is not None:
            self.install(vm, serve)
        return self.order("CreateVM_Task", name=vm, **order)

    @action
    def install(self, vm, serve):
        """Put a service onto the disk that a VM of this name has or will have; it starts with the VM."""
        text(vm, "a VM's name")
        if not callable(serve):
            raise fault("InvalidArgument", f"serve is a function, not {serve!r}", "serve=lambda message: 'hello'")
        stores = self.stores or [vmm.datastore for vmm in self.vmms.values() if hasattr(vmm, "datastore")]
        for store in stores:
            store.systems[vm] = (serve, None)

    def enter_maintenance(self, host):
        return self.order("EnterMaintenanceMode_Task", host=host)

    def exit_maintenance(self, host):
        return self.order("ExitMaintenanceMode_Task", host=host)

    def lockdown(self, host, mode="normal", exceptions=()):
        """Lockdown mode of a host: 'disabled', 'normal' or 'strict', with exception users."""
        return self.ask("EnterLockdownMode", host=host, mode=mode, exceptions=texts(exceptions, "exceptions"))

    def host_client(self, host, user="root"):
        """A connection to one host, past vpxd."""
        return HostClient(self.world, host, user)

    # -- accidents ----------------------------------------------------------------------------------------------------
    def management(self, host):
        """Names of the nodes behind a host's management network card."""
        if text(host, "a host") not in self.vmms:
            raise fault("ManagedObjectNotFound", f"there is no host {host!r}", f"known: {', '.join(self.vmms)}")
        names = (host, f"{host}-hostd", f"{host}-vpxa", f"{host}-fdm")
        return [name for name in names if name in self.world.nodes]

    def isolate(self, host, storage=False):
        """Cut a host's management network (and its way to the datastores): it lives, and nobody hears it. VMs have a
        network of their own."""
        others = ["vpxd", "gateway", "admin"]
        others += [name for other in self.vmms if other != host for name in self.management(other)]
        self.world.cut(self.management(host), others + [store.name for store in self.stores] * storage)

    def rejoin(self, host):
        """Mend all cables of a host."""
        self.world.heal(self.management(host))


def balancer(drs):
    """What `drs` means: nothing, vSphere's own, or the Balancer that is given. LabError (400)."""
    if drs is True:
        from labkit.vim.balancing import Balancer

        return Balancer()
    if drs and not hasattr(drs, "tick"):
        raise fault("InvalidArgument", f"drs is a Balancer, True or None, not {drs!r}", "drs=True")
    return drs or None


def _echo(message):
    return "echo reply"


def _lean(world, shared):
    from labkit.vmm.lean import LeanVmm, Store

    stores = [Store(world, name, SHARED_GIB) for name in shared]
    return lambda name, host: LeanVmm(world, name, host, setup="esxi", stores=stores), stores


def _full(world, shared):
    from labkit.vmm.disks import Datastore
    from labkit.vmm.vmm import Vmm

    if len(shared) > 1:
        raise LabError("a Vmm has one datastore", 400, True, 'shared=("san1",), or lean=True')
    stores = [Datastore(world, name, SHARED_GIB) for name in shared]
    return lambda name, host: Vmm(world, name, host, setup="esxi", datastore=stores[0] if stores else None), stores
