"""labkit.vmm.monitor: how a VMM runs a guest, by four policies, on the same guest.

    from labkit.vmm.monitor import compare, monitor, can_trap_and_emulate

    m = monitor(guests.HELLO)                 # a Monitor: the loop for one vCPU; any source text will do
    m.run()
    m.exits                                   # VmExits: reason, instruction, device, data, the VMM's answer
    m.counts(), m.directly, m.emulated        # exits by reason; instructions run by the guest itself, and by the VMM
    compare(guests.HELLO)                     # four policies and the bare machine: right or wrong, at what price

    can_trap_and_emulate("x86 before 2005")   # theorem 1 on a table: a Verdict with the offenders
    experiment()                              # the same asked of the processor itself

The surprise: three of the four run the guest's *instructions* as they are; what differs is who notices the few that a
guest must not run by itself.
"""

from importlib import import_module

HOMES = {
    "Guest": "guest",
    "Outcome": "guest",
    "Monitor": "exit_loop",
    "TrapAndEmulate": "trap_and_emulate",
    "BinaryTranslation": "binary_translation",
    "Paravirtualization": "paravirtualization",
    "paravirtualize": "paravirtualization",
    "Hardware": "hardware",
    "VmExit": "vmexit",
    "POLICIES": "comparison",
    "monitor": "comparison",
    "compare": "comparison",
    "Comparison": "comparison",
    "Instruction": "instruction_table",
    "TABLES": "instruction_table",
    "can_trap_and_emulate": "instruction_table",
    "can_run_hybrid": "instruction_table",
    "experiment": "classify",
}
__all__ = [*HOMES, "guests"]


def __getattr__(name):
    """Import a part when it is first asked for."""
    if name == "guests":
        return import_module("labkit.vmm.monitor.guests")
    if name not in HOMES:
        raise AttributeError(f"labkit.vmm.monitor has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"labkit.vmm.monitor.{HOMES[name]}"), name)
