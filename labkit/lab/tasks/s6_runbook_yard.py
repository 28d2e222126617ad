"""The yard of S6.T2: three ESXi hosts, no vCenter, one host perhaps silent, an administrator with a runbook."""

from labkit.vim.bmc import Bmc
from labkit.vmm.host import Host
from labkit.vmm.lean import LeanVmm, Store
from labkit.vsphere.host_client import HostClient
from labkit.vsphere.hostd import Hostd
from labkit.vsphere.vmfs import Vmfs
from labkit.vsphere.vmkernel import VmKernel
from labkit.world import LabError

COMMANDS = ("power on", "register", "end lockdown", "restart agents", "power off server", "restore")


class Yard:
    """The world of one scenario.

    copies       most running copies that there ever were
    guessed      the command that started the VM elsewhere (or tried) while its old host was not certainly off, or None
    switched_off a living machine that was switched off, or None
    failed       (command, why) of the command that failed, or None
    """

    def __init__(self, world, scenario):
        self.world, data = world, scenario.data
        self.found, self.truth, self.possible = data["found"], data["truth"], data["possible"]
        self.vm, self.home = self.found["vm"], self.found["registered_on"]
        self.shared = self.found["disk_on"] == "san1"
        self.copies, self.guessed, self.switched_off, self.failed, self.restored = 0, None, None, None, False
        self.off, self.done = set(), []
        self._build()
        self._strike()
        self.world.run(until=60)
        self.count()

    @property
    def lost_disk(self):
        """As far as anybody can see from outside."""
        return not self.shared and not self.found["hosts"][self.home]["pings"]

    @property
    def runs(self):
        """Does it run, somewhere?"""
        return bool(self.where())

    @property
    def told(self):
        """The commands so far, in words."""
        return ", then ".join(f"{what} {host}" for what, host in self.done)

    def _build(self):
        store = Store(self.world, "san1", 1000)
        Vmfs(self.world, store)
        self.vmms, self.hostds, self.bmcs = {}, {}, {}
        for name, row in self.found["hosts"].items():
            stores = [store] if "san1" in row["mounts"] else []
            self.vmms[name] = LeanVmm(self.world, name, Host(memory_mib=row["memory_mib"]), setup="esxi", stores=stores)
            VmKernel(self.world, self.vmms[name], [each.name for each in stores])
            self.hostds[name] = Hostd(self.world, self.vmms[name], [each.name for each in stores])
            self.bmcs[name] = Bmc(self.world, self.vmms[name])
        self.values = {"memory_mib": self.found["memory_mib"], "disk_gib": 10, "boot_s": 0}
        home = HostClient(self.world, self.home)
        home.create(self.vm, datastore=self.found["disk_on"], **self.values)
        if self.truth in ("cut off", "cut off from everything"):
            home.power_on(self.vm)

    def _strike(self):
        for name, row in self.found["hosts"].items():
            if row["lockdown"] != "disabled":
                self.hostds[name].set_lockdown(row["lockdown"], [])
            if row["server"] == "unknown":
                self.bmcs[name].break_down()
        if self.truth == "dead":
            self.world.crash(self.home)
        elif self.truth == "hostd":
            self.world.stop(f"{self.home}-hostd")
        elif self.truth.startswith("cut off"):
            away = ["san1"] if self.truth.endswith("everything") else []
            self.world.cut([self.home, f"{self.home}-hostd"], ["admin", *away])

    # -- carrying out -------------------------------------------------------------------------------------------------
    def carry_out(self, commands):
        """One command after the other, until one fails; then a minute passes, and cables are mended."""
        for what, host in commands:
            self.done.append((what, host))
            self.watch(what, host)
            try:
                getattr(self, f"_{what.replace(' ', '_')}")(host)
            except LabError as error:
                self.failed = (what, host), error.message
                break
            self.count()
        self.world.run(until=self.world.now + 30)
        self.count()

    def watch(self, what, host):
        """Is it a guess?"""
        starts = what in ("power on", "restore") and host != self.home
        sure = self.home in self.off or self.found["hosts"][self.home]["server"] == "off"
        if starts and not sure:
            self.guessed = self.guessed or f"{what} {host}"
        if (
            what == "power off server"
            and self.vmms[host].node.state == "running"
            and self.truth != "cut off from everything"
        ):
            self.switched_off = self.switched_off or (host if self.found["hosts"][host]["pings"] else None)

    def count(self):
        self.copies = max(self.copies, len(self.where()))

    def where(self):
        """Hosts on which a copy is active: the world's truth."""
        return [name for name, vmm in self.vmms.items() if self.vm in vmm.domains and vmm.domains[self.vm].active]

    # -- commands -----------------------------------------------------------------------------------------------------
    def _power_on(self, host):
        HostClient(self.world, host).power_on(self.vm)

    def _register(self, host):
        HostClient(self.world, host).register(self.vm)

    def _end_lockdown(self, host):
        HostClient(self.world, host).end_lockdown()

    def _restart_agents(self, host):
        self.world.start(f"{host}-hostd")
        self.world.run(until=self.world.now + 20)

    def _power_off_server(self, host):
        self.world.ask("admin", f"{host}-bmc", "ipmi", "power off", 10)
        self.off.add(host)
        self.world.run(until=self.world.now + 20)  # its locks on the datastore go stale meanwhile

    def _restore(self, host):
        client = HostClient(self.world, host)
        client.create(self.vm, datastore=f"{host}-local", **self.values)
        self.restored = True
        client.vms()
