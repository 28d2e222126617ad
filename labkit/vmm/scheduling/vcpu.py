"""A vCPU as the host's scheduler sees it: an account of where its time went.

    run      on a physical CPU
    ready    wants to run, and no CPU is free for it (or its VM's limit is reached: `limited`, a part of ready)
    costop   wants to run and must not, because of its siblings (co-scheduling)
    wait     wants nothing: the guest idles

The four add up to the elapsed time, as in esxtop: %RUN + %RDY + %CSTP + %WAIT = 100 per vCPU, %RDY includes %MLMTD
(VMware, 'Interpreting esxtop Statistics'). The surprise: only `wait` is known to the guest. It counts everything else
as its own busy time, because while it stands still, its clock does, too.
"""

from dataclasses import dataclass, field

from labkit.vmm.scheduling.allocation import CpuAllocation
from labkit.vmm.scheduling.load import US_PER_MS, Load, steady, whole
from labkit.world.errors import LabError, words

STATES = ("run", "ready", "limited", "costop", "wait")


@dataclass(frozen=True)
class Vm:
    """A VM on the scheduler's list: name, number of vCPUs, what is promised to it, what it wants to compute."""

    name: str
    vcpus: int = 1
    cpu: CpuAllocation = CpuAllocation()
    load: Load = field(default_factory=steady)

    def __post_init__(self):
        words(self.name, "a VM's name")
        whole(self.vcpus, f"the vCPUs of {self.name}")
        if not isinstance(self.cpu, CpuAllocation) or not isinstance(self.load, Load):
            raise LabError(
                f"{self.name} is promised {self.cpu!r} and loaded with {self.load!r}",
                next_step='e.g. Vm("web", 2, cpu=CpuAllocation("high"), load=steady(0.5))',
            )


class VCpu:
    """One vCPU: its state, its waiting work, and milliseconds spent in each state."""

    __slots__ = (
        "group",
        "index",
        "name",
        "tape",
        "state",
        "backlog_us",
        "pcpu",
        "since_ms",
        "slice_ms",
        "progress_ms",
        "ms",
    )

    def __init__(self, group, index):
        self.group, self.index, self.name = group, index, f"{group.vm.name}/{index}"
        self.tape = group.vm.load.tape if index < group.vm.load.helpers(group.vm.vcpus) else (0,)
        self.state, self.backlog_us, self.progress_ms = "wait", 0, 0
        self.pcpu, self.since_ms, self.slice_ms = None, 0, 0  # where it runs or ran last, since when, slice left
        self.ms = dict.fromkeys(STATES, 0)

    def wants(self):
        """Is there a millisecond of work?"""
        helps = self.index < self.group.vm.load.helpers(self.group.vm.vcpus)
        return self.backlog_us >= US_PER_MS or (helps and self.group.job_us >= US_PER_MS)

    def work(self):
        """Do a millisecond of work: the own one first, else a piece of the VM's job."""
        if self.backlog_us >= US_PER_MS:
            self.backlog_us -= US_PER_MS
        else:
            self.group.job_us -= US_PER_MS


class Group:
    """One VM's vCPUs and its three clocks; shares, reservation and limit belong to the VM, not to a vCPU.

    vtime        CPU time used per share: who has the least is next (stride scheduling)
    reserved_ms  the time up to which the reservation has been kept: behind the real time means due, and due goes first
    quota_ms     CPU time left in this window under the limit; at 0 the VM waits for the next window
    """

    def __init__(self, vm, mhz):
        self.vm, self.shares = vm, vm.cpu.share_count(vm.vcpus)
        self.guaranteed = vm.cpu.fits(vm.vcpus, mhz).reservation_mhz / mhz  # in CPUs
        self.limit = None if vm.cpu.limit_mhz is None else vm.cpu.limit_mhz / mhz
        self.job_us, self.finished_ms = 0, None
        self.vtime, self.reserved_ms, self.quota_ms = 0.0, 0.0, 0.0
        self.vcpus = [VCpu(self, index) for index in range(vm.vcpus)]

    def arrive(self, now_ms):
        """Work arrives: a piece of the tape at each vCPU, the job at its time."""
        load, since_ms = self.vm.load, now_ms - self.vm.load.start_ms
        if since_ms == 0:
            self.job_us = load.job_ms * US_PER_MS
        if since_ms >= 0:
            for vcpu in self.vcpus:
                vcpu.backlog_us += vcpu.tape[since_ms % len(vcpu.tape)]

    def may_want(self, now_ms):
        """Is there work, or will some arrive after `now_ms`?"""
        load = self.vm.load
        to_come = any(any(vcpu.tape) for vcpu in self.vcpus) or (load.job_ms and now_ms <= load.start_ms)
        return bool(to_come) or any(vcpu.wants() for vcpu in self.vcpus)

    def due(self, now_ms):
        """Is the reservation behind?"""
        return self.guaranteed > 0 and self.reserved_ms <= now_ms

    def total_ms(self, state):
        """Milliseconds that all its vCPUs together spent in a state."""
        return sum(vcpu.ms[state] for vcpu in self.vcpus)
