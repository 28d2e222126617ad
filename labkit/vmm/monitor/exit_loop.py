"""The loop of a VMM for one vCPU: enter the guest, and when it exits, answer and enter again.

    enter ──▶ the guest runs by itself ──▶ exit: why? ──▶ the VMM answers for the hardware ──▶ enter …

The surprise: the VMM does nothing at all while the guest computes. What it costs is the exits, a thousand instructions
each. Four policies fill in how the guest is entered and what an exit means: TrapAndEmulate, BinaryTranslation,
Paravirtualization, Hardware.

Costs are documented defaults, to be set by the caller: `instruction_ns` 1 (some 10⁹ instructions a second), `exit_ns`
1500 (exit to a VMM in user space and back on hardware with VT-x: 1 to 2 µs; look it up for yours with
`perf kvm stat`). The vCPU's time is instructions and exits added up; nothing is measured.

What the real one does differently: Linux answers most exits in the kernel (kvm.ko); only devices reach QEMU. And a real
VMM takes the processor back by a timer; here a guest that never exits ends when its steps are used up.
"""

from functools import cached_property
from math import ceil

from labkit.vmm.cpu import Cpu, Privileged
from labkit.vmm.cpu.execution import SINGLE_STEP
from labkit.vmm.cpu.memory import whole
from labkit.vmm.monitor.guest import EXITS, Board, Guest, outcome
from labkit.vmm.monitor.vmexit import VmExit, reason_of
from labkit.world.errors import number

SERVED = ("io", "mmio", "hlt", "cpuid", "hypercall")  # exits that the VMM answers for a device or the processor
SLICE = 1000  # instructions that the guest runs between two looks at the clock


class Monitor:
    """Base of the four policies. `guest`: a Guest or the source of one. With a `world` each exit is an event there:
    kind 'vmexit', from `vcpu` to `vmm`.

    `state`: 'running', 'waiting' (hlt), then 'halted' (hlt, and nothing can wake it), 'shutdown' or 'internal_error'.
    `exits`: VmExits so far. `directly`: instructions the guest ran by itself; `emulated`: those the VMM did for it.
    """

    policy, mode = "", "user"

    def __init__(self, guest, *, world=None, vcpu="vcpu0", vmm="vmm", instruction_ns=1, exit_ns=1500):
        self.guest = self.prepare(guest if isinstance(guest, Guest) else Guest(guest))
        self.instruction_ns = number(instruction_ns, "instruction_ns")
        self.exit_ns = number(exit_ns, "exit_ns")
        self.world, self.vcpu, self.vmm = world, vcpu, vmm
        self.began_s = world.now if world else 0.0
        self.bus = Board(self.guest.serial_input)
        self.cpu = Cpu(mode=self.mode)
        self.cpu.load(self.guest.program)
        self.shadow = False
        self.state, self.message = "running", ""
        self.exits, self.now_ns = [], 0
        self.directly = self.emulated = 0

    # -- what a policy may do in its own way ------------------------------------------------------------------------
    @cached_property
    def virtual(self):
        """The vCPU's privileged registers: what the guest shall believe the machine's to be."""
        return Privileged()

    @cached_property
    def pending(self):
        """Vectors of interrupts that wait for the guest's interrupt flag."""
        return []

    def prepare(self, guest):
        """The guest as this policy wants it."""
        return guest

    def answer(self, exit):
        """Do for the guest what it asked for; the VmExit."""
        raise NotImplementedError

    # -- the loop -----------------------------------------------------------------------------------------------------
    @property
    def ended(self):
        """Nothing will happen any more."""
        return self.state not in ("running", "waiting")

    def run(self, limit=200_000):
        """Turn until the guest has ended, or has run `limit` instructions, or has exited 10,000 times. Returns self."""
        most = whole(limit, "limit", least=1)
        while not self.ended and self.directly + self.emulated < most and len(self.exits) < EXITS:
            self.turn(min(SLICE, most - self.directly - self.emulated))
        return self

    def turn(self, steps=SLICE):
        """One turn: inject, enter, answer. The VmExit, or None when the guest ran its `steps` without one."""
        shadow = self.shadow
        if not self.begin():
            return None
        wakes_in_s = self.bus.next_interrupt()
        if wakes_in_s is not None and self.instruction_ns:
            steps = max(1, min(steps, ceil(wakes_in_s * 1e9 / self.instruction_ns)))
        return self.go(1 if shadow else steps)

    def begin(self):
        """What comes before an entry: wake the vCPU, inject. False when it has halted for good."""
        if self.state == "waiting" and not self.wake():
            return False
        if not self.shadow and not self.cpu.held:  # an instruction with several accesses comes to its end first
            self.inject()
        self.shadow = False  # sti takes effect one instruction later: `sti / hlt` must not be interrupted between
        return True

    def go(self, steps):
        """Enter the guest for at most `steps` instructions and answer its exit."""
        before = self.cpu.steps
        exit = self.cpu.run(steps)
        carried_out = exit.reason in SERVED and self.behind(exit)
        self.emulated += carried_out
        done = self.cpu.steps - before - carried_out
        self.directly += done
        self.spend(done * self.instruction_ns)
        if exit.reason == "intr":
            return None
        noted = self.answer(exit)
        self.emulated += exit.needs_answer and self.behind(exit)
        return noted

    def behind(self, exit):
        """Is the instruction of this exit done? (A repeated one or one with two accesses takes several exits.)"""
        return self.cpu.registers["ip"] != exit.ip

    def spend(self, ns):
        """The vCPU's time goes on, and with it the timer."""
        self.now_ns += ns
        self.bus.advance(ns / 1e9)
        while (vector := self.bus.acknowledge()) is not None:
            self.interrupt(vector)

    # -- interrupts -----------------------------------------------------------------------------------------------
    def interrupt(self, vector):
        """A device asks: remember it until the guest's interrupt flag is on."""
        self.pending.append(vector)

    def inject(self):
        """Give the guest the interrupt that waits for it, if *its own* interrupt flag allows."""
        if self.pending and self.virtual.interrupt_flag:
            self.cpu.deliver(self.pending.pop(0), self.virtual)

    def wake(self):
        """After hlt: time passes until a device interrupts. False when nothing ever will: the guest has halted."""
        wakes_in_s = 0.0 if self.pending else self.bus.next_interrupt()
        if wakes_in_s is None or not self.virtual.interrupt_flag:
            self.state = "halted"
            return False
        self.spend(ceil(wakes_in_s * 1e9))
        self.state = "running"
        return True

    # -- answers that all policies share ---------------------------------------------------------------------------
    def emulate(self, exit, reason=None):
        """The VMM carries the instruction out on the vCPU's privileged state instead of the processor's."""
        if exit.vector == SINGLE_STEP and not exit.software:  # a trap: its instruction has been carried out
            self.cpu.deliver(SINGLE_STEP, self.virtual)
            return self.record(exit, reason_of(exit, exit.decoded), "the guest's own handler is called")
        before = described(self.virtual)
        allowed = self.virtual.interrupt_flag
        inner = self.cpu.step_as_supervisor(self.virtual)
        self.shadow = bool(self.virtual.interrupt_flag and not allowed)
        if inner is not None:
            noted = self.serve(inner, reason)
            self.emulated += self.behind(exit)
            return noted
        self.emulated += 1
        told = ", ".join(
            f"{name} = {value}" for name, value in described(self.virtual).items() if value != before[name]
        )
        return self.record(
            exit,
            reason or reason_of(exit, exit.decoded),
            told or ("nothing changes" if exit.instruction in ("cli", "sti") else "carried out"),
        )

    def serve(self, exit, reason=None):
        """A device answers, or the vCPU waits, or this was the end."""
        reason = reason or reason_of(exit, exit.decoded)
        if exit.reason in ("io", "mmio"):
            value = self.bus.answer(exit)
            if value is None:
                return self.record(exit, reason, f"device takes {exit.data:#x}", exit.data)
            self.cpu.complete(exit, value)
            return self.record(exit, reason, f"device gives {value:#x}", value)
        if exit.reason == "hlt":
            self.state = "waiting"
            return self.record(exit, reason, "the vCPU waits for an interrupt")
        self.state, self.message = exit.reason, exit.message or ""
        return self.record(exit, "end", f"the VM ends: {exit.reason} {exit.message or ''}".strip())

    def record(self, exit, reason, answer, data=None):
        """Note the exit, here and in the world's trace, and what it costs."""
        place = exit.port if exit.port is not None else exit.address
        noted = VmExit(
            len(self.exits) + 1,
            self.now_ns,
            reason,
            exit.ip,
            exit.instruction,
            answer,
            exit.direction,
            place,
            exit.size,
            data,
        )
        self.exits.append(noted)
        if self.world:
            self.world.advance_to(self.began_s + self.now_ns / 1e9)
            self.world.emit(self.vcpu, self.vmm, "vmexit", reason, **noted.detail())
        self.spend(self.cost_ns(reason))
        return noted

    def cost_ns(self, reason):
        """Time that an exit takes."""
        return self.exit_ns

    # -- what came of it ------------------------------------------------------------------------------------------
    def outcome(self):
        """What can be seen of the guest from outside (an Outcome), to be compared with the bare machine's."""
        return outcome(self.cpu, self.bus, "running" if self.state == "waiting" else self.state)

    def counts(self):
        """Exits by reason, in the order of their first appearance."""
        found = {}
        for exit in self.exits:
            found[exit.reason] = found.get(exit.reason, 0) + 1
        return found


def described(virtual):
    """The virtual privileged state in words."""
    return {
        "virtual IF": virtual.interrupt_flag,
        "virtual GDTR": f"{virtual.gdtr[0]:04x}h, limit {virtual.gdtr[1]:04x}h",
        "virtual IDTR": f"{virtual.idtr[0]:04x}h, limit {virtual.idtr[1]:04x}h",
        "virtual MSW": f"{virtual.msw:04x}h",
    }
