"""labkit.vmm.kvm: the guest on the real /dev/kvm.

    from labkit.vmm import kvm

    kvm.state()                              # is there one, may I open it; if not: why, and the cure
    real = kvm.run(program, Bus(Serial()))   # measured here, or the recorded run of the same bytes
    ours = kvm.play(Cpu(), program, Bus(Serial()))
    kvm.Comparison(ours, real)               # exits side by side, registers, memory
    kvm.Overhead.recorded()                  # what an instruction and an exit cost; Overhead.measured(): on this one

The surprise: the real thing is not larger than the toy. A VMM for one vCPU is a loop around one system call, KVM_RUN.
"""

from labkit.lazy import names

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
__getattr__ = names(__name__, HOMES)
