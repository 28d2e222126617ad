"""One VM exit: why the guest stopped running by itself, what it wanted, and what the VMM answered."""

from dataclasses import asdict, dataclass

REASONS = (
    "I/O",
    "MMIO",
    "HLT",
    "CPUID",
    "privileged",
    "callout",
    "hypercall",
    "software interrupt",
    "exception",
    "end",
)


@dataclass(frozen=True)
class VmExit:
    """`reason` is one of REASONS, `at_ns` the vCPU's time, `ip` the address of `instruction`. `place`: port or address
    of a device, `size` in bytes, `data` what was read or written; `answer`: what the VMM did, in words."""

    n: int
    at_ns: int
    reason: str
    ip: int
    instruction: str
    answer: str
    direction: str | None = None
    place: int | None = None
    size: int | None = None
    data: int | None = None

    def __str__(self):
        when = f"{self.at_ns / 1000:.3f} µs"
        return f"{self.n:3} {when:>12}  {self.ip:04x}  {self.instruction:<20} {self.reason:<18} {self.answer}"

    def detail(self):
        """What the world's trace keeps of it: all that is there, without the number and the reason."""
        return {
            name: value for name, value in asdict(self).items() if value is not None and name not in ("n", "reason")
        }


def reason_of(exit, instruction):
    """The word for what happened: `exit` is the processor's, `instruction` the decoded one it happened at (or None)."""
    mnemonic = instruction.mnemonic if instruction else ""
    if exit.reason in ("io", "mmio", "hlt", "cpuid"):
        return {"io": "I/O"}.get(exit.reason, exit.reason.upper())
    if exit.reason in ("hypercall", "callout"):
        return exit.reason
    if exit.reason != "exception":
        return "end"
    if mnemonic in ("in", "out"):
        return "I/O"
    if mnemonic == "hlt":
        return "HLT"
    if exit.software:
        return "software interrupt"
    return "privileged" if exit.vector == 13 and mnemonic in PRIVILEGED else "exception"


PRIVILEGED = ("cli", "sti", "lgdt", "lidt", "lmsw", "clts", "iret")
