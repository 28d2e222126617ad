"""How fast the guest's processor runs: instructions per second of three programs beside a bare dispatch loop.

    python tests/benchmarks/guest_cpu.py [steps]

counter   a loop that adds and compares registers
copy      bytes are copied and summed up, with memory, index registers and flags
sieve     primes up to 500: a subroutine per number, its stack, marks in memory

The bare loop is the least that an interpreter of this kind can do in Python: `ip = code[ip]()` with functions that do
nothing. What stands under 'bare / it' says which part of that speed is left when the functions do real work.
"""

import sys
import time

from labkit.vmm.cpu import Cpu, assemble

COUNTER = """
start:  xor ax, ax
        mov cx, 60000
next:   add ax, 3
        inc bx
        cmp ax, 0x7fff
        jb small
        sub ax, 0x7000
small:  dec cx
        jnz next
        jmp start
"""
COPY = """
start:  mov si, 0x4000
        mov di, 0x5000
        mov cx, 2000
        xor bx, bx
        cld
next:   lodsb
        add bl, al
        adc bh, 0
        mov [di], al
        inc di
        loop next
        mov [0x3ff0], bx
        jmp start
"""
SIEVE = """
start:  mov di, 0x4000
        mov cx, 500
        mov al, 1
        rep stosb
        mov bx, 2
number: push bx
        call strike
        pop bx
        inc bx
        cmp bx, 23
        jb number
        jmp start
strike: cmp byte [bx+0x4000], 0
        je done
        mov si, bx
again:  add si, bx
        cmp si, 500
        jae done
        mov byte [si+0x4000], 0
        jmp again
done:   ret
"""
PROGRAMS = {"counter": COUNTER, "copy": COPY, "sieve": SIEVE}


def guest(source):
    """A function that runs the program for so many steps."""
    cpu = Cpu()
    cpu.load(assemble(source))

    def run(steps):
        exit = cpu.run(steps)
        assert exit.reason == "intr", exit

    return run


def bare(steps, length=8):
    """The dispatch loop with functions that do nothing but say where to go on."""

    def step_to(ip):
        return lambda: ip

    code = {ip: step_to((ip + 1) % length) for ip in range(length)}
    ip = 0
    for _ in range(steps):
        ip = code[ip]()


def measure(steps=1_000_000, rounds=3):
    """{contestant: seconds per instruction}, the best of some rounds; they take turns: all see the same machine."""
    contestants = {"bare loop": bare, **{name: guest(source) for name, source in PROGRAMS.items()}}
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(rounds):
        for name, run in contestants.items():
            begin = time.perf_counter()
            run(steps)
            best[name] = min(best[name], (time.perf_counter() - begin) / steps)
    return best


def report(best):
    """The table as text."""
    lines = [f"{'':10}{'ns/instruction':>16}{'million/s':>12}{'it / bare':>12}"]
    for name, seconds in best.items():
        lines.append(f"{name:10}{seconds * 1e9:16.0f}{1e-6 / seconds:12.2f}{seconds / best['bare loop']:12.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)))
