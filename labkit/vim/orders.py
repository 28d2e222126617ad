"""Orders: collected during an instant, and sent as one message per host at its end.

    vim ── orders {"boot": 3, "specs": [{…}], "orders": [["run", "web", 17, 0], ["off", "db", 18, None]]} ──▶ esx1-agent

Every order names its VM and its incarnation n: the agent ignores one with a smaller n than it has seen, and the same
one again does no harm. That is what makes it safe to repeat an order nobody has confirmed.
"""

STARTS = ("run", "take")
AT_ONCE = 250  # messages of one instant; the others follow SPREAD_S later, so that a large order is no burst (ours)
SPREAD_S = 0.005


class Outbox:
    """Orders that wait for the end of the instant, by host; `name` is the VIM's node, `kind` that of its messages."""

    def __init__(self, world, name, kind):
        self.world, self.name, self.kind, self.waiting, self.sent = world, name, kind, {}, 0

    def add(self, host, verb, vm, n, arg=None):
        """One order for `host` (a HostRecord): `arg` is the Spec for run and take, the target's name for migrate."""
        orders = self.waiting.get(host)
        if orders is None:
            orders = self.waiting[host] = []
        orders.append((verb, vm, n, arg))

    def send(self):
        """One message per host, to so many hosts at once."""
        now = list(self.waiting)[:AT_ONCE]
        for host in now:
            orders = self.waiting.pop(host)
            specs, places, lines = [], {}, []
            for verb, vm, n, arg in orders:
                if verb in STARTS:
                    if id(arg) not in places:
                        places[id(arg)] = len(specs)
                        specs.append(arg.as_json())
                    arg = places[id(arg)]
                lines.append([verb, vm, n, arg])
            self.sent += len(lines)
            shown = {"orders": lines[:4], "of": len(lines)} if len(lines) > 4 else {"orders": lines}
            self.world.cast(
                self.name, host.agent, self.kind, "orders", shown=shown,
                boot=host.boot, specs=specs, orders=lines,
            )  # fmt: skip
        if self.waiting:
            self.world.env.soon(self.send, SPREAD_S)

    def describe(self, host):
        """Ask for a full report."""
        self.world.cast(self.name, host.agent, self.kind, "describe")
