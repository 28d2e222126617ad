"""A domain: libvirt's word for a virtual machine, as a definition (data on the host's disk) and as what runs of it.

    Definition   name, size, promises: written once, lies in a file, survives everything but `undefine`
    Domain       the definition and its present: state, reason, and while it is active a process on the host

States and reasons are libvirt's (include/libvirt/libvirt-domain.h, virDomainState and the enums after it), in lower
case. KVM never shows `nostate` and `blocked`; Xen does.
"""

from dataclasses import dataclass, field
from uuid import UUID

from labkit.vmm.host import level, networks, whole
from labkit.vmm.memory.allocation import MemoryAllocation
from labkit.vmm.scheduling.allocation import CpuAllocation
from labkit.world.errors import LabError, number, words

REASONS = {
    "nostate": ("unknown",),
    "running": (
        "unknown",
        "booted",
        "migrated",
        "restored",
        "from snapshot",
        "unpaused",
        "migration canceled",
        "save canceled",
        "wakeup",
        "crashed",
        "post-copy",
        "post-copy failed",
    ),
    "blocked": ("unknown",),
    "paused": (
        "unknown",
        "user",
        "migration",
        "save",
        "dump",
        "I/O error",
        "watchdog",
        "from snapshot",
        "shutting down",
        "snapshot",
        "crashed",
        "starting up",
        "post-copy",
        "post-copy failed",
        "api error",
    ),
    "shutdown": ("unknown", "user"),
    "shutoff": (
        "unknown",
        "shutdown",
        "destroyed",
        "crashed",
        "migrated",
        "saved",
        "failed",
        "from snapshot",
        "daemon",
    ),
    "crashed": ("unknown", "panicked"),
    "pmsuspended": ("unknown",),
}
STATES = tuple(REASONS)
LEAST_MIB = 4  # of memory: chosen, for a guest of a lesson
ON_CRASH = ("destroy", "restart", "preserve")  # libvirt's <on_crash>; documented default: destroy


@dataclass(frozen=True)
class Definition:
    """What a VM is to be. Sizes are what the guest sees; `cpu` and `memory` are promises of the host.

    demand_mhz, used_mib, active_mib   what its guest does while it runs: MHz it wants, MiB that its programs use, and
                 how many of these they use all the time (None: half); beyond memory_mib it pages to its own disk
    dirty_mib_s, writable_working_set_mib   MiB/s of memory it writes anew, and in how many MiB it writes at all (None:
                 in all its memory)
    boot_s       seconds until the guest's service answers after power-on
    powers_off_s seconds the guest takes to shut down when its power button is pressed; None: it ignores the button
    on_crash     what happens when the guest panics: 'destroy', 'restart', 'preserve'
    cpu_model    the CPU level the guest is shown
    Raises LabError (400) for anything that cannot be meant.
    """

    name: str
    uuid: str | None = None
    vcpus: int = 1
    memory_mib: float = 1024
    disk_gib: float = 10
    cpu: CpuAllocation = field(default_factory=CpuAllocation)
    memory: MemoryAllocation = field(default_factory=MemoryAllocation)
    demand_mhz: float = 0
    used_mib: float = 0
    active_mib: float | None = None
    dirty_mib_s: float = 0
    writable_working_set_mib: float | None = None
    networks: tuple = ("lan",)
    cpu_model: str = "x86-64-v2"
    boot_s: float = 20.0
    powers_off_s: float | None = 3.0
    on_crash: str = "destroy"

    def __post_init__(self):
        if "/" in words(self.name, "a domain's name") or "\n" in self.name:
            raise LabError(f"a domain's name cannot contain '/' or an end of line: {self.name!r}", code=400)
        if self.uuid is not None:
            identifier(self.uuid)
        whole(self.vcpus, "vcpus")
        number(self.memory_mib, "memory_mib", least=LEAST_MIB)
        number(self.used_mib, "used_mib", most=2 * self.memory_mib)
        for name in ("disk_gib", "demand_mhz", "dirty_mib_s", "boot_s"):
            number(getattr(self, name), name)
        for name, most in (("active_mib", self.used_mib), ("writable_working_set_mib", None), ("powers_off_s", None)):
            if getattr(self, name) is not None:
                number(getattr(self, name), name, most=most)
        if self.on_crash not in ON_CRASH:
            raise LabError(f"on_crash is one of {', '.join(ON_CRASH)}, not {self.on_crash!r}", code=400)
        level(self.cpu_model)
        object.__setattr__(self, "networks", networks(self.networks))
        self.memory.fits(self.memory_mib)

    def as_json(self):
        """The definition as plain values, as it travels between machines and lies on disk."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            **values,
            "networks": list(self.networks),
            "cpu": dict(vars(self.cpu)),
            "memory": dict(vars(self.memory)),
        }


def identifier(uuid):
    """Return `uuid` if it is one, else raise LabError (400)."""
    try:
        return str(UUID(words(uuid, "a uuid")))
    except ValueError:
        raise LabError(f"{uuid!r} is no uuid", 400, True, "leave it out: one is made") from None


def from_json(values):
    """The Definition of plain values; what is not given takes its default."""
    given = dict(values)
    unknown = [name for name in given if name not in Definition.__dataclass_fields__]
    if unknown:
        raise LabError(
            f"a definition has no {unknown[0]!r}",
            code=400,
            next_step=f"it has {', '.join(Definition.__dataclass_fields__)}",
        )
    for name, kind in (("cpu", CpuAllocation), ("memory", MemoryAllocation)):
        if name in given:
            given[name] = _allocation(name, kind, given[name])
    return meant(Definition, **given)


def meant(make, *args, **values):
    """make(…), its refusal of a bad value as an answer of code 400."""
    try:
        return make(*args, **values)
    except LabError as error:
        raise LabError(error.message, 400, True, error.next_step) from None


def _allocation(name, kind, value):
    if isinstance(value, kind):
        return value
    try:
        return kind(**value)
    except TypeError:
        raise LabError(f"{name} must be a {kind.__name__}, not {value!r}", code=400) from None


class Domain:
    """A VM on one host.

    definition   the persistent definition; `live` is the one in force while it is active (they differ after a
                 redefinition: it counts from the next start on)
    id           the number of its process, None while it is not active
    persistent   False: a transient domain, which is forgotten when it ends
    saved        what `suspend` put on the disk, or None
    snapshots    name → what was kept of the guest's memory (None: the disk alone)
    cpu_time_s, ready_s   what its vCPUs got, and what they wanted and had to wait for, since its process began
    life         grows with every process: work that was begun in an earlier one ends
    job          what is going on with it for longer ('save', 'migration'), or None
    """

    __slots__ = (
        "definition",
        "live",
        "state",
        "reason",
        "id",
        "persistent",
        "autostart",
        "saved",
        "job",
        "guest",
        "cpu_time_s",
        "ready_s",
        "snapshots",
        "disk",
        "life",
    )

    def __init__(self, definition, guest):
        self.definition = self.live = definition
        self.state, self.reason, self.id = "shutoff", "unknown", None
        self.persistent, self.autostart, self.saved, self.job = True, False, None, None
        self.guest, self.snapshots, self.disk, self.life = guest, {}, None, 0
        self.cpu_time_s = self.ready_s = 0.0

    @property
    def name(self):
        return self.definition.name

    def answer(self):
        """What a call that changed it says."""
        return {"name": self.name, "state": self.state, "reason": self.reason}

    @property
    def active(self):
        """It has a process on this host."""
        return self.id is not None

    @property
    def computing(self):
        """Its vCPUs get time."""
        return self.state in ("running", "blocked")

    def __repr__(self):
        return f"<Domain {self.name}: {self.state} ({self.reason})>"
