"""The same program on two machines: what each did, and the first difference in words.

A machine is a `Cpu` or a `KvmMachine`: the loop below does not know which.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from labkit.vmm.cpu import Cpu, decode, undefined_flags
from tests.vmm.kvm.generator import data, program
from tests.vmm.kvm.writer import AREA, SETS_ALL_FLAGS

MOST_EXITS = 20_000
DEVICES = ("io", "mmio")
STATUS = 0x8D5  # CF PF AF ZF SF OF


@dataclass(frozen=True)
class Played:
    """What a machine did: its exits in words, at the end its registers and its memory."""

    exits: tuple[str, ...]
    registers: dict[str, int]
    ram: bytes


def play(machine, guest, content: bytes, luck: int) -> Played:
    """Run the guest to its hlt; device reads are answered with numbers that follow from `luck` and their order."""
    machine.ram[AREA : AREA + len(content)] = content
    machine.load(guest)
    exits = []
    while len(exits) < MOST_EXITS:
        exit = machine.run()
        exits.append(in_words(exit))
        if exit.direction in ("in", "read"):
            machine.complete(exit, crc32(f"{luck}/{len(exits)}".encode()) & (0xFF if exit.size == 1 else 0xFFFF))
        elif exit.reason not in DEVICES:
            break
    return Played(tuple(exits), dict(machine.registers), bytes(machine.ram))


def in_words(exit) -> str:
    """What a VMM is told. Not where the instruction stands: KVM tells that only for some exits."""
    if exit.reason not in DEVICES:
        return exit.reason
    place = f"port 0x{exit.port:x}" if exit.reason == "io" else f"address 0x{exit.address:x}"
    return f"{exit.direction} {place} size {exit.size}" + ("" if exit.data is None else f" data 0x{exit.data:x}")


def difference(seed: int, kvm, spared: frozenset[str] = frozenset()) -> str | None:
    """Play program `seed` on Cpu and on a KVM machine (`kvm()` makes one). None, or the first difference in words."""
    guest, content = program(seed, spared), data(seed)
    ours = play(Cpu(), guest, content, seed)
    with kvm() as machine:
        real = play(machine, guest, content, seed)
    found = first(ours, real)
    return found and f"program {seed}: {found}\n{first_step(guest, content, seed, kvm)}\n{guest}"


def first(ours: Played, real: Played) -> str | None:
    """The first exit, register or byte that differs."""
    for number, (our, their) in enumerate(zip(ours.exits, real.exits, strict=False), 1):
        if our != their:
            return f"exit {number} of Cpu is '{our}', of KVM '{their}'"
    if len(ours.exits) != len(real.exits):
        return f"Cpu had {len(ours.exits)} exits, KVM {len(real.exits)}"
    for name, our in ours.registers.items():
        if our != real.registers[name]:
            return f"at the end {name} of Cpu is 0x{our:04x}, of KVM 0x{real.registers[name]:04x}"
    for address, (our, their) in enumerate(zip(ours.ram, real.ram, strict=True)):
        if our != their:
            return f"at the end byte 0x{address:04x} of Cpu is 0x{our:02x}, of KVM 0x{their:02x}"
    return None


def first_step(guest, content: bytes, luck: int, kvm, most: int = 20_000) -> str:
    """Both step by step: the instruction after which they differ for the first time."""
    with kvm() as machine:
        machines = Cpu(), machine
        for each in machines:
            each.ram[AREA : AREA + len(content)] = content
            each.load(guest)
        undefined = 0
        for number in range(1, most):
            before = dict(machines[0].registers)
            instruction, undefined = here(machines[0]), left_undefined(machines[0], undefined)
            if instruction.mnemonic == "hlt":
                break
            exits = [step(each, f"{luck}/{number}") for each in machines]
            if machines[0].registers["ip"] != machines[1].registers["ip"]:  # a fault: KVM steps into its handler, too
                exits[0] = step(machines[0], f"{luck}/{number}")
            after = [dict(each.registers) for each in machines]
            for each in after:
                each["flags"] &= ~undefined
            changed = [name for name in before if after[0][name] != after[1][name]]
            if changed or exits[0] != exits[1]:
                return told(number, instruction, before, after, changed, exits)
    return "step by step they do the same"


def here(cpu):
    """The instruction that comes next."""
    at = (cpu.registers["cs"] << 4) + cpu.registers["ip"]
    return decode(bytes(cpu.ram[at : at + 15]), cpu.registers["ip"])


def left_undefined(cpu, before: int) -> int:
    """The flags that are undefined after the next instruction, if `before` were undefined until now."""
    instruction = here(cpu)
    if instruction.mnemonic in ("aam", "aad"):
        return STATUS  # KVM's interpreter sets SF and ZF by ax, the manual says by al
    return 0 if instruction.mnemonic in SETS_ALL_FLAGS else before | undefined_flags(instruction)


def step(machine, luck: str) -> str:
    """Until ip has moved: one instruction with all its repetitions and device accesses. What it ended with."""
    begin = machine.registers["ip"]
    while machine.registers["ip"] == begin:
        exit = machine.run(steps=1)
        if exit.direction in ("in", "read"):
            machine.complete(exit, crc32(luck.encode()) & (0xFF if exit.size == 1 else 0xFFFF))
        if exit.reason not in (*DEVICES, "intr"):
            return exit.reason
    return "intr"


def told(number, instruction, before, after, changed, exits) -> str:
    """The step at which the machines part, with the registers that differ."""
    values = ", ".join(f"{name} Cpu 0x{after[0][name]:04x} KVM 0x{after[1][name]:04x}" for name in changed)
    return f"step {number}, {instruction}, from {before}: {values} {exits}"
