"""A Cpu as a value and back: plain data, to be compared, kept, and restored on any machine of that size."""

from copy import copy
from dataclasses import dataclass

from labkit.world.errors import LabError


@dataclass(frozen=True)
class Snapshot:
    """All that a Cpu is: RAM, registers, lazy flags, and what was in work."""

    ram: bytes
    words: tuple
    selectors: tuple
    flags: tuple
    tables: tuple
    progress: tuple
    unfinished: tuple


def take(cpu):
    """The Snapshot of a Cpu."""
    flags = cpu.flags
    return Snapshot(
        bytes(cpu.ram),
        tuple(cpu.words),
        tuple(cpu.selectors),
        (flags.result, flags.carry, flags.carries, flags.control),
        (cpu.gdtr, cpu.idtr, cpu.msw),
        (cpu.mode, cpu.ip, cpu.steps, tuple(cpu.pending), cpu.shadow),
        (cpu.task, cpu.waiting, cpu.held, copy(cpu.virtual), tuple(cpu.memory.answers)),
    )


def restore(cpu, snapshot):
    """Make `cpu` what the snapshot was."""
    if not isinstance(snapshot, Snapshot) or len(snapshot.ram) != len(cpu.ram):
        raise LabError("this snapshot does not fit: it is of a machine with another RAM, or no snapshot at all")
    if bytes(cpu.ram) != snapshot.ram:
        cpu.memory.caches.clear()
        cpu.ram[:] = snapshot.ram
    cpu.words[:] = snapshot.words
    for number, selector in enumerate(snapshot.selectors):
        cpu.set_segment(number, selector)
    cpu.flags.result, cpu.flags.carry, cpu.flags.carries, cpu.flags.control = snapshot.flags
    cpu.gdtr, cpu.idtr, cpu.msw = snapshot.tables
    cpu.mode, cpu.ip, cpu.steps, pending, cpu.shadow = snapshot.progress
    cpu.pending = list(pending)
    cpu.task, cpu.waiting, cpu.held, virtual, answers = snapshot.unfinished
    cpu.virtual, cpu.memory.answers[:] = copy(virtual), answers
