"""What can be asked about a host or a VM: each metric is worked out from the two figures that reports carry.

    cpu_mhz          what it gets: what its VMs want, at most what the host has
    cpu_percent      the same as a share of the host
    ready_percent    of the time its VMs wanted to compute, the part they waited: 0 while everybody gets what he wants
    memory_mib       what its VMs use
    memory_percent   the same as a share of the host

vCenter's counters of these names: cpu.usagemhz, cpu.usage, cpu.readiness, mem.consumed, mem.usage (documentation only).
"""

from labkit.world.errors import LabError, unknown, words

METRICS = {
    "cpu_mhz": "MHz",
    "cpu_percent": "%",
    "ready_percent": "%",
    "memory_mib": "MiB",
    "memory_percent": "%",
}


def known(metric):
    """The metric's name. LabError (404) with the closest one."""
    if words(metric, "a metric's name") not in METRICS:
        error = unknown("metric", metric, METRICS)
        raise LabError(error.message, 404, True, error.next_step)
    return metric


def value_of(metric, demand_mhz, used_mib, capacity_mhz, memory_mib):
    """One metric of one sample; `capacity_mhz` and `memory_mib` are what there is (of the host, or of the VM)."""
    if metric == "cpu_mhz":
        return min(demand_mhz, capacity_mhz)
    if metric == "cpu_percent":
        return 100 * min(demand_mhz / capacity_mhz, 1.0)
    if metric == "ready_percent":
        return 100 * max(0.0, 1 - capacity_mhz / demand_mhz) if demand_mhz else 0.0
    return used_mib if metric == "memory_mib" else 100 * used_mib / memory_mib


def limits_of(record, host=None):
    """(capacity_mhz, memory_mib) of a host's record; of a VM's record with the record of its host."""
    if hasattr(record, "hardware"):
        return record.hardware.capacity_mhz, record.hardware.memory_mib
    mhz = record.spec.vcpus * host.hardware.mhz if host is not None else float("inf")
    return mhz, record.spec.memory_mib
