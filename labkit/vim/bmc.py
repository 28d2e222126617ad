"""The baseboard management controller of a host: a small computer beside it, with its own power and network card.

    vim ── ipmi 'power off' ──▶ esx1-bmc ── pulls the plug ──▶ esx1

It answers while the host is off, and while the host's own network is cut: that is why a host can be fenced with it. Its
'off' is proof; its silence is none. It can be cut off, too, or be broken, and then a fence fails.

What the real one does differently: IPMI 2.0 asks for a password and its off takes effect within seconds (chassis
control; `ipmitool chassis power off`), Redfish says the same in JSON. Many BMCs share the host's power strip, and die
with it.
"""

from labkit.world import LabError, action
from labkit.world.errors import number

OFF_S = 2.0  # from the order until the host is certainly off: chosen, a few seconds is usual
ON_S = 2.0


class Bmc:
    """The BMC of `vmm`'s machine: node `<vmm>-bmc`, which answers calls of kind 'ipmi': 'power status', 'power off',
    'power on'. Answers are {"power": "on" | "off"}. `broken`: it refuses every order (code 500)."""

    @action
    def __init__(self, world, vmm, off_s=OFF_S, on_s=ON_S):
        self.world, self.name, self.machine = world, f"{vmm.name}-bmc", vmm.node
        self.off_s, self.on_s, self.broken = number(off_s, "off_s"), number(on_s, "on_s"), False
        self.node = world.node(self.name, serve=self._serve)

    @action
    def break_down(self, broken=True):
        """From now on it refuses every order, as a firmware that hangs does."""
        self.broken = bool(broken)

    def _serve(self, message):
        if message.kind != "ipmi" or message.what not in ("power status", "power off", "power on"):
            raise LabError(f"{self.name} has no {message.what!r}", 501, True, "power status, power off, power on")
        if self.broken:
            raise LabError(f"{self.name}: command failed", 500, False, "look at the machine: nobody knows its state")
        if message.what == "power status":
            return {"power": "on" if self.machine.state == "running" else "off"}
        return self._off() if message.what == "power off" else self._on()

    def _off(self):
        yield self.world.timeout(self.off_s)
        self.world.crash(self.machine)
        return {"power": "off"}

    def _on(self):
        yield self.world.timeout(self.on_s)
        self.world.start(self.machine)
        return {"power": "on"}
