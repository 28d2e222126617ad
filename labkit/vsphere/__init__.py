"""labkit.vsphere: vCenter and ESXi, from the client to the VMkernel, and what goes on when a piece of the way is dead.

    from labkit.vsphere import VCenter
    from labkit.world import World

    w = World(seed=7)
    vc = VCenter(w, hosts=3)                      # vpxd; esx1…esx3 with vpxa, hostd, fdm; a shared datastore san1
    vc.create_vm("erp", memory_mib=2048, serve=lambda message: "hello").wait()
    vc.power_on("erp").wait()                     # client → vpxd → esx1-vpxa → esx1-hostd → esx1
    w.stop("vpxd")                                # nobody manages; VMs run, HA works, DRS and vMotion do not
    vc.host_client("esx1").power_off("erp")       # client → esx1-hostd → esx1: needs no vCenter

vpxd is the VIM of labkit.vim under its own name: inventory, tasks, placement. Closed source: what is said here of
vSphere comes from vendor documents and long-standing practice ('document-only'), not from code.

Files: vcenter (build and use one), vpxd (its API), tasks, moref, faults, limits (maxima), hostd, host_client, vmkernel,
vmfs (locks, datastore heartbeats), fdm* (HA's agents), outages (what still works?).
"""

from labkit.lazy import names

HOMES = {
    "VCenter": "vcenter",
    "HostClient": "host_client",
    "works": "outages",
    "OPERATIONS": "outages",
    "OUTAGES": "outages",
    "outage_table": "outages",
    "maxima": "limits",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
