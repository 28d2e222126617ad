"""The host's scheduler: vCPUs take turns on physical CPUs, one millisecond after the other.

    who is next?   1. whose reservation is behind    2. whose VM has the least virtual time: vtime += 1 ms / shares
    who must go?   time slice over · nothing to do · limit of this window used up · too far ahead of a sibling

The surprise: nobody ever computes 'how many MHz for whom' here. Picking the least virtual time again and again is
enough; in the long run it comes out as the entitlement says (tests: within 2 % after ten seconds).

Sources: stride scheduling and its virtual time, Waldspurger & Weihl 1995; the clocks for reservation and proportional
share, 'mClock', OSDI 2010; the limit as quota per window of 100 ms as in Linux (cpu.max, documented default period).

What the real ones do differently: ESXi compares what a VM has consumed with its entitlement, knows sockets, caches and
hyper-threads, and preempts for a waking vCPU (documented default quantum: 50 ms). KVM leaves it all to Linux (CFS,
EEVDF since 6.6): a vCPU is a thread, `cpu.weight` are its shares, there is one queue per CPU, and no co-scheduling.
Here is one queue for all CPUs, moving a vCPU costs nothing, and the hypervisor itself uses no CPU.
"""

from labkit.vmm.scheduling.admission import admit
from labkit.vmm.scheduling.coscheduling import POLICIES, gangs, incomplete, keep_pace, lead_ms
from labkit.vmm.scheduling.entitlement import Claim, entitlement
from labkit.vmm.scheduling.esxtop import Top
from labkit.vmm.scheduling.gantt import Gantt
from labkit.vmm.scheduling.load import whole
from labkit.vmm.scheduling.vcpu import Group
from labkit.world.errors import LabError, number, unknown

DEBT_MS = 1000
RESTING = ("wait", "limited")


class Scheduler:
    """Runs `vms` (Vm) on `pcpus` physical CPUs of `mhz` each, in its own time that begins at 0.

    policy     'independent', 'strict' or 'relaxed' co-scheduling (see coscheduling.py)
    slice_ms   how long a vCPU stays at most before it is compared with those that wait
    skew_ms    relaxed: how far ahead of its slowest sibling a vCPU may be
    window_ms  a limit is kept in each window of so many milliseconds
    note       called with (now_ms, pcpu, vcpu's name, what) whenever a vCPU comes or goes

    Raises LabError for what cannot be kept: two VMs of one name, more vCPUs than CPUs, more reserved than there is.
    """

    def __init__(
        self, vms, pcpus=4, mhz=2500, policy="relaxed", *, slice_ms=10, skew_ms=3, window_ms=100, note=lambda *_: None
    ):
        if policy not in POLICIES:
            raise unknown("co-scheduling policy", policy, POLICIES)
        self.pcpus, self.mhz, self.policy, self.note = whole(pcpus, "pcpus"), number(mhz, "mhz", least=1), policy, note
        self.slice_ms, self.skew_ms = whole(slice_ms, "slice_ms"), number(skew_ms, "skew_ms")
        self.window_ms = whole(window_ms, "window_ms")
        self.groups = {}
        for vm in vms:
            if vm.name in self.groups:
                raise LabError(f"two VMs are called {vm.name!r}", next_step="give each its own name")
            admit(self, [group.vm for group in self.groups.values()], vm)
            self.groups[vm.name] = Group(vm, mhz)
        self.vcpus = [vcpu for group in self.groups.values() for vcpu in group.vcpus]
        self.on = [None] * pcpus  # pCPU → vCPU
        self.now_ms, self.vtime, self.spans = 0, 0.0, []

    def run(self, seconds):
        """Let `seconds` (up to 3600) pass; returns the scheduler, so that `Scheduler(…).run(10).top()` reads well."""
        for _ in range(round(number(seconds, "seconds", most=3600) * 1000)):
            self.tick()
        return self

    def tick(self):
        """One millisecond: work arrives, some must go, others come, everybody's time is written down."""
        for group in self.groups.values():
            if group.limit is not None and self.now_ms % self.window_ms == 0:
                group.quota_ms = min(group.quota_ms, 0) + group.limit * self.window_ms
            group.arrive(self.now_ms)
        for vcpu in self.vcpus:
            self.review(vcpu)
        self.dispatch()
        self.account()
        self.now_ms += 1

    @property
    def done(self):
        """Is all work done, has everybody left, and will none arrive any more?"""
        return not any(self.on) and not any(group.may_want(self.now_ms) for group in self.groups.values())

    # -- who must go, who may come -----------------------------------------------------------------------------------
    def review(self, vcpu):
        """Put a vCPU into the state that follows from its work, its VM's limit and its siblings."""
        state = self.state_of(vcpu)
        if state == vcpu.state:
            return
        if vcpu.state in RESTING:
            self.wake(vcpu.group)
        if vcpu.state == "run":
            self.leave(vcpu, state)
        vcpu.state = state

    def state_of(self, vcpu):
        """wait, limited, costop, ready or (if it may stay where it is) run."""
        group = vcpu.group
        if not vcpu.wants():
            return "wait"
        if group.limit is not None and group.quota_ms <= 0:
            return "limited"
        if self.policy == "relaxed" and lead_ms(vcpu) > self.skew_ms:
            return "costop"
        if vcpu.state == "run":
            must_go = vcpu.slice_ms <= 0 or (self.policy == "strict" and incomplete(group))
            return "ready" if must_go else "run"
        return "costop" if self.policy == "strict" and vcpu.state == "costop" else "ready"

    def wake(self, group):
        """A VM that slept, or had to by its limit, has saved nothing: its clocks begin at the present."""
        if all(vcpu.state in RESTING for vcpu in group.vcpus):
            group.vtime, group.reserved_ms = max(group.vtime, self.vtime), max(group.reserved_ms, self.now_ms)

    def leave(self, vcpu, state):
        """Take a vCPU off its CPU."""
        self.on[vcpu.pcpu] = None
        self.spans.append((vcpu.pcpu, vcpu.name, vcpu.since_ms, self.now_ms))
        self.note(self.now_ms, vcpu.pcpu, vcpu.name, state)

    # -- who is next -------------------------------------------------------------------------------------------------
    def dispatch(self):
        """Give the free CPUs away, in the order of urgency; who does not fit is passed over."""
        free = [pcpu for pcpu, vcpu in enumerate(self.on) if vcpu is None]
        if not free:
            return
        may_start = ("ready", "costop") if self.policy == "strict" else ("ready",)
        waiting = [vcpu for vcpu in self.vcpus if vcpu.state in may_start]
        waiting.sort(key=lambda vcpu: self.urgency(vcpu.group))
        for gang in gangs(self.policy, waiting):
            if not free:
                return
            if len(gang) <= len(free):
                self.start(gang, free)
            else:
                for vcpu in gang:
                    vcpu.state = "costop"
                if gang[0].group.due(self.now_ms):
                    return  # a promise: the free CPUs wait for the others that it needs

    def urgency(self, group):
        """Sort key: due reservations first, then the least virtual time."""
        return (0, group.reserved_ms) if group.due(self.now_ms) else (1, group.vtime)

    def start(self, gang, free):
        """Put the vCPUs of a gang on free CPUs, each where it was before if it can."""
        group = gang[0].group
        if not group.due(self.now_ms):
            self.vtime = max(self.vtime, group.vtime)
        for vcpu in gang:
            pcpu = vcpu.pcpu if vcpu.pcpu in free else free[0]
            free.remove(pcpu)
            self.on[pcpu] = vcpu
            vcpu.pcpu, vcpu.since_ms, vcpu.slice_ms, vcpu.state = pcpu, self.now_ms, self.slice_ms, "run"
            self.note(self.now_ms, pcpu, vcpu.name, "run")

    # -- what it cost ------------------------------------------------------------------------------------------------
    def account(self):
        """Write down one millisecond for every vCPU."""
        for vcpu in self.vcpus:
            vcpu.ms[vcpu.state] += 1
        for vcpu in self.on:
            if vcpu is not None:
                vcpu.work()
                vcpu.slice_ms -= 1
                vcpu.progress_ms += 1
                self.charge(vcpu.group)
        if self.policy == "relaxed":
            for group in self.groups.values():
                keep_pace(group)

    def charge(self, group):
        """A millisecond on a CPU moves the VM's clocks. Who was given more than its share (by its reservation) owes the
        others at most DEBT_MS of it; and no reservation is kept more than two slices ahead."""
        group.vtime = min(group.vtime + 1 / group.shares, self.vtime + DEBT_MS / group.shares)
        group.quota_ms -= 1
        if group.guaranteed:
            ahead = 2 * self.slice_ms * len(group.vcpus) / group.guaranteed
            group.reserved_ms = min(group.reserved_ms + 1 / group.guaranteed, self.now_ms + ahead)
        if group.vm.load.job_ms and group.job_us <= 0 and group.finished_ms is None:
            group.finished_ms = self.now_ms + 1

    # -- what came out -----------------------------------------------------------------------------------------------
    def used_mhz(self):
        """{VM: MHz it used on average so far}."""
        elapsed = max(self.now_ms, 1)
        return {name: group.total_ms("run") / elapsed * self.mhz for name, group in self.groups.items()}

    def entitled_mhz(self):
        """{VM: MHz it is entitled to now}, from what arrives as work (an unfinished job wants all its vCPUs)."""
        return entitlement(self.pcpus * self.mhz, [claim_of(group, self.mhz) for group in self.groups.values()])

    def finished_s(self, name):
        """Seconds from the arrival of a VM's job to its end; None: not done yet."""
        if name not in self.groups:
            raise unknown("VM", name, self.groups)
        group = self.groups[name]
        return None if group.finished_ms is None else (group.finished_ms - group.vm.load.start_ms) / 1000

    def top(self):
        """Where the time went, one line per VM, with the columns of esxtop."""
        return Top(self)

    def picture(self, from_ms=0, to_ms=None):
        """Who was on which CPU: an SVG with a text alternative."""
        return Gantt(self, from_ms, to_ms)


def claim_of(group, mhz):
    """The Claim of a VM whose load is known."""
    vm = group.vm
    busy = vm.load.helpers(vm.vcpus) if group.job_us > 0 else min(vm.load.busy(vm.vcpus), vm.vcpus)
    return Claim(vm.name, busy * mhz, group.shares, vm.cpu.reservation_mhz, vm.cpu.limit_mhz)
