"""Why a running guest stops: an Exit says what somebody else – a VMM, or the bare machine's devices – has to answer.

The reasons are those of KVM_RUN (Linux, Documentation/virt/kvm/api.rst): io, mmio, hlt, intr, shutdown, internal_error,
exception, hypercall; and 'cpuid', which KVM answers inside the kernel (VMX basic exit reason 10).

Inside the processor an instruction that cannot simply go on to the next one raises a Signal.
"""

from dataclasses import dataclass

from labkit.vmm.cpu.decoder import Instruction

SIZE_NAMES = {1: "byte", 2: "word", 4: "4 bytes", 8: "8 bytes"}  # the last two only ever from KVM


@dataclass(frozen=True)
class Exit:
    """One exit. `ip` and `cs` are the instruction's; fields that a reason does not have are None.

    reason       'io' 'mmio' 'hlt' 'cpuid' 'hypercall' 'exception' 'intr' 'shutdown' 'internal_error'
    direction    'in'/'out' (io), 'read'/'write' (mmio)
    port, address, size (bytes), data (the value written; None for in/read; AX for cpuid and hypercall)
    vector       of an exception (13 is #GP); `software` says that the guest asked for it: int n, int3, into
    message      a sentence for internal_error and shutdown
    """

    reason: str
    ip: int
    cs: int = 0
    decoded: Instruction | None = None
    direction: str | None = None
    port: int | None = None
    address: int | None = None
    size: int | None = None
    data: int | None = None
    vector: int | None = None
    software: bool = False
    message: str | None = None

    @property
    def instruction(self):
        """The instruction's text, '' where there is none."""
        return self.decoded.text if self.decoded else ""

    @property
    def next_ip(self):
        """Where the instruction after it stands."""
        return (self.ip + self.decoded.length if self.decoded else self.ip) & 0xFFFF

    @property
    def needs_answer(self):
        """True where the guest waits for a value: Cpu.complete(exit, value)."""
        return self.reason == "cpuid" or self.direction in ("in", "read")

    def __str__(self):
        what = [self.reason]
        if self.direction:
            place = f"port 0x{self.port:x}" if self.reason == "io" else f"address 0x{self.address:05x}"
            what += [self.direction, place, SIZE_NAMES[self.size]]
            what += [f"0x{self.data:0{2 * self.size}x}"] if self.data is not None else []
        if self.vector is not None:
            what.append(f"vector {self.vector}" + (" (software)" if self.software else ""))
        place = "" if self.ip is None else f"{self.cs:04x}:{self.ip:04x}"  # KVM does not always tell
        text = f"{' '.join(what):40}{place}  {self.message or self.instruction}"
        return text.rstrip()


class Signal(Exception):
    """Something that ends the quick way from one instruction to the next."""


class Turn(Signal):
    """Done, and go on at `ip`; but look up first: another code segment, another IF, or an interrupt shadow."""

    def __init__(self, ip, shadow=False):
        self.ip, self.shadow = ip, shadow


class Stop(Signal):
    """Done, go on at `ip` later; somebody wants to know: fields of an Exit."""

    def __init__(self, ip, reason, **fields):
        self.ip, self.reason, self.fields = ip, reason, fields


class Access(Signal):
    """Not done: a device has to answer first. The instruction is executed again, with the answer; therefore it must not
    have changed anything yet."""

    def __init__(self, reason, **fields):
        self.reason, self.fields = reason, fields


class Fault(Signal):
    """An exception: not done, nothing changed. `next_ip` is given where the guest asked for it (int n: a trap)."""

    def __init__(self, vector, next_ip=None, why=""):
        self.vector, self.next_ip, self.why = vector, next_ip, why


class Refused(Signal):
    """What this machine does not do: not done, nothing changed, said in a sentence."""
