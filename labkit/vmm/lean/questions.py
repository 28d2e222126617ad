"""What a lean host can be asked: its own host, its own VMs (compare labkit.vmm.questions)."""

from uuid import NAMESPACE_DNS, uuid5

from labkit.vmm.lifecycle import find
from labkit.vmm.questions import own


def info(vmm, name, host=None):
    """domainGetInfo: state and sizes; the inside of a guest is not known here."""
    own(vmm, host)
    domain = find(vmm, name)
    live = domain.live
    return {
        "name": name,
        "id": domain.id,
        "uuid": str(uuid5(NAMESPACE_DNS, domain.mark)),
        **domain.answer(),
        "vcpus": live.vcpus,
        "max_memory_mib": live.memory_mib,
        "memory_mib": live.memory_mib if domain.active else 0,
        "disk_gib": live.disk_gib,
        "demand_mhz": domain.demand_mhz if domain.active else 0,
        "persistent": domain.persistent,
        "autostart": domain.autostart,
        "job": domain.job,
    }


def list_all(vmm, host=None):
    """connectListAllDomains."""
    own(vmm, host)
    return [{"id": domain.id, **domain.answer()} for domain in vmm.domains.values()]


def stats(vmm):
    """connectGetAllDomainStats: [[name, state, demand_mhz, used_mib], …] of all its VMs."""
    return [vmm.event(name) for name in vmm.domains]


def node_info(vmm, host=None):
    """nodeGetInfo: what the host has, and what its active VMs were promised of it."""
    own(vmm, host)
    active = [domain.live for domain in vmm.domains.values() if domain.active]
    return {
        "name": vmm.name,
        "pcpus": vmm.host.pcpus,
        "mhz": vmm.host.mhz,
        "memory_mib": vmm.host.memory_mib,
        "cpu_model": vmm.host.cpu_model,
        "networks": list(vmm.host.networks),
        "active": len(active),
        "vcpus": sum(live.vcpus for live in active),
        "memory_promised_mib": sum(live.memory_mib for live in active),
    }
