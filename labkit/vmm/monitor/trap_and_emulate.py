"""Classic trap and emulate: the guest's kernel runs in user mode, and whatever is privileged traps.

    guest: cli ──▶ #GP ──▶ VMM: virtual IF = 0, behind the cli ──▶ the guest goes on

The surprise: it works only for instructions that *do* trap. On x86 before 2005 POPF, SGDT and others run through
silently, do something else than in supervisor mode, and nobody is told: the guest is wrong from there on.

What the real one does differently: nobody sold this for x86 (it is how VM/370 worked on its mainframes). A real VMM for
16-bit code would use virtual-8086 mode, where PUSHF and POPF do trap; what is shown here happened to the 32-bit kernels
in ring 3.
"""

from labkit.vmm.monitor.exit_loop import Monitor


class TrapAndEmulate(Monitor):
    """The guest as it is, in user mode; every trap is emulated on the virtual privileged state."""

    policy = "trap and emulate"

    def answer(self, exit):
        """A device access outside memory is served; after an exception the VMM carries the instruction out (if it was
        the guest's own mistake, the guest's interrupt table says what follows)."""
        return self.emulate(exit) if exit.reason == "exception" else self.serve(exit)
