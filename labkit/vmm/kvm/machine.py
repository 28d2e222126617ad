"""KvmMachine: the guest on the real /dev/kvm, with the methods of Cpu, so that the same monitor or bus drives either.

    machine = KvmMachine(ram_kib=64)              # as Cpu(ram_kib=64)
    machine.load(program)
    exit = machine.run()                          # the processor runs the guest until it needs us
    machine.complete(exit, 0x5A)                  # the answer to in / mmio read
    machine.registers["ax"], machine.ram, machine.interrupt(8), machine.close()

The surprise: nothing here knows a single instruction. What the guest computes, the processor (or the kernel, where
there is no VT-x) computes; only what leaves the guest comes by.

**What the real one does differently.** Nothing, this is the real one; a real VMM does more. QEMU keeps one thread per
vCPU in this loop, lets KVM emulate interrupt controller and timer inside the kernel (KVM_CREATE_IRQCHIP), and has
hundreds of devices behind its `io` and `mmio`. Source: Documentation/virt/kvm/api.rst of Linux 6.1.
"""

from __future__ import annotations

import struct
from collections import deque

from labkit.vmm.cpu import Exit
from labkit.vmm.cpu.cpu import placed
from labkit.vmm.cpu.memory import whole
from labkit.vmm.kvm import abi, device
from labkit.vmm.kvm.deadline import Deadline
from labkit.vmm.kvm.vcpu import Registers, Vcpu
from labkit.world.errors import LabError, number

FAILURES = {1: "emulation failed", 2: "two exceptions at once", 3: "an exception while delivering one"}


class KvmMachine:
    """One VM with one vCPU in real mode on KVM. `limit_s`: how long one run() may keep the processor.

    Raises LabError when KVM is not there or refuses, with errno in words. A machine is closed by close(), at the end
    of its `with` block, or when nobody holds it.
    """

    def __init__(self, ram_kib: int = 64, *, limit_s: float = 2.0, path: str = device.DEVICE):
        if whole(ram_kib, "ram_kib", 64, 640) % 4:
            raise LabError(f"ram_kib must be a multiple of 4, for memory comes in pages of 4 KiB; not {ram_kib}")
        self.limit_s = number(limit_s, "limit_s", 0.001, 60)
        self.vcpu = Vcpu(ram_kib, path)
        self.ram = self.vcpu.ram
        self.pending = deque()  # interrupt vectors that wait for IF
        self._exits = deque()  # (exit, place of its data in kvm_run): reported by KVM, not yet returned by run()
        self._asked = None  # the (exit, place) that waits for an answer
        self._half_done = self._stepping = False
        self._deadline = Deadline()

    @property
    def registers(self) -> Registers:
        """The fourteen registers by name, to be read and written."""
        return Registers(self.vcpu, self._settle)

    def load(self, program, at: int = 0x1000, sp: int = 0x8000) -> None:
        """RAM gets the program (or bytes, to `at`); ip and sp are set, all other registers 0, flags 2. What was in work
        is forgotten."""
        at, code = placed(program, at)
        whole(sp, "sp", most=0xFFFF)
        if not 0 <= at <= at + len(code) <= 0x10000:
            raise LabError(f"{len(code)} bytes at 0x{at:x} do not fit into 64 KiB", next_step="assemble it lower")
        self._drop()
        self.ram[at : at + len(code)] = code
        self.vcpu.set_segments(cs=0, ds=0, es=0, ss=0)
        values = [0] * 18
        values[abi.PLACE["ip"]], values[abi.PLACE["sp"]], values[abi.PLACE["flags"]] = at, sp, 2
        self.vcpu.set_general(values)

    def run(self, steps: int | None = None) -> Exit:
        """Run the guest until it needs an answer. 'intr': it has kept the processor for limit_s.

        KVM counts no instructions. With `steps` the guest is single-stepped by KVM's debugger: slow, but it stops
        exactly there, as Cpu does.
        """
        steps = steps if steps is None else whole(steps, "steps", least=1)
        if self._asked:
            raise LabError(f"the guest waits for an answer: {self._asked[0]}", next_step="complete(exit, value)")
        if self._exits:
            return self._hand_over()
        self.vcpu.must_be_open()
        if self._deadline.start(self.limit_s):
            mask = abi.SIGNAL_MASK.pack(8, self._deadline.mask)
            self.vcpu.ask(abi.SET_SIGNAL_MASK, mask, "set the signals that stop the guest")
        return self._until_exit(steps)

    def _until_exit(self, steps) -> Exit:
        """Enter the guest again and again until there is something to report."""
        while steps != 0:
            vector = self._inject()
            if self._exits:
                return self._hand_over()
            self._step_through(steps is not None or bool(self.pending))
            halts = self._stepping and self._comes_to_hlt(vector)
            pushed = self._frame_flags() if self._stepping and vector is not None else None
            reason = self.vcpu.enter()
            self._half_done = False
            if pushed is not None:
                self.ram[pushed] &= ~1
            if halts and reason == "debug":
                reason = "hlt"
            if reason == "debug":
                steps = steps and steps - 1
            elif reason == "intr":
                if self._deadline.passed():
                    break
            elif reason != "irq_window_open":
                self._report(reason)
                return self._hand_over()
        return Exit(reason="intr", **self._here())

    def complete(self, exit: Exit, value: int) -> None:
        """Answer an `in` or an MMIO read; the instruction is finished at once."""
        if not self._asked or exit != self._asked[0]:
            raise LabError(f"the guest does not wait for an answer to: {exit}", next_step="run() until it asks again")
        whole(value, f"the answer to '{exit}'", 0, (1 << 8 * exit.size) - 1)
        _, place = self._asked
        self.vcpu.page[place : place + exit.size] = value.to_bytes(exit.size, "little")
        self._asked = None
        self._settle()

    def interrupt(self, vector: int) -> None:
        """Queue an interrupt; it is delivered before the next instruction for which IF is set."""
        self.pending.append(whole(vector, "vector", most=255))

    def close(self) -> None:
        """Give the VM back to the kernel; `ram` stays readable."""
        self._deadline.close()
        self.vcpu.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # -- between KVM's exits and ours -------------------------------------------------------------------------------
    def _inject(self) -> int | None:
        """Hand KVM the first waiting interrupt if the guest can take it now; its vector, or None.

        QEMU asks for an exit when it can (request_interrupt_window). The software backend executes a few instructions
        before it looks, so while an interrupt waits we go step by step, which is exact everywhere. What KVM says of IF
        is as old as the last entry: an entry that ends at once renews it. The price of stepping on that backend: a
        fault meanwhile pushes flags with TF set, and takes the first instruction of its handler along.
        """
        if self.pending:
            self._settle()
            if self._exits:
                return None
            self.vcpu.finish()
        page = self.vcpu.page
        page[abi.REQUEST_INTERRUPT_WINDOW] = bool(self.pending)
        if self.pending and page[abi.READY_FOR_INTERRUPT] and page[abi.IF_FLAG]:
            vector = self.pending.popleft()
            self.vcpu.ask(abi.INTERRUPT, struct.pack("<I", vector), "interrupt the guest")
            return vector
        return None

    def _comes_to_hlt(self, vector: int | None) -> bool:
        """Is the next instruction, after an injected `vector` that of its handler, a hlt? The software backend reports
        a single-stepped hlt as a step and not as an exit."""
        registers = self.registers
        selector, offset = registers["cs"], registers["ip"]
        if vector is not None:
            (table,) = struct.unpack_from("<Q", self.vcpu.special(), abi.IDT_BASE)
            offset, selector = struct.unpack("<HH", self.ram[table + 4 * vector : table + 4 * vector + 4])
        place = (selector << 4) + offset
        return self.ram[place : place + 15].lstrip(abi.SEGMENT_PREFIXES).startswith(abi.HLT)

    def _frame_flags(self) -> int | None:
        """Where the upper byte of the flags will lie that an interrupt pushes now: the stepping debugger's TF must not
        be seen in it. None where no RAM is."""
        registers = self.registers
        place = (registers["ss"] << 4) + (registers["sp"] - 1 & 0xFFFF)
        return place if place < len(self.ram) else None

    def _settle(self) -> None:
        """Complete what is half done: KVM finishes an I/O instruction only at the next entry (api.rst, KVM_RUN)."""
        if self._half_done and not self._asked and not self._exits:
            self._half_done = False
            reason = self.vcpu.finish()
            if reason not in ("intr", "debug", "irq_window_open"):
                self._report(reason)  # the instruction has a further access

    def _drop(self) -> None:
        """Forget what is in work: KVM completes it, and nobody looks."""
        self._asked = None
        self.pending.clear()
        self._exits.clear()
        while self._half_done:
            self._settle()
            self._exits.clear()

    def _report(self, reason: str) -> None:
        """Turn what kvm_run says into one or more exits."""
        if reason == "io":
            self._report_io()
        elif reason == "mmio":
            self._report_mmio()
        elif reason in ("hlt", "shutdown"):
            self._exits.append((Exit(reason=reason, **self._here()), None))
        else:
            self._exits.append((Exit(reason="internal_error", message=self._failure(reason), **self._here()), None))

    def _report_io(self) -> None:
        """One KVM exit may hold several transfers of a string instruction (count)."""
        page = self.vcpu.page
        outward, size, port, count, offset = abi.IO.unpack_from(page, abi.UNION)
        for place in range(offset, offset + size * count, size):
            data = int.from_bytes(page[place : place + size], "little") if outward else None
            exit = Exit(reason="io", ip=None, direction="out" if outward else "in", port=port, size=size, data=data)
            self._exits.append((exit, place))
        self._half_done = True

    def _report_mmio(self) -> None:
        address, data, size, outward = abi.MMIO.unpack_from(self.vcpu.page, abi.UNION)
        written = int.from_bytes(data[:size], "little") if outward else None
        direction = "write" if outward else "read"
        exit = Exit(reason="mmio", ip=None, direction=direction, address=address, size=size, data=written)
        self._exits.append((exit, abi.MMIO_DATA))
        self._half_done = True

    def _hand_over(self) -> Exit:
        """The next exit for run() to return."""
        exit, place = self._exits.popleft()
        if exit.direction in ("in", "read"):
            self._asked = (exit, place)
        return exit

    def _here(self) -> dict:
        return {"ip": self.registers["ip"], "cs": self.registers["cs"]}

    def _failure(self, reason: str) -> str:
        """What KVM could not do, in words."""
        first = struct.unpack_from("<I", self.vcpu.page, abi.UNION)[0]
        why = FAILURES.get(first, f"code {first}") if reason == "internal_error" else f"code {first:#x}"
        return f"KVM gave up ({reason}: {why})"

    def _step_through(self, on: bool) -> None:
        """Switch KVM's debugger on or off: an exit after each instruction."""
        if on != self._stepping:
            control = abi.SINGLE_STEP if on else 0
            self.vcpu.ask(abi.SET_GUEST_DEBUG, abi.GUEST_DEBUG.pack(control, *[0] * 9), "step through the guest")
            self._stepping = on
