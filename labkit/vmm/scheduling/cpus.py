"""The scheduler of a host that lives in a world: whoever comes to a CPU or leaves it is an event of kind `sched`.

    vmm1  sched: web/0 runs on CPU 2        vmm1  sched: web/0 leaves CPU 2 (ready)

`ready` after `leaves` means: it would have gone on, its time slice was over. The guest is not told; no event ever has
the guest as its destination.
"""

from labkit.vmm.scheduling.scheduler import Scheduler
from labkit.world import action


class Cpus:
    """The physical CPUs of host `name`, shared by `vms` from now on, one millisecond of the world at a time.

    More keyword arguments are the Scheduler's: pcpus, mhz, policy, slice_ms, skew_ms, window_ms.
    """

    @action
    def __init__(self, world, name, vms, **setting):
        self.world, self.name, self.host = world, f"{name}-cpus", name
        self.scheduler = Scheduler(vms, note=self.note, **setting)
        world.process(self.work)

    def work(self):
        """Beat once a millisecond, until all work is done (jobs end; a steady load never does)."""
        began = self.world.now
        while not self.scheduler.done:
            self.scheduler.tick()
            yield self.world.timeout(began + self.scheduler.now_ms / 1000 - self.world.now)

    def note(self, now_ms, pcpu, vcpu, state):
        """Write a coming or leaving into the trace."""
        what = f"{vcpu} runs on CPU {pcpu}" if state == "run" else f"{vcpu} leaves CPU {pcpu} ({state})"
        self.world.emit(self.host, None, "sched", what, vcpu=vcpu, pcpu=pcpu, state=state)

    def top(self):
        """Where the time went so far; see esxtop.py."""
        return self.scheduler.top()

    def picture(self, from_ms=0, to_ms=None):
        """Who was on which CPU."""
        return self.scheduler.picture(from_ms, to_ms)
