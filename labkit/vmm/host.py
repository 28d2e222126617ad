"""One physical machine as data: what a hypervisor has to share out.

The CPU model is one of the levels on which the makers of Linux distributions and compilers have agreed (x86-64 psABI:
v1 … v4). A virtual CPU can show the guest at most what the host's own CPU can do, so a guest that was started on a
newer host cannot move to an older one, unless it was shown the older level from the start.
"""

from dataclasses import dataclass

from labkit.world.errors import LabError, number, words

LEAST_MIB = 576  # the hypervisor itself, and something for a guest: chosen (labkit.vmm.memory.admission)
CPU_MODELS = ("x86-64-v1", "x86-64-v2", "x86-64-v3", "x86-64-v4")  # System V ABI, x86-64, 'micro-architecture levels'


@dataclass(frozen=True)
class Host:
    """A server: `pcpus` cores of `mhz` each, RAM, room on its disks, and the networks it is plugged into.

    cpu_model  the newest level that its CPU can do, one of CPU_MODELS
    networks   names of the networks a VM can be connected to here
    name       None: it is called like its VMM
    Raises LabError for anything that cannot be meant.
    """

    pcpus: int = 4
    mhz: float = 2500
    memory_mib: float = 16384
    disk_gib: float = 200
    cpu_model: str = "x86-64-v3"
    networks: tuple = ("lan",)
    name: str | None = None

    def __post_init__(self):
        whole(self.pcpus, "pcpus")
        number(self.mhz, "mhz", least=1)
        number(self.memory_mib, "memory_mib", least=LEAST_MIB)
        number(self.disk_gib, "disk_gib")
        level(self.cpu_model)
        object.__setattr__(self, "networks", networks(self.networks))

    @property
    def capacity_mhz(self):
        """All cores together, MHz."""
        return self.pcpus * self.mhz


def whole(value, what, least=1):
    """Return `value` if it is a whole number from `least`, else raise a LabError that names `what`."""
    if number(value, what, least=least) != int(value):
        raise LabError(f"{what} must be a whole number, not {value!r}", code=400)
    return int(value)


def level(cpu_model):
    """The place of a CPU model among CPU_MODELS: a higher one can do all that a lower one can."""
    if cpu_model not in CPU_MODELS:
        raise LabError(f"there is no CPU model {cpu_model!r}", code=400, next_step=f"one of {', '.join(CPU_MODELS)}")
    return CPU_MODELS.index(cpu_model)


def networks(names):
    """Names of networks as a tuple."""
    if isinstance(names, str) or not isinstance(names, (list, tuple)):
        raise LabError(f"networks must be a list of names, not {names!r}", code=400)
    return tuple(words(name, "a network's name") for name in names)
