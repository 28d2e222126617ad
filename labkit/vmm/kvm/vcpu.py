"""A VM with one vCPU as the kernel offers it: three descriptors, one shared page, RAM that is simply our own memory.

    /dev/kvm ── CREATE_VM ──> VM ── CREATE_VCPU ──> vCPU ── mmap ──> struct kvm_run (why did the guest stop?)
                               └─ SET_USER_MEMORY_REGION: guest physical 0 … = this mapping of ours

The guest's RAM is memory of this process: what the guest writes, we read without a copy, and the other way round.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import struct
import weakref
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack

from labkit.vmm.kvm import abi, device
from labkit.world.errors import LabError, unknown

TSS_ADDRESS = 0x7FFF0000  # three pages that Intel's KVM needs for real mode, far above what a 16-bit guest can reach


def refused(what: str, problem: OSError) -> LabError:
    """A failed system call in words."""
    cures = {
        errno.EBUSY: "another hypervisor has the processor's VT-x or AMD-V: stop its VMs (VirtualBox?)",
        errno.ENOMEM: "free memory, or raise the limit on locked memory (ulimit -l)",
        errno.EMFILE: "too many open files: close machines you do not need (machine.close())",
    }
    cure = cures.get(problem.errno, "labkit doctor says what works on this machine; Cpu runs the same program")
    return LabError(f"KVM refused: {what} ({device.in_words(problem.errno)})", next_step=cure)


def request(descriptor: int, number: int, argument, what: str) -> int:
    """One ioctl; its failure is a LabError that says what was asked."""
    import fcntl  # Unix only

    try:
        return fcntl.ioctl(descriptor, number, argument)
    except OSError as problem:
        raise refused(what, problem) from None


class Vcpu:
    """One VM, one vCPU, `ram_kib` of RAM at physical address 0. Closed by close(), or when nobody holds it."""

    def __init__(self, ram_kib: int, path: str = device.DEVICE):
        found = device.state(path)
        if not found.usable:
            raise LabError(found.detail, next_step=found.cure)
        with ExitStack() as stack:
            self._build(stack, ram_kib, path)
            self.close = weakref.finalize(self, stack.pop_all().close)

    def _build(self, stack, ram_kib, path):
        kvm = owned(stack, os.open(path, os.O_RDWR | os.O_CLOEXEC))
        self.vm = owned(stack, request(kvm, abi.CREATE_VM, 0, "create a VM"))
        request(self.vm, abi.SET_TSS_ADDR, TSS_ADDRESS, "place the TSS")
        self.ram = mmap.mmap(-1, ram_kib * 1024)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self.ram))
        region = abi.MEMORY_REGION.pack(0, 0, 0, len(self.ram), address)
        request(self.vm, abi.SET_USER_MEMORY_REGION, region, f"give the VM {ram_kib} KiB of memory")
        self.descriptor = owned(stack, request(self.vm, abi.CREATE_VCPU, 0, "create a vCPU"))
        size = request(kvm, abi.GET_VCPU_MMAP_SIZE, 0, "tell the size of kvm_run")
        self.page = mmap.mmap(self.descriptor, size)
        stack.callback(self.page.close)

    def enter(self) -> str:
        """KVM_RUN: the guest executes until KVM needs us. The name of the reason; 'intr' when a signal stopped it."""
        import fcntl

        try:
            fcntl.ioctl(self.descriptor, abi.RUN, 0)
        except OSError as problem:
            if problem.errno == errno.EINTR:
                return "intr"
            raise refused("run the guest", problem) from None
        number = struct.unpack_from("<I", self.page, abi.EXIT_REASON)[0]
        return abi.EXITS.get(number, f"exit {number}")

    def finish(self) -> str:
        """Let KVM complete the instruction of the last exit and come back at once (immediate_exit)."""
        self.page[abi.IMMEDIATE_EXIT] = 1
        try:
            return self.enter()
        finally:
            self.page[abi.IMMEDIATE_EXIT] = 0

    def must_be_open(self) -> None:
        """LabError once the VM was given back."""
        if not self.close.alive:
            raise LabError("this machine is closed", next_step="make a new KvmMachine")

    def ask(self, number: int, argument, what: str) -> int:
        """An ioctl on the vCPU."""
        self.must_be_open()
        return request(self.descriptor, number, argument, what)

    def general(self) -> list[int]:
        """The 18 registers of struct kvm_regs."""
        content = bytearray(abi.REGS.size)
        self.ask(abi.GET_REGS, content, "read the registers")
        return list(abi.REGS.unpack(content))

    def set_general(self, values: list[int]) -> None:
        self.ask(abi.SET_REGS, abi.REGS.pack(*values), "write the registers")

    def special(self) -> bytearray:
        """struct kvm_sregs: segments, descriptor tables, control registers."""
        content = bytearray(abi.SREGS_BYTES)
        self.ask(abi.GET_SREGS, content, "read the segment registers")
        return content

    def set_segments(self, **selectors: int) -> None:
        """Real mode: a segment register's base is 16 times its selector."""
        content = self.special()
        for name, selector in selectors.items():
            struct.pack_into("<Q", content, abi.SEGMENTS[name], selector << 4)
            struct.pack_into("<H", content, abi.SEGMENTS[name] + abi.SELECTOR, selector)
        self.ask(abi.SET_SREGS, bytes(content), "write the segment registers")


def owned(stack: ExitStack, descriptor: int) -> int:
    """A descriptor that the stack will close."""
    stack.callback(os.close, descriptor)
    return descriptor


class Registers(MutableMapping):
    """The guest's registers by name, read from and written to KVM: ax … bp, ip, flags, cs ds es ss, and al, ah …"""

    HALVES = {a + half: (a + "x", shift) for a in "abcd" for half, shift in (("l", 0), ("h", 8))}

    def __init__(self, vcpu: Vcpu, settle):
        self._vcpu, self._settle = vcpu, settle  # settle() completes what is half done, so that KVM's values hold

    def __getitem__(self, name: str) -> int:
        if name not in (*self, *self.HALVES):
            raise unknown("register", name, (*self, *self.HALVES))
        if name in self.HALVES:
            whole, shift = self.HALVES[name]
            return self[whole] >> shift & 0xFF
        self._settle()
        if name in abi.SEGMENTS:
            return struct.unpack_from("<H", self._vcpu.special(), abi.SEGMENTS[name] + abi.SELECTOR)[0]
        return self._vcpu.general()[abi.PLACE[name]] & 0xFFFF

    def __setitem__(self, name: str, value: int) -> None:
        self[name]  # refuses a name that nobody has
        most = 0xFF if name in self.HALVES else 0xFFFF
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise LabError(f"register {name} holds a whole number from 0 to 0x{most:x}, not {value!r}")
        if name in self.HALVES:
            whole, shift = self.HALVES[name]
            name, value = whole, self[whole] & (0xFF00 >> shift) | value << shift
        if name in abi.SEGMENTS:
            return self._vcpu.set_segments(**{name: value})
        values = self._vcpu.general()
        values[abi.PLACE[name]] = value | (2 if name == "flags" else 0)  # bit 1 of the flags is always set
        return self._vcpu.set_general(values)

    def __iter__(self) -> Iterator[str]:
        return iter((*abi.PLACE, *abi.SEGMENTS))

    def __len__(self) -> int:
        return len(abi.PLACE) + len(abi.SEGMENTS)

    def __delitem__(self, name: str) -> None:
        raise LabError(f"a register cannot be taken out of the processor: {name}")

    def __repr__(self) -> str:
        return " ".join(f"{name}={value:04x}" for name, value in self.items())
