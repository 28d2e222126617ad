"""What a guest does with its memory, as far as a migration notices it.

    memory_mib ▏████████████████████████████████▏  all of it must travel once
    writable   ▏██████▏                            what the guest writes at all: the most that can be dirty again

The surprise: the size of the memory decides how long a migration takes; how fast the guest *writes* decides whether it
ends. A page that is written twice in a round is sent once: only distinct pages count.
"""

from dataclasses import dataclass

from labkit.world.errors import LabError, number

PAGE_MIB = 4096 / 2**20  # x86: pages of 4 KiB


@dataclass(frozen=True)
class Load:
    """Memory of a guest and how it is written.

    memory_mib                 MiB that must be at the target in the end
    dirty_mib_s                MiB of pages written anew per second at full speed
    writable_working_set_mib   MiB of pages that the guest writes again and again; None: all its memory. (Clark et al.,
                               NSDI 2005, call it the writable working set, WWS: pages written too often to be worth
                               sending before the stop.)
    Raises LabError for anything that cannot be meant.
    """

    memory_mib: float
    dirty_mib_s: float = 0.0
    writable_working_set_mib: float | None = None

    def __post_init__(self):
        number(self.memory_mib, "memory_mib", least=PAGE_MIB)
        number(self.dirty_mib_s, "dirty_mib_s")
        wws = self.writable_working_set_mib
        if wws is not None and number(wws, "writable_working_set_mib") > self.memory_mib:
            raise LabError(
                f"a guest of {self.memory_mib:g} MiB cannot write in {wws:g} MiB",
                next_step="writable_working_set_mib is a part of memory_mib",
            )

    @property
    def working_set_mib(self):
        """MiB that can be dirty at the same time."""
        wws = self.writable_working_set_mib
        return self.memory_mib if wws is None else wws

    def dirtied_mib(self, duration_s, throttle=0.0):
        """MiB that are dirty after `duration_s` seconds in which the vCPUs were held back for the part `throttle`."""
        return min(self.dirty_mib_s * (1 - throttle) * duration_s, self.working_set_mib)
