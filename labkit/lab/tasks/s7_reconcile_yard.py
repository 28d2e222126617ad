"""The yard of S7.T1: real hosts with agents and BMCs, and the shell of a VIM around the student's loop.

The shell keeps the database (desired, host), takes in reports, numbers orders and sends them. What it does not do is
decide. Disks have no locks here, so nothing but the loop keeps a VM from running twice.
"""

from labkit.vim.agent import Agent
from labkit.vim.bmc import Bmc
from labkit.vim.spec import Spec
from labkit.vmm.host import Host
from labkit.vmm.lean import LeanVmm
from labkit.world.errors import LabError

SPEC = Spec(memory_mib=512, disk_gib=0, boot_s=0)
ALIVE = ("running", "starting", "paused")


class Yard:
    """`hosts` hosts esx1, esx2, … in `world`, and the node 'vim'.

    desired    VM → {"state", "host"}: the database, which survives a restart of the VIM
    observed   host → {"heard_at", "vms", "fenced"}: what was heard, the newest report of each
    twice      (moment, VM, hosts) of every time a VM ran on two hosts, in truth
    """

    def __init__(self, world, hosts):
        self.world, self.desired, self.observed = world, {}, {}
        self.n, self.boots, self.reports, self.read = 0, {}, {}, 0
        self.running, self.twice = {}, []
        self.node = world.node("vim", serve=self._hear, on_start=self._forget, on_crash=self._forget)
        for name in [f"esx{number}" for number in range(1, hosts + 1)]:
            vmm = LeanVmm(world, name, Host(memory_mib=8192, disk_gib=10))
            Agent(world, vmm, report_s=5.0)
            Bmc(world, vmm)
            self.observed[name] = {"heard_at": 0.0, "vms": None, "fenced": False}

    # -- what is heard ---------------------------------------------------------------------------------------------
    def _forget(self):
        """The process restarts: reports are forgotten, the silence of each host counts from now."""
        for name, seen in self.observed.items():
            self.observed[name] = {"heard_at": round(self.world.now, 3), "vms": None, "fenced": seen["fenced"]}
        self.reports = {}
        if self.node.state == "running":
            for name in self.observed:
                self.world.cast("vim", f"{name}-agent", "vim", "describe")

    def _hear(self, message):
        said = message.detail
        host, order = said["host"], (said["boot"], said["seq"])
        known = self.reports.setdefault(host, {"order": (0, 0), "delta": None, "vms": {}})
        fenced = self.observed[host]["fenced"] and said["boot"] <= self.boots.get(host, 0)
        if order <= known["order"] or fenced:
            return
        if said["boot"] != known["order"][0]:
            known["delta"] = None
        known["order"], self.boots[host] = order, said["boot"]
        if self._take(known, said):
            alive = sorted(name for name, state in known["vms"].items() if state in ALIVE)
            self.observed[host] = {"heard_at": round(self.world.now, 3), "vms": alive, "fenced": False}
        else:
            self.world.cast("vim", f"{host}-agent", "vim", "describe")

    def _take(self, known, said):
        rows = {row[0]: row[1] for row in said.get("vms", ())}
        if said["full"]:
            known["vms"], known["delta"] = rows, said["delta"]
        elif rows and known["delta"] is not None and said["delta"] == known["delta"] + 1:
            known["vms"].update(rows)
            known["delta"] += 1
        return known["delta"] == said["delta"]

    # -- what is done ----------------------------------------------------------------------------------------------
    def carry_out(self, action):
        """One action of the loop becomes a message; where a VM was ordered to start is noted before."""
        verb, *rest = action
        if verb == "fence":
            self.world.process(self._fence(rest[0]))
            return
        vm, host = rest
        if verb == "start":
            self.desired[vm]["host"] = host
        self.n += 1
        order = [{"start": "run", "stop": "off"}[verb], vm, self.n, 0]
        self.world.cast("vim", f"{host}-agent", "vim", "orders", shown={"orders": [order[:3]]},
                        boot=self.boots.get(host, 1), specs=[SPEC.as_json()], orders=[order])  # fmt: skip

    def _fence(self, host):
        try:
            answer = yield self.world.call("vim", f"{host}-bmc", "ipmi", "power off", 4)
        except LabError:
            return
        if answer["power"] == "off":
            self.observed[host] = {**self.observed[host], "vms": [], "fenced": True}

    # -- the truth ---------------------------------------------------------------------------------------------------
    def look(self):
        """Read what the hosts have done since the last look."""
        for _, t, src, _, kind, _, _, _, detail in self.world.rows[self.read :]:
            if kind == "libvirt" and src in self.observed and detail and "state" in detail:
                places = self.running.setdefault(detail["domain"], [])
                if detail["state"] == "running" and src not in places:
                    places.append(src)
                    if len(places) > 1:
                        self.twice.append((round(t, 1), detail["domain"], list(places)))
                elif detail["state"] != "running" and src in places:
                    places.remove(src)
            elif kind == "fault" and detail and "domain" in detail and src in self.running.get(detail["domain"], ()):
                self.running[detail["domain"]].remove(src)
        self.read = len(self.world.rows)
