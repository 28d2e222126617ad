"""What a live migration costs, and what it brings, in one currency: MHz · seconds.

    cost   the copying keeps CPUs busy on both hosts, for as long as pre-copy needs        MHz · s
           + what the VM would have done while it stood still at the end
    gain   what the fuller of the two hosts is relieved of × how long the load is expected to stay

The surprise: the cost hardly depends on how busy the VM's CPU is, but on its memory and on how fast it writes; the gain
depends on its CPU only. The busiest VM is often the wrong one.

Chosen: 2 MHz per MiB/s (a core of 2,500 MHz fills 10 Gbit/s; VMware's papers on vMotion speak of about one core there);
the load stays as long as one pass (300 s, DRS's documented period).

What the real one does differently: DRS estimates stable and unstable times from each VM's history and reckons with the
worst of them ('cost, benefit and risk'); how is not published.
"""

from functools import lru_cache

from labkit.vmm.migration import Load, precopy
from labkit.world.errors import number

COPY_MHZ = 2.0  # per MiB/s, on either host
GBIT_MIB_S = 1e9 / 8 / 2**20  # what 1 Gbit/s carries, MiB/s
LINK_MIB_S = 10 * GBIT_MIB_S
AT_ONCE = {1: 4, 10: 8}  # documented default (vSphere): migrations at once per host, by its network in Gbit/s
AT_ONCE_DATASTORE = 128  # documented default (vSphere): per datastore
STAYS_S = 300


@lru_cache(maxsize=65_536)
def copying(memory_mib, dirty_mib_s, link_mib_s, policy="textbook"):
    """The Outcome of pre-copy for a VM that is alone on a link."""
    return precopy(Load(memory_mib, dirty_mib_s), link_mib_s, policy)


def cost_mhz_s(demand_mhz, outcome):
    """MHz · s that a migration takes from everybody; infinite for one that never ends."""
    number(demand_mhz, "demand_mhz")
    if not outcome.moved:
        return float("inf")
    return 2 * COPY_MHZ * outcome.sent_mib + demand_mhz * outcome.downtime_s


def relief_mhz(source, target, demand_mhz):
    """MHz by which the fuller of two hosts is relieved when a VM of `demand_mhz` moves, in terms of the source's size.
    source, target: (load as a part of the capacity, capacity in MHz). Negative if the target becomes the fuller one."""
    (load, capacity_mhz), (other, other_mhz) = source, target
    after = max(load - demand_mhz / capacity_mhz, other + demand_mhz / other_mhz)
    return (max(load, other) - after) * capacity_mhz


def trouble(vm, link_mib_s, policy="textbook", others=0):
    """Why the memory of a VM (a VmLoad) cannot be moved well with so many `others` on the link; '' if it can."""
    if vm.hot:
        return "it is marked 'hot memory': it writes faster than can be copied"
    outcome = copying(vm.memory_mib, vm.dirty_mib_s, link_mib_s / (others + 1), policy)
    if outcome.converged:
        return ""
    company = f" shared by {others + 1}" if others else ""
    link = f"a link of {link_mib_s:.0f} MiB/s{company}"
    return f"it writes {vm.dirty_mib_s:g} MiB/s over {link}: pre-copy does not converge ({outcome.why})"
