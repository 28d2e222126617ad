"""Live migration: how long, how long silent, and does it end at all? And: which copy runs when something breaks?

    from labkit.vmm.migration import Load, precopy
    precopy(Load(memory_mib=8192, dirty_mib_s=512), bandwidth_mib_s=1024, policy="textbook").table()

Load(…)                     what a guest does with its memory: size, dirty rate, writable working set
precopy(load, bandwidth)    the rounds and how they ended, by a policy of the field; table(), downtime_s, total_s
Policy(…), POLICIES         stop rules as parameter sets with their sources: Clark, Xen, QEMU, Nova, vMotion
postcopy(load, bandwidth)   hand over first, fetch afterwards: faults and how long the guest waited for them
cold(bandwidth)             shut down, copy the disk if it must be, boot: the seconds without service
together(loads, bandwidth)  several at once on one link

The mechanism itself lives between two hosts: vmm1.migrate_to("web", "vmm2", policy="qemu", bandwidth_mib_s=1024); its
messages are libvirt's (protocol.py: outgoing and incoming), its pages events of kind 'migration' (sending.py).
migrate, serve, receive, recover, pause and abort are called by the Vmm.
"""

from labkit.lazy import names

HOMES = {
    "Load": "load",
    "Outcome": "rounds",
    "Policy": "policies",
    "Progress": "policies",
    "POLICIES": "policies",
    "cold": "on_demand",
    "postcopy": "on_demand",
    "precopy": "rounds",
    "together": "sharing",
    "abort": "protocol",
    "migrate": "protocol",
    "pause": "protocol",
    "receive": "protocol",
    "recover": "protocol",
    "serve": "protocol",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
