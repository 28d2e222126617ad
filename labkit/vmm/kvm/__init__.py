"""labkit.vmm.kvm: the guest on the real /dev/kvm.

    from labkit.vmm import kvm

    kvm.state()                              # is there one, may I open it; if not: why, and the cure
    real = kvm.run(program, Bus(Serial()))   # measured here, or the recorded run of the same bytes
    ours = kvm.play(Cpu(), program, Bus(Serial()))
    kvm.Comparison(ours, real)               # exits side by side, registers, memory
    kvm.Overhead.recorded()                  # what an instruction and an exit cost; Overhead.measured(): on this one

The surprise: the real thing is not larger than the toy. A VMM for one vCPU is a loop around one system call, KVM_RUN.
"""

from importlib import import_module

HOMES = {
    "state": "device",
    "backend": "device",
    "KvmMachine": "machine",
    "lessons": "lessons",
    "Run": "runs",
    "play": "runs",
    "run": "runs",
    "Comparison": "comparison",
    "Overhead": "overhead",
}
__all__ = list(HOMES)


def __getattr__(name):
    """Import a name when it is first asked for: the doctor asks device.py where nothing else is installed."""
    if name not in HOMES:
        raise AttributeError(f"labkit.vmm.kvm has no {name!r}; it has {', '.join(HOMES)}")
    module = import_module(f"labkit.vmm.kvm.{HOMES[name]}")
    return module if name == HOMES[name] else getattr(module, name)
