"""FDM (fault domain manager), the agent of vSphere HA: one process per host, which restarts VMs without asking vCenter.

    vpxd ── configure ──▶ esx1-fdm  esx2-fdm  esx3-fdm      which hosts, which VMs, priorities, what to do when isolated
                             │ heartbeat 1/s │                 from here on vpxd is not needed
                             └──▶ primary ◀──┘ ── restart ──▶ esx3-fdm ── soap PowerOnVM_Task ──▶ esx3-hostd

One agent is the primary: elected, it watches the others and decides; the others are secondaries. Roles:

    election ──▶ primary ◀──▶ secondary        alone, and the isolation address is silent, too: isolated

The files: fdm_election (who is primary), fdm_watching (is a host dead?), fdm_restart (where its VMs start again),
fdm_isolation (am I the one who is cut off?). Times are those of vSphere's documents ('vSphere Availability', and the
time lines of Epping and Denneman, 'vSphere HA Deepdive'): document-only.

What the real one does differently: agents talk over TLS, heartbeats are UDP (port 8182), the primary distributes the
configuration itself; VM and application monitoring, component protection (VMCP) and proactive HA are left out.
"""

from labkit.vsphere import fdm_election, fdm_isolation, fdm_restart, fdm_watching
from labkit.vsphere.faults import fault
from labkit.world import LabError, action

BEAT_S = 1.0
STAND_S = 5.0  # an election of 15 s is said three times: one may be lost (chosen)
LOOK_S = 5.0  # how often an agent asks its hostd which VMs run: chosen; the real one is told


class Fdm:
    """The HA agent of the host of `vmm`: node `<vmm>-fdm`.

    config    what vpxd wrote last, on the host's disk: hosts, vms, datastores, gateway, response; None before
    role      'idle' (not configured), 'election', 'primary', 'secondary' or 'isolated'
    primary   name of the host it takes for primary, or None
    running   VMs that run here, as hostd said last; None: it has not said yet
    """

    @action
    def __init__(self, world, vmm):
        self.world, self.vmm, self.host, self.name = world, vmm, vmm.name, f"{vmm.name}-fdm"
        self.config = None
        self.node = world.node(self.name, serve=self.serve, on_start=self.begin)
        vmm.processes.append(self.node)
        self.begin()

    def __repr__(self):
        if self.node.state != "running":
            return f"<FDM {self.host}: {self.node.state}; last {self.role}, primary {self.primary}>"
        return f"<FDM {self.host}: {self.role}, primary {self.primary}>"

    def begin(self):
        """A new life: everything but the configuration is forgotten."""
        self.role, self.primary, self.since_s = "idle", None, self.world.now
        self.running, self.heard, self.votes = None, {}, {}
        self.looked_s = self.stood_s = float("-inf")
        self.placed, self.off, self.watches, self.pings, self.boots = {}, set(), {}, [], {}
        self.working = False
        self.restarting, self.listed, self.started_s, self.said = {}, None, float("-inf"), {}
        if self.config:
            fdm_election.begin(self)
        self.node.process(self.live())

    def live(self):
        """One beat a second, for ever (a generator)."""
        while True:
            if self.config:
                if self.world.now - self.looked_s >= LOOK_S:
                    self.node.process(self.look())
                TICKS[self.role](self)
            yield self.world.timeout(BEAT_S)

    # -- what it can do ---------------------------------------------------------------------------------------------
    def tell(self, what, about=None, **detail):
        """An event of kind 'fdm'."""
        self.world.emit(self.name, about, "fdm", what, **detail)

    def cast(self, host, kind, what, **detail):
        """A message to the agent of another host."""
        self.world.cast(self.name, f"{host}-fdm", kind, what, shown={}, host=self.host, **detail)

    def heartbeat(self, host, role):
        """A heartbeat to the agent of another host: what runs here, and how often this machine was switched on."""
        self.cast(host, "heartbeat", "beat", role=role, running=self.running, boots=self.vmm.node.life)

    def stand(self):
        """Tell all others that we stand for election, again after a while."""
        if self.world.now - self.stood_s >= STAND_S:
            self.stood_s = self.world.now
            for host in self.others():
                self.cast(host, "fdm", "election")

    def others(self):
        """The other hosts of the cluster."""
        return [host for host in self.config["hosts"] if host != self.host]

    def become(self, role, primary):
        """Another role from now on."""
        self.role, self.primary, self.since_s = role, primary, self.world.now
        self.tell(f"is {role}" + (f" of {primary}" if role == "secondary" else ""))

    def look(self):
        """Ask hostd which VMs run here (a generator)."""
        self.looked_s = asked_s = self.world.now
        try:
            rows = yield self.world.call(self.name, self.vmm.manager.name, "soap", "ListVMs", 4)
        except LabError:
            return  # hostd is away: what was known last
        if self.started_s >= asked_s:
            return  # we have started a VM meanwhile: the answer is older
        self.running = [row["name"] for row in rows if row["state"] in ("running", "paused")]
        if self.role == "isolated":
            fdm_isolation.note(self)

    def write(self, files):
        """Put small files onto the first heartbeat datastore."""
        for datastore in self.config["datastores"][:1]:
            self.world.cast(self.host, datastore, "scsi", "write", files=files, shown={"files": sorted(files)})

    # -- what it hears ----------------------------------------------------------------------------------------------
    def serve(self, message):
        """A message of vpxd or of another agent."""
        hear = HEARD.get((message.kind, message.what))
        if hear is None:
            raise fault("NotSupported", f"{self.name} has no {message.kind} {message.what!r}")
        return hear(self, **message.detail)

    def configure(self, config):
        """From vpxd: the cluster as it is to be. The first one starts an election."""
        first, self.config = self.config is None, config
        if first:
            fdm_election.begin(self)
        elif self.role == "primary":
            fdm_restart.protect(self)

    def beat(self, host, role, running, boots):
        """A heartbeat of another agent."""
        if self.config is None or host not in self.config["hosts"]:
            return
        self.heard[host] = self.world.now
        if role == "primary":
            fdm_election.hear_primary(self, host)
        elif self.role == "primary":
            fdm_watching.alive(self, host, running, boots)


def tick_idle(fdm):
    """Not configured: nothing to do."""


TICKS = {
    "idle": tick_idle,
    "election": fdm_election.tick,
    "secondary": fdm_election.tick_secondary,
    "primary": fdm_watching.tick,
    "isolated": fdm_isolation.tick,
}
HEARD = {
    ("fdm", "configure"): Fdm.configure,
    ("heartbeat", "beat"): Fdm.beat,
    ("fdm", "election"): fdm_election.hear,
    ("fdm", "restart"): fdm_restart.start_here,
    ("fdm", "runs elsewhere"): fdm_restart.give_up,
}
