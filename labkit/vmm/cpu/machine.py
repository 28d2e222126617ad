"""The bare machine: a processor and a bus, and no VMM anywhere. What a guest does here is what it has to do in a VM.

The reference of all comparisons: a VMM is right (Popek and Goldberg: 'equivalent') if no guest can tell a difference.
"""

from labkit.vmm.cpu.bus import Bus
from labkit.vmm.cpu.cpu import Cpu
from labkit.world.errors import LabError, number


class Machine:
    """`cpu` with `bus`. An instruction takes `instruction_s` seconds of devices' time; hlt skips to the next interrupt.

    time_s  seconds since power-on
    exits   all accesses to devices so far, in order
    """

    def __init__(self, cpu, bus, instruction_s=1e-6):
        if not isinstance(cpu, Cpu) or not isinstance(bus, Bus):
            raise LabError(
                f"a machine is a Cpu and a Bus, not {cpu!r} and {bus!r}",
                next_step="Machine(Cpu(), Bus(Serial()))",
            )
        if cpu.mode != "supervisor":
            raise LabError(
                f"a bare machine runs in supervisor mode, not in {cpu.mode!r} mode",
                next_step="Cpu(mode='supervisor'); the other modes need a VMM",
            )
        self.cpu, self.bus = cpu, bus
        self.instruction_s = number(instruction_s, "instruction_s", least=1e-12)
        self.time_s, self.exits = 0.0, []

    def run(self, limit=10_000, steps=1_000_000):
        """Run until it halts for good (hlt, and no interrupt can come) or breaks down, or for `limit` exits or `steps`
        instructions (then the last exit is 'intr'). Returns this run's exits."""
        begin, end = len(self.exits), self.cpu.steps + number(steps, "steps", least=1)
        while len(self.exits) - begin < number(limit, "limit", least=1):
            left = end - self.cpu.steps
            exit = self._slice(left) if left > 0 else self.cpu.run(1)
            if exit is None:
                continue
            self.exits.append(exit)
            if not self._answered(exit):
                break
        return self.exits[begin:]

    def _slice(self, left):
        """Run up to the next tick at most; None if only the time was up."""
        wakes_in = self.bus.next_interrupt()
        until = left if wakes_in is None else max(1, min(left, round(wakes_in / self.instruction_s)))
        before = self.cpu.steps
        exit = self.cpu.run(until)
        self._pass((self.cpu.steps - before) * self.instruction_s)
        return None if exit.reason == "intr" and until < left else exit

    def _answered(self, exit):
        """See to an exit; False if the machine stands still after it."""
        if exit.reason in ("io", "mmio"):
            value = self.bus.answer(exit)
            if exit.needs_answer:
                self.cpu.complete(exit, value)
            return True
        return exit.reason == "hlt" and self._wakes()

    def _wakes(self):
        """After hlt: skip to the next interrupt. False if there will be none, or IF keeps it away."""
        wakes_in = self.bus.next_interrupt()
        if not self.cpu.registers["flags"] & 0x200 or wakes_in is None and not self.cpu.pending:
            return False
        self._pass(wakes_in or 0.0)
        return True

    def _pass(self, seconds):
        self.time_s += seconds
        self.bus.advance(seconds)
        vector = self.bus.acknowledge()
        if vector is not None:
            self.cpu.interrupt(vector)
