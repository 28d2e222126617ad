"""/api/vcenter/vm: list (at most 4,000), details, create, clone, relocate, delete. (Power: rest_power.)

The surprise of the list: it has no pages. Whoever has more VMs than 4,000 must filter, by host or cluster for instance.
What the real one does differently: create asks for a placement in a folder; devices are added one by one.
"""

from labkit.vsphere import rest_body as read
from labkit.vsphere.rest_errors import Refused
from labkit.vsphere.rest_inventory import GIB, named, wanted
from labkit.vsphere.rest_power import STATES, VM, done, record_of, state

MOST_VMS = 4000


def listed(vcenter, query, body):
    """List Vm: at most 4,000."""
    strange = sorted(set(query.get("power_states", ())) - set(STATES.values()))
    if strange:
        raise read.wrong("power_states", " or ".join(STATES.values()), strange[0])
    filters, give = wanted(query, FILTERS), vcenter.references.give
    found = [record for record in vcenter.vim.vms.values()
             if all(of(vcenter, record) in values for of, values in filters)]  # fmt: skip
    if len(found) > MOST_VMS:
        why = f"Too many virtual machines. Add more filter criteria to reduce the number: {len(found)} of {MOST_VMS}."
        raise Refused("UNABLE_TO_ALLOCATE_RESOURCE", why)
    return 200, [
        {"vm": give("vm", record.name), "name": record.name, "power_state": state(record),
         "cpu_count": record.spec.vcpus, "memory_size_MiB": int(record.spec.memory_mib)}
        for record in found
    ]  # fmt: skip


def host_of(vcenter, record):
    """MoRef of a VM's host, or None."""
    return record.host and vcenter.references.give("host", record.host.name)


def cluster_of(vcenter, record):
    """MoRef of a VM's cluster, or None."""
    cluster = record.host and record.host.cluster
    return cluster and vcenter.references.give("cluster", cluster)


def details(vcenter, vm, query, body):
    """Get Vm."""
    record = record_of(vcenter, vm)
    spec, plugged = record.spec, "CONNECTED" if state(record) == "POWERED_ON" else "NOT_CONNECTED"
    backing = {"type": "VMDK_FILE", "vmdk_file": f"[{spec.datastore or 'local'}] {record.name}.vmdk"}
    disk = {"label": "Hard disk 1", "type": "SCSI", "capacity": int(spec.disk_gib * GIB), "backing": backing}
    nics = {
        str(4000 + at): {"label": f"Network adapter {at + 1}", "type": "VMXNET3", "state": plugged,
                         "backing": {"type": "STANDARD_PORTGROUP", "network_name": name}}
        for at, name in enumerate(spec.networks)
    }  # fmt: skip
    return 200, {
        "name": record.name,
        "power_state": state(record),
        "guest_OS": vcenter.rest.guests.get(vm, "OTHER_LINUX_64"),
        "cpu": {"count": spec.vcpus, "cores_per_socket": 1, "hot_add_enabled": False, "hot_remove_enabled": False},
        "memory": {"size_MiB": int(spec.memory_mib), "hot_add_enabled": False},
        "disks": {"2000": disk} if spec.disk_gib else {},
        "nics": nics,
        "identity": {"name": record.name},
        "instant_clone_frozen": False,
    }


def create(vcenter, query, body):
    """Create Vm: 201 and its MoRef (a generator). guest_OS must be there, as in the real API."""
    order, guest = {"name": read.name(body), **placement(vcenter, body)}, read.text(body, "guest_OS")
    order["vcpus"] = read.whole(read.part(body, "cpu"), "count", 1, read.MOST_VCPUS)
    order["memory_mib"] = read.whole(read.part(body, "memory"), "size_MiB", 1024, read.MOST_MIB)
    disk = read.part(read.first(body, "disks"), "new_vmdk")
    order["disk_gib"] = read.whole(disk, "capacity", 16 * GIB, read.MOST_DISK_GIB * GIB) / GIB
    if vcenter.stores:
        order.setdefault("datastore", vcenter.stores[0].name)
    yield from done(vcenter, "CreateVM_Task", **order)
    reference = vcenter.references.give("vm", order["name"])
    vcenter.rest.guests[reference] = guest
    return 201, reference


def clone(vcenter, query, body):
    """Clone Vm: a new one of the same size (a generator)."""
    source, switch_on = record_of(vcenter, read.text(body, "source")), read.flag(body, "power_on")
    spec = {**source.spec.as_json(), "networks": list(source.spec.networks)}
    order = {**spec, "name": read.name(body), **placement(vcenter, body)}
    yield from done(vcenter, "CloneVM_Task", **order)
    reference = vcenter.references.give("vm", order["name"])
    if switch_on:
        yield from done(vcenter, "PowerOnVM_Task", vm=order["name"])
    return 201, reference


def relocate(vcenter, vm, query, body):
    """Relocate Vm: vMotion to the host of its placement (a generator)."""
    record = record_of(vcenter, vm)
    host = placement(vcenter, body).get("host")
    if host is None:
        raise Refused("INVALID_ARGUMENT", "placement.host is missing: where shall it go?")
    yield from done(vcenter, "MigrateVM_Task", vm=record.name, host=host)
    return 204, None


def delete(vcenter, vm, query, body):
    """Delete Vm (a generator): it must be off."""
    record = vcenter.vpxd.reachable(record_of(vcenter, vm))
    if state(record) != "POWERED_OFF":
        raise Refused("NOT_ALLOWED_IN_CURRENT_STATE", "The virtual machine is running or suspended. Power it off.")
    if record.task is not None:
        raise Refused("RESOURCE_BUSY", f"The virtual machine is busy with another operation: {record.task}.")
    yield from done(vcenter, "Destroy_Task", vm=record.name)
    return 204, None


def placement(vcenter, body):
    """host, cluster and datastore of a placement, by name. Refused (400, 404)."""
    place = read.part(body, "placement")
    kinds = [kind for kind in ("host", "cluster", "datastore") if place.get(kind) is not None]
    return {kind: named(vcenter, kind, read.text(place, kind)) for kind in kinds}


FILTERS = {  # name of a filter of List Vm → what it looks at
    "vms": lambda vcenter, record: vcenter.references.give("vm", record.name),
    "names": lambda vcenter, record: record.name,
    "power_states": lambda vcenter, record: state(record),
    "hosts": host_of,
    "clusters": cluster_of,
    "datacenters": lambda vcenter, record: vcenter.datacenter,
}
ROUTES = (
    ("GET", None, "/api/vcenter/vm", listed),
    ("POST", None, "/api/vcenter/vm", create),
    ("POST", "clone", "/api/vcenter/vm", clone),
    ("GET", None, VM, details),
    ("DELETE", None, VM, delete),
    ("POST", "relocate", VM, relocate),
)
