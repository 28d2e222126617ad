"""What a VM is to be, as the VIM's clients order it: sizes, promises, and where its disk may lie.

A Spec is shared by all VMs of one flavour, and it is never changed: one object for ten thousand VMs. A VM that is to be
larger gets another Spec.
"""

from dataclasses import dataclass

from labkit.vmm.host import level, networks, whole
from labkit.world.errors import LabError, number, words
from labkit.world.fixed import Fixed

LEAST_MIB = 4  # labkit.vmm.domain's own limit
PRIORITIES = ("highest", "high", "medium", "low", "lowest", "disabled")  # of a restart, as in vSphere HA (documents)


@dataclass(frozen=True)
class Spec:
    """The size of a VM and what it needs of a host.

    vcpus, memory_mib, disk_gib     what the guest sees
    cpu_model     the CPU level the guest is shown: a host must be able to do at least that
    networks      names of networks that the host must be plugged into
    datastore     None: the disk lies on the host's own disks, and goes with the host; else a shared datastore's name
    reservation_mhz, memory_reservation_mib   what the host must keep free for it (admission)
    demand_mhz, used_mib, dirty_mib_s, boot_s   what its guest does while it runs: as in labkit.vmm.Definition
    Raises LabError (400) for anything that cannot be meant.
    """

    vcpus: int = 1
    memory_mib: int = 1024
    disk_gib: int = 10
    cpu_model: str = "x86-64-v2"
    networks: tuple = ("lan",)
    datastore: str | None = None
    reservation_mhz: float = 0
    memory_reservation_mib: float = 0
    demand_mhz: float = 0
    used_mib: float = 0
    dirty_mib_s: float = 0
    boot_s: float = 20.0

    def __post_init__(self):
        try:
            self._check()
        except LabError as error:
            raise LabError(error.message, 400, True, error.next_step) from None
        values = Fixed({name: getattr(self, name) for name in self.__dataclass_fields__})
        object.__setattr__(self, "_json", values)
        object.__setattr__(self, "_hash", hash(values))

    def _check(self):
        whole(self.vcpus, "vcpus")
        number(self.memory_mib, "memory_mib", least=LEAST_MIB)
        for name in ("disk_gib", "demand_mhz", "dirty_mib_s", "boot_s"):
            number(getattr(self, name), name)
        number(self.used_mib, "used_mib", most=2 * self.memory_mib)
        number(self.memory_reservation_mib, "memory_reservation_mib", most=self.memory_mib)
        number(self.reservation_mhz, "reservation_mhz")
        level(self.cpu_model)
        object.__setattr__(self, "networks", networks(self.networks))
        if self.datastore is not None:
            words(self.datastore, "a datastore's name")

    def __hash__(self):
        return self._hash

    def as_json(self):
        """The spec as plain values (Fixed, always the same object), as it travels and lies in the database."""
        return self._json


def from_json(values):
    """The Spec of plain values. LabError (400) for a name that a spec does not have."""
    strange = [name for name in values if name not in Spec.__dataclass_fields__]
    if strange:
        known = ", ".join(Spec.__dataclass_fields__)
        raise LabError(f"a spec has no {strange[0]!r}", 400, True, f"it has {known}")
    return Spec(**{**values, "networks": tuple(values.get("networks", ("lan",)))})
