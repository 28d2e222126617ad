"""The loop of the overhead experiment, and how this processor runs it itself: without a compiler, without a guest.

The loop's bytes mean the same in 16-bit and in 64-bit mode, only the registers are wider (ax in a guest, eax here):

    31 c0        xor ax, ax
    be / ba …    mov si, inner ; mov dx, outer          the only bytes that differ: the numbers are 2 or 4 bytes long
    89 f1        outer: mov cx, si
    01 f0        inner: add ax, si
    ff c9               dec cx
    75 fa               jne inner
    ff ca               dec dx
    75 f4               jne outer
    f4 / c3      hlt in the guest, ret here

We put them into a page of our own memory that may be executed, and call it. The surprise: that is all a program is.
"""

from __future__ import annotations

import ctypes
import mmap
import platform
import struct
import time

from labkit.world.errors import LabError

BODY = bytes.fromhex("89f1 01f0 ffc9 75fa ffca 75f4")
HLT, RET = b"\xf4", b"\xc3"


def guest_loop(inner: int, outer: int) -> bytes:
    """The program for a guest: 16-bit numbers."""
    return b"\x31\xc0" + struct.pack("<BHBH", 0xBE, inner, 0xBA, outer) + BODY + HLT


def instructions(inner: int, outer: int) -> int:
    """How many instructions guest_loop executes: three per inner turn, three per outer turn, four around."""
    return 3 * inner * outer + 3 * outer + 4


def total(inner: int, outer: int) -> int:
    """What ax holds in the end, as everybody must find it."""
    return inner * inner * outer & 0xFFFF


def run_native(inner: int, outer: int) -> tuple[float, int]:
    """(seconds, ax) of the loop on this processor.

    Raises LabError where the processor is another one, or the system lets nobody execute memory that can be written.
    """
    if platform.machine() not in ("x86_64", "AMD64") or not hasattr(mmap, "PROT_EXEC"):
        raise LabError("this processor or system cannot run the loop itself", next_step="look at the recorded numbers")
    code = b"\x31\xc0" + struct.pack("<BIBI", 0xBE, inner, 0xBA, outer) + BODY + RET
    try:
        page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except OSError as problem:
        raise LabError(f"no executable memory ({problem.strerror})", next_step="look at the recorded numbers") from None
    page.write(code)
    function = ctypes.CFUNCTYPE(ctypes.c_uint32)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    began = time.perf_counter()
    result = function()
    return time.perf_counter() - began, result & 0xFFFF
