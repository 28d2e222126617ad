"""What a balancer knows of hosts and VMs when it decides: figures from reports, some seconds old.

Data only, so that the same decision serves a real VIM, a rehearsal on a tape of loads, and a calculation by hand.
"""

from dataclasses import dataclass

from labkit.vmm.host import level
from labkit.world.errors import LabError, number, words


@dataclass(frozen=True, slots=True)
class HostLoad:
    """A host as its last report told it.

    capacity_mhz, memory_mib   what it has for VMs           state        'connected', else nothing goes there or away
    migrations                 under way now, in and out     maintenance  None, 'entering' or 'in'
    vcpus                      that may be promised to VMs in all (a VIM's overcommit ratio); None: no limit
    """

    name: str
    capacity_mhz: float = 10_000
    memory_mib: float = 65_536
    state: str = "connected"
    maintenance: str | None = None
    cpu_model: str = "x86-64-v3"
    networks: tuple = ("lan",)
    datastores: frozenset = frozenset({"san1"})
    migrations: int = 0
    vcpus: float | None = None

    def __post_init__(self):
        words(self.name, "a host's name")
        number(self.capacity_mhz, "capacity_mhz", least=1)
        number(self.memory_mib, "memory_mib", least=1)
        level(self.cpu_model)

    @property
    def open(self):
        """Whether VMs may be moved to it."""
        return self.state == "connected" and self.maintenance is None


@dataclass(frozen=True, slots=True)
class VmLoad:
    """A running VM as its host's last report told it.

    demand_mhz    what it would use if it were alone     dirty_mib_s   how fast it writes memory
    memory_mib    what must travel, and have room        hot           marked: its memory is not to be moved
    datastore     where its disk lies; None: on the host's own disk, which stays where it is
    apart         names of groups whose members must not share a host       together   … must share a host
    only          names of the hosts it must run on, or None
    """

    name: str
    host: str
    demand_mhz: float
    memory_mib: float = 4096
    dirty_mib_s: float = 0.0
    hot: bool = False
    datastore: str | None = "san1"
    cpu_model: str = "x86-64-v2"
    networks: tuple = ("lan",)
    apart: tuple = ()
    together: tuple = ()
    only: frozenset | None = None
    vcpus: int = 1

    def __post_init__(self):
        words(self.name, "a VM's name")
        words(self.host, f"the host of {self.name}")
        number(self.demand_mhz, f"demand_mhz of {self.name}")
        number(self.memory_mib, f"memory_mib of {self.name}", least=1)
        number(self.dirty_mib_s, f"dirty_mib_s of {self.name}")

    @property
    def kind(self):
        """What decides which hosts can run it at all; many VMs share one."""
        return (level(self.cpu_model), self.networks, self.datastore, self.only)

    def runs_on(self, host):
        """Why `host` can never run it ('' if it can)."""
        if level(host.cpu_model) < level(self.cpu_model):
            return f"it was started on a CPU {self.cpu_model}, {host.name} has {host.cpu_model}"
        if not set(self.networks) <= set(host.networks):
            return f"{host.name} is not plugged into {', '.join(sorted(set(self.networks) - set(host.networks)))}"
        if self.datastore is not None and self.datastore not in host.datastores:
            return f"{host.name} does not see its disk on {self.datastore}"
        if self.only is not None and host.name not in self.only:
            return f"a rule says: only on {', '.join(sorted(self.only))}"
        return ""


def alike(hosts, vms, demand_mhz, memory_mib=4096, dirty_mib_s=10):
    """(hosts, VMs): so many equal hosts esx1 … with so many equal VMs each, vm1 …, dealt out in turn."""
    names = [f"esx{place + 1}" for place in range(hosts)]
    some = [VmLoad(f"vm{place + 1}", names[place % hosts], demand_mhz, memory_mib, dirty_mib_s)
            for place in range(hosts * vms)]  # fmt: skip
    return [HostLoad(name) for name in names], some


def listed(some, kind):
    """A list of HostLoads or VmLoads. LabError (400) for anything else."""
    if isinstance(some, str) or not hasattr(some, "__iter__"):
        raise LabError(f"a list of {kind.__name__} is needed, not {some!r}", 400, True, f"[{kind.__name__}(…), …]")
    some = list(some)
    for one in some:
        if not isinstance(one, kind):
            raise LabError(f"{one!r} is no {kind.__name__}", 400, True, "labkit.vim.balancing has it")
    return some


def known_names(some, what):
    """Names of VMs. LabError (400) for a single text and for what is none."""
    if isinstance(some, str) or not hasattr(some, "__iter__"):
        raise LabError(f"{what} is a list of names, not {some!r}", 400, True, '("vm1",)')
    return [words(name, f"one of {what}") for name in some]
