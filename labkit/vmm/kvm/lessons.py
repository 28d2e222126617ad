"""The guests whose runs on /dev/kvm are recorded: that of the notebook, and the short ones of cpu.programs."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.vmm.cpu import Bus, CmosClock, RegisterDevice, Serial, TextScreen, assemble, programs

# 'timer' waits for interrupts: when one comes is not the program's business. 'system call' says int 0x80, and the
# interpreter of kvm_pvm takes the vector for a signed byte: from 0x80 on the guest never leaves the instruction.
LEFT_OUT = ("timer", "system call")

# sum: adds 1 … 100 in registers, then tells the result to two devices and asks one: one exit of each kind
SUM = """
        mov cx, 100
        xor ax, ax
next:   add ax, cx
        loop next               ; 200 instructions that are nobody else's business
        mov dx, 0x3f8
        out dx, al              ; to a port
        in al, dx               ; from a port
        mov bx, 0xd000
        mov ds, bx
        mov [4], ax             ; to memory that is a device
        add [4], ax             ; from it, and to it
        hlt
"""


def bus() -> Bus:
    """The devices of every recorded run; the serial port has received '!'."""
    serial = Serial()
    serial.input += b"!"
    return Bus(serial, CmosClock(), TextScreen(), RegisterDevice())


def every() -> Iterator[tuple]:
    """(program, bus) of every lesson."""
    for text in (SUM, *(text for name, text in programs.ALL.items() if name not in LEFT_OUT)):
        yield assemble(text), bus()
