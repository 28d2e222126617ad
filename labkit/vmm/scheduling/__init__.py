"""The CPU of one host: who may run, how long, and who has to wait while wanting to.

from labkit.vmm.scheduling import Claim, CpuAllocation, Scheduler, Vm, entitlement, job, rounds, steady

CpuAllocation(shares="high", reservation_mhz=500, limit_mhz=2000)       what an administrator promises
entitlement(8000, [Claim("web", demand=8000), Claim("db", demand=8000, shares=2000)])    {name: MHz}, right now
rounds(8000, […])                                                       the same, in rounds that can be told
admit(host, running, new)                                               refuses a promise that could not be kept

host = Scheduler([Vm("web"), Vm("build", vcpus=4, load=job(4000))], pcpus=4, mhz=2500, policy="relaxed")
host.run(10).top()                                                      where the time went, as in esxtop
host.picture(0, 100)                                                    who was on which CPU
Cpus(w, "vmm1", [Vm(…), …])                                             the same in a world: events of kind `sched`
"""

from importlib import import_module

HOMES = {
    "CpuAllocation": "allocation",
    "Claim": "entitlement",
    "claims": "entitlement",
    "entitlement": "entitlement",
    "rounds": "rounds",
    "story": "rounds",
    "admit": "admission",
    "unreserved_mhz": "admission",
    "Scheduler": "scheduler",
    "Cpus": "cpus",
    "Vm": "vcpu",
    "steady": "load",
    "bursts": "load",
    "phases": "load",
    "job": "load",
}
__all__ = list(HOMES)


def __getattr__(name):
    """Import a part when it is first asked for."""
    if name not in HOMES:
        raise AttributeError(f"labkit.vmm.scheduling has no {name!r}; it has {', '.join(HOMES)}")
    return getattr(import_module(f"labkit.vmm.scheduling.{HOMES[name]}"), name)
