"""The script that an administrator would write instead of a VIM: a list of VMs, a loop, and hosts that do what it says.

    once    each VM is ordered once, and then it is done
    again   what is not known to run is ordered again, on the next host
    ask     the same, but only after every host has said what runs there

It speaks to the same agents as a Vim. What it does not have: one host per VM that was written down before the order
was sent, so that the order may be repeated there, and a reason to let a VM go from there.
"""

from labkit.vim.spec import Spec
from labkit.world import LabError, action

WAYS = ("once", "again", "ask")
ROUND_S = 5.0


def scripted(world, way, hosts=3, loss=0.0):
    """A Script with so many lean hosts of its own; `loss` is the part of the messages between them that vanishes."""
    from labkit.vmm.lean import LeanVmm

    script = Script(world, [LeanVmm(world, f"esx{number}") for number in range(1, hosts + 1)], way)
    for agent in script.agents.values():
        world.link(script.name, agent, loss=loss)
    return script


class Script:
    """A script on node `name` that shall keep VMs running on `hosts`, whose agents have `manager=name`; see `WAYS`.

    wanted  its list of VMs: a file, which survives a crash.   seen  VM → host: its memory, which does not
    """

    @action
    def __init__(self, world, hosts, way="again", name="script"):
        from labkit.vim.agent import Agent

        if way not in WAYS:
            raise LabError(f"a script works {', '.join(WAYS)}, not {way!r}", 400, True)
        self.world, self.name, self.way, self.wanted, self.n = world, name, way, {}, 0
        self.node = world.node(name, serve=self._hear, on_start=self._started, on_crash=self._forget)
        self.agents = {host.name: f"{host.name}-agent" for host in hosts}
        for host in hosts:
            Agent(world, host, manager=name)
        self._forget()
        self._started()

    def __repr__(self):
        return f"<script ({self.way}): {len(self.wanted)} VMs wanted>"

    def _forget(self):
        self.seen, self.heard, self.ordered = {}, {}, set()
        self.next = self.world.random(self.name).randrange(len(self.agents))

    def _started(self):
        self.node.process(self._loop())

    @action
    def create(self, *names, spec=None):
        """Put VMs on the list, and look at it now."""
        for name in names:
            self.wanted[name] = spec or Spec()
        self._round()

    def _loop(self):
        while True:
            self._round()
            yield self.world.timeout(ROUND_S)

    def _round(self):
        """Order what is missing, each VM on the next host."""
        unheard = [host for host in self.agents if host not in self.heard]
        for host in unheard:
            self.world.cast(self.name, self.agents[host], "vim", "describe")
        if self.way == "ask" and unheard:
            return
        for name, spec in self.wanted.items():
            if name not in self.seen and (self.way != "once" or name not in self.ordered):
                self._order(name, spec, list(self.agents)[self.next % len(self.agents)])
                self.next += 1

    def _order(self, name, spec, host):
        self.n += 1
        self.ordered.add(name)
        order = ["run", name, self.n, 0]
        self.world.cast(
            self.name, self.agents[host], "vim", "orders", shown={"orders": [order]}, boot=self.heard.get(host, 1),
            specs=[spec.as_json()], orders=[order],
        )  # fmt: skip

    def _hear(self, message):
        report = message.detail
        if report["full"] or report["host"] in self.heard:
            self.heard[report["host"]] = report["boot"]
        for name, state, *_ in report.get("vms", ()):
            if state == "running":
                self.seen[name] = report["host"]
