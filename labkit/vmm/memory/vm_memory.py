"""One VM's memory as a table with two keys: what a page is to the guest, and where the host keeps it.

              backed  shared  compressed  swapped  none
    active  │    700      40           0       60     0      guest: 'in use, wanted now'
    idle    │    300      60          10       90     0      guest: 'in use, not wanted for long'
    free    │    120       0           0       30    70      guest: 'nobody uses it'
    balloon │      0       0           0        0   568      guest: 'the driver of the balloon uses it'

The guest sees the rows' sums, the host the columns' sums; the cells are known to nobody but us. That is why a host that
swaps takes pages the guest needs now and pages the guest threw away long ago, in proportion; and why a balloon takes
better ones: inside the guest, the guest chooses.

All amounts in MiB. Every operation keeps the total, which is the configured size.

What the real one does differently: it has pages, not amounts, and picks at random where we take in proportion (which is
what random means for many pages). A guest's page cache is not a class of its own here: it is 'idle'.
"""

from dataclasses import dataclass, field

from labkit.vmm.memory import costs
from labkit.vmm.memory.allocation import MemoryAllocation
from labkit.world.errors import LabError, number, words

GUEST, HOST = ("active", "idle", "free", "balloon"), ("backed", "shared", "compressed", "swapped", "none")
BALLOON_CAP = 0.65  # documented default: Mem.CtlMaxPercent = 65
COMPRESSION_CACHE = 0.10  # documented default: Mem.MemZipMaxPct = 10 (% of the VM's memory)
SAMPLE_PAGES = 100  # documented default: 100 pages watched for Mem.SamplePeriod = 60 s
DUST = 1e-6


TRAITS = ("alike", "alike_others", "compressible", "driver", "guest_swap_mib")


def known_traits(given):
    """`given` if VmMemory has all these traits, else LabError: a promise is not one of them."""
    for name in given:
        if name in MemoryAllocation.__dataclass_fields__:
            raise LabError(f"{name} is a promise of the host", next_step=f"say MemoryAllocation({name}=…)")
        if name not in TRAITS:
            raise LabError(f"a VM's memory has no {name!r}", next_step=f"it has {', '.join(TRAITS)}")
    return given


def promised(allocation):
    """`allocation` if it is a MemoryAllocation, else LabError."""
    if not isinstance(allocation, MemoryAllocation):
        why = f"the allocation must be a MemoryAllocation, not {allocation!r}"
        raise LabError(why, next_step="MemoryAllocation(reservation_mib=100)")
    return allocation


@dataclass
class VmMemory:
    """The memory of one VM that is powered on.

    memory_mib     configured: what the guest believes it has
    alike          part of the touched pages that have a twin in this VM (zeros, mostly)
    alike_others   part that has a twin in other VMs only (the same operating system)
    compressible   part of the pages that fit into half a page
    driver         the balloon driver runs in the guest (VMware Tools, virtio-balloon)
    guest_swap_mib the guest's own swap space on its own disk; None: as large as its memory
    """

    name: str
    memory_mib: float
    allocation: MemoryAllocation = field(default_factory=MemoryAllocation)
    vcpus: int = 1
    alike: float = 0.10
    alike_others: float = 0.15
    compressible: float = 0.5
    driver: bool = True
    guest_swap_mib: float | None = None
    pages: dict = field(default_factory=dict)
    paged_active_mib: float = 0.0  # in the guest's own swap, wanted now
    paged_idle_mib: float = 0.0  # in the guest's own swap, wanted by nobody
    wanted_mib: tuple = (0.0, 0.0)  # where the guest is going: (used, active)
    asked_mib: float = 0.0  # host memory it faulted for in the last step
    growth: float = 1.0  # part of the memory asked for in the last step that could be had
    seen_active: float = 1.0  # the host's estimate of the active part of what it holds

    def __post_init__(self):
        words(self.name, "a VM's name")
        number(self.memory_mib, "memory_mib", least=4)
        promised(self.allocation).fits(self.memory_mib)
        number(self.vcpus, "vcpus", least=1)
        for name in ("alike", "alike_others", "compressible"):
            number(getattr(self, name), name, most=1)
        if not isinstance(self.driver, bool):
            raise LabError(
                f"driver is True or False, not {self.driver!r}", next_step="does a balloon driver run in it?"
            )
        if self.guest_swap_mib is None:
            self.guest_swap_mib = float(self.memory_mib)
        number(self.guest_swap_mib, "guest_swap_mib")
        self.pages = self.pages or {("free", "none"): float(self.memory_mib)}

    # -- the two views -------------------------------------------------------------------------------------------
    def row(self, *kinds):
        """What the guest calls so (active, idle, free, balloon), MiB."""
        return sum([mib for (guest, _), mib in self.pages.items() if guest in kinds])

    def column(self, *places):
        """What the host keeps there (backed, shared, compressed, swapped, none), MiB."""
        return sum([mib for (_, host), mib in self.pages.items() if host in places])

    @property
    def frames_mib(self):
        """Host memory in use for this VM: a shared page needs no frame of its own, a compressed one half a frame."""
        return self.column("backed") + self.column("compressed") / 2

    @property
    def granted_mib(self):
        """What the VM holds of the host's memory: shared pages count, for the guest has them at full speed."""
        return self.column("backed", "shared") + self.column("compressed") / 2

    @property
    def used_mib(self):
        """What the guest's programs use, paged out or not."""
        return self.row("active", "idle") + self.paged_active_mib + self.paged_idle_mib

    @property
    def active_mib(self):
        return self.row("active") + self.paged_active_mib

    def guest_view(self):
        """What the guest's own tools show (`free -m`), MiB: the balloon looks like memory that somebody uses."""
        figures = {
            "total": self.memory_mib,
            "used": self.row("active", "idle"),
            "balloon": self.row("balloon"),
            "free": self.row("free"),
            "swap used": self.paged_active_mib + self.paged_idle_mib,
        }
        return {name: round(mib) for name, mib in figures.items()}

    def host_view(self):
        """What the hypervisor knows: which pages were ever touched and where they are, not what they are good for;
        MiB."""
        figures = {
            "configured": self.memory_mib,
            "touched": self.column("backed", "shared", "compressed", "swapped"),
            "in frames": self.frames_mib,
            **{place: self.column(place) for place in ("shared", "compressed", "swapped")},
            "balloon": self.row("balloon"),
            "active (estimate)": self.seen_active * self.granted_mib,
        }
        return {name: round(mib) for name, mib in figures.items()}

    @property
    def active_part(self):
        """The active part of the pages that are in frames: what the host wants to know and can only guess."""
        held = self.column("backed", "shared")
        return sum(self.pages.get(("active", host), 0.0) for host in ("backed", "shared")) / held if held else 1.0

    def sample(self, luck):
        """Watch SAMPLE_PAGES pages picked at random by `luck` (a random.Random); the estimate follows slowly."""
        part = self.active_part
        seen = sum(luck.random() < part for _ in range(SAMPLE_PAGES)) / SAMPLE_PAGES
        self.seen_active += (seen - self.seen_active) / 4

    # -- moving pages --------------------------------------------------------------------------------------------
    def move(self, source, target, mib):
        """Move up to `mib` from cell `source` to cell `target`; the MiB that were there to move."""
        mib = min(mib, self.pages.get(source, 0.0))
        if mib > 0:
            self.pages[source] -= mib
            self.pages[target] = self.pages.get(target, 0.0) + mib
            if self.pages[source] < DUST:
                self.pages[target] += self.pages.pop(source)
        return mib

    def take(self, place, target, mib, rows=GUEST):
        """Move `mib` from one host column to another, in proportion over `rows`: the host knows no better."""
        found = {row: self.pages.get((row, place), 0.0) for row in rows}
        part = min(1.0, mib / total) if (total := sum(found.values())) > 0 else 0.0
        return sum(self.move((row, place), (row, target), have * part) for row, have in found.items())

    # -- what the guest does -------------------------------------------------------------------------------------
    def speed(self, disk="ssd"):
        """Speed of the guest's work, 1 = undisturbed: active pages that are elsewhere must be fetched first."""
        away = self.pages.get(("active", "swapped"), 0.0) + self.paged_active_mib
        return costs.speed(self.active_mib, away, self.pages.get(("active", "compressed"), 0.0), disk)
