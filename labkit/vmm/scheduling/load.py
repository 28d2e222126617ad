"""What a guest wants to compute: work that arrives at its vCPUs, millisecond by millisecond.

    steady(0.3)              300 µs of work in every millisecond: wants 30 % of a CPU
    bursts(20, 80)           20 ms of full work, 80 ms of nothing, and again
    phases((500, 1), (500, 0.1))   half a second busy, half a second nearly idle, and again
    job(2000)                2 s of CPU time, all there at once, for as many vCPUs as want to help; then idle

Work that was not done waits (a queue of requests grows); it is not forgotten. So a guest that waits for a CPU wants
more afterwards, not less.
"""

from dataclasses import dataclass

from labkit.world.errors import LabError, number

US_PER_MS = 1000


@dataclass(frozen=True)
class Load:
    """From `start_ms` on: `tape`, µs of work that arrive per vCPU in each millisecond, repeated for ever; and `job_ms`,
    CPU time that arrives at once and belongs to the whole VM. `threads`: how many vCPUs get work (None: all)."""

    tape: tuple = (0,)
    job_ms: int = 0
    start_ms: int = 0
    threads: int | None = None

    def __post_init__(self):
        whole(self.start_ms, "start_ms", least=0)
        if self.threads is not None:
            whole(self.threads, "threads")

    def busy(self, vcpus):
        """How many CPUs' worth of work arrives on average, without the job."""
        return sum(self.tape) / len(self.tape) / US_PER_MS * self.helpers(vcpus)

    def helpers(self, vcpus):
        """How many of its vCPUs get work."""
        return vcpus if self.threads is None else min(self.threads, vcpus)


def steady(busy=1.0, **more):
    """The same work all the time: `busy` (0 … 1) of each vCPU; 1 never has enough. more: start_ms, threads."""
    return phases((1, busy), **more)


def bursts(on_ms, off_ms, **more):
    """Full work for `on_ms`, nothing for `off_ms`, again and again. more: start_ms, threads."""
    return Load((US_PER_MS,) * whole(on_ms, "on_ms") + (0,) * whole(off_ms, "off_ms", least=0), **more)


def phases(*spans, **more):
    """Spans of (ms, busy 0 … 1) one after the other, then from the beginning. more: start_ms, threads."""
    if not spans:
        raise LabError("a load without a phase", next_step="e.g. phases((500, 1), (500, 0.1))")
    tape = ()
    for ms, busy in spans:
        tape += (round(number(busy, "busy", most=1) * US_PER_MS),) * whole(ms, "ms")
    return Load(tape, **more)


def job(cpu_ms, **more):
    """Work of `cpu_ms` milliseconds of CPU time in all; the vCPUs work on it side by side. more: start_ms, threads."""
    return Load(job_ms=whole(cpu_ms, "cpu_ms", most=100_000_000), **more)


def whole(value, what, least=1, most=100_000):
    """A whole number of milliseconds, CPUs or threads, else LabError."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise LabError(f"{what} must be a whole number, not {value!r}")
    return number(value, what, least=least, most=most)
