"""Pre-copy: send all memory while the guest runs, then what it wrote meanwhile, and again; stop it for the last bit.

    round 1 ████████████████   all of memory          the guest runs and writes
    round 2 ████████           written in round 1     the guest runs and writes
    round 3 ████               written in round 2     …
    stop    ░░                 the rest               the guest stands still: this is the downtime

    V₀ = memory     Tᵢ = Vᵢ / bandwidth     Vᵢ₊₁ = min(dirty rate · Tᵢ, writable working set)

While λ = dirty rate / bandwidth < 1 the rounds shrink like λⁱ. At λ ≥ 1 they never do, unless the working set is small:
then the stop takes WWS / bandwidth, however many rounds came before. (Stages: Clark et al., NSDI 2005; the closed form
is from later papers, e.g. Akoush et al. 2010.)

All is reckoned by volumes, so that a guest of 4 TiB costs no more than one of 4 MiB.

What the real one does differently: QEMU looks at what remains several times a second, not only at the end of a round;
it sends zero pages as a single byte, so that an idle guest's first round is shorter than its memory; and the dirty rate
of a real guest changes all the time.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from labkit.vmm.migration.load import Load
from labkit.vmm.migration.on_demand import PostCopy, postcopy
from labkit.vmm.migration.policies import Policy, Progress, find
from labkit.world.errors import number

WATCHED_ROUNDS = 10_000
SEEN = 4  # so many rounds are shown of a migration that would go on for ever
SHORT = 12  # rounds that a text shows


class Volume(NamedTuple):
    """What is to be sent next: MiB, at most how fast (MiB/s, None: as the link can), whether the guest stands still
    meanwhile, and for which part of the time its vCPUs are held back otherwise."""

    mib: float
    rate_mib_s: float | None
    stopped: bool = False
    throttle: float = 0.0


@dataclass(frozen=True)
class Round:
    """One volume over the link. `stopped`: the guest stood still; `dirtied_mib`: what it wrote meanwhile."""

    number: int
    start_s: float
    sent_mib: float
    duration_s: float
    dirtied_mib: float = 0.0
    throttle: float = 0.0
    stopped: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a migration went.

    ended   'stopped' (converged: small enough), 'forced' (stopped at a limit), 'aborted' (the guest stays where it is),
            'post-copy' (handed over with pages missing), 'never' (it would go on for ever)
    rounds  the volumes sent before the hand-over; the last one with the guest stopped, if it was stopped
    """

    load: Load
    policy: Policy
    ended: str
    why: str
    rounds: tuple = field(repr=False)
    resume_s: float = 0.0
    after: PostCopy | None = None

    @property
    def moved(self):
        """The guest runs at the target."""
        return self.ended in ("stopped", "forced", "post-copy")

    @property
    def converged(self):
        return self.ended == "stopped"

    @property
    def live_rounds(self):
        """Rounds in which the guest ran."""
        return sum(not each.stopped for each in self.rounds)

    @property
    def live_s(self):
        """Seconds until the guest was stopped (or the migration given up)."""
        return sum(each.duration_s for each in self.rounds if not each.stopped)

    @property
    def downtime_s(self):
        """Seconds in which the guest ran nowhere; 0 if it never stopped. The state of its devices, which must travel
        while it stands still, is not reckoned here (some MiB: milliseconds on a fast link), but see `resume_s`.

        The rule that stops the guest looks at the last volume only, so a real stop is longer than its limit allows: a
        Vmm's `downtime_s` also has the hand-over, 50 ms (incoming.RESUME_S) and a few messages."""
        if not self.moved:
            return 0.0
        return sum(each.duration_s for each in self.rounds if each.stopped) + self.resume_s

    @property
    def total_s(self):
        """Seconds from the first page to the last; infinite if it never ends."""
        if self.ended == "never":
            return float("inf")
        return self.live_s + self.downtime_s + (self.after.duration_s if self.after else 0.0)

    @property
    def sent_mib(self):
        return sum(each.sent_mib for each in self.rounds) + (self.after.sent_mib if self.after else 0.0)

    @property
    def factor(self):
        """How many times its memory was sent."""
        return self.sent_mib / self.load.memory_mib

    def __repr__(self):
        rounds = f"{self.live_rounds} round{'' if self.live_rounds == 1 else 's'}"
        if self.ended == "never":
            return f"<{self.policy.name}: never ends; {self.why}>"
        stop = f"stop {self.downtime_s:.2f} s" if self.moved else "no stop"
        if self.after:
            stop = f"stop for registers and devices only, then {self.after.stall_s:.1f} s of waiting for pages"
        return f"<{self.policy.name}: {self.ended} after {rounds}, {self.live_s:.1f} s; {stop}; {self.why}>"

    def table(self):
        """The rounds as text, one line each; the middle of a long list is left out, and it says so."""
        lines = [_line(each) for each in self.rounds]
        if len(lines) > SHORT:
            lines[SHORT - 2 : -2] = [f"… {len(lines) - SHORT} rounds more …"]
        return "\n".join([f"{'':9}{'sent MiB':>10} {'in s':>8} {'written MiB':>12}", *lines, repr(self)[1:-1]])


def _line(each):
    name = "stop" if each.stopped else f"round {each.number}"
    slowed = f"  CPU -{100 * each.throttle:.0f} %" if each.throttle else ""
    return f"{name:9}{each.sent_mib:10.1f} {each.duration_s:8.2f} {each.dirtied_mib:12.1f}{slowed}"


def transfer(load, policy, resume_s=0.0, alone=True):
    """The migration as a generator: yields a Volume, is sent (seconds that it took, MiB written meanwhile), and returns
    the Outcome. Whoever drives it decides what the link gives and what the guest does. `alone`: both are always the
    same, so that a migration without progress is known to be one at once."""
    done, before, throttle, high = [], None, 0.0, 0
    volume_mib, rate_mib_s, elapsed_s, total_mib = load.memory_mib, policy.rate_mib_s(), 0.0, 0.0
    while True:
        duration_s, left_mib = yield Volume(volume_mib, rate_mib_s, False, throttle)
        done.append(Round(len(done) + 1, elapsed_s, volume_mib, duration_s, left_mib, throttle))
        elapsed_s, total_mib = elapsed_s + duration_s, total_mib + volume_mib
        now = Progress(len(done), volume_mib, duration_s, left_mib, elapsed_s, total_mib, load.memory_mib, throttle)
        word, why = policy.decide(now, before)
        raised, high = policy.throttled(now, high)
        if word == "continue" and alone and _stuck(policy, now, raised):
            return Outcome(load, policy, "never", "the rounds do not become shorter, and no limit ends it", tuple(done))
        if word == "continue" and now.round >= WATCHED_ROUNDS:
            return Outcome(load, policy, "never", f"no end in sight after {now.round} rounds", tuple(done))
        if word != "continue":
            break
        volume_mib, rate_mib_s, throttle, before = left_mib, policy.rate_mib_s(now), raised, now
    return (yield from _ending(load, policy, word, why, done, now, resume_s))


def _ending(load, policy, word, why, done, now, resume_s):
    """What follows the last round in which the guest ran."""
    if word == "abort":
        return Outcome(load, policy, "aborted", why, tuple(done))
    if word == "post-copy":
        after = postcopy(load, now.bandwidth_mib_s, missing_mib=now.remaining_mib)
        return Outcome(load, policy, "post-copy", why, tuple(done), resume_s, after)
    duration_s, _ = yield Volume(now.remaining_mib, policy.rate_most_mib_s, True, now.throttle)
    done.append(Round(len(done) + 1, now.elapsed_s, now.remaining_mib, duration_s, 0.0, now.throttle, True))
    return Outcome(load, policy, "forced" if word == "force" else "stopped", why, tuple(done), resume_s)


def _stuck(policy, now, raised):
    """Nothing will change any more: as much to send as before, and nobody slows the guest further."""
    still = now.round >= SEEN and now.remaining_mib >= now.sent_mib * (1 - 1e-12) and raised == now.throttle
    helpless = not policy.throttle_first or now.throttle >= policy.throttle_most
    return still and helpless and not policy.ends


def precopy(load, bandwidth_mib_s, policy="qemu", resume_s=0.0):
    """Migrate `load` (a Load) over a link of its own with `bandwidth_mib_s`; `policy` is a Policy or its name.

    resume_s  seconds the target needs after the last page until the guest runs (devices, network announcement)
    Returns an Outcome. Raises LabError for bad input.
    """
    number(bandwidth_mib_s, "bandwidth_mib_s", least=1e-9)
    number(resume_s, "resume_s")
    work = transfer(load, find(policy), resume_s)
    try:
        volume = next(work)
        while True:
            speed = bandwidth_mib_s if volume.rate_mib_s is None else min(volume.rate_mib_s, bandwidth_mib_s)
            duration_s = volume.mib / speed
            volume = work.send((duration_s, load.dirtied_mib(duration_s, volume.throttle)))
    except StopIteration as end:
        return end.value
