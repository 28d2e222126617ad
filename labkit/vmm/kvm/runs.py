"""One run of a guest program, on whichever machine: what left the guest, how it ended, how long it took.

    ours = play(Cpu(), program, Bus(Serial()))          # interpreted
    real = run(program, Bus(Serial()))                  # on /dev/kvm; where there is none, the recording of such a run
    real.source, real.exits, real.registers, real.ram_digest, real.seconds, real.where

The surprise: `play` is the whole VMM of the real thing as well. It does not know which machine it drives.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from labkit.vmm.cpu import Cpu, Exit
from labkit.vmm.kvm import device
from labkit.vmm.kvm.machine import KvmMachine
from labkit.world.errors import LabError

DEVICES = ("io", "mmio")
MOST_EXITS = 10_000


@dataclass(frozen=True)
class Run:
    """What happened. `source`: 'interpreted' (our Cpu), 'measured' (/dev/kvm, just now) or 'recorded'.

    exits       every Exit in order, with the answers to `in` and `read` in `answers` (None for the others)
    registers   at the end, by name
    ram_digest  SHA-256 over the RAM at the end: equal digests, equal memory
    seconds     real time, of the machine that `where` names; nothing else in the lab depends on it
    """

    exits: tuple[Exit, ...]
    answers: tuple[int | None, ...]
    registers: dict[str, int]
    ram_digest: str
    seconds: float
    source: str
    where: str

    def lines(self) -> list[str]:
        """The exits, one line each, without the places KVM does not tell."""
        return [line(exit, answer) for exit, answer in zip(self.exits, self.answers, strict=True)]

    def __repr__(self) -> str:
        exits = f"{len(self.exits)} exit{'s' * (len(self.exits) != 1)}"
        head = f"{self.source}: {exits} in {self.seconds * 1e3:.2f} ms on {self.where}"
        registers = " ".join(f"{name}={value:04x}" for name, value in self.registers.items())
        return "\n".join([head, *self.lines(), registers, f"RAM {self.ram_digest[:16]}…"])


def line(exit: Exit, answer: int | None = None) -> str:
    """One exit in words, e.g. 'out port 0x3f8 byte 0x41'; a read with the answer it got."""
    if exit.reason not in DEVICES:
        return exit.reason if exit.message is None else f"{exit.reason}: {exit.message}"
    place = f"port 0x{exit.port:x}" if exit.reason == "io" else f"address 0x{exit.address:05x}"
    value = exit.data if answer is None else answer
    shown = "" if value is None else f" 0x{value:0{2 * exit.size}x}"
    return f"{exit.direction} {place} {'byte' if exit.size == 1 else 'word'}{shown}"


def play(machine, program, bus) -> Run:
    """Load the program and run it to its hlt, the devices of `bus` answering: VM entry, exit, emulate, VM entry …

    Raises LabError for a device that is not there, and for a guest that never ends.
    """
    machine.load(program)
    exits, answers, began = [], [], time.perf_counter()
    while True:
        exit = machine.run()
        answer = bus.answer(exit) if exit.reason in DEVICES else None
        exits.append(exit)
        answers.append(answer)
        if answer is not None:
            machine.complete(exit, answer)
        if exit.reason not in DEVICES:
            break
        if len(exits) == MOST_EXITS:
            raise LabError(f"{MOST_EXITS} exits and no end", next_step="end the program with: cli, then hlt")
    seconds = time.perf_counter() - began
    digest = hashlib.sha256(machine.ram).hexdigest()
    return Run(tuple(exits), tuple(answers), dict(machine.registers), digest, seconds, *origin(machine))


def origin(machine) -> tuple[str, str]:
    """(source, where) of a run on this machine."""
    if isinstance(machine, Cpu):
        return "interpreted", "labkit's Cpu"
    return "measured", str(device.backend())


def run(program, bus, *, path: str = device.DEVICE) -> Run:
    """The program on /dev/kvm, measured; where it cannot be used, the recorded run of the same bytes.

    Raises LabError where there is neither.
    """
    found = device.state(path)
    if found.usable:
        with KvmMachine(path=path) as machine:
            return play(machine, program, bus)
    from labkit.vmm.kvm import recording

    return recording.replay(program, bus, why=found)
