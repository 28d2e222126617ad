"""VMM.T1, the run: one guest on the bare machine and, in step with it, deprivileged under the student's handler.

After each instruction both must look the same: registers, the interrupt flag (the guest's own here, the virtual one
there), memory, and what the devices have seen.
"""

from functools import lru_cache

from labkit.lab.artefact import Handle
from labkit.lab.tasks.vmm_exits_guests import ALARM, BELL, MINE, OTHERS, VECTOR
from labkit.vmm.cpu import Cpu, Privileged, assemble

IF = 0x200
GENERAL = ("ax", "bx", "cx", "dx", "si", "di", "sp", "bp")
INSTRUCTIONS = 400
"""No guest is longer."""


class Devices:
    """What is plugged into the host. `log` is what they have seen, in order; `touched` is another guest's device
    that was reached for."""

    def __init__(self, reads, places):
        self.reads = {int(place): list(values) for place, values in reads.items()}
        self.places, self.log, self.touched, self.asking, self.armed = places, [], None, False, False

    def read(self, place, size):
        """The next value of the device, `size` bytes of it."""
        if self._strange(place):
            return 256**size - 1
        waiting = self.reads.get(place, [])
        value = (waiting.pop(0) if waiting else 0) & (256**size - 1)
        self.log.append(["read", place, size, value])
        return value

    def write(self, place, size, data):
        """The device takes `data`."""
        if self._strange(place):
            return
        self.log.append(["write", place, size, data])
        self.asking |= place == BELL
        self.armed |= place == ALARM

    def _strange(self, place):
        if place in self.places and place not in MINE:
            self.touched = place
        return place not in self.places

    def handle(self):
        """The same, for the student's function: wrong arguments are its own ValueErrors."""

        def read(place, size):
            return self.read(*checked(place, size))

        def write(place, size, data):
            self.write(*checked(place, size), whole(data, "data", 0, 256 ** whole(size, "size", 1, 2) - 1))

        return Handle("devices", {"read": read, "write": write})


def whole(value, what, low, high):
    """A whole number from low to high, or a ValueError that says what was expected."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{what} must be a whole number from {low} to {high}, not {value!r}")
    return value


def checked(place, size):
    """A place and a size that a device understands."""
    return whole(place, "place", 0, 0xFFFFF), whole(size, "size", 1, 2)


class Side:
    """One of the two machines: a processor, its devices, and whether it waits in hlt."""

    def __init__(self, program, reads, mode, places):
        self.cpu, self.devices = Cpu(mode=mode), Devices(reads, places)
        self.cpu.load(program)
        self.done = program.labels["done"]
        self.waiting = self.shadow = False
        self.virtual = Privileged()

    @property
    def interrupt_flag(self):
        """The guest's own."""
        if self.cpu.mode == "user":
            return self.virtual.interrupt_flag
        return int(bool(self.cpu.registers["flags"] & IF))

    def interrupt(self):
        """Deliver what a device asks for, if the guest listens. False: the guest waits, and nothing will ever come."""
        if self.waiting and self.devices.armed:
            self.devices.armed, self.devices.asking = False, True
        if self.devices.asking and self.interrupt_flag and not self.shadow:
            self.devices.asking = self.waiting = False
            self.cpu.deliver(VECTOR, self.virtual) if self.cpu.mode == "user" else self.cpu.deliver(VECTOR)
        self.shadow = False
        return not self.waiting

    @property
    def ended(self):
        """At the label `done`."""
        return self.cpu.registers["ip"] == self.done

    def step(self):
        """One instruction. On the bare machine its devices answer; in user mode what the student has to answer is
        returned (an Exit), and the guest's own interrupts are ours."""
        before = self.interrupt_flag
        exit = self.cpu.run(1)
        if self.cpu.mode == "user":
            return self._ours(exit)
        if exit.reason in ("io", "mmio"):
            place = exit.port if exit.reason == "io" else exit.address
            if exit.needs_answer:
                self.cpu.complete(exit, self.devices.read(place, exit.size))
            else:
                self.devices.write(place, exit.size, exit.data)
        self.waiting = exit.reason == "hlt"
        self.shadow = self.interrupt_flag > before
        return None

    def _ours(self, exit):
        """iret and int n belong to the part of the VMM that is written already."""
        if exit.reason == "exception" and exit.decoded and exit.decoded.mnemonic in ("iret", "int"):
            self.cpu.step_as_supervisor(self.virtual)
            return None
        return None if exit.reason == "intr" else exit

    def vcpu(self, exit):
        """What the student sees of the vCPU: as it was when the instruction began."""
        registers = {name: self.cpu.registers[name] for name in (*GENERAL, "flags")}
        return {
            "ip": exit.ip,
            **registers,
            "if": self.virtual.interrupt_flag,
            "state": "running",
            "inject": None,
            "devices": MINE,
        }

    def take(self, said, exit):
        """Make the vCPU what the student's function said."""
        if exit.needs_answer:
            self.cpu.complete(exit, 0)  # the value is in ax already
        before = self.virtual.interrupt_flag
        self.cpu.registers.update(**{name: said[name] for name in ("ip", *GENERAL, "flags")})
        self.virtual.interrupt_flag = said["if"]
        self.shadow, self.waiting = said["if"] > before, said["state"] == "halted"
        if said["inject"] is not None:
            self.cpu.deliver(said["inject"], self.virtual)

    def look(self):
        """Registers and flags as the guest sees them."""
        seen = {name: self.cpu.registers[name] for name in ("ip", *GENERAL)}
        return {**seen, "flags": self.cpu.registers["flags"] & ~IF & 0xFFFF, "interrupt flag": self.interrupt_flag}


@lru_cache(maxsize=256)
def program(source):
    """The guest's machine code; a guest is run more than once."""
    return assemble(source)


def bare(scenario):
    """The guest on a machine of its own."""
    return Side(program(scenario["source"]), scenario["reads"], "supervisor", MINE)


def deprivileged(scenario):
    """The guest in user mode, on a host where others have devices, too."""
    return Side(program(scenario["source"]), scenario["reads"], "user", [*MINE, *OTHERS])
