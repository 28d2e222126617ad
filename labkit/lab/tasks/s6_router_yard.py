"""The yard of S6.T1: a vCenter with three hosts, some pieces of which are dead, and an order that is sent one way."""

from labkit.vsphere.host_client import HostClient
from labkit.vsphere.outages import runs
from labkit.vsphere.vcenter import VCenter
from labkit.world import LabError, World

PIECES = ("vpxa", "hostd")


class Yard:
    """The world of one scenario, at the moment at which the order is given."""

    def __init__(self, world, scenario):
        self.command, health = scenario.data["command"], scenario.data["health"]
        self.vc = vc = VCenter(World(seed=scenario.seed) if world is None else world, hosts=3, lean=True, ha=False)
        self.world, self.vm = vc.world, self.command["vm"]
        on = self.command["do"] != "power on"
        vc.create_vm(self.vm, host=self.command["host"], memory_mib=1024, boot_s=0, running=on).wait()
        for host in vc.vmms:
            if health[host]["lockdown"]:
                vc.lockdown(host, "strict")
        self.kill(health)
        self.world.run(until=self.world.now + 80)  # whoever is silent is known to be silent by now

    def kill(self, health):
        """What is dead dies."""
        for host in self.vc.vmms:
            if not health[host]["ESXi"]:
                self.world.crash(host)
            for piece in PIECES:
                if not health[host][piece]:
                    self.world.stop(f"{host}-{piece}")
        if not health["vpxd"]:
            self.world.stop("vpxd")

    def send(self, path):
        """The order by this way; (has it had its effect, what was said)."""
        try:
            self.by_vcenter() if path[0] == "vpxd" else self.by_host_client()
            why = "it was accepted, and nothing has changed"
        except LabError as error:
            why = error.message
        return self.effect(), why

    def by_vcenter(self):
        if self.command["do"] == "migrate":
            self.vc.migrate(self.vm, self.command["to"]).wait(100)
        elif self.command["do"] == "power on":
            self.vc.power_on(self.vm).wait(100)
        else:
            self.vc.power_off(self.vm).wait(100)

    def by_host_client(self):
        client = HostClient(self.world, self.command["host"])
        (client.power_on if self.command["do"] == "power on" else client.power_off)(self.vm)

    def effect(self):
        """Is it as it was ordered? The world knows."""
        host = {"power on": self.command["host"], "migrate": self.command.get("to")}.get(self.command["do"])
        machine = self.vc.vmms[self.command["host"]].node.state
        return machine == "running" and runs(self.vc, self.vm) == ([] if host is None else [host])
