"""Post-copy: hand over first, then fetch the pages that the guest misses, and push the rest behind its back.

    source  ░ stop: registers, devices ░ ── page 7 (asked) ─ page 1 ─ page 2 ─ page 9 (asked) ─ … ─▶ nothing left
    target                               ▶ runs ─ fault: waits for page 7 ─ runs ─ fault: waits for page 9 ─ runs …

It always ends, after memory / bandwidth, for every page travels once. The price is paid afterwards: each first touch of
a page that is not there yet stalls the guest for a round trip; and from the hand-over until the last page the guest's
memory lies on two hosts: if either dies, the guest is lost, not only moved back. (Hines & Gopalan, VEE 2009; QEMU:
docs/devel/migration/postcopy.rst.)

What the real one does differently: QEMU orders the push by what was asked for (the neighbours of a missing page come
next), so that a guest that walks through its memory faults less often than here, where touches are spread evenly.
"""

from dataclasses import dataclass

from labkit.vmm.migration.load import PAGE_MIB
from labkit.world.errors import number

STEPS = 400
TOUCHES_PER_WRITE = 4.0  # a guest reads several pages for each that it writes: chosen, not measured


@dataclass(frozen=True)
class PostCopy:
    """After the hand-over: seconds until the last page has come, MiB sent, faults over the network, and how long the
    guest stood waiting for them in total."""

    duration_s: float
    sent_mib: float
    faults: int
    stall_s: float

    @property
    def slowdown(self):
        """Part of the time in which the guest waited for pages."""
        return self.stall_s / self.duration_s if self.duration_s else 0.0


def postcopy(load, bandwidth_mib_s, missing_mib=None, round_trip_s=0.0002, touched_mib_s=None):
    """Run `load` at the target while `missing_mib` of its memory (None: all of it) still lie at the source.

    touched_mib_s  MiB of pages that the guest reads or writes per second, spread evenly over its working set
    A fault takes `round_trip_s` and the time of one page on the link. Returns a PostCopy.
    """
    number(bandwidth_mib_s, "bandwidth_mib_s", least=1e-9)
    number(round_trip_s, "round_trip_s")
    left_mib = load.memory_mib if missing_mib is None else number(missing_mib, "missing_mib", most=load.memory_mib)
    if touched_mib_s is None:
        touched_mib_s = TOUCHES_PER_WRITE * load.dirty_mib_s
    set_mib, duration_s = load.working_set_mib, left_mib / bandwidth_mib_s
    hidden_mib = min(left_mib, set_mib)  # of the working set: what a round left dirty is what the guest writes
    wait_s = round_trip_s + PAGE_MIB / bandwidth_mib_s
    faults = 0.0
    for _ in range(STEPS if touched_mib_s and left_mib else 0):
        miss = hidden_mib / set_mib if set_mib else 0.0
        touches_s = 1 / (PAGE_MIB / touched_mib_s + miss * wait_s)  # a guest that waits touches fewer pages
        fetched_mib = min(miss * touches_s * PAGE_MIB, bandwidth_mib_s) * duration_s / STEPS
        faults += fetched_mib / PAGE_MIB
        pushed_mib = bandwidth_mib_s * duration_s / STEPS - fetched_mib
        hidden_mib = max(0.0, hidden_mib - fetched_mib - pushed_mib * hidden_mib / max(left_mib, PAGE_MIB))
        left_mib = max(0.0, left_mib - bandwidth_mib_s * duration_s / STEPS)
    return PostCopy(duration_s, bandwidth_mib_s * duration_s, round(faults), faults * wait_s)


def cold(bandwidth_mib_s, disk_mib=0.0, shutdown_s=3.0, boot_s=20.0):
    """Cold migration: shut down, copy the disk if it does not lie on shared storage, boot at the target. No memory
    travels, nothing of it survives. Returns the seconds without service."""
    number(bandwidth_mib_s, "bandwidth_mib_s", least=1e-9)
    return number(shutdown_s, "shutdown_s") + number(disk_mib, "disk_mib") / bandwidth_mib_s + number(boot_s, "boot_s")
