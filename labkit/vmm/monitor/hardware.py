"""Hardware assistance: the processor has a mode for guests (VT-x since 2005, AMD-V since 2006).

The guest keeps its kernel mode and has sensitive state of its own, so CLI, POPF or LIDT simply work and nobody is
asked. What is left to exit for: devices (I/O and MMIO), HLT, CPUID, hypercalls. The surprise: the first generation
(2005) was often *slower* than binary translation, for an exit cost more than a callout (Adams & Agesen, ASPLOS 2006).

What the real one does differently: which instructions exit is set in the VMCS, dozens of reasons more (SDM vol. 3,
appendix C), and external interrupts exit, too.
"""

from labkit.vmm.monitor.exit_loop import Monitor

NOTHING_TOLD = (0, 0, 0, 0)


class Hardware(Monitor):
    """The guest as it is, in the processor's guest mode."""

    policy, mode = "hardware", "guest"

    @property
    def virtual(self):
        """The guest's own privileged state, as the processor keeps it for the guest."""
        return self.cpu.privileged

    @property
    def pending(self):
        """The processor keeps them."""
        return self.cpu.pending

    def interrupt(self, vector):
        """Handed to the processor, which delivers it when the guest's IF allows: without an exit (a guest's APIC)."""
        self.cpu.interrupt(vector)

    def inject(self):
        if self.pending and self.cpu.interruptible:
            self.cpu.deliver(self.pending.pop(0))

    def answer(self, exit):
        if exit.reason == "cpuid":
            self.cpu.complete(exit, self.cpu.cpuid.get(exit.data, NOTHING_TOLD))
            return self.record(exit, "CPUID", "the VMM says what processor the guest sees: here the real one")
        if exit.reason == "hypercall":
            return self.record(exit, "hypercall", f"number {exit.data:#x}: nothing here answers it", exit.data)
        return self.serve(exit)
