"""What it costs to be a guest: the same loop run by the processor itself, on KVM, and by our interpreter; and the price
of one exit. Real time, measured or recorded: the only place in the lab where a clock on the wall is read.

    Overhead.recorded()      the same everywhere; says where it was measured
    Overhead.measured()      this machine, now; what it cannot measure is taken from the recording, and says so

Beware of one number: 'KVM's speed'. With VT-x or AMD-V the loop runs at the processor's own speed and only exits cost.
Where KVM has neither (a VM without nested virtualisation, backend kvm_pvm), its kernel interprets ring 0, and our
guest is ring 0: that is Popek and Goldberg's hybrid VMM (Theorem 3), not what a server in a data centre does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from labkit.vmm.cpu import Cpu, assemble
from labkit.vmm.kvm import device, native
from labkit.world.draw import escape, figure, rect, svg, text
from labkit.world.errors import LabError

LONG_ENOUGH_S = 0.05
INNER = 250
EXITS = 500
TRIES = 3
OUT_LOOP = "mov cx, {count}\n next: out dx, al\n loop next\n hlt"
ASK_LOOP = "mov si, {count}\n next: cpuid\n dec si\n jne next\n hlt"  # cpuid exits, and KVM answers it in the kernel
DECADE = 60
COLOURS = {"instruction": "blue", "cpuid": "green", "out": "orange"}


@dataclass(frozen=True)
class Cost:
    """One line: `ns` nanoseconds of real time for one `what` on `name`; `source` is 'measured' or 'recorded'.

    what   'instruction', or a turn of a loop with one 'cpuid' or 'out' in it
    """

    name: str
    what: str
    ns: float
    source: str
    meaning: str


def per_turn(play: Callable[[int], float], units: Callable[[int], int]) -> float:
    """ns for one unit: the number of turns is doubled until the run is long enough to be measured."""
    turns = 1
    while (seconds := play(turns)) < LONG_ENOUGH_S and turns < 0x8000:
        turns *= 2
    return seconds * 1e9 / units(turns)


def loop_on(make) -> float:
    """ns per instruction of the loop on a machine that `make()` gives. The sum is checked: it was really executed."""

    def play(outer):
        with make() as machine:
            machine.load(native.guest_loop(INNER, outer))
            began = time.perf_counter()
            while machine.run().reason == "intr":
                pass
            seconds = time.perf_counter() - began
            checked(machine.registers["ax"], outer)
            return seconds

    return per_turn(play, lambda outer: native.instructions(INNER, outer))


def loop_natively() -> float:
    """ns per instruction on the bare processor."""

    def play(outer):
        seconds, result = native.run_native(INNER * 100, outer)
        if result != native.total(INNER * 100, outer):
            raise LabError(f"the processor found {result}")
        return seconds

    return per_turn(play, lambda outer: native.instructions(INNER * 100, outer))


def checked(result: int, outer: int) -> None:
    """A LabError if the guest did not find the sum: then nothing was measured."""
    if result != native.total(INNER, outer):
        raise LabError(f"the guest found {result}, not {native.total(INNER, outer)}")


def exits_of(source: str) -> float:
    """ns for one turn of a loop with one exit on KVM."""
    from labkit.vmm.kvm.machine import KvmMachine

    with KvmMachine() as machine:
        machine.load(assemble(source.format(count=EXITS)))
        began = time.perf_counter()
        while machine.run().reason != "hlt":
            pass
        return (time.perf_counter() - began) * 1e9 / EXITS


def interpreter():
    """Our Cpu, closed like a KvmMachine."""
    from contextlib import nullcontext

    return nullcontext(Cpu())


def on_kvm():
    """A KvmMachine, imported when it is wanted."""
    from labkit.vmm.kvm.machine import KvmMachine

    return KvmMachine()


def lines(backend: device.Backend) -> list[tuple]:
    """(name, what, how to measure, meaning) of every line."""
    guest, asked = "the processor executes the guest", "an exit that KVM answers inside the kernel"
    if not backend.hardware:
        guest, asked = "ring 0 is interpreted by the kernel: not KVM's speed", "interpreted, too: no exit at all"
    return [
        ("native", "instruction", loop_natively, "the processor itself, no guest"),
        (f"KVM ({backend.module})", "instruction", lambda: loop_on(on_kvm), guest),
        ("our Cpu", "instruction", lambda: loop_on(interpreter), "interpreted by a Python program"),
        (f"KVM ({backend.module})", "cpuid", lambda: exits_of(ASK_LOOP), asked),
        (
            f"KVM ({backend.module})",
            "out",
            lambda: exits_of(OUT_LOOP),
            "an exit to a VMM in user space (ours, in Python)",
        ),
    ]


class Overhead:
    """The table. `costs`: the lines; `where`: the machine in words."""

    def __init__(self, costs: list[Cost], where: str):
        self.costs, self.where = costs, where

    @classmethod
    def recorded(cls) -> Overhead:
        """As measured when the recording was made."""
        from labkit.vmm.kvm.recording import recorded

        kept = recorded()
        return cls([Cost(**each, source="recorded") for each in kept["overhead"]], kept["where"])

    @classmethod
    def measured(cls) -> Overhead:
        """On this machine, in about a second; a line that cannot be measured here is the recorded one."""
        backend, costs = device.backend(), []
        kept = None
        for place, (name, what, measure, meaning) in enumerate(lines(backend)):
            try:
                best = min(measure() for _ in range(TRIES))  # the others were disturbed by what else runs here
                costs.append(Cost(name, what, round(best, 3), "measured", meaning))
            except LabError:
                kept = kept or cls.recorded()
                costs.append(kept.costs[place])
        here = backend if device.state().usable else "no KVM"
        return cls(costs, f"this machine: {here}" + (f"; recorded lines: {kept.where}" if kept else ""))

    def kept(self) -> list[dict]:
        """The lines as the recording keeps them."""
        return [{name: value for name, value in asdict(each).items() if name != "source"} for each in self.costs]

    def times(self, cost: Cost) -> float:
        """How many native instructions would fit into the time."""
        return cost.ns / self.costs[0].ns

    @property
    def instructions_per_exit(self) -> int:
        """How many instructions the guest executes on KVM in the time of one `out`."""
        _, guest, _, _, out = self.costs
        return round(out.ns / guest.ns)

    def rows(self) -> list[str]:
        """One line of words each."""
        return [
            f"{each.name:16} one {each.what:12}{each.ns:12,.2f} ns  = {self.times(each):9,.0f} native instructions"
            f"  {each.source}: {each.meaning}"
            for each in self.costs
        ]

    def __repr__(self) -> str:
        return "\n".join([self.where, *self.rows()])

    def _repr_html_(self) -> str:
        """Bars on a logarithmic scale, with the numbers in words beside them."""
        words = [f"{each.ns:,.2f} ns, {self.times(each):,.0f} × native" for each in self.costs]
        bars = [part for at, each in enumerate(self.costs) for part in bar(each, 46 * at, words[at])]
        low = 46 * len(words)
        scale = rect(240, low + 8, DECADE, 3, fill="faint") + text(246 + DECADE, low + 14, "longer: ten times the time",
                                                                  anchor="start", size=11)  # fmt: skip
        height = low + 22
        picture = svg("What it costs to be a guest", "; ".join(self.rows()), 880, height, [*bars, scale])
        return figure(picture, 880, [self.where, *self.rows()]) + f"<p>{escape(self.where)}</p>"


def bar(cost: Cost, y: float, words: str) -> list[str]:
    """One bar: DECADE units for a factor of ten, from 0.01 ns; dashed where it was recorded, solid where measured."""
    width = DECADE * max(0.1, math.log10(cost.ns / 0.01))
    dash = "solid" if cost.source == "measured" else "dashed"
    return [
        text(10, y + 15, f"{cost.name} · one {cost.what}", anchor="start", weight="bold"),
        text(10, y + 31, cost.source, anchor="start", fill="faint"),
        rect(240, y + 2, width, 18, fill=COLOURS[cost.what], dash=dash),
        text(246 + width, y + 16, words, anchor="start"),
        text(240, y + 35, cost.meaning, anchor="start", fill="faint", size=11),
    ]
