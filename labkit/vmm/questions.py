"""What a management process can be asked: its own host, its own VMs. Nothing else is known here."""

from labkit.vmm import lifecycle, ram, usage
from labkit.world.errors import LabError


def info(vmm, name: str, host=None):
    """domainGetInfo and what belongs to it: state, sizes, and the counters of this host."""
    own(vmm, host)
    domain = lifecycle.find(vmm, name)
    usage.settle(vmm)
    live, (wants_mhz, gets_mhz) = domain.live, usage.entitlements(vmm).get(domain, (0, 0))
    return {
        "name": name,
        "id": domain.id,
        "uuid": domain.definition.uuid,
        "state": domain.state,
        "reason": domain.reason,
        "vcpus": live.vcpus,
        "max_memory_mib": live.memory_mib,
        "memory_mib": live.memory_mib if domain.active else 0,
        **ram.figures(vmm, domain),
        "disk_gib": live.disk_gib,
        "disk_used_mib": 0 if domain.disk is None else round(domain.disk.used_mib, 3),
        "demand_mhz": round(wants_mhz, 3),
        "entitled_mhz": round(gets_mhz, 3),
        "cpu_time_s": round(domain.cpu_time_s, 3) if domain.active else 0,
        "ready_s": round(domain.ready_s, 3) if domain.active else 0,
        "persistent": domain.persistent,
        "autostart": domain.autostart,
        "managed_save": domain.saved is not None,
        "snapshots": list(domain.snapshots),
        "job": domain.job,
    }


def console(vmm, name: str):
    """domainOpenConsole: what the guest has written to its serial port. LabError (409) while it is off."""
    domain = lifecycle.find(vmm, name)
    if not domain.active:
        raise LabError(lifecycle.refusal("console", domain), 409, True, "start it first")
    return domain.guest.console


def list_all(vmm, host=None):
    """connectListAllDomains: id, name, state of each, as `virsh list --all` shows them."""
    own(vmm, host)
    return [{"id": domain.id, **domain.answer()} for domain in vmm.domains.values()]


def stats(vmm):
    """connectGetAllDomainStats, as far as a VIM's agent wants it: [[name, state, demand_mhz, used_mib], …]."""
    return [vmm.event(name) for name in vmm.domains]


def node_info(vmm, host=None):
    """nodeGetInfo and nodeGetFreeMemory: what the host has, and what its active VMs were promised and hold of it.
    Promised memory may be more than there is; what is free is what nobody has touched yet, so both can be large."""
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
        "memory_used_mib": round(sum(vm.frames_mib for vm in vmm.memory.vms.values())),
        "memory_free_mib": round(max(0.0, vmm.memory.free_mib)),
        "memory_state": vmm.memory.state.name,
        "disk_free_mib": round(vmm.datastore.free_mib, 3),
    }


def own(vmm, host):
    """Return if the question is about this host (None, or its name), else raise LabError (501)."""
    if host not in (None, vmm.name):
        why = f"{vmm.name} knows nothing of {host!r}: a VMM knows one host, its own"
        raise LabError(why, 501, True, f"ask {host!r} itself, or a VIM, which keeps the inventory of many hosts")


class Listing(list):
    """The answer of `list`: dicts with id, name, state, reason; printed like `virsh list --all`."""

    def __repr__(self):
        lines = [("Id", "Name", "State")]
        lines += [(str(row["id"] or "-"), row["name"], f"{row['state']} ({row['reason']})") for row in self]
        widths = [max(len(line[at]) for line in lines) for at in range(3)]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
