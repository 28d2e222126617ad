"""A site as a design: nodes, what joins and feeds them, where the disks lie, and the services that run there.

    Site(nodes=3, switches=2, storage="shared", services=[Service("shop", memory_gib=16, ha=True)])

What a part does when it breaks, how often it does and how long a repair takes are in PARTS (chosen so that the sums of
the lecture come out, not measured anywhere: a real site has its own books). Life of a site: labkit.failover.site_life.
"""

from dataclasses import dataclass

from labkit.vmm.host import whole
from labkit.world.errors import LabError, number, unknown, words

STORAGES = ("local", "replicated", "shared", "mirrored")


@dataclass(frozen=True)
class Part:
    """How a kind of part fails: times a year (Poisson), and hours until somebody has repaired it by hand."""

    failures_a_year: float
    repair_h: float


PARTS = {
    "node": Part(2.0, 8.0),  # two host failures a year, 8 h each: 99.82 %
    "switch": Part(0.5, 4.0),
    "rack": Part(0.25, 6.0),  # its power strip
    "storage": Part(2.0, 4.387),  # one shared storage of 99.9 %
    "mirrored": Part(0.05, 4.0),  # two storages that mirror each other, seen as one
    "witness": Part(2.0, 8.0),
}
PRICES = {"node": 100, "switch": 15, "rack": 10, "local": 0, "replicated": 30, "shared": 120, "mirrored": 220,
          "witness": 10}  # fmt: skip
RESTART_S = 180.0  # detect, fence, place, boot: 3 minutes, as HA stacks of the field take (Proxmox: about 2)
BOOT_S = 60.0  # after its node, or the storage, is there again
BACKUP_S = 86_400.0  # a backup every night is all that a lost local disk leaves
MOST = 100  # nodes of a site and replicas of a service
DISK_LOST = 0.1  # the part of a node's failures that destroy its local disk; chosen


def truth(thing, *names):
    """LabError (400) unless these attributes are True or False."""
    for name in names:
        if not isinstance(getattr(thing, name), bool):
            raise LabError(f"{name} must be True or False, not {getattr(thing, name)!r}", 400)


@dataclass(frozen=True)
class Service:
    """What is to run: `replicas` VMs of `memory_gib` each, of which one is enough to serve.

    ha     restart its VMs elsewhere when their node fails
    apart  its replicas on different nodes (anti-affinity)
    """

    name: str
    memory_gib: float = 8
    replicas: int = 1
    ha: bool = True
    apart: bool = False

    def __post_init__(self):
        words(self.name, "a service's name")
        number(self.memory_gib, "memory_gib", least=0.1)
        object.__setattr__(self, "replicas", whole(number(self.replicas, "replicas", most=MOST), "replicas"))
        truth(self, "ha", "apart")


@dataclass(frozen=True)
class Site:
    """nodes      how many, of `memory_gib` each, in turn in the racks
    switches   1 or 2; every node is plugged into all of them
    racks      how many power strips the nodes are divided among
    storage    'local' (each node its own disks), 'replicated' (local disks copied every `replicate_s`), 'shared' (one
               storage for all), 'mirrored' (two)
    witness    a further vote without VMs (a QDevice), on a feed of its own
    Raises LabError (400) for what cannot be meant, (409) when the services do not fit.
    """

    nodes: int = 3
    memory_gib: float = 64
    switches: int = 1
    racks: int = 1
    storage: str = "shared"
    replicate_s: float = 900.0
    witness: bool = False
    services: tuple = (Service("service"),)

    def __post_init__(self):
        for name, most in (("nodes", MOST), ("switches", 2), ("racks", self.nodes)):
            count = whole(number(getattr(self, name), name, least=1, most=most), name)
            object.__setattr__(self, name, count)
        number(self.memory_gib, "memory_gib", least=0.1)
        number(self.replicate_s, "replicate_s", least=60)  # pvesr: at least every minute
        truth(self, "witness")
        if self.storage not in STORAGES:
            raise unknown("storage", self.storage, STORAGES)
        if not isinstance(self.services, (list, tuple)) or not all(isinstance(each, Service) for each in self.services):
            why = f"services must be a list of Service, not {self.services!r}"
            raise LabError(why, 400, True, 'services=[Service("shop", memory_gib=16)]')
        object.__setattr__(self, "services", tuple(self.services))
        names = [service.name for service in self.services]
        if len(set(names)) < len(names):
            raise LabError(f"two services have the same name: {', '.join(names)}", 409, True, "name them apart")
        self.places()

    # -- what there is -------------------------------------------------------------------------------------------
    @property
    def node_names(self):
        return [f"node{number}" for number in range(1, self.nodes + 1)]

    @property
    def parts(self):
        """Name of each part that can break → its kind."""
        parts = dict.fromkeys(self.node_names, "node")
        parts |= {f"switch{number}": "switch" for number in range(1, self.switches + 1)}
        parts |= {f"rack{number}": "rack" for number in range(1, self.racks + 1)}
        if self.storage in ("shared", "mirrored"):
            parts["storage"] = "storage" if self.storage == "shared" else "mirrored"
        if self.witness:
            parts["witness"] = "witness"
        return parts

    def rack(self, node):
        """The rack that feeds a node."""
        return f"rack{(int(node.removeprefix('node')) - 1) % self.racks + 1}"

    @property
    def votes(self):
        """Configured votes: they do not shrink when nodes die."""
        return self.nodes + self.witness

    @property
    def price(self):
        """What it costs, in the units of PRICES."""
        return (self.nodes * PRICES["node"] + self.switches * PRICES["switch"] + self.racks * PRICES["rack"]
                + PRICES[self.storage] + self.witness * PRICES["witness"])  # fmt: skip

    def places(self):
        """Where each VM runs while nothing is broken: {(service, replica): node}. A node is filled before the next one
        is used, for that is what nobody asks for otherwise. LabError (409) when there is no room."""
        free, places = dict.fromkeys(self.node_names, self.memory_gib), {}
        for service in sorted(self.services, key=lambda each: not each.apart):
            for replica in range(service.replicas):
                node = find_room(service, free, {places.get((service.name, other)) for other in range(replica)})
                if node is None:
                    why = f"no node has room for replica {replica + 1} of {service.name} ({service.memory_gib:g} GiB)"
                    raise LabError(why, 409, True, "take more nodes, larger ones, or fewer replicas apart")
                places[service.name, replica] = node
                free[node] -= service.memory_gib
        return places


def find_room(service, free, taken):
    """The first node with room for one more VM of `service`; `taken`: where its other replicas are. None: nowhere."""
    for node, gib in free.items():
        if gib >= service.memory_gib and not (service.apart and node in taken):
            return node
    return None
