"""Admission control: a VM is refused today, so that all can be restarted tomorrow.

    Slots(failures=1)          slot = the largest reservation of any VM; slots of all hosts without the largest one
    Percentage(failures=1)     so many percent of all CPU and memory are never promised (1 of 4 hosts: 25 %)
    Dedicated("esx9")          these hosts stay empty
    Disabled()                 nobody counts; whether all can be restarted is seen when it is too late

The surprise is what is counted: reservations, not sizes. VMs that reserve nothing are nearly free for all these rules
(32 MHz and the overhead of its memory each), so a cluster may pass and yet be hopelessly full after a crash:
count="configured" counts whole sizes instead. And one VM with a huge reservation makes every slot huge.

Source: VMware, 'vSphere Availability', chapter 'vSphere HA Admission Control' (documents only; figures are documented
defaults). Each cluster is counted for itself (guard). What the real one does differently: what the hypervisor itself
needs is taken off each host; a slot's size can be set by hand (das.slotcpuinmhz, das.slotmeminmb: most_mhz, most_mib).
"""

from dataclasses import dataclass
from math import ceil, inf

from labkit.vmm.host import whole
from labkit.vmm.memory.admission import overhead_mib
from labkit.world.errors import LabError, number

DEFAULT_MHZ = 32.0  # counted for a VM that reserves none (das.vmcpuminmhz; documented default)
REFUSED = "InsufficientFailoverResources"
MOST = 8  # hosts whose slots are named in a refusal


def needs(spec, count="reserved"):
    """(MHz, MiB) that a VM of this spec is counted with."""
    mib = spec.memory_mib if count == "configured" else spec.memory_reservation_mib
    return spec.reservation_mhz or DEFAULT_MHZ, mib + overhead_mib(spec.memory_mib, spec.vcpus)


def refuse(arithmetic, next_step="power another VM off, add a host, or tolerate fewer failures"):
    """The LabError of a power-on that would leave too little for a failover."""
    return LabError(f"{REFUSED}: {arithmetic}", 507, True, next_step)


def impossible(why, next_step):
    """The LabError of a rule that nothing could ever satisfy."""
    return LabError(f"no VM could ever be powered on: {why}", 409, True, next_step)


def counting(count):
    """Return `count` if it is one, else LabError (400)."""
    if count not in ("reserved", "configured"):
        raise LabError(f"count is 'reserved' or 'configured', not {count!r}", 400, True)
    return count


@dataclass(frozen=True)
class Disabled:
    """Nothing is refused."""

    kept_free = ()

    def check(self, hosts):
        """Any cluster will do."""

    def admit(self, hosts, running, new, known):
        """Any VM will do."""


@dataclass(frozen=True)
class Slots:
    """So many equal slots must be left when the `failures` largest hosts are lost.

    most_mhz, most_mib   a slot is at most so large; a VM that needs more takes several
    """

    failures: int = 1
    count: str = "reserved"
    most_mhz: float = inf
    most_mib: float = inf
    kept_free = ()

    def check(self, hosts):
        """LabError (409) if these hosts could never satisfy the rule."""
        whole(self.failures, "failures"), counting(self.count)
        for value, what in ((self.most_mhz, "most_mhz"), (self.most_mib, "most_mib")):
            number(0 if value == inf else value, what)
        if self.failures >= len(hosts):
            raise impossible(f"{self.failures} of {len(hosts)} hosts may be lost, and then none is left",
                             f"tolerate at most {max(len(hosts) - 1, 0)}, or add hosts")  # fmt: skip
        if self.most_mhz <= 0 or self.most_mib <= 0:
            raise impossible("a slot of nothing", "leave most_mhz and most_mib out")

    def slot(self, specs):
        """(MHz, MiB) of one slot."""
        wanted = [needs(spec, self.count) for spec in specs]
        mhz, mib = (max((need[i] for need in wanted), default=1.0) for i in (0, 1))
        return min(mhz, self.most_mhz), min(mib, self.most_mib)

    def slots(self, host, slot):
        """How many slots a host has."""
        return int(min(host.hardware.capacity_mhz // slot[0], host.hardware.memory_mib // slot[1]))

    def admit(self, hosts, running, new, known):
        """LabError (507) with the arithmetic if `new` (a spec) is one too many beside `running` (spec → how many).
        `known`: a dict for what is reckoned once for these hosts."""
        slot = self.slot([*running, new])
        if slot not in known:
            known[slot] = sorted((self.slots(host, slot) for host in hosts), reverse=True)
        left = known.get((slot, "left"))
        if left is None:
            left = known[slot, "left"] = sum(known[slot][self.failures :])
        taken = sum(many * self._takes(spec, slot) for spec, many in [*running.items(), (new, 1)])
        if taken > left:
            each = " + ".join(map(str, known[slot][:MOST])) + (" + …" if len(hosts) > MOST else "")
            raise refuse(
                f"a slot is {slot[0]:g} MHz and {slot[1]:.0f} MiB; the hosts have {each} slots, without the largest "
                f"{self.failures} {left}; {taken} would be taken"
            )

    def _takes(self, spec, slot):
        need = needs(spec, self.count)
        return max(1, ceil(need[0] / slot[0]), ceil(need[1] / slot[1]))


@dataclass(frozen=True)
class Percentage:
    """So many percent of the CPU and of the memory of all hosts are not promised to any VM.

    cpu, memory   percent; None: failures / hosts
    """

    failures: int = 1
    cpu: float | None = None
    memory: float | None = None
    count: str = "reserved"
    kept_free = ()

    def check(self, hosts):
        """LabError (409) if these hosts could never satisfy the rule."""
        whole(self.failures, "failures", least=0), counting(self.count)
        for name, percent in zip(("CPU", "memory"), self.percents(hosts), strict=True):
            if number(percent, f"percent of {name}") >= 100:
                raise impossible(f"{percent:g} % of the {name} are kept free", "keep less than 100 %")

    def percents(self, hosts):
        """(percent of CPU, percent of memory) that are kept free."""
        auto = 100.0 * self.failures / max(len(hosts), 1)
        return (auto if self.cpu is None else self.cpu), (auto if self.memory is None else self.memory)

    def admit(self, hosts, running, new, known):
        """LabError (507) with the arithmetic if `new` (a spec) is one too many beside `running` (spec → how many).
        `known`: a dict for what is reckoned once for these hosts."""
        have = known.get("have")
        if have is None:
            cores = [host.hardware for host in hosts]
            have = known["have"] = sum(each.capacity_mhz for each in cores), sum(each.memory_mib for each in cores)
        used = [0.0, 0.0]
        for spec, many in [*running.items(), (new, 1)]:
            for i, need in enumerate(needs(spec, self.count)):
                used[i] += many * need
        for i, (unit, kept) in enumerate(zip(("MHz", "MiB"), self.percents(hosts), strict=True)):
            free = 100.0 * (have[i] - used[i]) / have[i] if have[i] else 0.0
            if free < kept - 1e-9:
                raise refuse(
                    f"{have[i]:.0f} {unit} in all, {used[i]:.0f} would be promised: {max(free, 0):.1f} % free, "
                    f"{kept:.1f} % must be"
                )


class Dedicated:
    """These hosts run nothing until another one is lost."""

    def __init__(self, *hosts):
        self.kept_free = hosts

    def __repr__(self):
        return f"Dedicated{self.kept_free!r}"

    def __replay__(self, world):
        return Dedicated(*self.kept_free)

    def check(self, hosts):
        """LabError (409) if these hosts could never satisfy the rule."""
        names = [host.name for host in hosts]
        strange = [name for name in self.kept_free if name not in names]
        if strange or not self.kept_free:
            known = f"known: {', '.join(names)}"
            why = f"there is no host {strange[0]!r}" if strange else "a rule of dedicated hosts names no host"
            raise LabError(why, 404, True, known)
        if set(names) <= set(self.kept_free):
            raise impossible("every host is kept free", "leave hosts for the VMs")

    def admit(self, hosts, running, new, known):
        """Where a VM may go is kept by placement: here nothing is counted."""
