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

from labkit.lazy import names

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
    "guests": "guests",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
