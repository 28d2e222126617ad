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

from labkit.vmm.scheduling.admission import admit, unreserved_mhz
from labkit.vmm.scheduling.allocation import CpuAllocation
from labkit.vmm.scheduling.cpus import Cpus
from labkit.vmm.scheduling.entitlement import Claim, claims, entitlement
from labkit.vmm.scheduling.load import bursts, job, phases, steady
from labkit.vmm.scheduling.rounds import rounds, story
from labkit.vmm.scheduling.scheduler import Scheduler
from labkit.vmm.scheduling.vcpu import Vm

__all__ = ["admit", "unreserved_mhz", "CpuAllocation", "Cpus", "Claim", "claims", "entitlement", "bursts", "job"]
__all__ += ["phases", "steady", "rounds", "story", "Scheduler", "Vm"]
