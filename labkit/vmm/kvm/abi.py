"""KVM's binary interface as far as we use it: request numbers and the layout of its structures on x86-64.

Sources: include/uapi/linux/kvm.h and arch/x86/include/uapi/asm/kvm.h of Linux 6.1 (the numbers are fixed for ever:
programs that were built in 2007 still run). A request number holds direction, size of the argument, the letter 0xAE
and a count: _IOW(0xAE, 0x46, 32 bytes) = 0x4020AE46.
"""

from __future__ import annotations

import struct

CREATE_VM = 0xAE01
GET_VCPU_MMAP_SIZE = 0xAE04
CREATE_VCPU = 0xAE41
SET_USER_MEMORY_REGION = 0x4020AE46
SET_TSS_ADDR = 0xAE47
RUN = 0xAE80
GET_REGS, SET_REGS = 0x8090AE81, 0x4090AE82
GET_SREGS, SET_SREGS = 0x8138AE83, 0x4138AE84
INTERRUPT = 0x4004AE86
SET_SIGNAL_MASK = 0x4004AE8B
SET_GUEST_DEBUG = 0x4048AE9B
SINGLE_STEP = 0x3  # KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP

EXITS = {  # KVM_EXIT_*: those that can reach a VMM of a bare 16-bit guest
    0: "unknown",
    1: "exception",
    2: "io",
    3: "hypercall",
    4: "debug",
    5: "hlt",
    6: "mmio",
    7: "irq_window_open",
    8: "shutdown",
    9: "fail_entry",
    10: "intr",
    17: "internal_error",
}

# struct kvm_run, mapped from the vCPU's descriptor: what we say at its head, what KVM says after it
REQUEST_INTERRUPT_WINDOW, IMMEDIATE_EXIT, EXIT_REASON, READY_FOR_INTERRUPT, IF_FLAG = 0, 1, 8, 12, 13
UNION = 32
IO = struct.Struct("<BBHIQ")  # direction (0 in, 1 out), size, port, count, where in this mapping the data lie
MMIO = struct.Struct("<Q8sIB")  # physical address, data, length, is_write
MMIO_DATA = UNION + 8

MEMORY_REGION = struct.Struct("<IIQQQ")  # slot, flags, guest physical address, size in bytes, our address
SIGNAL_MASK = struct.Struct("<IQ")  # length of the mask in bytes, the mask
GUEST_DEBUG = struct.Struct("<II8Q")  # control, padding, debug registers

GENERAL = ("ax", "bx", "cx", "dx", "si", "di", "sp", "bp")
REGS = struct.Struct("<18Q")  # struct kvm_regs: rax rbx rcx rdx rsi rdi rsp rbp r8 … r15 rip rflags
PLACE = {**{name: number for number, name in enumerate(GENERAL)}, "ip": 16, "flags": 17}
SREGS_BYTES = 312
SEGMENTS = {"cs": 0, "ds": 24, "es": 48, "ss": 120}  # where in struct kvm_sregs; fs and gs lie at 72 and 96
IDT_BASE = 208  # behind eight segments of 24 bytes and the GDT's 16
SELECTOR = 12  # in struct kvm_segment: base u64, limit u32, selector u16, …

HLT, SEGMENT_PREFIXES = b"\xf4", b"\x26\x2e\x36\x3e"  # machine code
