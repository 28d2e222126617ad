"""The blast radius: which services are gone when one thing breaks. A service lives while one of its replicas does.

    rooms = Topology(nodes={"node1": ("rack1", ["sw1"]), …}, switches={"sw1": "rack1", …})
    rooms.lost({"shop": ["node1", "node2"]}, "rack1")            # {'shop'}, if both nodes hang on rack1

A rack feeds nodes and switches; a node without power is gone, and so is one that no living switch joins to the rest.
The surprise: two replicas on two nodes may still be one thing, seen from the power strip.
"""

from dataclasses import dataclass

from labkit.world.errors import LabError, unknown

KINDS = ("node", "switch", "rack")


@dataclass(frozen=True)
class Topology:
    """nodes: {name: (rack, [switches it is plugged into])}; switches: {name: rack that feeds it}. LabError for a node
    at a switch that there is not."""

    nodes: dict
    switches: dict

    def __post_init__(self):
        for named in (self.nodes, self.switches):
            if not isinstance(named, dict):
                raise LabError(f"nodes and switches must be dicts by name, not {named!r}", 400)
        for node, hangs in self.nodes.items():
            if not isinstance(hangs, (list, tuple)) or len(hangs) != 2 or not isinstance(hangs[1], (list, tuple)):
                why = f"{node} must have a rack and a list of switches, not {hangs!r}"
                raise LabError(why, 400, True, '("rack1", ["sw1"])')
            plugged = hangs[1]
            strange = [switch for switch in plugged if switch not in self.switches]
            if strange:
                raise LabError(f"{node} is plugged into {strange[0]!r}, which is no switch", 400)

    @property
    def racks(self):
        return sorted({rack for rack, _ in self.nodes.values()} | set(self.switches.values()))

    def things(self, kind):
        """Names of everything of a kind: 'node', 'switch', 'rack'."""
        if kind not in KINDS:
            raise unknown("kind of thing", kind, KINDS)
        return {"node": sorted(self.nodes), "switch": sorted(self.switches), "rack": self.racks}[kind]

    def dead(self, thing):
        """The nodes that are gone when `thing` breaks."""
        if not isinstance(thing, str) or thing not in {*self.nodes, *self.switches, *self.racks}:
            raise unknown("node, switch or rack", thing, [*self.nodes, *self.switches, *self.racks])
        dark = {switch for switch, rack in self.switches.items() if thing in (switch, rack)}
        return {node for node, (rack, plugged) in self.nodes.items()
                if thing in (node, rack) or set(plugged) <= dark}  # fmt: skip

    def lost(self, placement, thing):
        """Services of `placement` {service: [node of each replica]} that are gone when `thing` breaks."""
        gone = self.dead(thing)
        if not isinstance(placement, dict):
            raise LabError(f"a placement is a dict {{service: [node of each replica]}}, not {placement!r}", 400)
        for nodes in placement.values():
            for strange in (node for node in nodes if node not in self.nodes):
                raise unknown("node", strange, self.nodes)
        return {service for service, nodes in placement.items() if set(nodes) <= gone}

    def worst_case(self, placement):
        """{'node': most services lost by one node, 'switch': …, 'rack': …}."""
        return {kind: max((len(self.lost(placement, thing)) for thing in self.things(kind)), default=0)
                for kind in KINDS}  # fmt: skip
