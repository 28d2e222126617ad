"""Interrupts that wait for the guest's IF come at the same instruction on our Cpu and on the real /dev/kvm."""

from random import Random

import pytest

from labkit.vmm.cpu import Cpu, assemble
from labkit.vmm.kvm import device
from labkit.vmm.kvm.machine import KvmMachine

FOUND = device.state()
pytestmark = pytest.mark.skipif(not FOUND.usable, reason=f"{FOUND.detail} ({FOUND.cure})")

LINES = (
    "inc ax",
    "add bx, ax",
    "push ax\n pop cx",
    "mov [0x2000], ax",
    "mov dx, 0x3f8\n out dx, al",
    "add word [es:2], 3",
    "in al, 0x70",
    "mov cx, 2\n x{n}: loop x{n}",
    "sti",
    "sti\n cli",
    "cli",
    "pushf\n cli\n popf",
    "push ds\n pop ss",
)
REPEATED = ("mov cx, 3\n rep stosb", "mov cx, 2\n rep movsw", "mov cx, 4\n rep stosw")
HANDLER = "tick: push ax\n inc word [0x2100]\n mov ax, 0xd000\n mov es, ax\n pop ax\n iret"


def guest(luck, lines=LINES):
    """A guest that opens and closes IF among other things, and ends with IF closed."""
    body = "\n".join(luck.choice(lines).format(n=n) for n in range(luck.randrange(5, 25)))
    return assemble(f"mov ax, 0xd000\n mov es, ax\n mov di, 0x3000\n{body}\n cli\n hlt\n{HANDLER}")


def play(machine, program, vectors):
    """Every exit, the registers, the memory; after each third exit one more device asks for an interrupt."""
    machine.load(program)
    for vector in (0x20, 0x21, 0x22):
        machine.ram[4 * vector : 4 * vector + 4] = program.labels["tick"].to_bytes(4, "little")
    seen = []
    machine.interrupt(vectors[0])
    while True:
        exit = machine.run()
        seen.append((exit.reason, exit.direction, exit.port, exit.address, exit.size, exit.data))
        if exit.direction in ("in", "read"):
            machine.complete(exit, 0x21)
        elif exit.reason not in ("io", "mmio"):
            return seen, dict(machine.registers), list(machine.pending), bytes(machine.ram)
        if len(seen) % 3 == 0:
            machine.interrupt(vectors[len(seen) % 2])


def without_stack(played):
    """All but what lies below the stack pointer."""
    seen, registers, pending, ram = played
    return seen, registers, pending, ram[:0x7F00] + ram[0x8000:]


def test_interrupts_come_between_two_rounds_of_a_rep():
    """KVM's interpreter comes back once more when cx is 0 already: the address that it pushes then is the rep's own."""
    for seed in range(80):
        luck = Random(f"rep/{seed}")
        program, vectors = guest(luck, (*LINES, *REPEATED)), [0x20, 0x21]
        with KvmMachine() as machine:
            real = play(machine, program, vectors)
        assert without_stack(real) == without_stack(play(Cpu(), program, vectors)), f"guest {seed}:\n{program}"


@pytest.mark.parametrize("start", range(0, 120, 40))
def test_interrupts_come_at_the_same_instruction(start):
    delivered = 0
    for seed in range(start, start + 40):
        luck = Random(f"interrupts/{seed}")
        program, vectors = guest(luck), [luck.randrange(0x20, 0x23) for _ in range(2)]
        ours = play(Cpu(), program, vectors)
        with KvmMachine() as machine:
            assert play(machine, program, vectors) == ours, f"guest {seed}:\n{program}"
        delivered += ours[3][0x2100]
    assert delivered > 20
