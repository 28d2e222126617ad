"""When does a pre-copy stop copying? The rules of the field, as parameter sets with their sources.

After each round the sender knows what it sent, how long that took and what is dirty again. Everything else is policy:

    small enough?  remaining / bandwidth ≤ downtime limit, or fewer pages left than a threshold → stop the guest
    enough tried?  too many rounds, too much sent, too much time → stop anyway, abort, or hand over first (post-copy)
    no progress?   hold the guest's vCPUs back (auto-converge, stun during page send)

The surprise: two of the best-known ones have no limit at all. QEMU by itself copies for ever if the guest writes faster
than the link carries; Xen always ends, because it stops the guest even when nothing has become smaller.

What the real one does differently: QEMU asks 'small enough?' several times a second; the bandwidth it reckons with is
the one it has just measured (or avail-switchover-bandwidth); Nova looks twice a second and sets QEMU's limit anew at
each step. vMotion is closed: its rule is what VMware's papers say of it.
"""

from dataclasses import dataclass, replace

from labkit.vmm.migration.load import PAGE_MIB
from labkit.world.errors import LabError, unknown

ENDS = ("force", "abort", "post-copy")
GIB = 1024
MBIT = 1e6 / 8 / 2**20  # one Mbit/s in MiB/s


@dataclass(frozen=True)
class Progress:
    """What a sender knows after round `round` (1 is the first: all of memory). MiB and virtual seconds.

    sent_mib, duration_s   this round's           remaining_mib   dirty now: what a next round would send
    elapsed_s, total_mib   since the beginning    throttle        part of the time in which the vCPUs are held back
    """

    round: int
    sent_mib: float
    duration_s: float
    remaining_mib: float
    elapsed_s: float
    total_mib: float
    memory_mib: float
    throttle: float = 0.0

    @property
    def bandwidth_mib_s(self):
        """What the link really gave in this round."""
        return self.sent_mib / self.duration_s if self.duration_s else float("inf")

    @property
    def stop_s(self):
        """How long the guest would stand still if it were stopped now, before the target's own work."""
        return self.remaining_mib / self.bandwidth_mib_s


@dataclass(frozen=True)
class Policy:
    """A stop rule. None (or 0) switches a part off.

    downtime_limit_s, leftover_mib   small enough: one of them holds → stop (converged)
    max_rounds, max_factor           enough tried: so many rounds, so many times the memory sent → `at_limit`
    timeout_s_gib                    enough time: seconds per GiB of memory → `at_timeout`
    downtime_steps, step_delay_s_gib the downtime limit grows from 1/steps to all of it, a step per delay (per GiB)
    throttle_first, throttle_step    auto-converge: part of the CPU time taken away, and how much more each time
    stun                             hold the vCPUs back so far that the guest writes half of what the link carries
    post_copy_below                  hand over when a round left less than this part fewer pages than the one before
    rate_first_mib_s, rate_above_mib_s, rate_most_mib_s   send only so fast: at first, above the dirty rate, at most
    """

    name: str
    source: str = "your own"
    downtime_limit_s: float | None = None
    leftover_mib: float | None = None
    max_rounds: int | None = None
    max_factor: float | None = None
    at_limit: str = "force"
    timeout_s_gib: float | None = None
    at_timeout: str = "abort"
    downtime_steps: int = 0
    step_delay_s_gib: float = 0.0
    throttle_first: float = 0.0
    throttle_step: float = 0.0
    throttle_most: float = 0.99
    stun: bool = False
    post_copy_below: float | None = None
    rate_first_mib_s: float | None = None
    rate_above_mib_s: float = 0.0
    rate_most_mib_s: float | None = None

    def __post_init__(self):
        for name in ("at_limit", "at_timeout"):
            if getattr(self, name) not in ENDS:
                raise LabError(f"{name} is one of {', '.join(ENDS)}, not {getattr(self, name)!r}")

    def limit_s(self, progress):
        """The downtime limit in force now, seconds, or None."""
        if not self.downtime_steps or self.downtime_limit_s is None:
            return self.downtime_limit_s
        delay_s = int(self.step_delay_s_gib * _gib(progress))
        step = min(int(progress.elapsed_s // delay_s), self.downtime_steps) if delay_s else self.downtime_steps
        first = self.downtime_limit_s / self.downtime_steps
        return first + (self.downtime_limit_s - first) / self.downtime_steps * step

    def decide(self, progress, before=None):
        """(word, reason): 'stop' (small enough), 'force' (stop although it is not), 'abort', 'post-copy', 'continue'.
        `before`: the Progress one round earlier, or None."""
        limit_s = self.limit_s(progress)
        if limit_s is not None and progress.stop_s <= limit_s:
            return "stop", f"{1000 * progress.stop_s:.0f} ms are left to send, the limit is {1000 * limit_s:.0f} ms"
        if self.leftover_mib is not None and progress.remaining_mib < self.leftover_mib:
            return "stop", f"{progress.remaining_mib:.3g} MiB are left, fewer than {self.leftover_mib:.3g} MiB"
        return self._tried_enough(progress) or self._hand_over(progress, before) or ("continue", "")

    def _tried_enough(self, progress):
        if self.max_rounds is not None and progress.round >= self.max_rounds:
            return self.at_limit, f"limit hit: {self.max_rounds} round{'' if self.max_rounds == 1 else 's'}"
        if self.max_factor is not None and progress.total_mib > self.max_factor * progress.memory_mib:
            return self.at_limit, f"limit hit: more than {self.max_factor:g} times the memory sent"
        if self.timeout_s_gib is not None and progress.elapsed_s >= self.timeout_s_gib * _gib(progress):
            return self.at_timeout, f"limit hit: {self.timeout_s_gib * _gib(progress):.0f} s"
        if self.rate_most_mib_s is not None and self.rate_mib_s(progress) > self.rate_most_mib_s:
            return self.at_limit, "limit hit: the next round would need more than the highest rate"
        return None

    def _hand_over(self, progress, before):
        if self.post_copy_below is None:
            return None
        last_mib = before.remaining_mib if before else progress.memory_mib
        if last_mib - progress.remaining_mib > self.post_copy_below * last_mib:
            return None
        return "post-copy", "the rounds hardly become shorter: hand over first, send the rest afterwards"

    def rate_mib_s(self, progress=None):
        """How fast the next round may be sent, MiB/s, or None for as fast as the link can."""
        if self.rate_first_mib_s is None:
            return None
        if progress is None:
            return self.rate_first_mib_s
        return progress.remaining_mib / progress.duration_s + self.rate_above_mib_s

    def throttled(self, progress, high_rounds):
        """(throttle, high_rounds): how far the vCPUs are held back in the next round. QEMU raises it each second time
        in which more than half as much was written as was sent (throttle-trigger-threshold 50 %)."""
        if self.stun and progress.remaining_mib >= progress.sent_mib / 2:
            written_mib_s = progress.remaining_mib / progress.duration_s / (1 - progress.throttle)
            return max(progress.throttle, min(0.99, 1 - progress.bandwidth_mib_s / 2 / written_mib_s)), 0
        if not self.throttle_first or progress.remaining_mib <= progress.sent_mib / 2:
            return progress.throttle, high_rounds
        if high_rounds + 1 < 2:
            return progress.throttle, high_rounds + 1
        more = progress.throttle + self.throttle_step if progress.throttle else self.throttle_first
        return min(more, self.throttle_most), 0

    @property
    def ends(self):
        """Whether the policy has any limit besides 'small enough'."""
        return any(part is not None for part in (self.max_rounds, self.max_factor, self.timeout_s_gib,
                                                 self.rate_most_mib_s, self.post_copy_below))  # fmt: skip


def _gib(progress):
    """The size that OpenStack reckons with: at least 2 GiB (nova/virt/libvirt/driver.py)."""
    return max(2.0, progress.memory_mib / GIB)


TEXTBOOK = Policy("textbook", "this course: QEMU's downtime limit with Xen's round limit",
                  downtime_limit_s=0.3, max_rounds=30)  # fmt: skip
CLARK = Policy("clark", "Clark et al., NSDI 2005, section 5.3: rates of 100 to 500 Mbit/s, 256 KiB left",
               leftover_mib=0.25, rate_first_mib_s=100 * MBIT, rate_above_mib_s=50 * MBIT,
               rate_most_mib_s=500 * MBIT)  # fmt: skip
XEN = Policy("xen", "documented default: Xen 3/4, tools/libxc/xc_domain_save.c (newer ones: 5 rounds, xg_sr_save.c)",
             leftover_mib=50 * PAGE_MIB, max_rounds=30, max_factor=3)  # fmt: skip
QEMU = Policy("qemu", "documented default: QEMU, qapi/migration.json, downtime-limit 300 ms", downtime_limit_s=0.3)
AUTO_CONVERGE = replace(QEMU, name="qemu auto-converge", throttle_first=0.2, throttle_step=0.1,
                        source="documented default: QEMU, cpu-throttle-initial, -increment")  # fmt: skip
POST_COPY = replace(QEMU, name="qemu post-copy", max_rounds=1, at_limit="post-copy",
                    source="virsh migrate --postcopy-after-precopy: one round, then hand over")  # fmt: skip
NOVA = Policy("nova", "nova/conf/libvirt.py: 500 ms in 10 steps of 75 s/GiB; 800 s/GiB, then abort",
              downtime_limit_s=0.5, downtime_steps=10, step_delay_s_gib=75, timeout_s_gib=800)  # fmt: skip
NOVA_PERMITTED = replace(NOVA, name="nova, post-copy permitted", post_copy_below=0.1,
                         source="live_migration_permit_post_copy: a round gains less than 10 %")  # fmt: skip
VMOTION = Policy("vmotion", "documented: switch-over within 1 s, stun during page send; how far it slows a VM is not",
                 downtime_limit_s=1.0, stun=True)  # fmt: skip
POLICIES = {policy.name: policy for policy in (
    TEXTBOOK, CLARK, XEN, QEMU, AUTO_CONVERGE, POST_COPY, NOVA, NOVA_PERMITTED, VMOTION)}  # fmt: skip


def find(policy):
    """The Policy called `policy`, or the Policy itself. Raises LabError with the closest name there is."""
    if isinstance(policy, Policy):
        return policy
    if policy not in POLICIES:
        raise unknown("policy", policy, POLICIES)
    return POLICIES[policy]
